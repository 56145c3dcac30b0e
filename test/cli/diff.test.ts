// stead diff: of a host against a build, of two generations, of two commits.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { page } from '../../src/cli/pager.ts';
import { folder, repository, run, snapshot, write } from './stead.ts';

const fleetWith = (definitions: string): string => `import { files, host, packages, systemd } from 'stead';
export default host('a', { use: [${definitions}] });
`;

const unit = (exec: string): string =>
  `systemd({ units: { 'x.service': { sections: { Service: { ExecStart: '${exec}' } }, wantedBy: ['multi-user.target'] }, 'y.service': { sections: { Service: { ExecStart: '/bin/y' } }, onChange: 'none', readBy: ['/etc/a'], wantedBy: ['multi-user.target'] } } })`;

const versions = [
  `files({ etc: { a: 'one\\ntwo\\n', gone: 'x' } }), ${unit('/bin/1')}`,
  `files({ etc: { a: { text: 'one\\nTWO\\n', mode: '0600' } } }), ${unit('/bin/2')}, packages({ install: ['htop'] })`,
  `files({ etc: { a: { text: 'one\\nTWO\\nthree\\n', mode: '0600' }, raw: '\\0binary' } }), ${unit('/bin/2')}`,
];

const repo = repository({ 'hosts/a.ts': fleetWith(versions[0]!) });
const root = folder();
const stead = (...args: string[]) => run([...args, '--repo', repo, '--target-root', root]);
const git = (...args: string[]) =>
  execa('git', [
    '-C',
    repo,
    '-c',
    'user.name=a',
    '-c',
    'user.email=a@b',
    '-c',
    'commit.gpgsign=false',
    ...args,
  ]);

beforeAll(async () => {
  write(repo, '.gitignore', 'out\n');
  await git('init', '-q');
  for (const [index, version] of versions.entries()) {
    write(repo, 'hosts/a.ts', fleetWith(version));
    await git('add', '.');
    await git('commit', '-q', '-m', `version ${index}`);
    await git('tag', `v${index + 1}`);
    if (index < 2) await stead('switch', 'a');
  }
});

const fromOneToTwo = `a:
  ~ /etc/a (content, mode 0644 to 0600)
  - /etc/gone (1 byte)
  ~ /etc/systemd/system/x.service (content)
  stop-start x.service
  nothing for y.service, which is changed
  package htop added
  files 63 bytes to 62 bytes in all
--- /etc/a
+++ /etc/a
@@ -1,2 +1,2 @@
 one
-two
+TWO
--- /etc/gone
+++ /dev/null
@@ -1,1 +0,0 @@
-x
\\ No newline at end of file
--- /etc/systemd/system/x.service
+++ /etc/systemd/system/x.service
@@ -1,2 +1,2 @@
 [Service]
-ExecStart=/bin/1
+ExecStart=/bin/2
`;

describe.concurrent('stead diff', () => {
  test('of two generations, either way', async () => {
    const { code, stdout } = await stead('diff', 'a', '--from', '1', '--to', '2');
    expect(code).toBe(0);
    expect(stdout.trim()).toBe(fromOneToTwo.trim());
    const back = await stead('diff', 'a', '--from', '2', '--to', '1');
    expect(back.stdout).toContain('  + /etc/gone (1 byte)\n');
    expect(back.stdout).toContain('  package htop removed\n');
    expect(await stead('diff', 'a', '--to', '7')).toMatchObject({
      code: 1,
      stderr: 'error: a: there is no generation 7\n  = `stead generations a` lists those that are there.',
    });
  });

  test('of two commits, without a host, and without a trace in the repository', async () => {
    const before = snapshot(repo);
    const { code, stdout } = await run(['diff', '--all', '--commits', 'v1..v2', '--repo', repo]);
    expect(code).toBe(0);
    expect(stdout.trim()).toBe(fromOneToTwo.trim());
    expect(snapshot(repo)).toEqual(before);
    expect((await git('worktree', 'list')).stdout.split('\n')).toHaveLength(1);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('stead-commit-'))).toEqual([]);
    expect(await run(['diff', '--all', '--commits', 'none..v2', '--repo', repo])).toMatchObject({ code: 2 });
    expect(await run(['diff', '--all', '--commits', 'v1', '--repo', repo])).toMatchObject({ code: 2 });
  });

  test('of a generation, or what runs, against the build, with bytes that are no text told of only', async () => {
    const now = await stead('diff', 'a');
    expect(now.stdout).toContain('  + /etc/raw (7 bytes)\n');
    expect(now.stdout).toContain(' one\n TWO\n+three');
    expect(now.stdout).not.toContain('binary');
    expect((await stead('diff', 'a', '--from', '1')).stdout).toContain('-two\n+TWO\n+three');
  });

  test('as JSON', async () => {
    const { stdout } = await stead('diff', 'a', '--from', '1', '--to', '2', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      hosts: [
        {
          host: 'a',
          manifest: {
            units: [
              { name: 'x.service', action: 'stop-start' },
              { name: 'y.service', action: 'none' },
            ],
          },
          texts: { '/etc/a': expect.stringContaining('+TWO') as string },
          size: { before: 63, after: 62 },
        },
      ],
    });
  });

  test('in colour on a terminal, unless NO_COLOR says no', async () => {
    const onTerminal = async (env: Readonly<Record<string, string>>): Promise<string> => {
      const stdout = Object.assign(new PassThrough(), { isTTY: true });
      const words = ['diff', 'a', '--from', '1', '--to', '2', '--repo', repo, '--target-root', root];
      const argv = ['node', 'stead', ...words];
      const stdin = new PassThrough();
      const stderr = new PassThrough();
      await main({ argv, env: { PAGER: '', ...env }, cwd: () => '/', stdin, stdout, stderr });
      return String(stdout.read());
    };
    expect(await onTerminal({})).toContain('\u001b[32m+TWO\u001b[39m');
    expect(await onTerminal({ NO_COLOR: '1' })).not.toContain('\u001b');
  });
});

describe.concurrent('the pager', () => {
  const shown = async (env: Readonly<Record<string, string>>, isTTY: boolean): Promise<string> => {
    const stdout = Object.assign(new PassThrough(), { isTTY });
    await page(
      {
        argv: [],
        env: { ...process.env, ...env },
        cwd: () => '/',
        stdin: new PassThrough(),
        stdout,
        stderr: stdout,
      },
      'text\n',
    );
    return String(stdout.read() ?? '');
  };

  test('takes long texts on a terminal only', async () => {
    const seen = join(folder(), 'seen');
    writeFileSync(seen, '');
    expect(await shown({ PAGER: `cat > '${seen}'` }, true)).toBe('');
    expect(readFileSync(seen, 'utf8')).toBe('text\n');
    expect(await shown({ PAGER: 'exit 1' }, false)).toBe('text\n');
  });

  test('is done without where there is none', async () => {
    expect(await shown({ PAGER: '' }, true)).toBe('text\n');
    expect(await shown({ PAGER: 'no-such-pager-here 2>/dev/null' }, true)).toBe('text\n');
  });
});
