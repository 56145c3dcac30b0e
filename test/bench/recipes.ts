// What a recipe costs a switch: where it is built already, where all of it is to be built, where a part of it has changed.
// The library ggml of llama.cpp's release, built in the sandbox for a folder. As root; fetches compilers and source once.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { cacheFolder } from '../../src/lab/index.ts';
import { GGML } from '../recipes/ggml.ts';

const RUNS = 7;
const stead = resolve(import.meta.dirname, '../../src/cli/stead.mjs');
const base = mkdtempSync(join(tmpdir(), 'stead-recipes-bench-'));
try {
  const sources = join(cacheFolder(), 'sources');
  for (const folder of [sources, join(base, 'modules'), join(base, 'hosts'), join(base, 'out')]) {
    mkdirSync(folder, { recursive: true });
  }
  symlinkSync(sources, join(base, 'out/sources'));
  writeFileSync(join(base, 'modules/ggml.ts'), GGML);
  host('plain', `files({ etc: { ggml: 'none\\n' } })`);
  host('box', 'ggml({})');
  ran('update');

  ran('switch', 'plain');
  const all = ran('switch', 'box');
  const difference = least('box') - least('plain');
  host(
    'box',
    `ggml({ patch: 'echo "int stead_neighbour(void) { return 1; }" >>src/ggml/src/ggml-quants.c' })`,
  );
  const part = ran('switch', 'box');

  console.log(`${''.padEnd(60)}${'measured'.padStart(12)}   bar`);
  row('no change, with a recipe more than without, ms', difference * 1000, 'at most 50');
  row('all of it built, s', all, '');
  row('one file of it changed, s', part, '');
  row('ratio of the two', all / part, 'at least 5');
} finally {
  rmSync(base, { recursive: true, force: true });
}

function host(name: string, use: string): void {
  writeFileSync(
    join(base, 'hosts', `${name}.ts`),
    `import { files, host } from 'stead';
import { ggml } from '../modules/ggml.ts';
export default host('${name}', { use: [${use}] });
export const names = [files, ggml];
`,
  );
}

/** The shortest of some switches that have nothing to do: the others waited for something. */
function least(name: string): number {
  return Math.min(...Array.from({ length: RUNS }, () => ran('switch', name)));
}

/** Seconds that a verb takes. */
function ran(...args: string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [stead, ...args, '--repo', base], {
    encoding: 'utf8',
    maxBuffer: 1e9,
  });
  if (status !== 0) throw new Error(`stead ${args.join(' ')} ended with ${status}: ${stderr.slice(-2000)}`);
  return (performance.now() - start) / 1000;
}

function row(name: string, value: number, bar: string): void {
  console.log(`${name.padEnd(60)}${value.toFixed(1).padStart(12)}   ${bar}`);
}
