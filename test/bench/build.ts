// How long `stead build --all` of eight hosts takes (the rack with nothing but its mesh and its names), as ratios to
// `node -e 0` in the same run on a warm disk.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const stead = resolve(import.meta.dirname, '../..');
const repository = mkdtempSync(join(tmpdir(), 'stead-bench-'));
const ROUNDS = 15;

for (const folder of ['hosts', 'overlays'])
  cpSync(join(stead, 'test/fixtures/mesh', folder), join(repository, folder), { recursive: true });

const build = [join(stead, 'src/cli/stead.mjs'), 'build', '--all', '--repo', repository];
const figures = { floor: [] as number[], first: [] as number[], unchanged: [] as number[] };
measure(build);
for (let round = 0; round < ROUNDS; round += 1) {
  figures.floor.push(measure(['-e', '0']));
  rmSync(join(repository, 'out'), { recursive: true, force: true });
  figures.first.push(measure(build));
  figures.unchanged.push(measure(build));
}
rmSync(repository, { recursive: true });

const floor = median(figures.floor);
console.log('                              wall ms    ratio   bar');
row('node -e 0', floor, '');
row('stead build --all', median(figures.first), 'at most 10');
row('stead build --all, unchanged', median(figures.unchanged), 'at most 7');

/** Wall time in milliseconds. */
function measure(args: readonly string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - start;
}

function median(all: readonly number[]): number {
  return all.toSorted((a, b) => a - b)[all.length >> 1]!;
}

function row(name: string, milliseconds: number, bar: string): void {
  const ratio = (milliseconds / floor).toFixed(1);
  console.log(`${name.padEnd(30)}${milliseconds.toFixed(0).padStart(7)} ${ratio.padStart(8)}   ${bar}`);
}
