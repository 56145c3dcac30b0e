import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { available } from '../setup/programs.ts';
import { makeBundle } from './bundle.ts';
import { makeMountedHost, type MountedHost } from './fileSystem.ts';
import { makeFaults } from './faults.ts';
import type { Result } from './host.ts';

const before = makeBundle({
  files: {
    '/etc/changed': 'old',
    '/etc/copy': { copy: 'o'.repeat(40_000), mode: '0600' },
    '/etc/gone/a': 'a',
    '/etc/gone/b': { copy: 'b'.repeat(9000) },
    '/etc/kind': 'kind',
  },
});
const after = makeBundle({
  files: {
    '/etc/changed': 'new',
    '/etc/copy': { copy: 'n'.repeat(60_000), mode: '0600' },
    '/etc/new/a': 'a',
    '/etc/new/b': { copy: 'b'.repeat(9000) },
    '/etc/kind': { copy: 'kind' },
    '/etc/taken': 'ours',
  },
});

interface State {
  readonly tree: Record<string, string>;
  readonly current: string;
}

function state(host: MountedHost): State {
  const tree = Object.entries(host.tree()).filter(([path]) => !path.startsWith('/filler'));
  return { tree: Object.fromEntries(tree), current: readlinkSync(`${host.root}/var/lib/stead/current`) };
}

/** What is recorded of each generation: text that is cut off does not parse. */
function records(host: MountedHost): unknown[] {
  const folder = `${host.root}/var/lib/stead/generations`;
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as unknown);
}

async function preparedHost(mount: string): Promise<MountedHost> {
  const host = await makeMountedHost(mount);
  host.write('/etc/taken', 'by hand');
  expect(await host.switchTo(before)).toMatchObject({ code: 0 });
  expect(await host.verb(['confirm'])).toMatchObject({ code: 0 });
  expect(await host.receive(after)).toMatchObject({ code: 0 });
  return host;
}

/** Takes all room but so many KiB or inodes. */
const fill = {
  'the disk is full': (left: number) =>
    `df -Pk "$1" | awk 'NR == 2 { print $4 - ${left} }' | { read -r size; [ "$size" -le 0 ] || head -c "$size"K /dev/zero >"$1/filler"; }`,
  'inodes are used up': (left: number) =>
    `mkdir -p "$1/filler.d" && cd "$1/filler.d" && df -Pi . | awk 'NR == 2 { for (i = ${left}; i < $4; i++) print i }' | xargs -r touch`,
};
const freeAll = 'rm -rf "$1/filler" "$1/filler.d"';

const mounts = {
  tmpfs: 'mount -t tmpfs -o size=12m,nr_inodes=900 small "$1"',
  ext4: 'truncate -s 32M "$1.img" && mkfs.ext4 -q -m 0 -N 900 "$1.img" && mount -o loop "$1.img" "$1"',
};

function isWhole(host: MountedHost, result: Result, old: State): void {
  if (result.code === 0) {
    expect(state(host).current).not.toBe(old.current);
    expect(host.read('/etc/changed') + host.read('/etc/copy')).toBe(`new${'n'.repeat(60_000)}`);
  } else {
    expect([1, 4], result.stderr).toContain(result.code);
    expect(result.stderr).not.toContain('PARTIAL');
    expect(state(host), result.stderr).toEqual(old);
  }
  for (const record of records(host)) expect(record).toHaveProperty('state');
}

if (available('root')) {
  test('Disk full during copy: old generation active, the partial copy removed or resumed, the message names the bytes needed: where it is full in the middle', async () => {
    const host = await makeMountedHost(mounts.tmpfs);
    expect(await host.switchTo(before)).toMatchObject({ code: 0 });
    const old = state(host);
    await host.run(fill['inodes are used up'](9));
    const result = await host.receive(after);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/is full: \d+ bytes and \d+ files are free; make room and try again/);
    expect(result.stderr).toMatch(/does not fit here \(up to \d+ bytes in /);
    expect(state(host)).toEqual(old);
    const store = `${host.root}/var/lib/stead/store`;
    expect(readdirSync(store).filter((name) => name.startsWith('.incoming'))).toEqual([]);
    await host.run(freeAll);
    expect(await host.switchTo(after)).toMatchObject({ code: 0 });
  });

  const levels = [0, 4, 16, 64, 200, 300, 400, 500, 700, 1400, 2000];
  test.each(Object.keys(fill) as (keyof typeof fill)[])(
    'Disk or inodes full during activation: rolled back, no state file truncated: %s from the start',
    { timeout: 60_000 },
    async (what) => {
      const host = await preparedHost(mounts.tmpfs);
      const old = state(host);
      const codes = new Set<number | null>();
      for (const level of levels) {
        await host.run(fill[what](what === 'the disk is full' ? level : level / 5));
        const result = await host.verb(['switch', after.name]);
        codes.add(result.code);
        if (result.code !== 0) expect(result.stderr).toMatch(/\d+ bytes and \d+ files are free/);
        isWhole(host, result, old);
        await host.run(freeAll);
        if (result.code === 0) expect(await host.verb(['rollback'])).toMatchObject({ code: 0 });
        expect(state(host)).toEqual(old);
      }
      expect([...codes].toSorted()).toEqual([0, 1]);
    },
  );

  test.each(
    (Object.keys(fill) as (keyof typeof fill)[]).flatMap((what) =>
      (Object.keys(mounts) as (keyof typeof mounts)[]).map((mount) => ({ what, mount })),
    ),
  )(
    'Disk or inodes full during activation: rolled back, no state file truncated: $what at any change, on $mount',
    { timeout: 120_000 },
    async ({ what, mount }) => {
      const host = await preparedHost(mounts[mount]);
      const old = state(host);
      // As by another process, to the brim.
      const faults = makeFaults(
        `sh -c '${fill[what](0).replaceAll("'", String.raw`'\''`)}' sh '${host.path}' 2>/dev/null`,
      );
      const codes = new Set<number | null>();
      for (let call = 1; call < 60; call += mount === 'ext4' ? 11 : 5) {
        faults.aim({ call, side: 'before' });
        const result = await host.verb(['switch', after.name], '', faults.path);
        codes.add(result.code);
        isWhole(host, result, old);
        await host.run(freeAll);
        if (result.code === 0) expect(await host.verb(['rollback'])).toMatchObject({ code: 0 });
      }
      expect(codes.size).toBeGreaterThan(1);
    },
  );
}
