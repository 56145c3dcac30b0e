// The nightly run as its machine sees it: a clone of a repository, hosts that are folders, people who are told.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { available } from '../setup/programs.ts';
import { makeKey } from '../targets/sshd.ts';
import { folder, repository, run, tellingOf, write, type Ran } from './stead.ts';

const hostFile = (name: string, motd: string): string => `import { files, host } from 'stead';
export default host('${name}', { use: [files({ etc: { motd: '${motd}\\n' } })] });
`;

/** A repository with two hosts where people push, and the clone that a nightly run works on. */
class Night {
  readonly #origin = join(folder(), 'fleet.git');
  readonly #desk = folder();
  readonly clone = join(folder(), 'fleet');
  readonly root = folder();

  constructor() {
    git('.', 'init', '--quiet', '--bare', '--initial-branch=main', this.#origin);
    git(this.#desk, 'init', '--quiet', '--initial-branch=main');
    git(this.#desk, 'remote', 'add', 'origin', this.#origin);
    this.push({
      '.gitignore': 'out/\nnode_modules/\n',
      'hosts/alpha.ts': hostFile('alpha', 'one'),
      'hosts/beta.ts': hostFile('beta', 'one'),
    });
    git('.', 'clone', '--quiet', this.#origin, this.clone);
  }

  /** Commits these files at somebody's desk and pushes them; gives the commit. */
  push(files: Readonly<Record<string, string>>, subject = 'Change something', ...more: string[]): string {
    for (const [name, text] of Object.entries(files)) write(this.#desk, name, text);
    git(this.#desk, 'add', '--all');
    git(this.#desk, ...more, 'commit', '--quiet', `--message=${subject}`);
    git(this.#desk, 'push', '--quiet', '--set-upstream', 'origin', 'main');
    return git(this.#desk, 'rev-parse', 'HEAD').slice(0, 12);
  }

  reconcile(...more: string[]): Promise<Ran> {
    return this.stead('reconcile', ...more);
  }

  stead(verb: string, ...more: string[]): Promise<Ran> {
    return run([verb, ...more, '--repo', this.clone, '--target-root', this.root]);
  }

  settings(settings: object): string[] {
    const file = join(folder(), 'reconcile.json');
    writeFileSync(file, JSON.stringify(settings));
    return ['--settings', file];
  }

  motd(host: string): string {
    return readFileSync(join(this.root, host, 'etc/motd'), 'utf8').trim();
  }
}

function git(folderOf: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=Anna', '-c', 'user.email=anna@example.com'];
  return execFileSync('git', ['-C', folderOf, ...identity, ...args], { encoding: 'utf8' }).trim();
}

const broken = "import { host } from 'stead';\nexport default host('alpha', { use: [nothing()] });\n";

describe.concurrent('a nightly run', { timeout: 300_000 }, () => {
  test('switches what was pushed, says which commit and how to take it back, and says in one line that there is nothing to do', async () => {
    const night = new Night();
    const first = await night.reconcile();
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d UTC: switched: alpha, beta; commit [0-9a-f]{12} "Change something" by Anna <anna@example.com>\n/,
    );
    // There is no generation to go back to yet.
    expect(first.stdout).not.toContain('rollback');

    const still = await night.reconcile();
    expect(still).toMatchObject({ code: 0, stderr: '' });
    expect(still.stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d UTC: nothing to do on 2 hosts; commit [^\n]*$/);

    const commit = night.push({ 'hosts/alpha.ts': hostFile('alpha', 'two') }, 'Greet anew');
    const second = await night.reconcile();
    expect(second.code).toBe(0);
    expect(second.stdout.split('\n')[0]).toContain(
      `switched: alpha; nothing to do on 1 host; commit ${commit} "Greet anew" by Anna`,
    );
    expect(night.motd('alpha')).toBe('two');
    const command = /To take back what was switched:\n {2}(.*)$/.exec(second.stdout)?.[1];
    expect(command).toBe(`cd ${night.clone} && npx stead rollback alpha --target-root ${night.root}`);
    const words = command!.split('npx stead ')[1]!.split(' ');
    expect(await run([...words, '--repo', night.clone])).toMatchObject({ code: 0 });
    expect(night.motd('alpha')).toBe('one');
  });

  test('does not build what it built the night before, and tells its warnings every night', async () => {
    const night = new Night();
    night.push({
      'hosts/alpha.ts': hostFile('alpha', 'one')
        .replace(', host', ', host, warn')
        .replace('use: [', "use: [warn(false, 'old disk'), "),
    });
    const record = () => statSync(join(night.clone, 'out/.last-build.json')).ino;
    const first = await night.reconcile();
    expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('warning: alpha: old disk\n') });
    const built = record();
    const evaluator = '/options/evaluate/evaluation.ts';
    const telling = (): Promise<Ran> =>
      run(['reconcile', '--repo', night.clone, '--target-root', night.root], { env: tellingOf(evaluator) });
    const still = await telling();
    expect(still.stdout).toContain('nothing to do on 2 hosts');
    expect(still.stderr).toContain('warning: alpha: old disk\n');
    expect(still.stderr).not.toContain(`${evaluator} is loaded`);
    expect(record()).toBe(built);

    const file = join(night.root, 'beta/etc/motd');
    rmSync(file);
    expect((await night.reconcile()).stdout).toContain('put right: beta');
    expect(night.motd('beta')).toBe('one');
    night.push({ 'hosts/beta.ts': hostFile('beta', 'two') });
    const other = await telling();
    expect(other.stdout).toContain('switched: beta');
    expect(other.stderr).toContain(`${evaluator} is loaded`);
    expect(night.motd('beta')).toBe('two');
  });

  test('puts right what has drifted, and offers no rollback for that', async () => {
    const night = new Night();
    await night.reconcile();
    const file = join(night.root, 'beta/etc/motd');
    writeFileSync(`${file}.new`, 'by hand\n');
    renameSync(`${file}.new`, file);
    const { code, stdout } = await night.reconcile();
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toContain('nothing to do on 1 host; put right: beta; commit');
    expect(stdout).not.toContain('rollback');
    expect(night.motd('beta')).toBe('one');
  });

  test('a commit that does not evaluate changes nothing, and is reported with its author', async () => {
    const night = new Night();
    await night.reconcile();
    const commit = night.push(
      { 'hosts/alpha.ts': broken, 'hosts/beta.ts': hostFile('beta', 'two') },
      'Break everything',
    );
    for (const _ of ['the night it comes', 'the next one']) {
      const { code, stdout } = await night.reconcile();
      expect(code).toBe(2);
      expect(stdout.split('\n')[0]).toContain(
        `REFUSED commit ${commit} "Break everything" by Anna <anna@example.com>: it does not evaluate; nothing has changed`,
      );
      expect(stdout).toContain('hosts/alpha.ts:2');
    }
    expect(night.motd('beta')).toBe('one');
  });

  test('a build that a host was taken back from is not tried again until it changes, or --retry says so', async () => {
    const night = new Night();
    await night.reconcile();
    night.push({ 'hosts/alpha.ts': hostFile('alpha', 'regretted') });
    await night.reconcile();
    expect(await night.stead('rollback', 'alpha')).toMatchObject({ code: 0 });

    const held = await night.reconcile();
    expect(held.code).toBe(0);
    expect(held.stdout).toMatch(/UTC: held back: alpha; nothing to do on 1 host; commit [^\n]*$/);
    expect(night.motd('alpha')).toBe('one');
    night.push({ 'hosts/beta.ts': hostFile('beta', 'two') });
    const other = await night.reconcile();
    expect(other.stdout).toContain('held back: alpha; switched: beta');
    expect(other.stdout).toContain('Held back, since');
    expect(night.motd('alpha')).toBe('one');

    expect((await night.reconcile('--retry')).stdout).toContain('switched: alpha');
    expect(night.motd('alpha')).toBe('regretted');
    await night.stead('rollback', 'alpha');
    night.push({ 'hosts/alpha.ts': hostFile('alpha', 'mended') });
    expect((await night.reconcile()).stdout).toContain('switched: alpha');
    expect(night.motd('alpha')).toBe('mended');
  });

  test('where git fails the commit that is there is kept to, and the run has failed', async () => {
    const night = new Night();
    await night.reconcile();
    night.push({ 'hosts/alpha.ts': hostFile('alpha', 'theirs') });
    write(night.clone, 'hosts/alpha.ts', hostFile('alpha', 'ours'));
    git(night.clone, 'commit', '--quiet', '--all', '--message=Meanwhile, here');
    const diverged = await night.reconcile();
    expect(diverged.code).toBe(1);
    expect(diverged.stdout).toContain(
      'the newest commit was NOT taken; switched: alpha; nothing to do on 1 host',
    );
    expect(diverged.stdout).toContain('git reset --hard @{upstream}');
    expect(night.motd('alpha')).toBe('ours');
    git(night.clone, 'remote', 'set-url', 'origin', '/nowhere');
    const away = await night.reconcile();
    expect(away.code).toBe(1);
    expect(away.stdout).toMatch(/error: git: .*\/nowhere/);
    expect(await night.reconcile('--no-pull')).toMatchObject({ code: 0 });
  });

  test('packages that a commit asks for are installed before it is evaluated; where that fails, nothing is looked at', async () => {
    const night = new Night();
    await night.reconcile();
    const lock = (script: string): Record<string, string> => ({
      'package.json': JSON.stringify({ name: 'fleet', version: '1.0.0', scripts: { postinstall: script } }),
      'package-lock.json': JSON.stringify({
        name: 'fleet',
        version: '1.0.0',
        lockfileVersion: 3,
        packages: { '': { name: 'fleet', version: '1.0.0', hasInstallScript: script === 'false' } },
      }),
    });
    night.push(lock('echo one >out/installed'));
    expect(await night.reconcile()).toMatchObject({ code: 0 });
    expect(readFileSync(join(night.clone, 'out/installed'), 'utf8')).toBe('one\n');
    const commit = night.push({ ...lock('false'), 'hosts/alpha.ts': hostFile('alpha', 'two') });
    const failed = await night.reconcile();
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain(
      `its packages could NOT be installed, and no host was looked at; commit ${commit}`,
    );
    expect(night.motd('alpha')).toBe('one');
  });

  test('a second run at the same time ends at once, and says who is at it', async () => {
    const night = new Night();
    await night.reconcile();
    const file = join(night.clone, 'out/.fleet.lock');
    const holder = execa('flock', [file, 'sh', '-c', 'echo locked; cat'], { stdin: 'pipe' });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const second = await night.reconcile();
    holder.stdin.end();
    await holder;
    expect(second).toMatchObject({ code: 5, stdout: '' });
    expect(second.stderr).toMatch(
      /^error: another run is under way in .*: pid \d+ on \S+, since \d{4}-\d\d-\d\dT/,
    );
    expect(await night.reconcile()).toMatchObject({ code: 0 });
  });

  test('works in a folder that git does not know, for whoever says that nothing is to be pulled', async () => {
    const path = repository({ 'hosts/alpha.ts': hostFile('alpha', 'one') });
    const pulling = await run(['reconcile', '--repo', path]);
    expect(pulling.code).toBe(1);
    expect(pulling.stdout).toContain('error: git: fatal: not a git repository');
    const { code, stdout } = await run(['reconcile', '--no-pull', '--repo', path]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/UTC: nothing to do on 1 host$/);
  });

  test('prints one document with --json', async () => {
    const night = new Night();
    const { stdout } = await night.reconcile('--json');
    expect(JSON.parse(stdout)).toMatchObject({
      result: 'changed',
      commit: { author: 'Anna <anna@example.com>', subject: 'Change something' },
      hosts: [
        { host: 'alpha', state: 'switched', generation: 1 },
        { host: 'beta', state: 'switched', generation: 1 },
      ],
    });
  });

  test('a host or a setting that does not exist is a mistake of the command line', async () => {
    const night = new Night();
    expect(await night.reconcile('gamma')).toMatchObject({ code: 2, stdout: '' });
    const settings = await night.reconcile(...night.settings({ retrys: 3 }));
    expect(settings.code).toBe(2);
    expect(settings.stderr).toContain('Unrecognized key: "retrys"');
  });
});

describe.runIf(available('ssh-keygen'))('commits that must be signed', { timeout: 300_000 }, () => {
  test('one that no trusted key has signed is not taken; one that is signed brings all before it', async () => {
    const night = new Night();
    await night.reconcile();
    const [known, stranger] = [join(folder(), 'key'), join(folder(), 'key')];
    const allowedSigners = join(folder(), 'signers');
    writeFileSync(allowedSigners, `anna namespaces="git" ${makeKey(known)}\n`);
    const settings = night.settings({ allowedSigners });
    makeKey(stranger);
    const signedWith = (key: string) => [
      '-c',
      'gpg.format=ssh',
      '-c',
      `user.signingKey=${key}`,
      '-c',
      'commit.gpgSign=true',
    ];
    const file = (text: string) => ({ 'hosts/alpha.ts': hostFile('alpha', text) });
    for (const [text, how] of [
      ['unsigned', []],
      ['strange', signedWith(stranger)],
    ] as const) {
      const commit = night.push(file(text), 'Slip in', ...how);
      const refused = await night.reconcile(...settings);
      expect(refused.code).toBe(1);
      expect(refused.stdout).toContain('the newest commit was NOT taken; nothing to do on 2 hosts');
      expect(refused.stdout).toContain(
        `the commit ${commit} "Slip in" by Anna <anna@example.com> is not signed by a key in ${allowedSigners}`,
      );
      expect(night.motd('alpha')).toBe('one');
    }
    night.push(file('signed'), 'Vouch for it', ...signedWith(known));
    expect(await night.reconcile(...settings)).toMatchObject({ code: 0 });
    expect(night.motd('alpha')).toBe('signed');
  });
});

describe('who is told', { timeout: 300_000 }, () => {
  const received: { path: string; headers: Record<string, unknown>; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, body });
      response.writeHead(request.url === '/refuses' ? 503 : 200).end();
    });
  });
  let url: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  test('a failure always, with the secret from its file; a change where it is asked for; nothing to do never', async () => {
    const night = new Night();
    const token = join(night.root, 'token');
    writeFileSync(token, 'very-secret\n');
    const secretUrl = join(night.root, 'url');
    writeFileSync(secretUrl, `${url}/secret-topic\n`);
    const webhook = { url: `${url}/hook`, tokenFile: token };
    const quiet = night.settings({ notify: { webhook } });
    expect((await night.reconcile(...quiet)).code).toBe(0);
    expect(received).toEqual([]);
    const loud = night.settings({ notify: { onChange: true, webhook, ntfy: { urlFile: secretUrl } } });
    expect((await night.reconcile(...loud)).code).toBe(0);
    expect(received).toEqual([]);
    night.push({ 'hosts/alpha.ts': hostFile('alpha', 'two') }, 'Greet anew');
    expect((await night.reconcile(...loud)).code).toBe(0);
    const [hook, topic] = ['/hook', '/secret-topic'].map((path) => received.find((one) => one.path === path));
    expect(hook?.headers).toMatchObject({
      'content-type': 'application/json',
      authorization: 'Bearer very-secret',
    });
    expect(JSON.parse(hook!.body)).toMatchObject({
      result: 'changed',
      text: expect.stringContaining(`npx stead rollback alpha --target-root ${night.root}`),
      commit: { subject: 'Greet anew' },
    });
    expect(topic).toMatchObject({ headers: { priority: 'default' } });
    expect(topic!.body).toContain('switched: alpha; nothing to do on 1 host');
    received.length = 0;
    night.push({ 'hosts/alpha.ts': broken }, 'Break it');
    expect((await night.reconcile(...quiet)).code).toBe(2);
    expect(received.map(({ body }) => JSON.parse(body) as object)).toEqual([
      expect.objectContaining({ result: 'failed', text: expect.stringContaining('"Break it" by Anna') }),
    ]);
  });

  test('by mail, through the machine’s own sendmail', async () => {
    const night = new Night();
    const bin = folder();
    write(bin, 'sendmail', `#!/bin/sh\n{ printf '%s\\n' "$*"; cat; } >${bin}/sent\n`);
    execFileSync('chmod', ['755', join(bin, 'sendmail')]);
    const settings = night.settings({
      notify: { mail: { to: ['anna@example.com'], from: 'rack@example.com' } },
    });
    night.push({ 'hosts/alpha.ts': broken }, 'Zerbröseln');
    const env = { PATH: `${bin}:${process.env['PATH']}` };
    const result = await run(['reconcile', '--repo', night.clone, '--target-root', night.root, ...settings], {
      env,
    });
    expect(result.code).toBe(2);
    const sent = readFileSync(join(bin, 'sent'), 'utf8');
    expect(sent).toMatch(
      /^-t -i\nFrom: rack@example.com\nTo: anna@example.com\nSubject: stead on \S+: failed\n/,
    );
    expect(sent).toContain('REFUSED commit');
    expect(sent).toContain('"Zerbröseln" by Anna');
  });

  test('whoever cannot be told is named, without an address that may be a secret, and the run ends as it ended', async () => {
    const night = new Night();
    const settings = night.settings({
      notify: { onChange: true, webhook: { url: `${url}/refuses` }, ntfy: { urlFile: '/nowhere/url' } },
    });
    const { code, stderr } = await night.reconcile(...settings);
    expect(code).toBe(0);
    expect(stderr).toContain('the webhook could not be told: it answers 503 Service Unavailable');
    expect(stderr).toContain('ntfy could not be told: ENOENT');
    expect(stderr).not.toContain(url);
    expect(existsSync(join(night.root, 'alpha/etc/motd'))).toBe(true);
  });
});
