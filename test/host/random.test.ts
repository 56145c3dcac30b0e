import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeBundle, type FileInput } from './bundle.ts';
import { makeHost, type Host } from './host.ts';

/** Paths that lie in each other, so that what is a file here is a folder there. */
const paths = [
  '/etc/a',
  '/etc/a/b',
  '/etc/a/b/c',
  '/etc/d',
  '/etc/d/e',
  '/srv/x y',
  '/srv/x y/z',
  '/opt/l',
  '/opt/l/m',
];

const content = fc.constantFrom('0', '1', '2');
const file: fc.Arbitrary<FileInput> = fc.oneof(
  content,
  fc.record({ link: content, mode: fc.constant('0640') }),
  fc.record({ copy: content, mode: fc.constantFrom('0600', '0644') }),
  fc.record({ symlink: fc.constantFrom('/etc', '/nowhere') }),
  fc.record({ directory: fc.constant(true as const), mode: fc.constantFrom('0700', '0755', '2750') }),
);

/** Files of a bundle: nothing lies below what is no folder. */
const files = fc
  .tuple(...paths.map((path) => fc.option(file).map((one) => [path, one] as const)))
  .map((all) => {
    const chosen: Record<string, FileInput> = {};
    for (const [path, one] of all) {
      const isBelowFile = Object.entries(chosen).some(
        ([above, kind]) => path.startsWith(`${above}/`) && !(typeof kind === 'object' && 'directory' in kind),
      );
      if (one !== null && !isBelowFile) chosen[path] = one;
    }
    return chosen;
  });

/** What somebody had put there before. */
const byHand = fc.uniqueArray(
  fc.record({ path: fc.constantFrom(...paths), kind: fc.constantFrom('file', 'link', 'folder') }),
  { selector: ({ path }) => path, maxLength: 4 },
);

function putByHand(host: Host, { path, kind }: { readonly path: string; readonly kind: string }): void {
  const isBelowFile = paths.some(
    (above) =>
      path.startsWith(`${above}/`) && above in host.tree() && !host.tree()[above]?.startsWith('folder'),
  );
  if (isBelowFile || existsSync(host.root + path)) return;
  mkdirSync(host.root + dirname(path), { recursive: true });
  if (kind === 'file') host.write(path, 'by hand');
  else if (kind === 'link') symlinkSync('/hand', host.root + path);
  else mkdirSync(host.root + path);
}

/** Without stead's own folders and command, and the folders that no host is without. */
function managed(host: Host): Record<string, string> {
  return Object.fromEntries(
    Object.entries(host.tree()).filter(([path]) =>
      paths.some((one) => path === one || path.startsWith(`${one}/`)),
    ),
  );
}

test(
  'whatever generations follow each other: each is whole or refused, and without any the host is as it was',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        byHand,
        fc.array(files, { minLength: 2, maxLength: 4 }),
        async (before, generations) => {
          const host = makeHost();
          for (const one of before) putByHand(host, one);
          const original = managed(host);
          for (const generation of generations) {
            const standing = managed(host);
            const bundle = makeBundle({ files: generation });
            const result = await host.switchTo(bundle);
            if (result.code === 0) {
              expect((await host.verb(['status'])).stdout).not.toContain('drift');
              expect((await host.verb(['switch', bundle.name])).stdout).toMatch(/^unchanged/);
            } else {
              expect(result, result.stderr).toMatchObject({ code: 1 });
              expect(result.stderr).toContain('move it away and switch again');
              expect(managed(host)).toEqual(standing);
            }
          }
          const none = await host.switchTo(makeBundle({}));
          expect(none, none.stderr).toMatchObject({ code: 0 });
          expect(managed(host)).toEqual(original);
        },
      ),
      { numRuns: 8 },
    );
  },
);
