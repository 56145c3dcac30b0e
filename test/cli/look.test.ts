// The verbs that look: eval, why, options, schema.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rack, repository, run, stead as steadFolder, write } from './stead.ts';

const repo = rack();
const stead = (...args: string[]) => run([...args, '--repo', repo]);

describe.concurrent('stead eval', () => {
  test('prints the final values of a host, or of one option set, as JSON', async () => {
    const all = await stead('eval', 'vps');
    expect(all.code).toBe(0);
    const sets = Object.keys(JSON.parse(all.stdout) as object);
    expect(sets).toEqual(expect.arrayContaining(['dnsmasq', 'files', 'network', 'target', 'wireguard']));
    expect(sets).toEqual([...sets].sort());
    const one = await stead('eval', 'vps', 'network');
    expect(JSON.parse(one.stdout)).toEqual({ addresses: { mesh: '10.9.9.1' }, aliases: [] });
  });

  test('names the nearest host or option set for one that is not there', async () => {
    expect(await stead('eval', 'vsp')).toMatchObject({
      code: 2,
      stderr: 'error: there is no host "vsp" in this fleet\n  = Did you mean vps?',
    });
    expect(await stead('eval', 'vps', 'dnsmaks')).toMatchObject({
      code: 2,
      stderr: 'error: vps does not use an option set "dnsmaks"\n  = Did you mean dnsmasq?',
    });
  });
});

describe.concurrent('stead why', () => {
  const decided = repository({
    'hosts/a.ts': `import { fallback, force, host, options, z } from 'stead';
const web = options('web', z.object({ port: z.number().default(80), names: z.array(z.string()) }));
export default host('a', {
  use: [
    web({ port: 8080, names: ['x'] }),
    web({ port: force(9000) }),
    web({ port: fallback(1), names: ['y'] }),
  ],
});
`,
  });

  test('shows every definition with its priority and place, the winner first', async () => {
    expect(await run(['why', 'a', 'web.port', '--repo', decided])).toEqual({
      code: 0,
      stdout: `web.port on a is 9000
✓  force     9000  hosts/a.ts:6:23
   defined   8080  hosts/a.ts:5:17
   fallback  1     hosts/a.ts:7:26`,
      stderr: '',
    });
    const { stdout } = await run(['why', 'a', 'web.names', '--repo', decided]);
    expect(stdout).toBe(`web.names on a is ["x","y"]
✓  defined  ["x"]  hosts/a.ts:5:30
✓  defined  ["y"]  hosts/a.ts:7:37`);
  });

  test('says when the default holds, and finds a value that was computed on another host', async () => {
    expect((await stead('why', 'vps', 'wireguard.port')).stdout).toBe(
      'wireguard.port on vps is 51820\nNothing defines it: this is the default.',
    );
    expect((await stead('why', 'vps', 'dnsmasq.forward."wildelab.com"')).stdout).toBe(
      'dnsmasq.forward."wildelab.com" on vps is "10.9.9.2"\n✓  defined  "10.9.9.2"  hosts/vps.ts:26:49',
    );
  });

  test('prints the same as JSON', async () => {
    const { stdout } = await run(['why', 'a', 'web.port', '--json', '--repo', decided]);
    expect(JSON.parse(stdout)).toMatchObject({
      host: 'a',
      option: 'web.port',
      value: 9000,
      definitions: [
        { won: true, priority: 50, value: 9000, place: { line: 6, column: 23 } },
        { won: false, priority: 100, value: 8080, place: { line: 5, column: 17 } },
        { won: false, priority: 1000, value: 1, place: { line: 7, column: 26 } },
      ],
    });
  });

  test('shows what a definition follows from that an implementation made, back to what a person wrote', async () => {
    const made = repository({
      'hosts/a.ts': `import { host } from 'stead';
import { shop } from '../modules/web.ts';
export default host('a', { use: [shop({ domain: 'shop.example' })] });
`,
      'modules/web.ts': `import { options, z } from 'stead';
export const listen = options('listen', z.object({ names: z.array(z.string()), port: z.int().default(80) }));
export const site = options('site', z.object({ name: z.string(), port: z.int().default(8080) }));
site.implement({
  defines: [listen],
  config: (self) => [listen({ names: [self.name], port: self.port })],
});
export const shop = options('shop', z.object({ domain: z.string() }));
shop.implement({ defines: [site], config: (self) => [site({ name: self.domain })] });
`,
    });
    const why = async (...args: string[]) => (await run(['why', 'a', ...args, '--repo', made])).stdout;
    expect(await why('listen.names[0]')).toBe(`listen.names[0] on a is "shop.example"
✓  defined  "shop.example"  modules/web.ts:6:39
   from     site.name       modules/web.ts:9:67
   from     shop.domain     hosts/a.ts:3:49`);
    expect(await why('listen.port')).toBe(`listen.port on a is 8080
✓  defined  8080       modules/web.ts:6:57
   from     site.port  modules/web.ts:9:54
   from     shop       hosts/a.ts:3:34`);
    expect(JSON.parse(await why('listen.names', '--json'))).toMatchObject({
      definitions: [
        {
          place: { file: `${made}/modules/web.ts`, line: 6 },
          from: [
            {
              option: 'site.name',
              from: [{ option: 'shop.domain', place: { file: `${made}/hosts/a.ts`, line: 3 }, from: [] }],
            },
          ],
        },
      ],
    });
  });

  test('names the nearest option, and how a path is written', async () => {
    expect((await stead('why', 'vps', 'wireguard.prot')).stderr).toBe(
      'error: vps: there is no option wireguard.prot: nothing is called `prot` there\n  = Did you mean port?',
    );
    expect(await stead('why', 'vps', 'wireguard..port')).toMatchObject({ code: 2 });
  });
});

describe.concurrent('stead options', () => {
  test('prints the whole reference, with base sets, modules and who uses them', async () => {
    const { stdout } = await stead('options', '--json');
    const sets = JSON.parse(stdout) as {
      name: string;
      usedBy: string[];
      defines: string[];
      options: { path: string; description?: string }[];
    }[];
    const names = sets.map(({ name }) => name);
    const base = [
      'activation',
      'checks',
      'files',
      'kernel',
      'packages',
      'signers',
      'sysctl',
      'systemd',
      'target',
      'users',
    ];
    // A module with a recipe alone has no options.
    const modules = readdirSync(join(steadFolder, 'modules')).filter((name) => name !== 'llamaCpp');
    expect(names).toEqual(expect.arrayContaining([...base, ...modules]));
    expect(names).toEqual([...names].sort());
    const wireguard = sets.find(({ name }) => name === 'wireguard')!;
    expect(wireguard.usedBy).toEqual(['gateway', 'vps']);
    expect(wireguard.defines).toEqual(
      expect.arrayContaining(['checks', 'files', 'network', 'ports', 'systemd']),
    );
    const undescribed = sets.flatMap(({ options }) =>
      options.filter(({ description }) => description === undefined),
    );
    expect(undescribed).toEqual([]);
  });

  test('prints one set as text or Markdown', async () => {
    expect((await stead('options', 'network')).stdout).toMatch(
      /^network {2}\(.*modules\/network\/options\.ts:\d+:\d+\)\n {2}used by framework, .*vps\n {2}network\.addresses: IP address by name\n/,
    );
    const { stdout } = await stead('options', 'wireguard', '--markdown');
    expect(stdout).toContain('\n| `wireguard.port` | port | `51820` |');
    expect((await stead('options', 'wiregard')).stderr).toBe(
      'error: there is no option set "wiregard"\n  = Did you mean wireguard?',
    );
  });

  test("lists the repository's own modules, used or not", async () => {
    const path = rack();
    write(
      path,
      'modules/lamp.ts',
      "import { options, z } from 'stead';\nexport const lamp = options('lamp', z.object({ on: z.boolean().describe('Light.') }));\n",
    );
    expect((await run(['options', 'lamp', '--repo', path])).stdout).toContain(
      'used by no host\n  lamp.on: boolean\n      Light.',
    );
  });
});

test('stead schema manifest prints a JSON Schema, and other formats are refused', async () => {
  const schema = JSON.parse((await stead('schema', 'manifest')).stdout) as object;
  expect(schema).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object' });
  expect(await stead('schema', 'bundle')).toMatchObject({ code: 2 });
});
