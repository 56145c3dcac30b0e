// The plan of a switch: what is looked at is what is done.
import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeBundle, type Bundle, type FileInput } from './bundle.ts';
import { makeHost, type Host } from './host.ts';

interface Row {
  readonly part: string;
  readonly step: string;
  readonly subject: string;
}

async function planOf(host: Host, bundle: Bundle): Promise<{ rows: Row[]; hash: string }> {
  const { code, stdout, stderr } = await host.verb(['plan', bundle.name]);
  expect(code, stderr).toBe(0);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  const hash = lines.pop()?.[1] ?? '';
  return { rows: lines.map(([part = '', step = '', subject = '']) => ({ part, step, subject })), hash };
}

/** Paths of few folders, so that generations share some, and some are a file here and a folder there. */
const path = fc.constantFrom(
  '/etc/a',
  '/etc/b',
  '/etc/b/c',
  '/etc/b/d',
  '/etc/e/f',
  '/etc/g',
  '/srv/h',
  '/srv/h/i',
);

const file: fc.Arbitrary<FileInput> = fc.oneof(
  fc.constantFrom('one', 'two'),
  fc.record({ copy: fc.constantFrom('one', 'two'), mode: fc.constantFrom('0600', '0644') }),
  fc.record({ symlink: fc.constantFrom('/one', '/two') }),
  fc.record({ directory: fc.constant(true as const), mode: fc.constantFrom('0700', '0755') }),
);

/** Files that make a tree: below a path stands another only where it is a folder. */
const files = fc.dictionary(path, file, { maxKeys: 6 }).map((all) => {
  const entries = Object.entries(all).filter(([name]) => {
    const above = all[dirname(name)];
    return above === undefined || (typeof above === 'object' && 'directory' in above);
  });
  return Object.fromEntries(entries);
});

/** What a person had put there. */
const strays = fc.dictionary(
  fc.constantFrom('/etc/a', '/etc/g', '/etc/e/f'),
  fc.constantFrom('one', 'mine'),
  {
    maxKeys: 2,
  },
);

test(
  'what a switch changes is exactly what its plan says, for any two generations and what stood there before',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(files, files, strays, async (first, second, byHand) => {
        const host = makeHost();
        for (const [name, text] of Object.entries(byHand)) host.write(name, text);
        const [one, two] = [makeBundle({ files: first }), makeBundle({ files: second })];
        for (const bundle of [one, two]) {
          await host.receive(bundle);
          const before = host.tree();
          const { rows, hash } = await planOf(host, bundle);
          expect(host.tree(), 'looking changes nothing').toEqual(before);
          const result = await host.verb(['switch', bundle.name, '--plan', hash]);
          if (result.code !== 0) {
            // What cannot be done is part of the plan as well.
            expect(rows.map(({ step }) => step)).toContain(/refuse/.test(result.stderr) ? 'refuse' : 'empty');
            return;
          }
          const after = host.tree();
          const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
            (name) => before[name] !== after[name],
          );
          const planned = new Set(rows.map(({ subject }) => subject));
          expect(changed.filter((name) => !planned.has(name) && !isStateFolder(name))).toEqual([]);
          // Nothing is left to do, and nothing was planned that was not done.
          expect((await planOf(host, bundle)).rows).toEqual([]);
          const idle = rows.filter(({ step, subject }) => CHANGES.has(step) && !changed.includes(subject));
          expect(idle).toEqual([]);
        }
      }),
      { numRuns: 12 },
    );
  },
);

/** Steps after which a path is not what it was; what is given back may be the same. */
const CHANGES = new Set(['link', 'copy', 'replace', 'remove', 'mkdir', 'rmdir', 'content']);

function isStateFolder(name: string): boolean {
  return ['/var', '/var/lib'].includes(name);
}

test('a plan that was looked at is refused once the host, or the bundle, is another', async () => {
  const host = makeHost();
  const [one, two] = [makeBundle({ files: { '/etc/a': '1' } }), makeBundle({ files: { '/etc/a': '2' } })];
  await host.switchTo(one);
  await host.receive(two);
  const { hash } = await planOf(host, two);
  mkdirSync(`${host.root}/etc`, { recursive: true });
  symlinkSync('/nowhere', `${host.root}/etc/a.tmp`);
  expect((await planOf(host, two)).hash, 'what is not managed does not matter').toBe(hash);
  host.write('/etc/b', 'mine');
  const three = makeBundle({ files: { '/etc/a': '2', '/etc/b': 'ours' } });
  await host.receive(three);
  const before = host.tree();
  const refused = await host.verb(['switch', three.name, '--plan', hash]);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain(`this host has moved since the plan ${hash} was made`);
  expect(host.tree()).toEqual(before);
});

test('the plan of a bundle that the host does not have is made from its tables alone, and leaves nothing', async () => {
  const [host, other] = [makeHost(), makeHost()];
  const bundle = makeBundle({ files: { '/etc/a': 'a', '/etc/b': { copy: 'b' } } });
  const tables = [...bundle.entries].filter(([name]) => name.endsWith('.tsv'));
  const stdin = tables.map(([name, text]) => `\t${name}\n${text}`).join('');
  const asked = await host.verb(['plan', bundle.name], stdin);
  await other.receive(bundle);
  expect(asked).toEqual(await other.verb(['plan', bundle.name]));
  expect(Object.keys(host.tree()).filter((name) => !isStateFolder(name))).toEqual([]);
});

test('a plan is in the order in which it is carried out', async () => {
  const host = makeHost();
  host.write('/etc/adopted', 'mine');
  await host.switchTo(makeBundle({ files: { '/etc/changed': '1', '/etc/gone': 'x' } }));
  const next = makeBundle({
    files: {
      '/etc/changed': '2',
      '/etc/adopted': 'ours',
      '/etc/new/deep': 'x',
      '/etc/copied': { copy: 'x' },
    },
  });
  await host.receive(next);
  const { rows } = await planOf(host, next);
  expect(rows.map(({ step, subject }) => `${step} ${subject}`)).toEqual([
    'keep /etc/adopted',
    'mkdir /etc/new',
    'link /etc/new/deep',
    'content /etc/changed',
    'remove /etc/gone',
    'replace /etc/adopted',
    'copy /etc/copied',
  ]);
});
