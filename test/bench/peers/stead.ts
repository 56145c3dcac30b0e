// stead with the files of the benchmark, in a repository with git, as a person has it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FLAGS } from '../flags.ts';
import { FILES, type Peer } from './peer.ts';

/** As the `stead` in a repository's node_modules is started. */
const command = [
  process.execPath,
  ...FLAGS,
  resolve(import.meta.dirname, '../../../src/cli/stead.mjs'),
  'switch',
  '--all',
];

export const stead: Peer = {
  name: 'stead',
  missing: () => undefined,
  files: '/etc/bench/',
  forget: 'if [ -e /var/lib/stead/current ]; then stead-host remove >/dev/null; fi',
  write({ folder, members }, value) {
    for (const name of ['hosts', 'modules']) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, '.gitignore'), 'out/\n');
    writeFileSync(join(folder, 'modules/bench.ts'), moduleText(value));
    for (const { name, address } of members) {
      writeFileSync(join(folder, `hosts/${name}.ts`), hostText(name, address));
    }
    if (existsSync(join(folder, '.git'))) return;
    const git = (...words: string[]): void =>
      void execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...words], {
        cwd: folder,
        stdio: 'ignore',
      });
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'Begin');
  },
  deploy: ({ folder, sshConfig }) => ({ argv: [...command, '--repo', folder, '--ssh-config', sshConfig] }),
};

/** Forgets on the deployer's side what a first run does not know. */
export function forgetHere(folder: string): void {
  rmSync(join(folder, 'out'), { recursive: true, force: true });
}

function moduleText(value: string): string {
  return `import { files, ipv4, options, z } from 'stead';
export const bench = options('bench', z.object({ address: ipv4().describe('Where the host is.') }));
bench.implement({
  defines: [files],
  *config(self, { host, fleet }) {
    const peers = fleet.hosts.map((one) => \`peer = \${one.name} \${one.get(bench).address}\\n\`).join('');
    const text = (index: number) => \`# file \${index} of \${host.name}\\naddress = \${self.address}\\n\${peers}value = \${
      index === ${FILES / 2} ? '${value}' : index}\\n\`;
    const names = Array.from({ length: ${FILES} }, (_, index) => index);
    yield files({ etc: Object.fromEntries(names.map((index) => [\`bench/\${index}.conf\`, text(index)])) });
  },
});
`;
}

function hostText(name: string, address: string): string {
  return `import { host, target } from 'stead';
import { bench } from '../modules/bench.ts';
export default host('${name}', { use: [target({ ssh: { address: '${address}' } }), bench({ address: '${address}' })] });
`;
}
