// What a run over many hosts costs the machine that deploys: memory, and whether time grows with the number of hosts.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const FILES = 60;
const COUNTS = [75, 150, 300];
const stead = resolve(import.meta.dirname, '../../src/cli/stead.mjs');
const base = mkdtempSync(join(tmpdir(), 'stead-fleet-'));
try {
  console.log(`${''.padEnd(52)}${'measured'.padStart(12)}   bar`);
  const runs = COUNTS.map((count) => ({ count, ...measured(count) }));
  for (const { count, first, again } of runs) {
    for (const [what, cost] of Object.entries({ 'first run': first, 'no change': again })) {
      row(`${count} folders, ${what}, memory of the deployer, MB`, cost.megabytes, 'at most 500');
      row(`${count} folders, ${what}, ms of CPU a folder`, (cost.seconds * 1000) / count, 'the same for all');
    }
  }
} finally {
  rmSync(base, { recursive: true, force: true });
}

interface Cost {
  /** Of the deployer and the shells that stand for hosts. */
  readonly seconds: number;
  readonly megabytes: number;
}

/** The first switch of so many folders, and one that changes nothing. */
function measured(count: number): { readonly first: Cost; readonly again: Cost } {
  const repository = join(base, String(count));
  mkdirSync(join(repository, 'hosts/profiles'), { recursive: true });
  writeFileSync(
    join(repository, 'hosts/profiles/files.ts'),
    `import { files } from 'stead';
export const many = (name: string) => files({ etc: Object.fromEntries(
  Array.from({ length: ${FILES} }, (_, index) => [\`bench/\${index}\`, \`\${name} \${index}\\n\`])) });
`,
  );
  for (let index = 0; index < count; index++) {
    writeFileSync(
      join(repository, `hosts/h${index}.ts`),
      `import { host } from 'stead';
import { many } from './profiles/files.ts';
export default host('h${index}', { use: [many('h${index}')] });
`,
    );
  }
  return { first: switched(repository), again: switched(repository) };
}

function switched(repository: string): Cost {
  const argv = ['-f', '%U %S %M', process.execPath, stead, 'switch', '--all', '--json', '--repo', repository];
  const { status, stderr } = spawnSync('/usr/bin/time', argv, { encoding: 'utf8', maxBuffer: 1e9 });
  if (status !== 0) throw new Error(`the switch ended with ${status}: ${stderr.slice(-2000)}`);
  const [user = NaN, system = NaN, kilobytes = NaN] = stderr
    .trim()
    .split('\n')
    .at(-1)!
    .split(' ')
    .map(Number);
  return { seconds: user + system, megabytes: kilobytes / 1024 };
}

function row(what: string, value: number, bar: string): void {
  console.log(`${what.padEnd(52)}${value.toFixed(1).padStart(12)}   ${bar}`);
}
