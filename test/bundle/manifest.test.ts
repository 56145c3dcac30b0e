import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import {
  bundle,
  canonicalJson,
  digest,
  identityText,
  manifestJsonSchema,
  manifestText,
  parseManifest,
  readManifest,
  sha256Hex,
  type Manifest,
} from '../../src/bundle/index.ts';
import { context, example } from './example.ts';

const { manifest } = await bundle(example, context);

/** The manifest with one field set, by a path of keys, and a hash that holds. */
function changed(path: readonly (string | number)[], value: unknown): Manifest {
  const copy = structuredClone(manifest) as unknown as Record<string | number, unknown>;
  const parent = path.slice(0, -1).reduce((at, key) => at[key] as Record<string | number, unknown>, copy);
  const last = path.at(-1) ?? '';
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return { ...(copy as unknown as Manifest), hash: digest(identityText(copy as unknown as Manifest)) };
}

test('the schema is JSON Schema 2020-12 with an id and a title, and ajv accepts a manifest by it', async () => {
  const schema = await manifestJsonSchema();
  expect(schema).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:stead:manifest:1',
    title: 'Manifest of a stead bundle, version 1',
    additionalProperties: false,
  });
  const validate = new Ajv2020().compile(schema);
  expect(validate(JSON.parse(manifestText(manifest)))).toBe(true);
  expect(validate({ ...manifest, host: 'Not A Host' })).toBe(false);
});

test('every field of the schema is described', async () => {
  const undescribed: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    const { properties, items, oneOf } = node as Record<string, unknown>;
    for (const [name, property] of Object.entries(properties ?? {})) {
      if (typeof (property as { description?: unknown }).description !== 'string')
        undescribed.push(`${path}.${name}`);
      visit(property, `${path}.${name}`);
    }
    visit(items, `${path}[]`);
    for (const branch of (oneOf as unknown[] | undefined) ?? []) visit(branch, path);
  };
  visit(await manifestJsonSchema(), '');
  expect(undescribed).toEqual([]);
});

test('a manifest is read back as it was written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stead-manifest-'));
  try {
    writeFileSync(join(folder, 'manifest.json'), manifestText(manifest));
    expect(readManifest(join(folder, 'manifest.json'))).toEqual(manifest);
    expect(() => readManifest(join(folder, 'none.json'))).toThrow(
      expect.objectContaining({ code: 'manifest.unreadable' }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  [['host'], 'A b', 'host must match pattern "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"'],
  [['host'], undefined, "it must have required property 'host'"],
  [['extra'], 1, 'it must not have "extra"'],
  [['schema'], 2, 'schema must be equal to constant'],
  [['files', 0, 'mode'], '644', 'files[0].mode must match pattern "^[0-7]{4}$"'],
  [['files', 1, 'path'], 'etc/a', 'files[1].path must match pattern "^(\\/[^/\\p{Cc}]+)+$"'],
  [['files', 0, 'size'], -1, 'files[0].size must be >= 0'],
  [['files', 1, 'kind'], 'socket', 'files[1] value of tag "kind" must be in oneOf'],
  [['files', 0, 'target'], 'x', 'files[0] must not have "target"'],
  [['files', 1, 'target'], undefined, "files[1] must have required property 'target'"],
  [['units', 0, 'onChange'], 'kill', 'units[0].onChange must be equal to one of the allowed values'],
  [
    ['packages', 0, 'name'],
    'A',
    'packages[0].name must match pattern "^[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?$"',
  ],
  [
    ['packages', 0, 'version'],
    '1*2',
    'packages[0].version must match pattern "^[0-9][0-9A-Za-z.+:~-]*\\*?$"',
  ],
  [['kernel', 'add', 0], 'a b', 'kernel.add[0] must match pattern'],
  [
    ['kernel', 'sysctl', 'vm/swappiness'],
    'a\nb',
    'kernel.sysctl.vm/swappiness must match pattern "^\\P{Cc}+$"',
  ],
  [['users', 0, 'uid'], 'x', 'users[0].uid must be integer'],
  [['groups', 0, 'gid'], -1, 'groups[0].gid must be >= 0'],
  [['checks', 0, 'command'], [], 'checks[0].command must NOT have fewer than 1 items'],
  [['checks', 0, 'command', 0], 'a\nb', 'checks[0].command[0] must match pattern "^\\P{Cc}+$"'],
  [['secrets'], [1], 'secrets[0] must be object'],
  [['tables', 'files.tsv'], 'x', 'tables.files.tsv must match pattern "^[0-9a-f]{64}$"'],
  [['runtime', '../x'], sha256Hex(''), 'runtime must match pattern "^[A-Za-z0-9_-][A-Za-z0-9._-]*$"'],
  [['provenance', 'commit'], 'main', 'provenance.commit must match pattern "^[0-9a-f]{40}([0-9a-f]{24})?$"'],
])('a manifest whose %j is %j is refused, and the field is named', (path, value, problem) => {
  const text = JSON.stringify(changed(path, value));
  expect(() => parseManifest(text, 'manifest.json')).toThrow(
    expect.objectContaining({
      code: 'manifest.invalid',
      message: expect.stringContaining(`manifest.json is not a manifest that this version reads: ${problem}`),
    }),
  );
});

test('text that is not JSON is refused', () => {
  expect(() => parseManifest('{', 'manifest.json')).toThrow(
    expect.objectContaining({ code: 'manifest.invalid' }),
  );
});

test('a manifest that was changed after it was built is refused by its hash', () => {
  const text = JSON.stringify({ ...manifest, packages: [] });
  expect(() => parseManifest(text, 'manifest.json')).toThrow(
    expect.objectContaining({ code: 'manifest.hash', host: 'gateway' }),
  );
});

test('the identity is the canonical JSON of the manifest without hash and provenance', () => {
  const { hash, provenance, ...rest } = manifest;
  expect(identityText(manifest)).toBe(canonicalJson(rest));
  expect(hash).toBe(digest(canonicalJson(rest)));
  expect(provenance).toEqual(context.provenance);
});
