// A new fleet, as a person makes it: with flags, on a terminal, over a real sshd.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { available } from '../setup/programs.ts';
import { makeHome, type Home, type Server } from '../targets/sshd.ts';
import { folder, repository, run, snapshot, stead } from './stead.ts';

describe.concurrent('stead init', () => {
  test('makes a repository that builds and switches at once, and that type-checks', async () => {
    const path = join(folder(), 'home');
    expect(await run(['init', path])).toMatchObject({ code: 0, stderr: '' });
    const built = await run(['build', '--all', '--repo', path]);
    expect(built).toMatchObject({ code: 0, stderr: '' });
    expect(built.stdout).toMatch(/^example [0-9a-z]{32}$/);
    const switched = await run(['switch', '--all', '--repo', path]);
    expect(switched.code).toBe(0);
    expect(readFileSync(join(path, 'out/targets/example/etc/motd'), 'utf8')).toContain('Kept by stead');
    expect(await typeErrors(path)).toBe('');
  });

  test('writes over nothing', async () => {
    const path = repository({ 'package.json': '{}' });
    const { code, stderr } = await run(['init', path]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${path} has package.json already; nothing was written`);
    expect(snapshot(path)).toEqual({ '/package.json': Buffer.from('{}').toString('base64') });
  });

  test('leaves editor settings, and a workflow whose steps run', async () => {
    const path = join(folder(), 'home');
    expect(await run(['init', path])).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(join(path, '.vscode/settings.json'), 'utf8'))).toMatchObject({
      'typescript.preferences.importModuleSpecifierEnding': 'js',
    });
    const git = (...words: string[]): string =>
      execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@localhost', ...words], {
        cwd: path,
        encoding: 'utf8',
      });
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'Begin');
    expect(git('ls-files').split('\n')).toContain('hosts/example.ts');
    git('update-ref', 'refs/remotes/origin/main', 'HEAD');
    const file = join(path, 'hosts/example.ts');
    writeFileSync(file, readFileSync(file, 'utf8').replace('Kept by stead', 'Kept well'));
    git('commit', '--all', '--quiet', '--message', 'Change');
    const workflow = parse(readFileSync(join(path, '.github/workflows/stead.yml'), 'utf8')) as {
      env: { STEAD_COMMIT: string };
      jobs: { check: { steps: { name?: string; run?: string }[] } };
    };
    expect(workflow.env.STEAD_COMMIT).toBe(
      execFileSync('git', ['-C', stead, 'rev-parse', 'HEAD'], { encoding: 'utf8' }).trim(),
    );
    // As after its first step, which clones and installs.
    const temporary = folder();
    symlinkSync(stead, join(temporary, 'stead'));
    for (const name of ['Check', 'Say what it would change']) {
      const step = workflow.jobs.check.steps.find((one) => one.name === name);
      await execa('bash', ['-e', '-o', 'pipefail', '-c', step!.run!], {
        cwd: path,
        env: {
          RUNNER_TEMP: temporary,
          GITHUB_BASE_REF: 'main',
          GITHUB_STEP_SUMMARY: join(temporary, 'summary'),
        },
      });
    }
    expect(readFileSync(join(temporary, 'diff.md'), 'utf8')).toMatch(
      /^```\n[^]*-Kept by stead\.[^]*\+Kept well\.[^]*\n```\n$/,
    );
    expect(existsSync(join(temporary, 'summary'))).toBe(true);
  });

  test.each([
    ['gateway', '"gateway" names no host'],
    ['gateway=', '"gateway=" names no host'],
    ['gateway=10.0.0.1:99999', '"gateway=10.0.0.1:99999" names no host'],
    ['Gate way=10.0.0.1', '"Gate way" is no name for a host'],
  ])('says what is wrong with --host %s', async (word, message) => {
    const path = join(folder(), 'home');
    const { code, stderr } = await run(['init', path, '--host', word]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(message) as string });
    expect(existsSync(path)).toBe(false);
  });
});

describe.runIf(available('sshd', 'ssh-keygen', 'root'))('stead init with real hosts', () => {
  let home: Home;
  let server: Server;
  let env: Readonly<Record<string, string>>;

  beforeAll(async () => {
    home = makeHome();
    server = await home.startServer();
    env = { HOME: home.folder, SSH_AUTH_SOCK: '' };
  });
  afterAll(async () => {
    await server.stop();
    home.remove();
  });

  const fingerprint = (): string =>
    execFileSync('ssh-keygen', ['-l', '-f', '-'], { input: `${server.hostKey}\n`, encoding: 'utf8' }).split(
      ' ',
    )[1]!;
  const address = (): string => `${home.user}@127.0.0.1:${server.port}`;

  test('shows the fingerprint; with nobody who vouches for it nothing is written', async () => {
    const path = join(folder(), 'home');
    const { code, stderr } = await run(['init', path, '--host', `far=${address()}`], { env });
    expect(code).toBe(2);
    expect(stderr).toContain(`far: the server at 127.0.0.1 shows\n  ssh-ed25519 ${fingerprint()}\n`);
    expect(stderr).toContain('nobody vouches for its keys; nothing was written');
    expect(existsSync(path)).toBe(false);
  });

  test('with --yes writes the host with its keys and reads its facts; all of it builds and type-checks', async () => {
    const path = join(folder(), 'home');
    const made = await run(['init', path, '--host', `far=${address()}`, '--yes'], { env });
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('stead adopt --all') as string });
    expect(made.stdout).not.toContain('stead facts');
    expect(readFileSync(join(path, 'hosts/far.ts'), 'utf8')).toContain(server.hostKey);
    const facts = JSON.parse(readFileSync(join(path, 'hosts/facts/far.json'), 'utf8')) as object;
    expect(facts).toMatchObject({
      hostname: readFileSync('/proc/sys/kernel/hostname', 'utf8').trim(),
    });
    expect(await run(['build', '--all', '--repo', path])).toMatchObject({ code: 0, stderr: '' });
    expect(await typeErrors(path)).toBe('');
  });

  test('says so where a host lets nobody in yet, and is done all the same', async () => {
    const path = join(folder(), 'home');
    const elsewhere = { HOME: folder(), SSH_AUTH_SOCK: '' };
    const made = await run(['init', path, '--host', `far=${address()}`, '--yes'], { env: elsewhere });
    expect(made.code).toBe(0);
    expect(made.stderr).toContain(`far: its facts were not read: [127.0.0.1]:${server.port} lets`);
    expect(made.stdout).toContain('npx stead facts far --repo');
    expect(await run(['build', '--all', '--repo', path])).toMatchObject({ code: 0 });
  });

  test('writes nothing where a host cannot be reached', async () => {
    const path = join(folder(), 'home');
    const words = ['init', path, '--host', `far=${address()}`, '--host', 'off=127.0.0.1:1', '--yes'];
    const { code, stderr } = await run(words, { env });
    expect(code).toBe(2);
    expect(stderr).toContain('off: no SSH server shows a key at 127.0.0.1, port 1');
    expect(existsSync(path)).toBe(false);
  });

  /** The command line in a terminal of its own; what a person types is there before it is asked for. */
  async function typed(
    path: string,
    lines: readonly string[],
    ...more: string[]
  ): Promise<{ code: number; text: string }> {
    const argv = [process.execPath, resolve(stead, 'src/cli/stead.mjs'), 'init', path, ...more];
    const { exitCode, stdout } = await execa('script', ['-qec', argv.join(' '), '/dev/null'], {
      input: lines.map((line) => `${line}\n`).join(''),
      env,
      reject: false,
    });
    return { code: exitCode ?? -1, text: stdout.replaceAll('\r', '') };
  }

  test('asks on a terminal for names and addresses, and again where an answer cannot be', async () => {
    const path = join(folder(), 'home');
    const { code, text } = await typed(path, [
      'Far Away',
      'far',
      'nowhere at all',
      'far',
      '127.0.0.1:1',
      'far',
      address(),
      'y',
      '',
    ]);
    expect({ code, text }).toMatchObject({ code: 0 });
    for (const words of [
      'Name of a host: ',
      '"Far Away" is no name for a host. Once more:',
      'Its address, such as 192.0.2.10 or admin@192.0.2.10:22 : ',
      '"far=nowhere at all" names no host. Once more:',
      'no SSH server shows a key at 127.0.0.1, port 1',
      `ssh-ed25519 ${fingerprint()}`,
      'Are these its own?',
      'Name of a further host: ',
      'A fleet of 1 host is in',
    ]) {
      expect(text).toContain(words);
    }
    expect(readFileSync(join(path, 'hosts/far.ts'), 'utf8')).toContain(server.hostKey);
    expect(existsSync(join(path, 'hosts/facts/far.json'))).toBe(true);
    expect(await run(['build', '--all', '--repo', path])).toMatchObject({ code: 0, stderr: '' });
  });

  test('begins with a folder where a person names no host', async () => {
    const path = join(folder(), 'home');
    expect(await typed(path, [''])).toMatchObject({ code: 0 });
    expect(existsSync(join(path, 'hosts/example.ts'))).toBe(true);
  });

  test('writes nothing where a person says no to a fingerprint, asked for or named', async () => {
    const path = join(folder(), 'home');
    for (const given of [
      await typed(path, ['far', address(), 'n']),
      await typed(path, ['no'], '--host', `far=${address()}`),
    ]) {
      expect(given.code).toBe(2);
      expect(given.text).toContain('nobody vouches for its keys; nothing was written');
      expect(existsSync(path)).toBe(false);
    }
  });

  test('writes nothing where the person goes away', async () => {
    const path = join(folder(), 'home');
    const { code, text } = await typed(path, ['far']);
    expect({ code, text }).toMatchObject({
      code: 2,
      text: expect.stringContaining('there was no answer; nothing was written') as string,
    });
    expect(existsSync(path)).toBe(false);
  });
});

/** What tsc says of a repository, with what `npm install` makes of its dependency on a folder. */
async function typeErrors(path: string): Promise<string> {
  mkdirSync(join(path, 'node_modules'));
  symlinkSync(stead, join(path, 'node_modules/stead'));
  cpSync(join(stead, 'node_modules/@types'), join(path, 'node_modules/@types'), { recursive: true });
  const tsc = await execa(join(stead, 'node_modules/.bin/tsc'), ['-p', path], { reject: false });
  return tsc.stdout;
}
