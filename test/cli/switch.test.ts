// Switching as a user does: folders, a real sshd, rollback, what cannot be reached.
import {
  existsSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { available } from '../setup/programs.ts';
import { freePort, makeHome, type Home, type Server } from '../targets/sshd.ts';
import { edit, folder, rack, repository, run, tellingOf, write } from './stead.ts';

/** The columns of each line of a table. */
function rows(stdout: string): string[][] {
  return stdout.split('\n').map((line) => line.split(/ {2,}/));
}

describe.concurrent('switching into folders', () => {
  test('what was built last is not built again; a host that lost something of it has it brought back', async () => {
    const hostText = (name: string): string =>
      `import { files, host } from 'stead';\nexport default host('${name}', { use: [files({ etc: { motd: 'hello\\n' } })] });\n`;
    const path = repository({ 'hosts/one.ts': hostText('one'), 'hosts/two.ts': hostText('two') });
    const root = folder();
    const stead = (verb: string, ...words: string[]) =>
      run([verb, ...words, '--repo', path, '--target-root', root], { env: tellingOf('/zod/index.js') });
    // Every build writes it anew.
    const record = () => statSync(join(path, 'out/.last-build.json')).ino;
    const states = ({ stdout }: { readonly stdout: string }) => rows(stdout).map(([, state]) => state);

    const made = await stead('switch', '--all');
    expect(states(made)).toEqual(['switched', 'switched']);
    expect(made.stderr).toContain('/zod/index.js is loaded');
    const first = record();
    const none = await stead('switch', '--all');
    expect(states(none)).toEqual(['nothing to do', 'nothing to do']);
    expect(record()).toBe(first);
    // What evaluates takes longer to load than all else here takes.
    expect(none.stderr).not.toContain('/zod/index.js is loaded');

    rmSync(join(root, 'two/etc/motd'));
    expect(states(await stead('switch', '--all', '--canary', 'two'))).toEqual(['nothing to do', 'switched']);
    expect(existsSync(join(root, 'two/etc/motd'))).toBe(true);
    expect(record()).not.toBe(first);
  });

  test('the rack is switched, changed, shown, switched and rolled back', async () => {
    const path = rack();
    const root = folder();
    const stead = (verb: string, ...words: string[]) =>
      run([verb, ...words, '--repo', path, '--target-root', root]);
    const conf = () => readFileSync(join(root, 'gateway/etc/wireguard/wg0.conf'), 'utf8');

    const first = await stead('switch', '--all');
    expect(first.code).toBe(0);
    expect(rows(first.stdout).map(([host, state, generation]) => [host, state, generation])).toEqual(
      ['framework', 'gateway', 'jetson', 'pi5-0', 'pi5-1', 'pi5-2', 'pi5-3', 'vps'].map((host) => [
        host,
        'switched',
        'generation 1',
      ]),
    );
    expect(conf()).toContain('Endpoint: vpn.wildelab.com:51820');
    expect(readlinkSync(join(root, 'gateway/var/lib/stead/current'))).toBe('generations/1');

    const again = await stead('switch', '--all');
    expect(again.code).toBe(0);
    expect(rows(again.stdout).every(([, state]) => state === 'nothing to do')).toBe(true);

    edit(
      path,
      'hosts/vps.ts',
      "endpoint: 'vpn.wildelab.com',",
      "endpoint: 'vpn.wildelab.com',\n      port: 443,",
    );
    const diff = await stead('diff', '--all');
    expect(diff.code).toBe(0);
    expect(diff.stdout).toContain('jetson: nothing would change');
    expect(diff.stdout).toMatch(
      / {2}~ \/etc\/wireguard\/wg0.conf \(content, \d+ bytes to \d+ bytes\)\n {2}~ \/etc\/wireguard\/wg0.sources \(content, \d+ bytes to \d+ bytes\)\n {2}reload wg-quick@wg0.service\n/,
    );
    expect(diff.stdout).toMatch(
      /^-# Endpoint: vpn.wildelab.com:51820, .*\n\+# Endpoint: vpn.wildelab.com:443, /m,
    );
    expect(conf()).toContain(':51820');

    const second = await stead('switch', '--all');
    expect(
      rows(second.stdout)
        .filter(([, state]) => state === 'switched')
        .map(([host]) => host),
    ).toEqual(['gateway', 'vps']);
    expect(conf()).toContain(':443');

    const back = await stead('rollback', '@mesh', '--json');
    expect(back.code).toBe(0);
    expect(JSON.parse(back.stdout)).toMatchObject({
      hosts: [
        { host: 'gateway', state: 'switched', generation: 1 },
        { host: 'vps', state: 'switched', generation: 1 },
      ],
    });
    expect(conf()).toContain(':51820');

    const forward = await stead('rollback', 'gateway', '--to', '2');
    expect(forward.code).toBe(0);
    expect(conf()).toContain(':443');

    const generations = await stead('generations', 'gateway', '--json');
    expect(JSON.parse(generations.stdout)).toMatchObject({
      hosts: [
        {
          host: 'gateway',
          generations: [
            { generation: 1, current: false },
            { generation: 2, current: true },
          ],
        },
      ],
    });
  });

  test('status says what drifted', async () => {
    const path = rack();
    const root = folder();
    const stead = (verb: string) => run([verb, 'gateway', '--repo', path, '--target-root', root]);
    await stead('switch');
    expect((await stead('status')).stdout).toMatch(
      /^gateway: generation 1 [0-9a-z]{32} confirmed, as it should be$/,
    );
    const file = join(root, 'gateway/etc/dnsmasq.d/stead.conf');
    writeFileSync(`${file}.new`, 'edited by hand\n');
    renameSync(`${file}.new`, file);
    expect((await stead('status')).stdout.split('\n')[1]).toBe(
      '  /etc/dnsmasq.d/stead.conf was replaced by something else',
    );
  });

  test('a rollback needs nothing of the repository but its targets', async () => {
    const path = rack();
    const root = folder();
    const stead = (verb: string) => run([verb, 'gateway', '--repo', path, '--target-root', root]);
    await stead('switch');
    edit(path, 'hosts/gateway.ts', "'10.42.0.10'", "'10.42.0.11'");
    await stead('switch');
    write(path, 'hosts/broken.ts', 'export default {');
    expect((await stead('switch')).code).toBe(2);
    const { code, stderr } = await stead('rollback');
    expect(code).toBe(0);
    expect(stderr).toContain(
      'The repository cannot be read; hosts are reached as they were at the last switch.',
    );
    expect(readFileSync(join(root, 'gateway/etc/stead/dnsmasq.hosts'), 'utf8')).toContain('10.42.0.10 llm.');
  });

  test('a host that fails leaves the others done and exits with 3, or with 1 when it was the only one', async () => {
    const path = repository({
      'hosts/good.ts': one('good', "target({ directory: 'good' })"),
      'hosts/bad.ts': one('bad', "target({ directory: 'file/bad' })"),
      file: 'in the way',
    });
    const both = await run(['switch', '--all', '--repo', path]);
    expect(both.code).toBe(3);
    expect(rows(both.stdout).map(([host, state]) => [host, state])).toEqual([
      ['bad', 'FAILED'],
      ['good', 'switched'],
    ]);
    expect(both.stderr).toContain(`error: bad: the folder ${realpathSync(path)}/file/bad cannot be made: `);
    expect(readFileSync(join(path, 'good/etc/motd'), 'utf8')).toBe('hello\n');
    expect((await run(['switch', 'bad', '--repo', path])).code).toBe(1);
  });
});

function one(name: string, target: string): string {
  return `import { files, host, target } from 'stead';
export default host('${name}', { use: [files({ etc: { motd: 'hello\\n' } }), ${target}] });
`;
}

describe.runIf(available('sshd', 'ssh-keygen'))('switching over SSH', () => {
  let home: Home;
  let server: Server;

  beforeAll(async () => {
    home = makeHome();
    server = await home.startServer();
  });
  afterAll(async () => {
    await server.stop();
    home.remove();
  });

  /** A repository whose host is a folder behind the server. */
  function behind(settings: string): { readonly path: string; readonly far: string } {
    const far = folder();
    const ssh = `{ address: '127.0.0.1', port: ${server.port}, user: '${home.user}', root: '${far}', ${settings} }`;
    return { path: repository({ 'hosts/far.ts': one('far', `target({ ssh: ${ssh} })`) }), far };
  }

  const environment = () => ({ HOME: home.folder, SSH_AUTH_SOCK: '' });

  test('a host is switched, changed and rolled back over a real sshd', async () => {
    const { path, far } = behind(`hostKeys: ['${server.hostKey}']`);
    const stead = (verb: string) => run([verb, 'far', '--repo', path], { env: environment() });
    expect(await stead('switch')).toMatchObject({ code: 0 });
    expect(readFileSync(join(far, 'etc/motd'), 'utf8')).toBe('hello\n');
    edit(path, 'hosts/far.ts', 'hello', 'goodbye');
    expect((await stead('diff')).stdout).toMatch(/\n-hello\n\+goodbye\n/);
    expect(await stead('switch')).toMatchObject({ code: 0 });
    expect(readFileSync(join(far, 'etc/motd'), 'utf8')).toBe('goodbye\n');
    expect(await stead('rollback')).toMatchObject({ code: 0 });
    expect(readFileSync(join(far, 'etc/motd'), 'utf8')).toBe('hello\n');
    expect((await stead('generations')).stdout).toMatch(
      /^far {2}\* {2}1 .*confirmed.*\nfar {5}2 .*rolled-back/,
    );
    expect((await stead('status')).stdout).toContain('as it should be');
  });

  test('a host key that nobody vouched for is refused, and nothing is changed', async () => {
    const { path, far } = behind('');
    const { code, stderr } = await run(['switch', 'far', '--repo', path], { env: environment() });
    expect(code).toBe(1);
    expect(stderr).toContain('SHA256:');
    expect(existsSync(join(far, 'var'))).toBe(false);
  });

  test('known_hosts vouches for a key, and another key there is refused', async () => {
    const { path, far } = behind('');
    const known = join(home.folder, '.ssh/known_hosts');
    writeFileSync(known, `[127.0.0.1]:${server.port} ${server.hostKey}\n`);
    expect(await run(['switch', 'far', '--repo', path], { env: environment() })).toMatchObject({ code: 0 });
    const other = makeHome();
    const stranger = await other.startServer();
    writeFileSync(known, `[127.0.0.1]:${server.port} ${stranger.hostKey}\n`);
    edit(path, 'hosts/far.ts', 'hello', 'goodbye');
    expect(await run(['switch', 'far', '--repo', path], { env: environment() })).toMatchObject({ code: 1 });
    expect(readFileSync(join(far, 'etc/motd'), 'utf8')).toBe('hello\n');
    await stranger.stop();
    other.remove();
  });

  test('an ssh_config given on the command line says where a host of the fleet is', async () => {
    const { path, far } = behind('');
    edit(path, 'hosts/far.ts', "address: '127.0.0.1'", "address: '192.0.2.1'");
    const known = join(home.folder, 'lab_known_hosts');
    writeFileSync(known, `lab ${server.hostKey}\n`);
    const config = join(home.folder, 'lab_config');
    writeFileSync(
      config,
      `Host far\n  HostName 127.0.0.1\n  Port ${server.port}\n  User ${home.user}\n  HostKeyAlias lab\n  UserKnownHostsFile ${known}\n  IdentityFile ${home.identity}\n`,
    );
    const result = await run(['switch', 'far', '--repo', path, '--ssh-config', config], {
      env: environment(),
    });
    expect(result).toMatchObject({ code: 0 });
    expect(readFileSync(join(far, 'etc/motd'), 'utf8')).toBe('hello\n');
  });

  test('Half of the fleet cannot be reached: the others are done, the exit code says so, the rest catch up at night', async () => {
    const { path } = behind(`hostKeys: ['${server.hostKey}']`);
    const nowhere = await freePort();
    write(
      path,
      'hosts/gone.ts',
      one(
        'gone',
        `target({ ssh: { address: '127.0.0.1', port: ${nowhere}, user: '${home.user}', root: '${folder()}', hostKeys: ['${server.hostKey}'] } })`,
      ),
    );
    const both = await run(['switch', '--all', '--repo', path], { env: environment() });
    expect(both.code).toBe(3);
    expect(rows(both.stdout).map(([host, state]) => [host, state])).toEqual([
      ['far', 'switched'],
      ['gone', 'FAILED'],
    ]);
    expect((await run(['switch', 'gone', '--repo', path], { env: environment() })).code).toBe(1);
    edit(path, 'hosts/gone.ts', `port: ${nowhere}`, `port: ${server.port}`);
    const later = await run(['switch', '--all', '--repo', path], { env: environment() });
    expect(later.code).toBe(0);
    expect(rows(later.stdout).map(([host, state]) => [host, state])).toEqual([
      ['far', 'nothing to do'],
      ['gone', 'switched'],
    ]);
  });
});
