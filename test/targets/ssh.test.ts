import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { sshTarget } from '../../src/targets/index.ts';
import type { SshTargetOptions, Target } from '../../src/targets/index.ts';
import { available } from '../setup/programs.ts';
import { targetSuite } from './common.case.ts';
import { freePort, makeHome, makeKey } from './sshd.ts';
import type { Home, Server } from './sshd.ts';

if (available('sshd', 'ssh-keygen')) {
  describe('a target over SSH', () => {
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

    const environment = (): SshTargetOptions['environment'] => ({
      homeDirectory: home.folder,
      user: home.user,
    });
    const makeFolder = (): string => {
      const folder = mkdtempSync(join(home.folder, 'root-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      return folder;
    };
    const makeTarget = (options: Partial<SshTargetOptions> = {}): Target =>
      sshTarget({
        name: 'gateway',
        host: '127.0.0.1',
        port: server.port,
        hostKeys: [server.hostKey],
        root: home.folder,
        connectTimeoutSeconds: 10,
        environment: environment(),
        ...options,
      });
    const opens = async (target: Target): Promise<void> => {
      const session = await target.open();
      expect(await session.run(['echo', 'here'])).toMatchObject({ code: 0, stdout: 'here\n' });
      await session.close();
    };
    const withKnownHosts = (lines: string): SshTargetOptions['environment'] => {
      const folder = mkdtempSync(join(home.folder, 'person-'));
      execFileSync('cp', ['-r', join(home.folder, '.ssh'), folder]);
      writeFileSync(join(folder, '.ssh/known_hosts'), lines);
      return { homeDirectory: folder, user: home.user };
    };

    targetSuite(async () => {
      const folder = makeFolder();
      return { folder, target: makeTarget({ root: folder }) };
    });

    test('says in words where it leads', () => {
      expect(makeTarget({ user: 'admin', port: 22, root: '/' }).description).toBe('ssh admin@127.0.0.1:22');
    });

    // ss(8) counts what TCP has sent of each connection.
    test.runIf(available('ss'))('a message leaves as one segment', async () => {
      const segments = (): number => {
        const rows = execFileSync('ss', ['-tinH', `dport = :${server.port}`], { encoding: 'utf8' });
        return Number(/data_segs_out:(\d+)/.exec(rows)?.[1]);
      };
      const session = await makeTarget().open();
      onTestFinished(() => session.close());
      await session.run(['true']);
      const before = segments();
      for (let time = 0; time < 10; time++) await session.run(['true']);
      // A channel is opened, told its command, has no input, is closed.
      expect(segments() - before).toBeLessThanOrEqual(10 * 4);
    });

    describe('host keys', () => {
      test('an unknown host is refused, with its fingerprint and what to do', async () => {
        const target = makeTarget({ hostKeys: [], environment: withKnownHosts('') });
        const print = execFileSync('ssh-keygen', ['-lf', '-'], {
          input: server.hostKey,
          encoding: 'utf8',
        }).split(' ')[1];
        await expect(target.open()).rejects.toMatchObject({
          code: 'target.host-key-unknown',
          message: expect.stringContaining(`ssh-ed25519 ${print}`),
          hint: expect.stringContaining('declare it'),
        });
      });

      test('a host whose key is not the declared one is refused', async () => {
        const other = makeKey(join(makeFolder(), 'key'));
        await expect(makeTarget({ hostKeys: [other] }).open()).rejects.toMatchObject({
          code: 'target.host-key-changed',
          message: expect.stringContaining("the fleet's own declaration"),
        });
      });

      test('a declared key wins over a known_hosts file that says otherwise', async () => {
        const other = makeKey(join(makeFolder(), 'key'));
        const person = withKnownHosts(`[127.0.0.1]:${server.port} ${other}\n`);
        await opens(makeTarget({ environment: person }));
        await expect(makeTarget({ hostKeys: [], environment: person }).open()).rejects.toMatchObject({
          code: 'target.host-key-changed',
        });
      });

      test('known_hosts is read with plain and with hashed names', async () => {
        const person = withKnownHosts(`[127.0.0.1]:${server.port} ${server.hostKey}\n`);
        await opens(makeTarget({ hostKeys: [], environment: person }));
        const file = join(person?.homeDirectory ?? '', '.ssh/known_hosts');
        execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' });
        expect(readFileSync(file, 'utf8')).not.toContain('127.0.0.1');
        await opens(makeTarget({ hostKeys: [], environment: person }));
      });

      test('a revoked key is refused', async () => {
        const name = `[127.0.0.1]:${server.port}`;
        const person = withKnownHosts(`${name} ${server.hostKey}\n@revoked ${name} ${server.hostKey}\n`);
        await expect(makeTarget({ hostKeys: [], environment: person }).open()).rejects.toMatchObject({
          code: 'target.host-key-changed',
          message: expect.stringContaining('revoked'),
        });
      });

      test('a host that has no key of the known type is refused as changed', async () => {
        const folder = makeFolder();
        execFileSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-C', '', '-f', join(folder, 'key')]);
        const ecdsa = readFileSync(join(folder, 'key.pub'), 'utf8').trim();
        await expect(makeTarget({ hostKeys: [ecdsa] }).open()).rejects.toMatchObject({
          code: 'target.host-key-changed',
          message: expect.stringContaining('no key of the types known'),
        });
      });

      test('a host is not asked to prove keys that nobody asked about', async () => {
        const talkative = await home.startServer(['LogLevel DEBUG']);
        onTestFinished(() => talkative.stop());
        await opens(makeTarget({ port: talkative.port, hostKeys: [talkative.hostKey] }));
        expect(talkative.log()).toContain('Accepted publickey');
        expect(talkative.log()).not.toContain('hostkeys-prove');
      });

      test('a declaration that is no key is an error of its own', async () => {
        await expect(makeTarget({ hostKeys: ['ssh-ed25519 nonsense'] }).open()).rejects.toMatchObject({
          code: 'target.host-key-invalid',
        });
      });
    });

    describe('logging in', () => {
      const lonely = { homeDirectory: '/nonexistent', user: 'nobody' };

      test('with a key that an agent holds', async () => {
        const agent = await startAgent(home.identity, join(makeFolder(), 'agent'));
        await opens(makeTarget({ user: home.user, environment: { ...lonely, agentSocket: agent } }));
      });

      test('with the key file that is named', async () => {
        await opens(makeTarget({ user: home.user, identityFiles: [home.identity], environment: lonely }));
      });

      test('an encrypted key is passed over and named; the next one is tried', async () => {
        const encrypted = join(makeFolder(), 'encrypted');
        appendFileSync(join(home.folder, 'authorized_keys'), `${makeKey(encrypted, 'a passphrase')}\n`);
        const options = { user: home.user, environment: lonely };
        await expect(makeTarget({ ...options, identityFiles: [encrypted] }).open()).rejects.toMatchObject({
          code: 'target.authentication',
          message: expect.stringContaining(`${encrypted} is encrypted`),
        });
        await opens(makeTarget({ ...options, identityFiles: [encrypted, home.identity] }));
      });

      test('a key that the server does not know is refused, and what was tried is said', async () => {
        const stranger = join(makeFolder(), 'stranger');
        makeKey(stranger);
        await expect(
          makeTarget({ user: home.user, identityFiles: [stranger], environment: lonely }).open(),
        ).rejects.toMatchObject({
          code: 'target.authentication',
          message: expect.stringMatching(/no agent.*stranger was not taken/s),
        });
      });
    });

    describe('the way there', () => {
      test('through one jump host, and through two', async () => {
        const first = await home.startServer();
        const second = await home.startServer();
        onTestFinished(async () => {
          await first.stop();
          await second.stop();
        });
        const hop = (to: Server): { host: string; port: number; hostKeys: string[] } => ({
          host: '127.0.0.1',
          port: to.port,
          hostKeys: [to.hostKey],
        });
        await opens(makeTarget({ jump: [hop(first)] }));
        await opens(makeTarget({ jump: [hop(first), hop(second)] }));
        const stranger = makeKey(join(makeFolder(), 'key'));
        await expect(
          makeTarget({ jump: [{ ...hop(first), hostKeys: [stranger] }] }).open(),
        ).rejects.toMatchObject({
          code: 'target.host-key-changed',
        });
        await expect(makeTarget({ port: await freePort(), jump: [hop(first)] }).open()).rejects.toMatchObject(
          {
            code: 'target.unreachable',
            message: expect.stringContaining('cannot connect to it'),
          },
        );
      });

      test('as an ssh_config file and those it includes say: name, port, user, key, known hosts, jump, proxy command', async () => {
        const jump = await home.startServer();
        onTestFinished(() => jump.stop());
        const folder = makeFolder();
        const known = [
          `rack ${server.hostKey}`,
          `[127.0.0.1]:${jump.port} ${jump.hostKey}`,
          `[127.0.0.1]:${server.port} ${server.hostKey}`,
        ];
        writeFileSync(join(folder, 'known'), `${known.join('\n')}\n`);
        const connect = `${process.execPath} -e "const s=require('net').connect(%p,'%h');process.stdin.pipe(s).pipe(process.stdout)"`;
        writeFileSync(
          join(folder, 'more-hosts'),
          `Host aliased\n  HostName 127.0.0.1\n  Port ${server.port}\n  HostKeyAlias rack\n`,
        );
        const config = join(folder, 'config');
        writeFileSync(
          config,
          `Include ${folder}/more-*
Host *
  User ${home.user}
  IdentityFile ${home.identity}
  UserKnownHostsFile ${join(folder, 'known')}
Host jumping
  HostName 127.0.0.1
  Port ${server.port}
  ProxyJump ${home.user}@127.0.0.1:${jump.port}
Host proxied
  HostName 127.0.0.1
  Port ${server.port}
  ProxyCommand ${connect}
`,
        );
        for (const host of ['aliased', 'jumping', 'proxied']) {
          const target = sshTarget({
            name: 'gateway',
            host,
            root: folder,
            connectTimeoutSeconds: 10,
            environment: { homeDirectory: '/nonexistent', user: 'nobody', configFile: config },
          });
          await opens(target);
        }
      });

      test('an ssh_config file that was named and is not there is an error', async () => {
        const missing = { ...environment()!, configFile: join(home.folder, 'no-config') };
        await expect(makeTarget({ environment: missing }).open()).rejects.toMatchObject({
          code: 'target.ssh-config',
        });
      });

      test('nobody listening is unreachable', async () => {
        await expect(makeTarget({ port: await freePort() }).open()).rejects.toMatchObject({
          code: 'target.unreachable',
          message: expect.stringContaining('ECONNREFUSED'),
        });
      });

      test('a server that takes the connection and never answers is given up', async () => {
        const silent = createServer(() => {});
        await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
        onTestFinished(() => void silent.close());
        const { port } = silent.address() as AddressInfo;
        await expect(makeTarget({ port, connectTimeoutSeconds: 1 }).open()).rejects.toMatchObject({
          code: 'target.unreachable',
          message: expect.stringContaining('no answer in 1 s'),
        });
      });

      test('a connection that breaks while a command runs is an error, and so is the next command', async () => {
        const frail = await home.startServer();
        onTestFinished(() => frail.stop());
        const session = await makeTarget({ port: frail.port, hostKeys: [frail.hostKey] }).open();
        const running = session.run(['sh', '-c', 'echo started >&2; exec sleep 60'], {
          onStderr: () => frail.cut(),
        });
        await expect(running).rejects.toMatchObject({ code: 'target.disconnected' });
        await expect(session.run(['true'])).rejects.toMatchObject({ code: 'target.disconnected' });
        await session.close();
      });

      test('an aborted signal ends a running command', async () => {
        const abort = new AbortController();
        const session = await makeTarget().open(abort.signal);
        const running = session.run(['sleep', '60']);
        abort.abort();
        await expect(running).rejects.toMatchObject({ code: 'target.disconnected' });
      });
    });

    if (available('root', 'sudo')) {
      describe('a user other than root', () => {
        const user = `stead-test-${process.pid}`;
        const rights = `/etc/sudoers.d/${user}`;
        beforeAll(() => {
          execFileSync('useradd', [
            '--system',
            '--no-create-home',
            '--shell',
            '/bin/sh',
            '--password',
            '*',
            user,
          ]);
        });
        afterAll(() => {
          rmSync(rights, { force: true });
          // Connections that end just now do not matter.
          execFileSync('userdel', ['--force', user], { stdio: 'ignore' });
        });

        test('becomes root with sudo, or says what it lacks', async () => {
          const target = makeTarget({ user, root: '/' });
          await expect(target.open()).rejects.toMatchObject({
            code: 'target.sudo',
            hint: expect.stringContaining('NOPASSWD'),
          });
          writeFileSync(rights, `${user} ALL=(ALL) NOPASSWD: ALL\n`, { mode: 0o440 });
          const session = await target.open();
          expect((await session.run(['id', '-u'])).stdout).toBe('0\n');
          await session.close();
          const inFolder = await makeTarget({ user }).open();
          expect((await inFolder.run(['id', '-un'])).stdout).toBe(`${user}\n`);
          await inFolder.close();
        });
      });
    }
  });
}

/** An ssh-agent with one key; gives its socket. */
async function startAgent(identity: string, socket: string): Promise<string> {
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void agent.kill());
  await new Promise((resolve) => agent.stdout.once('data', resolve));
  execFileSync('ssh-add', ['-q', identity], {
    env: { ...process.env, SSH_AUTH_SOCK: socket },
    stdio: 'ignore',
  });
  return socket;
}
