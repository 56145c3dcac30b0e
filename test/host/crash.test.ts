import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { available } from '../setup/programs.ts';
import { makeBundle } from './bundle.ts';
import { makeFaults, momentsOf, type Moment } from './faults.ts';
import { makeMountedHost } from './fileSystem.ts';
import { findProgram, makeHost, scratchFolder, shells, writeScript } from './host.ts';
import type { Host } from './host.ts';

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
  readonly code?: number;
  /** Calls of `cp` that fail. */
  readonly failing?: string;
  /** Every call, or every so many. */
  readonly step?: number;
}

function byHand(host: Host): void {
  host.write('/etc/given back', 'by hand');
  host.write('/etc/taken over', 'by hand');
}

const change: Scenario = {
  name: 'a switch that adds, changes, removes, swaps kinds, adopts and gives back',
  prepare: async (host) => {
    byHand(host);
    await host.switchTo(old);
    await host.receive(next);
  },
  args: ['switch', next.name],
};

const scenarios: Scenario[] = [
  {
    name: 'a first switch',
    prepare: async (host) => {
      byHand(host);
      await host.receive(next);
    },
    args: ['switch', next.name],
    step: 2,
  },
  change,
  {
    ...change,
    name: 'a switch that fails and is taken back',
    code: 4,
    failing: 'root/etc/link to copy',
  },
  {
    name: 'a rollback',
    prepare: async (host) => {
      byHand(host);
      await host.switchTo(old);
      await host.switchTo(next);
    },
    args: ['rollback'],
    step: 2,
  },
];

/** What a host may look like after a verb: as before it, or as after it where nothing fails. */
interface Whole {
  readonly before: State;
  readonly after: State;
}

interface Judged extends Whole {
  readonly host: Host;
  readonly moment: Moment;
  /** What `current` was when the verb was cut off. */
  readonly cutOffAt: string;
}

/** Runs a verb to its end, then again and again, each time with the fault at another moment. */
async function everywhere(
  { prepare, args, code = 0, failing, step }: Scenario,
  options: { readonly fault: string; readonly shell?: string; readonly step?: number },
  judge: (judged: Judged) => Promise<void>,
): Promise<void> {
  const model = makeHost(options.shell);
  await prepare(model);
  const before = state(model);
  const start = mkdtempSync(join(scratchFolder(), 'stead-start-'));
  onTestFinished(() => rmSync(start, { recursive: true, force: true }));
  copyTree(model.root, start);
  const counters = makeFaults(':', failing);
  expect(await model.verb(args, '', counters.path)).toMatchObject({ code });
  const calls = counters.calls();
  expect(calls).toBeGreaterThan(8);
  if (failing !== undefined) {
    expect(state(model)).toEqual(before);
    copyTree(start, model.root);
    expect(await model.verb(args)).toMatchObject({ code: 0 });
  }
  const after = state(model);

  const moments = momentsOf(calls, options.step ?? step);
  const work = async (): Promise<void> => {
    const host = makeHost(options.shell);
    const faults = makeFaults(options.fault, failing);
    for (let moment = moments.shift(); moment !== undefined; moment = moments.shift()) {
      copyTree(start, host.root);
      faults.aim(moment);
      const cut = await host.verb(args, '', faults.path);
      if (options.fault.includes('-9')) expect(cut.code, text(moment)).toBe(null);
      await judge({ host, before, after, moment, cutOffAt: currentOf(host) });
    }
  };
  await Promise.all([work(), work(), work()]);
}

function text({ call, side }: Moment): string {
  return `${side} call ${call}`;
}

async function recover(host: Host, moment: Moment): Promise<void> {
  const recovered = await host.verb(['recover']);
  expect(recovered, `${text(moment)}: ${recovered.stderr}`).toMatchObject({ code: 0 });
}

test.each(scenarios)(
  'kill -9 before and after every change of $name: recovery leaves exactly the old or the new generation',
  { timeout: 120_000 },
  async (scenario) => {
    const seen = new Set<string>();
    await everywhere(scenario, { fault: 'kill -9 0' }, async ({ host, before, after, moment, cutOffAt }) => {
      await recover(host, moment);
      // What was being taken back may be finished or taken back.
      const ended = scenario.failing === undefined ? cutOffAt : currentOf(host);
      seen.add(ended);
      expect(state(host), text(moment)).toEqual(ended === after.current ? after : before);
    });
    expect(seen.size).toBe(2);
  },
);

test.each(shells().filter((shell) => shell !== 'dash'))(
  'kill -9 after every single file operation: the next boot sees old or new, never mixed, never an absent file: under %s',
  async (shell) => {
    await everywhere(change, { fault: 'kill -9 0', shell, step: 5 }, async (judged) => {
      const { host, before, after, moment, cutOffAt } = judged;
      await recover(host, moment);
      expect(state(host), text(moment)).toEqual(cutOffAt === after.current ? after : before);
    });
  },
);

test.each(['HUP', 'TERM', 'PIPE'])(
  'SIGPIPE, SIGHUP, SIGTERM in each phase: no half state: SIG%s',
  async (signal) => {
    const seen = new Set<string>();
    await everywhere(change, { fault: `kill -${signal} 0`, step: 4 }, async (judged) => {
      const { host, before, after, moment, cutOffAt } = judged;
      seen.add(cutOffAt);
      expect(state(host), text(moment)).toEqual(cutOffAt === after.current ? after : before);
    });
    expect(seen.size).toBe(2);
  },
);

test.each([
  { when: 'before', side: 'before', current: 'generations/1' },
  { when: 'after', side: 'after', current: 'generations/2' },
] as const)(
  'kill -9 before and after every change of the recovery of a switch cut off $when its commit point: the next recovery ends it',
  { timeout: 60_000 },
  async ({ side, current }) => {
    const prepare = async (host: Host): Promise<void> => {
      await change.prepare(host);
      await host.verb(['switch', next.name], '', killedAtCommit(side).path);
      expect(state(host)).toMatchObject({ current, journal: true });
    };
    await everywhere(
      { name: 'recovery', prepare, args: ['recover'] },
      { fault: 'kill -9 0', step: 2 },
      async (judged) => {
        await recover(judged.host, judged.moment);
        expect(state(judged.host), text(judged.moment)).toEqual(judged.after);
      },
    );
  },
);

/** A tool that kills its process group on that side of the rename that is the commit point. */
function killedAtCommit(side: Moment['side']): { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'stead-kill-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const run = `'${findProgram('mv')}' "$@"`;
  writeScript(
    join(path, 'mv'),
    `#!/bin/sh
case "$*" in
  *current.tmp*) ${side === 'before' ? 'kill -9 0' : `${run}; kill -9 0`} ;;
esac
exec ${run}
`,
  );
  return { path };
}

if (available('root', 'xfs_io')) {
  test(
    'kill -9 after every single file operation: the next boot sees old or new, never mixed, never an absent file: where the power is cut and unsynced data are lost',
    { timeout: 120_000 },
    async () => {
      const mount = 'mount -o loop "$1.img" "$1"';
      const host = await makeMountedHost(
        `truncate -s 24M "$1.img" && mkfs.ext4 -q -m 0 "$1.img" && ${mount}`,
      );
      await change.prepare(host);
      const start = await host.run('umount "$1" && cp --sparse=always "$1.img" "$1.start"');
      expect(start).toMatchObject({ code: 0 });
      const fresh = `! mountpoint -q "$1" || umount "$1"; cp --sparse=always "$1.start" "$1.img" && ${mount}`;
      await host.run(fresh);
      const before = state(host);
      const faults = makeFaults(`xfs_io -x -c shutdown '${host.path}'; kill -9 0`);
      expect(await host.verb(change.args, '', faults.path)).toMatchObject({ code: 0 });
      const after = state(host);
      const calls = faults.calls();
      const seen = new Set<string>();
      for (const moment of momentsOf(calls, 9)) {
        expect(await host.run(fresh)).toMatchObject({ code: 0 });
        faults.aim(moment);
        await host.verb(change.args, '', faults.path);
        const booted = await host.run(`umount "$1" && ${mount}`);
        expect(booted, booted.stderr).toMatchObject({ code: 0 });
        const cutOffAt = currentOf(host);
        await recover(host, moment);
        seen.add(cutOffAt);
        expect(state(host), text(moment)).toEqual(cutOffAt === after.current ? after : before);
      }
      expect(seen.size).toBe(2);
    },
  );
}

function copyTree(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  execFileSync('cp', ['-a', '-T', from, to]);
}
