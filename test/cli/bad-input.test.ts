// Everything that can be wrong with what a person wrote: exit code 2, the place, and nothing touched.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { edit, folder, rack, repository, run, snapshot, stead, write } from './stead.ts';

/** Builds a good rack, breaks it, and expects that error alone; `out/` and the targets stay as they were. */
async function refused(breakIt: (repository: string) => void): Promise<string> {
  const repository = rack();
  const targets = folder();
  const args = ['switch', 'gateway', 'vps', '--repo', repository, '--target-root', targets];
  expect(await run(args)).toMatchObject({ code: 0 });
  const before = [snapshot(`${repository}/out`), snapshot(targets)];
  breakIt(repository);
  const { code, stdout, stderr } = await run(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect([snapshot(`${repository}/out`), snapshot(targets)]).toEqual(before);
  return stderr;
}

describe('a mistake in the repository', () => {
  test('a syntax error is shown at its place', async () => {
    const text = await refused((path) =>
      edit(path, 'hosts/gateway.ts', "address: '10.9.9.2',", "address: '10.9.9.2,"),
    );
    expect(text).toMatchInlineSnapshot(`
      "error: syntax error: this text does not end
        --> hosts/gateway.ts:15:16
         |
      15 |       address: '10.9.9.2,
         |                ^^^^^^^^^^
         = Close it with ' where it ends."
    `);
  });

  test('the README shows a mistake as it is told', async () => {
    const text = await refused((path) =>
      edit(
        path,
        'hosts/vps.ts',
        "      endpoint: 'vpn.wildelab.com',\n",
        "      endpoint: 'vpn.wildelab.com',\n      port: 70000,\n",
      ),
    );
    expect(readFileSync(join(stead, 'README.md'), 'utf8')).toContain(`\`\`\`\n${text}\n\`\`\`\n`);
  });

  test('an unknown option is shown with the nearest name', async () => {
    const text = await refused((path) => edit(path, 'hosts/gateway.ts', 'upstreams:', 'upstream:'));
    expect(text).toMatchInlineSnapshot(`
      "error: dnsmasq.upstream on gateway: dnsmasq has no option \`upstream\`
        --> hosts/gateway.ts:24:7
         |
      24 |       upstream: ['9.9.9.9', '1.1.1.1'],
         |       ^^^^^^^^
         = Did you mean \`upstreams\`?"
    `);
  });

  test('two values for one scalar are both shown', async () => {
    const text = await refused((path) =>
      edit(
        path,
        'hosts/gateway.ts',
        '    dnsmasq({',
        "    wireguard({ address: '10.9.9.3' }),\n    dnsmasq({",
      ),
    );
    expect(text).toMatchInlineSnapshot(`
      "error: wireguard.address on gateway: has 2 different values of the same priority: "10.9.9.2", "10.9.9.3"
        --> hosts/gateway.ts:15:16
         |
      15 |       address: '10.9.9.2',
         |                ^^^^^^^^^^ defined as "10.9.9.2"
        --> hosts/gateway.ts:19:26
         |
      19 |     wireguard({ address: '10.9.9.3' }),
         |                          ^^^^^^^^^^ defined as "10.9.9.3"
         = Keep one of them, wrap the one that shall win in force(…), or the others in fallback(…)."
    `);
  });

  test('a host name that does not exist is shown with the nearest one', async () => {
    const text = await refused((path) =>
      edit(path, 'hosts/vps.ts', "fleet.host('gateway')", "fleet.host('gatway')"),
    );
    expect(text).toMatchInlineSnapshot(`
      "error: dnsmasq.forward."wildelab.com" on vps: there is no host "gatway" in this fleet
        --> hosts/vps.ts:26:60
         |
      26 |       forward: { 'wildelab.com': ({ fleet }) => fleet.host('gatway').get(wireguard).address },
         |                                                            ^^^^^^^^
         = Did you mean gateway?"
    `);
  });

  test('a duplicate address in the mesh is shown on both hosts', async () => {
    const text = await refused((path) => edit(path, 'hosts/gateway.ts', "'10.9.9.2'", "'10.9.9.1'"));
    expect(text).toMatchInlineSnapshot(`
      "error: wireguard.address on gateway: gateway and vps have the same address in the mesh, 10.9.9.1
        --> hosts/gateway.ts:15:16
         |
      15 |       address: '10.9.9.1',
         |                ^^^^^^^^^^ defined here
        --> hosts/vps.ts:13:16
         |
      13 |       address: '10.9.9.1',
         |                ^^^^^^^^^^ wireguard.address on vps is defined here
         = Give each one of its own."
    `);
  });

  test('a cycle between two hosts is shown as a chain', async () => {
    const text = await refused((path) => {
      edit(
        path,
        'hosts/vps.ts',
        '      endpoint:',
        "      port: ({ fleet }) => fleet.host('gateway').get(wireguard).port,\n      endpoint:",
      );
      edit(
        path,
        'hosts/gateway.ts',
        '      subnets:',
        "      port: ({ fleet }) => fleet.host('vps').get(wireguard).port,\n      subnets:",
      );
    });
    expect(text).toMatchInlineSnapshot(`
      "error: wireguard.port on vps: needs its own value:
          wireguard.port on vps
          needs wireguard.port on gateway
          needs wireguard.port on vps
        --> hosts/vps.ts:14:28
         |
      14 |       port: ({ fleet }) => fleet.host('gateway').get(wireguard).port,
         |                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ wireguard.port on vps is computed here
        --> hosts/gateway.ts:17:28
         |
      17 |       port: ({ fleet }) => fleet.host('vps').get(wireguard).port,
         |                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ wireguard.port on gateway is computed here
         = Set one of them to a value that does not depend on the others."
    `);
  });

  test('a template that cannot be read is shown at its brace', async () => {
    const text = await refused((path) => useTemplate(path, 'Hello\n{{#if name}\n'));
    expect(text).toMatchInlineSnapshot(`
      "error: the implementation of motd on gateway: the template cannot be read: this is not expected here
       --> modules/motd.hbs:2:11
        |
      2 | {{#if name}
        |           ^
        = Check the braces, and that every block that is opened is closed."
    `);
  });

  test('a template that is not there is shown where it is asked for', async () => {
    const text = await refused((path) => useTemplate(path, undefined));
    expect(text).toMatchInlineSnapshot(`
      "error: the implementation of motd on gateway: there is no file './motd.hbs' to read
       --> modules/motd.ts:8:52
        |
      8 |     yield files({ etc: { motd: template(readSource('./motd.hbs'), { name: self.name }) } });
        |                                                    ^^^^^^^^^^^^
        = Did you mean './motd.ts'?"
    `);
  });

  test('a name that a template does not get is shown in the template', async () => {
    const text = await refused((path) => useTemplate(path, 'Hello\n{{nam}}\n'));
    expect(text).toMatchInlineSnapshot(`
      "error: the implementation of motd on gateway: "nam" has no value: there is no "nam" in the values here
       --> modules/motd.hbs:2:3
        |
      2 | {{nam}}
        |   ^^^
        = Did you mean "name"?"
    `);
  });

  test('all errors of a fleet are shown together', async () => {
    const text = await refused((path) => {
      edit(path, 'hosts/gateway.ts', "'10.42.0.0/24'", "'10.42.0.1/24'");
      edit(path, 'hosts/vps.ts', "'10.9.9.20'", "'10.9.9.999'");
    });
    expect(text).toMatchInlineSnapshot(`
      "error: wireguard.subnets[0] on gateway: expected an IPv4 network, such as 10.42.0.0/24, got "10.42.0.1/24": the host part of 10.42.0.1/24 is not zero: write 10.42.0.0/24
        --> hosts/gateway.ts:17:17
         |
      17 |       subnets: ['10.42.0.1/24'],
         |                 ^^^^^^^^^^^^^^

      error: wireguard.roaming.anna.address on vps: expected an IPv4 address, such as 10.42.0.1, got "10.9.9.999": 999 is over 255
        --> hosts/vps.ts:19:26
         |
      19 |         anna: { address: '10.9.9.999', publicKey: 'DEULSS7Q7HD6a9Os12+ismp4hnozU0T55LqJSS2QQUA='…
         |                          ^^^^^^^^^^^^

      2 errors"
    `);
  });
});

function useTemplate(path: string, template: string | undefined): void {
  write(
    path,
    'modules/motd.ts',
    `import { files, options, readSource, template, z } from 'stead';

export const motd = options('motd', z.object({ name: z.string() }));

motd.implement({
  defines: [files],
  *config(self) {
    yield files({ etc: { motd: template(readSource('./motd.hbs'), { name: self.name }) } });
  },
});
`,
  );
  if (template !== undefined) write(path, 'modules/motd.hbs', template);
  edit(
    path,
    'hosts/gateway.ts',
    'import { mesh }',
    "import { motd } from '../modules/motd.ts';\nimport { mesh }",
  );
  edit(path, 'hosts/gateway.ts', '    mesh,\n', "    mesh,\n    motd({ name: 'gateway' }),\n");
}

describe.concurrent('a mistake on the command line', () => {
  test('an unknown verb, flag or host exits with 2 and names the nearest', async () => {
    const repository = rack();
    const lines = async (...args: string[]) => {
      const { code, stderr } = await run([...args, '--repo', repository]);
      return [code, ...stderr.split('\n')];
    };
    expect(await lines('buld')).toEqual([2, "error: unknown command 'buld'", '(Did you mean build?)']);
    expect(await lines('build', '--al')).toEqual([
      2,
      "error: unknown option '--al'",
      '(Did you mean --all?)',
    ]);
    expect(await lines('build', 'gatway')).toEqual([
      2,
      'error: there is no host "gatway" in this fleet',
      '  = Did you mean gateway?',
    ]);
    expect(await lines('build', '@rak')).toEqual([
      2,
      'error: no host has the tag "rak"',
      '  = Did you mean @rack?',
    ]);
    expect(await lines('switch')).toEqual([
      2,
      'error: no host is named',
      '  = Name hosts or tags (framework, @amd64), or pass --all.',
    ]);
    expect(await lines('switch', '--all', '--jobs', '0')).toEqual([
      2,
      'error: --jobs takes a whole number of at least 1, got "0"',
    ]);
  });

  test('a folder that is no repository says how to make one', async () => {
    const path = folder();
    const { code, stderr } = await run(['build', '--all', '--repo', path]);
    expect(code).toBe(2);
    expect(stderr).toBe(
      `error: there are no hosts in ${path}/hosts\n  = Make a repository with \`stead init\`, or write a file hosts/NAME.ts: export default host('NAME', { use: [ … ] })`,
    );
  });

  test('--json prints errors as one document, places included', async () => {
    const repository = rack();
    edit(repository, 'hosts/gateway.ts', "address: '10.9.9.2'", "address: '10.9.9'");
    const { code, stdout } = await run(['build', '--all', '--json', '--repo', repository]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      errors: [
        {
          code: 'option.value',
          host: 'gateway',
          option: 'wireguard.address',
          message: 'expected an IPv4 address, such as 10.42.0.1, got "10.9.9"',
          places: [{ file: `${repository}/hosts/gateway.ts`, line: 15, column: 16 }],
        },
      ],
    });
  });

  test('the calls that led to what configuration threw are shown with --verbose alone', async () => {
    const path = repository({
      'hosts/a.ts': `import { files, host } from 'stead';
const inner = (): string => {
  throw new TypeError('broken');
};
const outer = (): string => inner();
export default host('a', { use: [files({ etc: { motd: { text: () => outer() } } })] });
`,
    });
    const [plain, verbose] = await Promise.all([
      run(['build', '--repo', path]),
      run(['build', '--repo', path, '--verbose']),
    ]);
    expect(plain.stderr).toContain('= `--verbose` shows the calls that led here.');
    expect(plain.stderr).not.toMatch(/^ +at /m);
    expect(verbose.stderr).toMatch(/at inner .*hosts\/a\.ts:3:\d+/);
    expect(verbose.stderr).toMatch(/at outer .*hosts\/a\.ts:5:\d+/);
  });
});
