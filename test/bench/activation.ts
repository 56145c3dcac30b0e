// What activating costs on a host: processes, and time as many times that of a shell that does nothing.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleStoreName, copyBundle } from '../../src/deploy/copy.ts';
import { manifestHistory } from '../../src/deploy/history.ts';
import { switchTo } from '../../src/targets/index.ts';
import { bundleOf, counted, type Files } from '../deploy/hosts.ts';

const ROUNDS = 9;
const base = mkdtempSync(join(tmpdir(), 'stead-bench-'));
try {
  console.log(`${''.padEnd(44)}${'measured'.padStart(12)}   bar`);
  for (const count of [60, 10_000]) await unchanged(count);
} finally {
  rmSync(base, { recursive: true, force: true });
}

/** A switch to the generation that runs. */
async function unchanged(count: number): Promise<void> {
  const files: Files = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `/etc/bench/${index % 40}/${index}`,
      `this is file ${index}\n`,
    ]),
  );
  const root = join(base, `host-${count}`);
  const bundle = await bundleOf(files);
  const { session } = await counted(root);
  await copyBundle(session, bundle, manifestHistory(join(base, 'history')), () => {});
  await switchTo(session, bundleStoreName(bundle));
  const script = join(root, 'var/lib/stead/current/runtime/stead-host');
  const argv = ['sh', script, '--root', root, 'switch', bundleStoreName(bundle)];
  const what = `no change of ${count.toLocaleString('en')} files`;
  row(`${what}, processes`, processes(argv), 'at most 25');
  row(`${what}, times \`sh -c true\``, median(argv) / median(['sh', '-c', 'true']), '');
}

/** All that a command starts, forks included. */
function processes(argv: readonly string[]): number {
  const trace = join(base, 'trace');
  run([
    'strace',
    '-f',
    '-qq',
    '-e',
    'signal=none',
    '-e',
    'trace=clone,clone3,fork,vfork',
    '-o',
    trace,
    ...argv,
  ]);
  return readFileSync(trace, 'utf8').match(/ = [0-9]+$/gm)?.length ?? 0;
}

function median(argv: readonly string[]): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    run(argv);
    return performance.now() - start;
  });
  return times.toSorted((a, b) => a - b)[ROUNDS >> 1]!;
}

function run([program = '', ...words]: readonly string[]): void {
  execFileSync(program, words, { stdio: 'ignore' });
}

function row(name: string, value: number, bar: string): void {
  const text = Number.isInteger(value) ? String(value) : value.toFixed(1);
  console.log(`${name.padEnd(44)}${text.padStart(12)}   ${bar}`);
}
