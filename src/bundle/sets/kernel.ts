// The option set `kernel`: modules, and the words that the kernel is started with.
import { z } from 'zod';
import { assert, options, uniqueList } from '../../options/index.ts';
import { kernelParameter, moduleName } from '../../options/values/index.ts';
import { shellQuote } from '../../render/index.ts';
import { files } from './files.ts';

export const kernel = options(
  'kernel',
  z.object({
    modules: uniqueList(moduleName()).describe('Modules to load, now and at every start.'),
    blacklist: uniqueList(moduleName()).describe(
      'Modules that are not loaded by themselves. One that is loaded already stays until the next start.',
    ),
    parameters: z
      .object({
        add: uniqueList(kernelParameter()).describe('Words to have, in this order.'),
        remove: uniqueList(kernelParameter()).describe('Words to do without, as they stand there.'),
      })
      .describe(
        'The kernel command line: of GRUB (a file in /etc/default/grub.d, then update-grub), or of a Raspberry Pi (/boot/firmware/cmdline.txt, before Debian 12 /boot/cmdline.txt), whichever the host has; whatever else stands there stays. It needs a restart of the host, and is given back when it leaves.',
      ),
  }),
);

kernel.implement({
  defines: [files],
  *config({ modules, blacklist, parameters: { add, remove } }) {
    for (const word of add) {
      yield assert(
        !remove.includes(word),
        { message: `the kernel parameter ${word} is both added and removed`, hint: 'Keep one of them.' },
        [kernel, 'parameters'],
      );
    }
    if (modules.length > 0) {
      yield files({ etc: { 'modules-load.d/stead.conf': { text: lines(modules) } } });
    }
    if (blacklist.length > 0) {
      const text = lines(blacklist.map((name) => `blacklist ${name}`));
      yield files({ etc: { 'modprobe.d/stead.conf': { text } } });
    }
    if (add.length + remove.length > 0) {
      yield files({ etc: { 'default/grub.d/60-stead.cfg': { text: grubText(add, remove) } } });
    }
  },
});

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('');
}

/** Shell that update-grub reads after /etc/default/grub: both variables without the one words, with the others. */
function grubText(add: readonly string[], remove: readonly string[]): string {
  const dropped = [...add, ...remove].map(shellQuote).join(' | ');
  const without = (variable: string): string => `stead_words=
for stead_word in $${variable}; do
  case $stead_word in
    ${dropped}) ;;
    *) stead_words="$stead_words$stead_word " ;;
  esac
done
${variable}=\${stead_words% }
`;
  const added =
    add.length === 0 ? '' : `GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX "${shellQuote(add.join(' '))}\n`;
  return `# Written by stead; changes made here are lost at the next switch.
set -f
${without('GRUB_CMDLINE_LINUX')}${without('GRUB_CMDLINE_LINUX_DEFAULT')}set +f
${added}`;
}
