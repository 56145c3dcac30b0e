// The option set `sysctl`: settings of the running kernel.
import { z } from 'zod';
import { options, type HostEvaluation } from '../../options/index.ts';
import { line, sysctlName } from '../../options/values/index.ts';
import { compareBytes } from '../order.ts';
import { files } from './files.ts';

export const sysctl = options(
  'sysctl',
  z.object({
    settings: z
      .record(sysctlName(), z.union([line(), z.int()]))
      .default({})
      .describe(
        'Values by name, as in sysctl.d(5): `{ "net.ipv4.ip_forward": 1 }`. One that leaves gets back the value that it had before.',
      ),
  }),
);

sysctl.implement({
  defines: [files],
  *config({ settings }) {
    const lines = Object.entries(settings)
      .sort(([left], [right]) => compareBytes(left, right))
      .map(([name, value]) => `${name} = ${value}\n`);
    if (lines.length > 0) yield files({ etc: { 'sysctl.d/60-stead.conf': { text: lines.join('') } } });
  },
});

/** The values of a host by path below /proc/sys, white space as the kernel takes it. */
export function sysctlValues(host: HostEvaluation): Record<string, string> {
  return Object.fromEntries(
    Object.entries(host.get(sysctl).settings).map(([name, value]) => [
      sysctlPath(name),
      String(value).trim().replaceAll(/\s+/g, ' '),
    ]),
  );
}

/** The separator that comes first is the one; the other stands for itself, turned round (sysctl.d(5)). */
function sysctlPath(name: string): string {
  if (/^[^.]*\//.test(name)) return name;
  return name.replaceAll(/[./]/g, (separator) => (separator === '.' ? '/' : '.'));
}
