// What a recipe costs a switch: where it is built already, where all of it is to be built, where a part of it has changed.
// The library ggml of llama.cpp's release, built in the sandbox for a folder. As root; fetches compilers and source once.
// Seconds of processors are those of the command and of all that it runs, from evaluating to switching.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { cacheFolder } from '../../src/lab/index.ts';
import { repositoryName } from '../../src/recipes/fetch/git-repository.ts';
import { GGML, ggmlOf } from '../recipes/ggml.ts';

interface Cost {
  readonly wall: number;
  /** User and system time. */
  readonly processors: number;
}

const RUNS = 7;
const stead = resolve(import.meta.dirname, '../../src/cli/stead.mjs');
const base = mkdtempSync(join(tmpdir(), 'stead-recipes-bench-'));
const sources = join(cacheFolder(), 'sources');
const upstream = join(base, 'upstream');
const address = `file://${upstream}`;
try {
  for (const folder of [sources, upstream, join(base, 'modules'), join(base, 'hosts'), join(base, 'out')]) {
    mkdirSync(folder, { recursive: true });
  }
  symlinkSync(sources, join(base, 'out/sources'));
  host('plain', `files({ etc: { ggml: 'none\\n' } })`);
  host('box', 'ggml({})');
  // Its release, from a repository that can go on.
  writeFileSync(join(base, 'modules/ggml.ts'), GGML);
  ran('update');
  execFileSync('tar', ['-x', '-f', join(sources, lockedSum()), '-C', upstream]);
  git('init', '--quiet', '--initial-branch=main');
  commit('the release');
  writeFileSync(join(base, 'modules/ggml.ts'), ggmlOf(`source.git('${address}', { track: 'main' })`));
  ran('update');

  ran('switch', 'plain');
  const all = ran('switch', 'box');
  const difference = least('box') - least('plain');
  console.log(
    `no change, with a recipe more than without: ${(difference * 1000).toFixed(1)} ms (at most 50)\n\n` +
      `${''.padEnd(52)}processors, s   of all   wall, s   of all   (at least 5)`,
  );
  row('all of it built', all);
  host('box', `ggml({ patch: 'echo "${changed('patch')}" >>src/ggml/src/ggml-quants.c' })`);
  row('one file patched', ran('switch', 'box'), all);
  host('box', `ggml({ flags: ['-DGGML_SCHED_MAX_COPIES=8'] })`);
  row('a flag that one file knows', ran('switch', 'box'), all);
  appendFileSync(join(upstream, 'ggml/src/ggml-quants.c'), `${changed('revision')}\n`);
  commit('one file');
  host('box', 'ggml({})');
  row('its next revision looked up', ran('update', 'ggmlLibrary'));
  row('its next revision, of one file', ran('switch', 'box'), all);
  rmSync(join(sources, lockedSum()));
} finally {
  // The release stays for the next run, and for the tests.
  rmSync(join(sources, 'git', repositoryName(address)), { recursive: true, force: true });
  rmSync(base, { recursive: true, force: true });
}

function changed(name: string): string {
  return `int stead_${name}(void) { return 1; }`;
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

function lockedSum(): string {
  const { sources } = JSON.parse(readFileSync(join(base, 'stead.lock'), 'utf8')) as {
    sources: Record<string, { sha256: string }>;
  };
  return Object.values(sources)[0]!.sha256;
}

function git(...args: string[]): void {
  execFileSync('git', ['-C', join(base, 'upstream'), ...args]);
}

function commit(message: string): void {
  git('add', '--all', '--force');
  git('-c', 'user.name=bench', '-c', 'user.email=bench@example.org', 'commit', '--quiet', '-m', message);
}

/** The shortest of some switches that have nothing to do: the others waited for something. */
function least(name: string): number {
  return Math.min(...Array.from({ length: RUNS }, () => ran('switch', name).wall));
}

/** What a verb takes, with all that it runs, as the shell counts it (times, POSIX.1-2024). */
function ran(...args: string[]): Cost {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(
    'sh',
    ['-c', '"$@" >/dev/null && times', 'sh', process.execPath, stead, ...args, '--repo', base],
    { encoding: 'utf8', maxBuffer: 1e9 },
  );
  if (status !== 0) throw new Error(`stead ${args.join(' ')} ended with ${status}: ${stderr.slice(-2000)}`);
  const wall = (performance.now() - start) / 1000;
  const spans = [
    ...stdout
      .trim()
      .split('\n')
      .at(-1)!
      .matchAll(/(\d+)m([\d.]+)s/g),
  ];
  const processors = spans.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
  return { wall, processors };
}

function row(name: string, cost: Cost, whole?: Cost): void {
  const columns = (['processors', 'wall'] as const).map((key) => {
    const ratio = whole === undefined ? '' : (whole[key] / cost[key]).toFixed(1);
    return `${cost[key].toFixed(1).padStart(13)}${ratio.padStart(9)}`;
  });
  console.log(`${name.padEnd(52)}${columns.join('').trimEnd()}`);
}
