// The option reference as data.
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  changed,
  entries,
  internal,
  lines,
  options,
  readOnly,
  reference,
  removed,
  renamed,
  uniqueList,
} from '../../src/options/index.ts';
import { ipv4, port, portRange } from '../../src/options/values/index.ts';
import { line } from './evaluation.ts';

/** The type of one option in words. */
function typeOf(schema: z.core.$ZodType): string {
  return reference(options('set', z.object({ a: schema }))).options[0]!.type;
}

test('every option is told with path, type, description, default and example, in the order declared', () => {
  const set = options(
    'mesh',
    z.object({
      port: port().describe('Port to listen on.').default(51820),
      address: ipv4().optional().describe('Address.'),
      secret: internal(z.string()).optional(),
      url: readOnly(z.string()),
      tls: z.object({ key: z.string().describe('The key.'), days: z.int().default(90) }).optional(),
      peers: entries(z.object({ name: z.string().default('x') })).describe('Peers by name.'),
      jobs: z.array(z.object({ run: z.string() })),
    }),
  );
  expect(reference(set).options).toEqual([
    { path: 'mesh.port', type: 'port', description: 'Port to listen on.', default: 51820, example: '51820' },
    { path: 'mesh.address', type: 'IPv4 address', description: 'Address.', example: '10.42.0.1' },
    { path: 'mesh.url', type: 'text', readOnly: true },
    { path: 'mesh.tls', type: 'object' },
    { path: 'mesh.tls.key', type: 'text', description: 'The key.' },
    { path: 'mesh.tls.days', type: 'integer', default: 90 },
    { path: 'mesh.peers', type: 'object by name', description: 'Peers by name.' },
    { path: 'mesh.peers.<name>.name', type: 'text', default: 'x' },
    { path: 'mesh.jobs', type: 'list of object' },
    { path: 'mesh.jobs[].run', type: 'text' },
  ]);
});

test('the set itself is told with its declaration, migrations and what it defines', () => {
  const at = line() + 1;
  const set = options('set', z.object({ a: z.string() }), {
    migrations: { b: renamed('a'), c: removed('Gone.'), 'd.e': changed((old) => old, 'Write it so.') },
  });
  const low = options('low', z.object({}));
  set.implement({ defines: [low], config: () => [] });
  expect(reference(set)).toMatchObject({
    name: 'set',
    declared: { file: import.meta.filename, line: at },
    migrations: { b: 'is called set.a now', c: 'Gone.', 'd.e': 'Write it so.' },
    defines: ['low'],
  });
  expect(reference(low)).toMatchObject({ migrations: {}, defines: [], options: [] });
});

test.each<[z.core.$ZodType, string]>([
  [z.string(), 'text'],
  [z.string().min(3).default('abc'), 'text'],
  [lines(), 'lines of text'],
  [z.int(), 'integer'],
  [z.number().int(), 'integer'],
  [z.number(), 'number'],
  [z.bigint(), 'integer of any size'],
  [z.boolean().optional(), 'boolean'],
  [z.email(), 'e-mail address'],
  [z.uuid(), 'UUID'],
  [z.iso.date(), 'date'],
  [z.enum(['a', 'b']), 'one of "a", "b"'],
  [z.literal(['a', 1]), '"a" or 1'],
  [z.string().nullable(), 'text or null'],
  [z.literal('x').nullable().default(null), '"x" or null'],
  [z.array(z.array(z.int())), 'list of list of integer'],
  [uniqueList(port()), 'list of port, each once'],
  [z.record(z.string(), z.boolean()), 'boolean by name'],
  [z.tuple([z.string(), z.int()]), '[text, integer]'],
  [z.map(z.string(), z.int()), 'Map from text to integer'],
  [z.set(z.int()), 'Set of integer'],
  [z.union([port(), portRange()]), 'port or port range'],
  [z.union([z.string(), z.string().min(2)]), 'text'],
  [z.intersection(z.object({}), z.string()), 'object and text'],
  [z.unknown(), 'anything'],
  [z.date(), 'date'],
  [z.templateLiteral(['a', z.int()]), 'text'],
  [z.string().transform(Number), 'text'],
  [z.preprocess((value) => value, z.int()), 'integer'],
  [z.json(), 'text or number or boolean or null or list of … or … by name'],
])('%# is told as %2$s', (schema, type) => {
  expect(typeOf(schema)).toBe(type);
});

test('options inside unions, intersections and pipes are told once, with all their types', () => {
  const set = options(
    'set',
    z.object({
      log: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('file'), path: z.string() }),
        z.object({ kind: z.literal('none') }),
      ]),
      both: z.intersection(z.object({ a: z.int() }), z.object({ b: z.string() })),
      file: z.preprocess((value) => value, z.object({ text: z.string() })),
    }),
  );
  expect(reference(set).options.map(({ path, type }) => `${path} ${type}`)).toEqual([
    'set.log object',
    'set.log.kind "file" or "none"',
    'set.log.path text',
    'set.both object',
    'set.both.a integer',
    'set.both.b text',
    'set.file object',
    'set.file.text text',
  ]);
});

test('a schema that holds itself is told once', () => {
  const node = z.object({
    name: z.string(),
    get children() {
      return z.array(node);
    },
  });
  const set = options('set', z.object({ root: node, any: z.json() }));
  expect(reference(set).options.map(({ path }) => path)).toEqual([
    'set.root',
    'set.root.name',
    'set.root.children',
    'set.any',
  ]);
});
