import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeBundle } from './bundle.ts';
import { findProgram, makeHost, writeScript } from './host.ts';
import type { Host } from './host.ts';

/** Every tool with which the host's scripts change what another process sees. */
const tools = ['mv', 'ln', 'rm', 'rmdir', 'mkdir', 'cp', 'chmod'];

interface Killers {
  /** A folder of tools that kill their whole process group just before the call that was aimed at. */
  readonly path: string;
  readonly aim: (call: number) => void;
  /** How many calls there were since then. */
  readonly calls: () => number;
}

function makeKillers(): Killers {
  const folder = mkdtempSync(join(tmpdir(), 'stead-kill-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'bin');
  mkdirSync(path);
  for (const tool of tools) {
    writeScript(
      join(path, tool),
      `#!/bin/sh
read -r call <'${folder}/calls'
call=$((call + 1))
echo "$call" >'${folder}/calls'
read -r at <'${folder}/kill-at'
[ "$call" != "$at" ] || kill -9 0
exec '${findProgram(tool)}' "$@"
`,
    );
  }
  return {
    path,
    aim: (call) => {
      writeFileSync(join(folder, 'calls'), '0\n');
      writeFileSync(join(folder, 'kill-at'), `${call}\n`);
    },
    calls: () => Number(readFileSync(join(folder, 'calls'), 'utf8')),
  };
}

/** What a person sees of a host: the tree, which generation is current, and which generations there are. */
interface State {
  readonly tree: Record<string, string>;
  readonly current: string;
  readonly adopted: readonly string[];
  readonly journal: boolean;
}

function state(host: Host): State {
  const folder = `${host.root}/var/lib/stead`;
  return {
    tree: host.tree(),
    current: currentOf(host),
    adopted: filesBelow(`${folder}/adopted`),
    journal: existsSync(`${folder}/journal`),
  };
}

function currentOf(host: Host): string {
  const link = `${host.root}/var/lib/stead/current`;
  return existsSync(link) ? readlinkSync(link) : 'none';
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath.slice(folder.length), entry.name))
    .sort();
}

const old = makeBundle({
  files: {
    '/etc/changed': 'old',
    '/etc/copy': { copy: 'old', mode: '0600' },
    '/etc/gone': 'gone',
    '/etc/gone deep/er/file': { copy: 'gone' },
    '/etc/file to folder': 'file',
    '/etc/folder to file/x': 'x',
    '/etc/link to copy': 'kind',
    '/etc/given back': 'ours',
    '/etc/wants': { symlink: '/old' },
    '/srv/folder': { directory: true, mode: '0700' },
  },
});
const next = makeBundle({
  files: {
    '/etc/changed': 'new',
    '/etc/copy': { copy: 'new', mode: '0644' },
    '/etc/new': 'new',
    '/etc/new deep/er/file': 'new',
    '/etc/file to folder/y': 'y',
    '/etc/folder to file': 'file',
    '/etc/link to copy': { copy: 'kind' },
    '/etc/taken over': 'ours',
    '/etc/wants': { symlink: '/new' },
    '/srv/folder': { directory: true, mode: '0755' },
  },
});

interface Scenario {
  readonly name: string;
  readonly prepare: (host: Host) => Promise<void>;
  readonly args: readonly string[];
}

function byHand(host: Host): void {
  host.write('/etc/given back', 'by hand');
  host.write('/etc/taken over', 'by hand');
}

const scenarios: Scenario[] = [
  {
    name: 'a first switch',
    prepare: async (host) => {
      byHand(host);
      await host.receive(next);
    },
    args: ['switch', next.name],
  },
  {
    name: 'a switch that adds, changes, removes, swaps kinds, adopts and gives back',
    prepare: async (host) => {
      byHand(host);
      await host.switchTo(old);
      await host.receive(next);
    },
    args: ['switch', next.name],
  },
  {
    name: 'a rollback',
    prepare: async (host) => {
      byHand(host);
      await host.switchTo(old);
      await host.switchTo(next);
    },
    args: ['rollback'],
  },
];

/** Runs a verb once to its end, then once for every change it makes, killed before that change. */
async function killEverywhere(
  prepare: Scenario['prepare'],
  args: readonly string[],
  judge: (host: Host, whole: { before: State; after: State; cutOffAt: string }, point: number) => void,
): Promise<void> {
  const model = makeHost();
  await prepare(model);
  const before = state(model);
  const start = mkdtempSync(join(tmpdir(), 'stead-start-'));
  onTestFinished(() => rmSync(start, { recursive: true, force: true }));
  copyTree(model.root, start);
  const counters = makeKillers();
  counters.aim(0);
  expect(await model.verb(args, '', counters.path)).toMatchObject({ code: 0 });
  const after = state(model);
  const calls = counters.calls();
  expect(calls).toBeGreaterThan(8);

  const points = Array.from({ length: calls }, (_, index) => index + 1);
  const work = async (): Promise<void> => {
    const host = makeHost();
    const killers = makeKillers();
    for (let point = points.shift(); point !== undefined; point = points.shift()) {
      copyTree(start, host.root);
      killers.aim(point);
      const killed = await host.verb(args, '', killers.path);
      expect(killed.code, `call ${point} is killed`).toBe(null);
      const cutOffAt = currentOf(host);
      const recovered = await host.verb(['recover']);
      expect(recovered, `after call ${point}: ${recovered.stderr}`).toMatchObject({ code: 0 });
      judge(host, { before, after, cutOffAt }, point);
    }
  };
  await Promise.all([work(), work(), work()]);
}

test.each(scenarios)(
  'kill -9 before every change of $name: recovery leaves exactly the generation that is current',
  async ({ prepare, args }) => {
    const seen = new Set<string>();
    await killEverywhere(prepare, args, (host, { before, after, cutOffAt }, point) => {
      seen.add(cutOffAt);
      const whole = cutOffAt === after.current ? after : before;
      expect(state(host), `after call ${point}`).toEqual(whole);
    });
    expect(seen.size).toBe(2);
  },
);

test.each([
  { when: 'before', call: 16, current: 'generations/1' },
  { when: 'after', call: 24, current: 'generations/2' },
])(
  'kill -9 before every change of the recovery of a switch cut off $when its commit point: the next recovery ends it',
  async ({ call, current }) => {
    const prepare = async (host: Host): Promise<void> => {
      await scenarios[1]?.prepare(host);
      const killers = makeKillers();
      killers.aim(call);
      await host.verb(['switch', next.name], '', killers.path);
      expect(state(host)).toMatchObject({ current, journal: true });
    };
    await killEverywhere(prepare, ['recover'], (host, { after }, point) => {
      expect(state(host), `after call ${point}`).toEqual(after);
    });
  },
);

function copyTree(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  execFileSync('cp', ['-a', '-T', from, to]);
}
