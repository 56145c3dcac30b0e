// Whatever is done to a manifest, it is read as what it was or not at all.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SteadError } from '../../src/options/error.ts';
import {
  bundle,
  digest,
  identityText,
  manifestText,
  parseManifest,
  type Manifest,
} from '../../src/bundle/index.ts';
import { context, example } from './example.ts';

const { manifest } = await bundle(example, context);
const text = manifestText(manifest);

/** Reads a text, and fails unless that gives the manifest it was made from or an error for people. */
function readAsItWas(mutated: string): 'same' | 'refused' {
  try {
    expect(identityText(parseManifest(mutated, 'test'))).toBe(identityText(manifest));
    return 'same';
  } catch (error) {
    if (error instanceof SteadError && /^manifest\.(invalid|hash)$/.test(error.code)) return 'refused';
    throw error;
  }
}

test('10,000 manifests with flipped, lost, doubled and swapped bytes: none is taken for another', () => {
  const bytes = Buffer.from(text);
  const place = fc.integer({ min: 0, max: bytes.length - 1 });
  const change = fc.oneof(
    fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.integer({ min: 0, max: 7 }) }),
    fc.record({ kind: fc.constant('cut' as const), at: place }),
    fc.record({ kind: fc.constant('drop' as const), at: place, to: place }),
    fc.record({ kind: fc.constant('double' as const), at: place, to: place }),
    fc.record({ kind: fc.constant('swap' as const), at: place, to: place }),
  );
  let refused = 0;
  fc.assert(
    fc.property(change, (how) => {
      const [from, to] =
        'to' in how ? [Math.min(how.at, how.to), Math.max(how.at, how.to)] : [how.at, how.at];
      const copy = Buffer.from(bytes);
      switch (how.kind) {
        case 'flip':
          copy[from]! ^= 1 << how.bit;
          return void (refused += Number(readAsItWas(copy.toString()) === 'refused'));
        case 'cut':
          return void (refused += Number(readAsItWas(bytes.subarray(0, from).toString()) === 'refused'));
        case 'drop':
          return void (refused += Number(
            readAsItWas(Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]).toString()) ===
              'refused',
          ));
        case 'double':
          return void (refused += Number(
            readAsItWas(Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]).toString()) ===
              'refused',
          ));
        case 'swap':
          [copy[from], copy[to]] = [copy[to]!, copy[from]!];
          return void (refused += Number(readAsItWas(copy.toString()) === 'refused'));
        default:
          return how satisfies never;
      }
    }),
    { numRuns: 10_000 },
  );
  // Bytes that the hash does not cover are few: white space, and where the bundle comes from.
  expect(refused).toBeGreaterThan(8_000);
});

/** A manifest that was changed by somebody who can compute hashes. */
function forged(change: (copy: { -readonly [K in keyof Manifest]: Manifest[K] }) => void): string {
  const copy = structuredClone(manifest) as { -readonly [K in keyof Manifest]: Manifest[K] };
  change(copy);
  copy.hash = digest(identityText(copy));
  return manifestText(copy);
}

function withPath(path: string): string {
  return forged((copy) => {
    copy.files = [{ path, kind: 'symlink', target: '/x' }, ...copy.files];
  });
}

test.each([
  ['a hash that does not hold', text.replace('/etc/thing.conf', '/etc/thing.conF'), 'the hash does not hold'],
  [
    'another version',
    forged((copy) => void Object.assign(copy, { schema: 2 })),
    'schema must be equal to constant',
  ],
  [
    "a path of stead's own",
    withPath('/var/lib/stead/current'),
    '"/var/lib/stead/current" is not a path that a configuration may own',
  ],
  [
    "a path of the kernel's",
    withPath('/proc/sys/kernel/panic'),
    'is not a path that a configuration may own',
  ],
  [
    "the host's own command",
    withPath('/usr/local/bin/stead-host'),
    'is not a path that a configuration may own',
  ],
  ['a path that leads out', withPath('/etc/../root'), '"/etc/../root" has "." or ".." in it'],
  ['no path', withPath('etc/motd'), 'files[0].path must match pattern'],
  ['a path twice', withPath('/etc/thing.conf'), '/etc/thing.conf is defined twice'],
  ['a file where a folder is needed', withPath('/etc'), '/etc is a symbolic link, and /etc/'],
])('a manifest with %s is refused, even where its hash holds', (_what, changed, message) => {
  expect(() => parseManifest(changed, 'test')).toThrow(message);
});
