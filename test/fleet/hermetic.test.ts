import { describe, expect, test, vi } from 'vitest';
import { checkFleet, guarded, loadFleet } from '../../src/fleet/index.ts';
import { evaluated, reported, repository } from './repository.ts';

const tail = { clock: 'at any time', environment: 'on any machine', randomness: 'every time' };

/** A host whose one option is `expression`, evaluated when the option is read. */
const thunk = (expression: string): Record<string, string> => ({
  'hosts/a.ts': `import { host, options, z } from 'stead';
const s = options('s', z.object({ value: z.unknown() }));
export default host('a', {
  use: [
    s({
      value: () => ${expression},
    }),
  ],
});
`,
});

/** The value of `expression` in configuration. */
async function valueOf(expression: string): Promise<unknown> {
  const { evaluation } = await evaluated(thunk(expression));
  const one = evaluation.host('a');
  const { value } = one.get(one.usedSets()[0]!) as { value: unknown };
  return value;
}

describe('what varies is refused to configuration, with the place of the attempt', () => {
  test('the clock', async () => {
    expect(await reported(thunk('Date.now()'))).toBe(
      `
error: s.value on a: \`Date.now()\` is not available to configuration: the same commit must give the same hosts ${tail.clock}
 --> hosts/a.ts:6:20
  |
6 |       value: () => Date.now(),
  |                    ^^^^^^^^
  = Write the date or time into the repository.`.trim(),
    );
  });

  const refused: readonly (readonly [expression: string, what: string, column: number])[] = [
    ['new Date()', 'new Date()', 20],
    ['Date()', 'Date()', 20],
    ['String(new (new Date(0).constructor as DateConstructor)())', 'new Date()', 27],
    ['new (class extends Date {})()', 'new Date()', 25],
    ['performance.now()', 'performance', 20],
    ['new Intl.DateTimeFormat("en").format()', 'new Intl.DateTimeFormat()', 20],
    ['Intl.DateTimeFormat().format()', 'Intl.DateTimeFormat()', 20],
    ['Math.random()', 'Math.random()', 20],
    ['crypto.randomUUID()', 'crypto', 20],
    ['globalThis.crypto.randomUUID()', 'crypto', 31],
    ['process.env.HOME', 'process', 20],
    ['typeof process', 'process', 27],
    ['navigator.hardwareConcurrency', 'navigator', 20],
    ['void fetch("http://localhost")', 'fetch', 25],
    ['new WebSocket("ws://localhost")', 'WebSocket', 24],
    ['new BroadcastChannel("a")', 'BroadcastChannel', 24],
    ['setTimeout(() => 1)', 'setTimeout', 20],
    ['setInterval(() => 1)', 'setInterval', 20],
    ['setImmediate(() => 1)', 'setImmediate', 20],
    ['[1].map(Date.now)[0]', 'Date.now()', 24],
    ['new Function("return Date.now()")()', 'Date.now()', 53],
  ];
  test.each(refused)('%s', async (expression, what, column) => {
    const text = await reported(thunk(expression));
    expect(text).toContain(`error: s.value on a: \`${what}\` is not available to configuration: `);
    expect(text).toContain(`\n --> hosts/a.ts:6:${column}\n`);
  });

  test('at the top level of a file as in a thunk', async () => {
    expect(await reported({ 'hosts/a.ts': `export const now = Date.now();\n` })).toBe(
      `
error: \`Date.now()\` is not available to configuration: the same commit must give the same hosts ${tail.clock}
 --> hosts/a.ts:1:20
  |
1 | export const now = Date.now();
  |                    ^^^^^^^^
  = Write the date or time into the repository.`.trim(),
    );
  });

  test('after an await at the top level', async () => {
    expect(
      await reported({ 'hosts/a.ts': `await Promise.resolve();\nexport const now = new Date();\n` }),
    ).toContain(' --> hosts/a.ts:2:20\n');
    expect(
      await reported({ 'hosts/a.ts': `export const now = await Promise.resolve().then(Date.now);\n` }),
    ).toContain('error: `Date.now()` is not available');
  });

  test('given as a value for the engine to call, or as a default for zod to call', async () => {
    const text = await reported({
      'hosts/a.ts': `import { host, options, z } from 'stead';
const s = options('s', z.object({ a: z.number(), b: z.number().default(Math.random) }));
export default host('a', { use: [s({ a: Date.now })] });
`,
    });
    expect(text).toContain(
      `error: s.a on a: \`Date.now()\` is not available to configuration: the same commit must give the same hosts ${tail.clock}\n --> hosts/a.ts:3:41\n`,
    );
    expect(text).toContain(
      `error: s.b on a: \`Math.random()\` is not available to configuration: the same commit must give the same hosts ${tail.randomness}\n --> hosts/a.ts:2:11\n`,
    );
  });

  test('in a package that configuration imports, at the line that calls it', async () => {
    expect(
      await reported({
        ...thunk('clock()'),
        'hosts/a.ts': thunk('clock()')['hosts/a.ts']!.replace('\n', `\nimport { clock } from 'clock';\n`),
        'node_modules/clock/package.json': '{ "name": "clock", "type": "module", "exports": "./index.js" }',
        'node_modules/clock/index.js': 'export const clock = () => Date.now();\n',
      }),
    ).toContain(
      `\`Date.now()\`, which a package asks for here, is not available to configuration: the same commit must give the same hosts ${tail.clock}\n --> hosts/a.ts:7:20\n`,
    );
  });

  test('import.meta, which says where the repository lies', async () => {
    const text = await reported({
      'hosts/a.ts': `// import.meta is not for configuration\nexport const here = import.meta.dirname;\n`,
    });
    expect(text).toBe(
      `
error: \`import.meta\` is not available to configuration: it says where the repository happens to lie
 --> hosts/a.ts:2:21
  |
2 | export const here = import.meta.dirname;
  |                     ^^^^^^^^^^^
  = Files are read relative to the file that asks: readSource('./file').`.trim(),
    );
    expect(await reported({ ...thunk('1'), 'hosts/b.ts': `export const text = 'import.meta';\n` })).toBe('');
  });
});

describe('what does not vary is left to configuration', () => {
  test.each([
    ['new Date(0).toISOString()', '1970-01-01T00:00:00.000Z'],
    ['new Date(0) instanceof Date', true],
    ['new Date(0).constructor === Date', true],
    ['Date.UTC(2020, 0, 1)', 1577836800000],
    ['Math.max(1, 2)', 2],
    ['structuredClone({ a: 1 }).a', 1],
    ['new URL("http://a/b").pathname', '/b'],
  ])('%s', async (expression, value) => {
    expect(await valueOf(expression)).toEqual(value);
  });
});

describe('locale and time zone are pinned', () => {
  test.each([
    ['new Date("2020-07-01T00:00:00").toISOString()', '2020-07-01T00:00:00.000Z'],
    ['new Date(0).getTimezoneOffset()', 0],
    ['new Date(0).toLocaleString()', '1/1/1970, 12:00:00 AM'],
    ['(1234.5).toLocaleString()', '1,234.5'],
    ['[1234.5].toLocaleString()', '1,234.5'],
    ['"i".toLocaleUpperCase()', 'I'],
    ['["ä", "z", "a"].sort((a, b) => a.localeCompare(b)).join("")', 'aäz'],
    ['["ä", "z"].sort(new Intl.Collator().compare).join("")', 'äz'],
    ['new Intl.NumberFormat().resolvedOptions().locale', 'en-US'],
    ['new Intl.NumberFormat("de").format(1234.5)', '1.234,5'],
  ])('%s', async (expression, value) => {
    vi.stubEnv('TZ', 'America/New_York');
    expect(new Date(0).getTimezoneOffset()).toBe(300);
    expect(await valueOf(expression)).toEqual(value);
    expect(new Date(0).getTimezoneOffset()).toBe(300);
    vi.unstubAllEnvs();
  });
});

describe('the guards', () => {
  test('leave all other code alone while they are up', () => {
    guarded(() => {
      expect(Date.now()).toBeGreaterThan(0);
      expect(new Date().getTime()).toBeGreaterThan(0);
      expect(Date()).toMatch(/GMT/);
      expect(Math.random()).toBeLessThan(1);
      expect(process.pid).toBeGreaterThan(0);
      expect(crypto.randomUUID()).toHaveLength(36);
      expect(performance.now()).toBeGreaterThan(0);
      expect(typeof fetch).toBe('function');
      expect(new Intl.DateTimeFormat('en').format(0)).toMatch(/1970|1969/);
      expect([new Date(0)].map((date) => date instanceof Date)).toEqual([true]);
    });
  });

  test('are gone afterwards, to the last property', async () => {
    const before = picture();
    await evaluated(thunk('1'));
    expect(changedSince(before)).toEqual([]);
  });

  test('are gone after an error, in evaluation as in loading', async () => {
    const before = picture();
    await reported(thunk('Date.now()'));
    await reported({ 'hosts/a.ts': 'throw new Error();\n' });
    expect(() =>
      guarded(() => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    await expect(guarded(() => Promise.reject(new Error('later')))).rejects.toThrow('later');
    expect(changedSince(before)).toEqual([]);
  });

  test('stay up until the last of several runs at once has ended', async () => {
    const before = picture();
    const folders = [1, 2, 3].map((wait) =>
      repository({
        'hosts/a.ts': `import { host } from 'stead';\nfor (let i = 0; i < ${wait * 5}; i += 1) await null;\nexport default host('a', { use: [] });\nexport const fails = typeof process;\n`,
      }),
    );
    const loads = await Promise.allSettled(folders.map((folder) => loadFleet(folder)));
    expect(loads.map((one) => one.status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(changedSince(before)).toEqual([]);
  });

  test('nest', () => {
    const { Date: real } = globalThis;
    guarded(() => {
      const outer = Date;
      guarded(() => expect(Date).toBe(outer));
      expect(Date).toBe(outer);
    });
    expect(Date).toBe(real);
  });

  test('send what configuration prints to stderr, and nothing of ours', async () => {
    const out = vi.spyOn(console, 'log').mockImplementation(() => {});
    const error = vi.spyOn(console, 'error').mockImplementation(() => {});
    const folder = repository({
      'hosts/a.ts': `import { host } from 'stead';\nconsole.log('loading', 1);\nexport default host('a', { use: [] });\n`,
    });
    checkFleet(await loadFleet(folder));
    guarded(() => console.log('ours'));
    expect(error.mock.calls).toEqual([['loading', 1]]);
    expect(out.mock.calls).toEqual([['ours']]);
    vi.restoreAllMocks();
  });

  test('two evaluations of one fleet give the same, whatever the environment says', async () => {
    const files = thunk(
      'JSON.stringify([new Date("2020-01-01T12:00"), (0.5).toLocaleString(), "ß".toLocaleUpperCase()])',
    );
    const results: unknown[] = [];
    for (const zone of ['UTC', 'Asia/Tokyo']) {
      vi.stubEnv('TZ', zone);
      const { evaluation } = await evaluated(files);
      const one = evaluation.host('a');
      results.push(one.get(one.usedSets()[0]!));
    }
    vi.unstubAllEnvs();
    expect(results[0]).toEqual(results[1]);
  });
});

/** Every property that the guards touch, as it stands now. */
function picture(): Map<string, unknown> {
  const owners = {
    globalThis,
    Math,
    Intl,
    console,
    Date: Date.prototype,
    String: String.prototype,
    Number: Number.prototype,
  };
  const found = new Map<string, unknown>([['TZ', process.env.TZ]]);
  for (const [name, owner] of Object.entries(owners)) {
    for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      for (const [field, value] of Object.entries(descriptor)) found.set(`${name}.${key} ${field}`, value);
    }
  }
  return found;
}

/** The names of what is another thing now than it was. */
function changedSince(before: ReadonlyMap<string, unknown>): string[] {
  const now = picture();
  return [...new Set([...before.keys(), ...now.keys()])].filter(
    (key) => !Object.is(before.get(key), now.get(key)),
  );
}
