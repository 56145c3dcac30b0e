// `stead lab`: a person's own fleet on their own machine, before the real one.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { available } from '../setup/programs.ts';
import { edit, repository, run, stead } from '../cli/stead.ts';
import { describeLab } from './driver.ts';
import { leaks } from './leaks.ts';
import { keyPair, runSecrets } from './secrets.ts';

const KEYS = keyPair();

const fleet = () =>
  repository({
    'hosts/home.ts': `import { files, host, packages, readSource, secretPath, secrets, target, users } from 'stead';
export default host('home', { use: [
  secrets({ hostKey: '${KEYS.publicKey}', administrators: { me: '${KEYS.publicKey}' }, files: { 'wg/home': {}, console: { neededFor: 'users' } } }),
  users({ users: { root: { hashedPasswordFile: secretPath('console') } } }),
  files({ etc: { key: { target: secretPath('wg/home') }, 'key.pub': { text: () => readSource('./secrets/wg/home.pub').text } } }), packages({ install: ['tree'] }), files({ etc: { 'lab-note': 'first\\n' } }), target({ ssh: { address: '10.42.0.1', user: 'admin' } })] });
`,
    'hosts/outside.ts': `import { files, host, target, users } from 'stead';
import { ssh } from 'stead/modules/ssh';
const authorizedKeys = ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKKplJM6YWqGkbD//AoH0rkVuzPzqnCkJHUXP7EqrUxF me'];
export default host('outside', { use: [ssh({ permitRootLogin: 'no', allowUsers: ['admin'] }), users({ users: { root: { authorizedKeys } } }), files({ etc: { 'lab-note': 'first\\n' } }), target({ ssh: { address: 'vps.example.com', user: 'admin' } })] });
`,
    'hosts/folder.ts': `import { files, host, target } from 'stead';
export default host('folder', { use: [files({ etc: { motd: 'hello' } }), target({ directory: 'folder' })] });
`,
  });

describeLab('stead lab', () => {
  const path = fleet();
  const lab = (...words: string[]) => run(['lab', ...words, '--repo', path]);
  afterAll(() => lab('down'), 60_000);

  test('boots the hosts that have an SSH address, switches them, and tries a change the second time', async () => {
    // The lab gets a key of its own: nobody here has the host's, nor is it to be seen there.
    const generated = await runSecrets(path, KEYS, ['generate', 'wg/home', '--kind', 'wireguard']);
    expect(generated).toMatchObject({ code: 0 });
    const key = execFileSync('age', ['-d', '-i', KEYS.file, `${path}/hosts/secrets/wg/home.age`]).toString();
    const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], {
      input: 'at-the-console-Bn61',
    }).toString();
    expect(await runSecrets(path, KEYS, ['set', 'console'], hash)).toMatchObject({ code: 0 });
    const up = await lab('up');
    expect(up).toMatchObject({ code: 0 });
    expect(up.stdout).toMatch(/^home {5}switched {2}generation 1 .*\noutside {2}switched {2}generation 1 /);
    const [, config = ''] = /^Log in: ssh -F (\S+) home$/m.exec(up.stderr) ?? [];
    const ssh = async (host: string, command: string) =>
      (await execa('ssh', ['-F', config, host, command])).stdout;
    expect(await ssh('home', 'cat /etc/lab-note; getent hosts vps.example.com')).toMatch(
      /^first\n198\.51\.100\.10 /,
    );
    expect(await ssh('home', 'tree --version')).toContain('tree v');
    const [, standIn] = (await ssh('home', 'getent shadow root')).split(':');
    expect(standIn).toMatch(/^\$6\$.{16}\$.{86}$/);
    expect(standIn).not.toBe(hash.trim());
    const publicKey = await ssh('home', 'wg pubkey </etc/key');
    expect(publicKey).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(`${publicKey}\n`).not.toBe(readFileSync(join(path, 'hosts/secrets/wg/home.pub'), 'utf8'));
    expect(await ssh('home', 'cat /etc/key.pub')).toBe(publicKey);
    await ssh('home', 'ping -c 1 -W 5 vps.example.com');
    expect((await lab('status')).stdout).toMatch(/^home: on\noutside: on\nssh -F /);

    edit(path, 'hosts/home.ts', 'first', 'second');
    edit(path, 'hosts/home.ts', "'tree'", "'tree', 'pv'");
    const again = await lab('up', 'home');
    expect(again.stdout).toMatch(/^home {2}switched {2}generation 2 /);
    expect(await ssh('home', 'cat /etc/lab-note')).toBe('second');
    expect(await ssh('home', 'wg pubkey </etc/key')).toBe(publicKey);
    expect(await ssh('home', 'pv --version')).toContain('pv ');

    const said = [up, again].flatMap(({ stdout, stderr }) => [stdout, stderr]);
    expect(
      await leaks({ folder: dirname(config), hosts: [], since: new Date(), said }, [key.trim(), hash.trim()]),
    ).toEqual([]);
    expect(await lab('down')).toMatchObject({ code: 0 });
    expect((await lab('status')).stdout).toBe('no lab of this fleet is up');
  });

  test('says which packages are in no archive of Debian', async () => {
    const unknown = repository({
      'hosts/home.ts': `import { host, packages, target } from 'stead';
export default host('home', { use: [packages({ install: ['no-such-thing'] }), target({ ssh: { address: '10.42.0.1' } })] });
`,
    });
    const refused = await run(['lab', 'up', '--repo', unknown]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('E: Unable to locate package no-such-thing');
    expect((await run(['lab', 'status', '--repo', unknown])).stdout).toBe('no lab of this fleet is up');
  });

  test('says what is wrong with hosts that have no SSH address, and with other words', async () => {
    const folder = await lab('up', 'folder');
    expect(folder.code).toBe(2);
    expect(folder.stderr).toContain(
      'none of these hosts has a `target.ssh`, so that there is nothing to boot',
    );
    expect((await lab('upp')).code).toBe(2);
  });

  test.runIf(available('root'))('asks for root where it does not have it', async () => {
    const command = [`${stead}/src/cli/stead.mjs`, 'lab', 'status', '--repo', '/'];
    const result = await execa('setpriv', ['--reuid=65534', '--clear-groups', process.execPath, ...command], {
      reject: false,
    });
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('error: a lab boots hosts, which takes root\n  = Run it with sudo.');
  });
});
