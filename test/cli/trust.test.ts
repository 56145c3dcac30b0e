// Signed bundles as a user sees them: real keys, a real agent, hosts that refuse.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { available } from '../setup/programs.ts';
import { makeKey } from '../targets/sshd.ts';
import { edit, folder, repository, run, snapshot, write, type Ran } from './stead.ts';

/** A person's home, with an SSH key file where they have one. */
interface Person {
  readonly home: string;
  readonly key: string;
}

function person(name = 'id_ed25519'): Person {
  const home = folder();
  mkdirSync(join(home, '.ssh'));
  return { home, key: makeKey(join(home, '.ssh', name)) };
}

function hostFile(name: string, motd: string, keys: Readonly<Record<string, string>>): string {
  return `import { files, host, signers } from 'stead';
export default host('${name}', { use: [files({ etc: { motd: '${motd}' } }), signers({ keys: ${JSON.stringify(keys)} })] });
`;
}

interface Fleet {
  readonly path: string;
  readonly root: string;
  /** Runs a verb as a person, or as one with an agent. */
  stead(as: Person | { readonly agent: string }, ...args: string[]): Promise<Ran>;
  motd(host?: string): string;
}

function fleet(files: Readonly<Record<string, string>>): Fleet {
  const path = repository(files);
  const root = folder();
  return {
    path,
    root,
    stead: (as, verb, ...words) =>
      run([verb!, ...words, '--repo', path, ...(verb === 'build' ? [] : ['--target-root', root])], {
        env:
          'agent' in as ? { HOME: folder(), SSH_AUTH_SOCK: as.agent } : { HOME: as.home, SSH_AUTH_SOCK: '' },
      }),
    motd: (host = 'one') => readFileSync(join(root, host, 'etc/motd'), 'utf8'),
  };
}

/** Runs what must be refused, and checks that the host is as it was. */
async function refused({ root, stead }: Fleet, as: Person, ...args: string[]): Promise<string> {
  const before = snapshot(root);
  const { code, stderr, stdout } = await stead(as, ...args);
  expect({ code, stdout }).toMatchObject({ code: 1 });
  const after = snapshot(root);
  expect(withoutLock(after)).toEqual(withoutLock(before));
  return stderr;
}

/** Who held the lock last is no part of what a host is. */
function withoutLock(all: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(all).filter(([path]) => !/\/var\/lib\/stead\/(lock|work)$/.test(path)),
  );
}

function startAgent(): string {
  const socket = join(folder(), 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  onTestFinished(() => void agent.kill());
  for (let tries = 0; !existsSync(socket) && tries < 200; tries++) execFileSync('sleep', ['0.02']);
  return socket;
}

describe.runIf(available('ssh-keygen')).concurrent('signed bundles', () => {
  test('a fleet that declares no signers signs nothing, and its hosts ask for nothing', async () => {
    const me = person();
    const one = fleet({ 'hosts/one.ts': hostFile('one', '1', {}) });
    expect(await one.stead(me, 'switch', '--all')).toMatchObject({ code: 0 });
    expect(existsSync(join(one.path, 'out/one/signature'))).toBe(false);
    expect(existsSync(join(one.root, 'one/var/lib/stead/allowed_signers'))).toBe(false);
  });

  test('build signs with a key file, ssh-keygen agrees, and a signature that holds is kept', async () => {
    const me = person();
    const one = fleet({ 'hosts/one.ts': hostFile('one', '1', { me: `${me.key} me@laptop` }) });
    const built = await one.stead(me, 'build', '--all');
    expect(built).toMatchObject({ code: 0 });
    const file = join(one.path, 'out/one/signature');
    const signature = readFileSync(file, 'utf8');
    expect(signature).toMatch(/^-----BEGIN SSH SIGNATURE-----\n/);
    const allowed = join(one.path, 'out/one/root/etc/stead/allowed_signers');
    expect(readFileSync(allowed, 'utf8')).toBe(`me namespaces="stead-bundle@1" ${me.key}\n`);
    const hash = built.stdout.split(' ')[1];
    const args = ['-Y', 'verify', '-f', allowed, '-I', 'me', '-n', 'stead-bundle@1', '-s', file];
    execFileSync('ssh-keygen', args, { input: `stead bundle 1\nhost one\nhash ${hash}\n` });

    // Another key signs the same with another signature; a build that has nothing to do does not ask for it.
    rmSync(join(one.path, 'out/.last-build.json'));
    expect(await one.stead(person(), 'build', '--all')).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toBe(signature);
    writeFileSync(file, signature.replace(/\n\S{10}/, '\nAAAAAAAAAA'));
    expect(await one.stead(me, 'build', '--all')).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toBe(signature);
  });

  test('an agent signs, without any key file', async () => {
    const me = person();
    const socket = startAgent();
    execFileSync('ssh-add', ['-q', join(me.home, '.ssh/id_ed25519')], {
      env: { ...process.env, SSH_AUTH_SOCK: socket },
    });
    const one = fleet({ 'hosts/one.ts': hostFile('one', '1', { me: me.key }) });
    expect(await one.stead({ agent: socket }, 'build', '--all')).toMatchObject({ code: 0 });
    expect(existsSync(join(one.path, 'out/one/signature'))).toBe(true);
  });

  test('a build without any of the declared keys says whose are wanted, and where they are declared', async () => {
    const one = fleet({
      'hosts/one.ts': hostFile('one', '1', { 'me@laptop': person().key, ci: person().key }),
    });
    const { code, stderr } = await one.stead(person(), 'build', '--all');
    expect(code).toBe(2);
    expect(stderr).toContain(
      'error: signers.keys on one: its bundle cannot be signed: no key of its signers (ci, me@laptop) is at hand\n --> hosts/one.ts:2:83\n',
    );
    expect(stderr).toContain('Load one into the SSH agent (ssh-add)');
  });

  test('a host with signers refuses bundles without a signature, by other keys, and for other hosts', async () => {
    const [me, stranger] = [person(), person()];
    const one = fleet({ 'hosts/one.ts': hostFile('one', '1', { me: me.key }) });
    expect(await one.stead(me, 'switch', 'one')).toMatchObject({ code: 0 });
    expect(readFileSync(join(one.root, 'one/var/lib/stead/allowed_signers'), 'utf8')).toContain(me.key);

    write(one.path, 'hosts/one.ts', hostFile('one', '2', {}));
    expect(await refused(one, me, 'switch', 'one')).toMatch(
      /error: one: this host takes signed bundles only, and [0-9a-z]{32}-one has no signature; nothing was changed/,
    );
    write(one.path, 'hosts/one.ts', hostFile('one', '2', { stranger: stranger.key }));
    expect(await refused(one, stranger, 'switch', 'one')).toMatch(
      /error: one: [0-9a-z]{32}-one is signed with a key that this host does not know \(SHA256:\S+\); nothing was changed/,
    );
    write(one.path, 'hosts/one.ts', hostFile('one', '2', { me: me.key }));
    expect(await one.stead(me, 'switch', 'one')).toMatchObject({ code: 0 });
    expect(await one.stead(stranger, 'rollback', 'one')).toMatchObject({ code: 0 });
    expect(one.motd()).toBe('1');
  });

  test('A bundle for host A pushed to host B (same address after a reinstall): refused before copy', async () => {
    const me = person();
    const both = fleet({
      'hosts/one.ts': hostFile('one', '1', { me: me.key }),
      'hosts/two.ts': hostFile('two', '2', { me: me.key }),
    });
    expect(await both.stead(me, 'switch', 'one')).toMatchObject({ code: 0 });
    execFileSync('cp', ['-a', join(both.root, 'one'), join(both.root, 'two')]);
    expect(await refused(both, me, 'switch', 'two')).toMatch(
      /error: two: this host is one, and the bundle [0-9a-z]{32}-two is for two; nothing was changed/,
    );
  });

  test('a bundle by the old key brings the new list; from then on the new one signs and the old does not', async () => {
    const [old, fresh] = [person(), person('id_ecdsa')];
    const one = fleet({ 'hosts/one.ts': hostFile('one', '1', { old: old.key }) });
    await one.stead(old, 'switch', 'one');
    // Both are at hand, and both sign: this host knows one of them.
    execFileSync('sh', ['-c', `cp "$1"/.ssh/* "$2"/.ssh/`, 'sh', fresh.home, old.home]);
    write(one.path, 'hosts/one.ts', hostFile('one', '2', { old: old.key, fresh: fresh.key }));
    expect(await one.stead(old, 'switch', 'one')).toMatchObject({ code: 0 });
    write(one.path, 'hosts/one.ts', hostFile('one', '3', { fresh: fresh.key }));
    expect(await one.stead(fresh, 'switch', 'one')).toMatchObject({ code: 0 });
    write(one.path, 'hosts/one.ts', hostFile('one', '4', { old: old.key }));
    expect(await refused(one, old, 'switch', 'one')).toContain('a key that this host does not know');
    // A rollback takes back what runs, not whom the host trusts.
    await one.stead(fresh, 'rollback', 'one', '--to', '1');
    expect(one.motd()).toBe('1');
    expect(await refused(one, old, 'switch', 'one')).toContain('a key that this host does not know');
  });
});

describe.runIf(available('git')).concurrent('bundles of older commits', () => {
  async function committed(): Promise<{
    readonly one: Fleet;
    readonly me: Person;
    git(...args: string[]): string;
  }> {
    const me = person();
    const one = fleet({ 'hosts/one.ts': hostFile('one', '1', {}), '.gitignore': 'out/\n' });
    const git = (...args: string[]): string =>
      execFileSync(
        'git',
        ['-C', one.path, '-c', 'user.name=me', '-c', 'user.email=me@example.org', ...args],
        {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        },
      ).trim();
    git('init', '-q', '-b', 'main');
    git('add', '.');
    git('commit', '-q', '-m', 'one');
    await one.stead(me, 'switch', 'one');
    edit(one.path, 'hosts/one.ts', "'1'", "'2'");
    git('commit', '-q', '-a', '-m', 'two');
    expect(await one.stead(me, 'switch', 'one')).toMatchObject({ code: 0 });
    return { one, me, git };
  }

  test('An older commit pushed over a newer one: refused without a flag', async () => {
    const { one, me, git } = await committed();
    const newer = git('rev-parse', 'HEAD').slice(0, 12);
    git('checkout', '-q', 'HEAD~1');
    const older = git('rev-parse', 'HEAD').slice(0, 12);
    expect(await refused(one, me, 'switch', 'one')).toContain(
      `error: one: this goes back in time: generation 2 runs there, from commit ${newer}, which came after ${older}\n`,
    );
    expect(await one.stead(me, 'switch', 'one', '--allow-older')).toMatchObject({ code: 0 });
    expect(one.motd()).toBe('1');
    git('checkout', '-q', 'main');
    expect(await one.stead(me, 'switch', 'one')).toMatchObject({ code: 0 });
    expect(one.motd()).toBe('2');
  });

  test('The state that knows is lost: ask, do not assume', async () => {
    const { one, me } = await committed();
    edit(one.path, 'hosts/one.ts', "'2'", "'3'");
    rmSync(join(one.root, 'one/var/lib/stead/generations/2.json'));
    expect(await refused(one, me, 'switch', 'one')).toContain(
      'error: one: the record of generation 2, which runs there, is gone: whether this goes back in time cannot be told\n',
    );
    expect(await one.stead(me, 'switch', 'one', '--allow-older')).toMatchObject({ code: 0 });
    expect(one.motd()).toBe('3');
  });

  test('are not guessed at: a commit that this repository does not know is noted, and the switch goes on', async () => {
    const { one, me, git } = await committed();
    rmSync(join(one.path, '.git'), { recursive: true });
    edit(one.path, 'hosts/one.ts', "'2'", "'3'");
    git('init', '-q', '-b', 'main');
    git('add', '.');
    git('commit', '-q', '-m', 'anew');
    const { code, stderr } = await one.stead(me, 'switch', 'one');
    expect(stderr).toMatch(
      /^one: it runs commit [0-9a-f]{12}, which this repository does not know: whether/m,
    );
    expect(code).toBe(0);
    expect(readlinkSync(join(one.root, 'one/var/lib/stead/current'))).toBe('generations/3');
  });
});
