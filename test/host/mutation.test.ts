// Whatever is done to a stream or a bundle, a host takes what was meant or nothing.
import { existsSync, readdirSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { base32, bundleEntries, makeBundle, sha256, streamOf, type Bundle, type Entry } from './bundle.ts';
import { makeHost, type Host } from './host.ts';

const bundle = makeBundle({
  files: { '/etc/a': 'a', '/etc/b': { copy: 'b', mode: '0640' }, '/etc/s': { symlink: '/x' } },
});
const incoming = '.incoming-mutated';

function state(host: Host): readonly string[] {
  return [...readdirSync(host.root), ...readdirSync(`${host.root}/var/lib/stead/store`)].sort();
}

async function ready(): Promise<{ readonly host: Host; readonly before: readonly string[] }> {
  const host = makeHost();
  expect(await host.switchTo(makeBundle({ files: { '/etc/z': 'z' } }))).toMatchObject({ code: 0 });
  return { host, before: state(host) };
}

/** Sends a stream: refused with nothing changed, or taken as what it should have been. */
async function send(
  host: Host,
  before: readonly string[],
  stream: Buffer,
  of = bundle,
): Promise<'refused' | 'taken'> {
  const packing = stream[0] === 0x1f ? 'gzip' : 'none';
  const { code, stdout, stderr } = await host.verb(
    ['receive', of.name, incoming, packing, '10000000'],
    stream,
  );
  if (code === 0) {
    expect(await host.verb(['verify'])).toMatchObject({ code: 0 });
    expect(await host.verb(['gc'])).toMatchObject({ code: 0 });
  } else {
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('stead-host: ');
  }
  expect(state(host)).toEqual(before);
  return code === 0 ? 'taken' : 'refused';
}

test('streams with flipped bits and lost, doubled and swapped blocks', async () => {
  const tar = gunzipSync(await streamOf(bundleEntries(bundle, incoming)));
  const blocks = tar.length / 512;
  const place = fc.integer({ min: 0, max: tar.length - 1 });
  const block = fc.integer({ min: 0, max: blocks - 1 });
  const change = fc.oneof(
    fc.tuple(place, fc.integer({ min: 0, max: 7 })).map(([at, bit]) => {
      const copy = Buffer.from(tar);
      copy[at]! ^= 1 << bit;
      return copy;
    }),
    place.map((at) => tar.subarray(0, at)),
    fc.tuple(block, block).map(([one, other]) => {
      const copy = Buffer.from(tar);
      tar.copy(copy, one * 512, other * 512, other * 512 + 512);
      tar.copy(copy, other * 512, one * 512, one * 512 + 512);
      return copy;
    }),
    block.map((at) => Buffer.concat([tar.subarray(0, at * 512), tar.subarray(at * 512 + 512)])),
    block.map((at) => Buffer.concat([tar.subarray(0, at * 512 + 512), tar.subarray(at * 512)])),
  );
  const streams = fc.sample(fc.noBias(change), 120);
  let refused = 0;
  // A few hosts at a time: each takes its streams one after the other.
  const shares = [0, 1, 2].map((share) => streams.filter((_, index) => index % 3 === share));
  await Promise.all(
    shares.map(async (share) => {
      const { host, before } = await ready();
      for (const stream of share) {
        const end = await send(host, before, stream);
        if (end === 'refused') refused += 1;
      }
    }),
  );
  // What no hash covers may differ: padding, manifest.json, and blocks that are alike.
  expect(refused).toBeGreaterThan(80);
});

/** One host for all that is refused: it must be as it was each time. */
const shared = ready();

test.each<readonly [string, (entries: Entry[]) => Entry[]]>([
  ['a member twice', (entries) => [...entries, entries[0]!]],
  ['an absolute name', (entries) => entries.map((one) => ({ ...one, name: `/${one.name}` }))],
  [
    'a hard link out of the tree',
    (entries) => [
      ...entries,
      { name: `${incoming}/bundle/root/etc/x`, type: 'link', target: '../../../../../../etc/passwd' },
    ],
  ],
  ['a device', (entries) => [...entries, { name: `${incoming}/bundle/root/etc/x`, type: 'block-device' }]],
  [
    'a link for a folder',
    (entries) => [{ name: `${incoming}/bundle/root/etc`, type: 'symlink', target: '/etc' }, ...entries],
  ],
  [
    'two members that changed places',
    (entries) =>
      entries.map((one) => {
        const other: Readonly<Record<string, string>> = {
          'files.tsv': 'units.tsv',
          'units.tsv': 'files.tsv',
        };
        const name = one.name.split('/').at(-1)!;
        return name in other ? { ...one, name: one.name.replace(name, other[name]!) } : one;
      }),
  ],
])('a stream with %s is refused', async (_what, change) => {
  const { host, before } = await shared;
  expect(await send(host, before, await streamOf(change(bundleEntries(bundle, incoming))))).toBe('refused');
  expect(existsSync(`${host.root}/etc/x`)).toBe(false);
});

/** A bundle that was changed by somebody who can compute hashes. */
function forged(name: 'files.tsv' | 'identity.json', change: (text: string) => string): Bundle {
  const entries = new Map(bundle.entries);
  const before = entries.get(name)!;
  entries.set(name, change(before));
  const identity = entries.get('identity.json')!.replace(sha256(before), sha256(entries.get(name)!));
  entries.set('identity.json', identity);
  const hash = base32(sha256(identity));
  return { ...bundle, hash, name: `${hash}-gateway`, entries };
}

const row = (path: string): string => `${path}\tsymlink\t-\t-\t-\t-\t-\t-\t/x\n`;

test.each([
  [
    'another version',
    forged('identity.json', (text) => text.replace('"schema":1', '"schema":2')),
    'is not of a form that this version knows',
  ],
  [
    "a path of stead's own",
    forged('files.tsv', (text) => text + row('/var/lib/stead/current')),
    '/var/lib/stead/current is a path that no bundle may own',
  ],
  [
    "a path of the kernel's",
    forged('files.tsv', (text) => text + row('/proc/x')),
    '/proc/x is a path that no bundle may own',
  ],
  [
    "the host's own command",
    forged('files.tsv', (text) => text + row('/usr/local/bin/stead-host')),
    'is a path that no bundle may own',
  ],
  [
    'a folder that must stay one',
    forged('files.tsv', (text) => text + row('/var/lib')),
    '/var/lib is no folder',
  ],
  [
    'a path that leads out',
    forged('files.tsv', (text) => text + row('/etc/../x')),
    '/etc/../x is not a path',
  ],
  ['a path twice', forged('files.tsv', (text) => text + row('/etc/a')), '/etc/a is there twice'],
  [
    'a file where a folder is needed',
    forged('files.tsv', (text) => text + row('/etc')),
    '/etc is no folder, and /etc/',
  ],
  [
    'an object elsewhere',
    forged('files.tsv', (text) => text.replace(/\t[0-9a-z]{32}-a\t/, '\t../../../etc/passwd\t')),
    '/etc/a has no such object',
  ],
  [
    'a mode that is none',
    forged('files.tsv', (text) => text.replace('0640', '0690')),
    '/etc/b has no such mode or owner',
  ],
  [
    'an owner that is an option',
    forged('files.tsv', (text) => text.replace('\troot\t', '\t--from\t')),
    'has no such mode or owner',
  ],
])('a bundle with %s is refused, even where its hash holds', async (_what, bad, message) => {
  const { host, before } = await shared;
  const result = await host.receiveEntries(bad, (name) => bundleEntries(bad, name));
  expect(result).toMatchObject({ code: 1, stdout: '' });
  expect(result.stderr).toContain(message);
  expect(state(host)).toEqual(before);
});
