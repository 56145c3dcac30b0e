// What was switched, when and by whom; going back to a commit or to a time.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { momentOf, picked } from '../../src/deploy/index.ts';
import type { Generation } from '../../src/targets/index.ts';
import { repository, run, write } from './stead.ts';

const source = (text: string): string => `import { files, host } from 'stead';
export default host('box', { use: [files({ etc: { motd: '${text}' } })] });
`;

describe('which generation is meant', () => {
  const at = (generation: number, when: string, state: Generation['state'], commit: string): Generation => ({
    generation,
    when,
    state,
    commit,
    hash: '0'.repeat(32),
    current: generation === 4,
  });
  const all = [
    at(1, '2026-11-18T10:00:00Z', 'confirmed', 'aaaaaaaa'),
    at(2, '2026-11-19T10:00:00Z', 'confirmed', 'bbbbbbbb'),
    at(3, '2026-11-20T10:00:00Z', 'rolled-back', 'bbbbbbbb'),
    at(4, '2026-11-21T10:00:00Z', 'confirmed', 'cccccccc'),
  ];

  test('a time means the newest that was confirmed by then', () => {
    const time = (text: string) => picked('box', all, { kind: 'time', time: new Date(text) });
    expect(time('2026-11-20T22:00:00Z')).toBe(2);
    expect(time('2026-11-21T10:00:00Z')).toBe(4);
    expect(() => time('2026-11-17T00:00:00Z')).toThrow(
      'it has no confirmed generation from 2026-11-17T00:00:00Z or before',
    );
  });

  test('a commit means its newest that was confirmed', () => {
    expect(picked('box', all, { kind: 'commit', commit: 'bbbbbbb' })).toBe(2);
    expect(() => picked('box', all, { kind: 'commit', commit: 'ddddddd' })).toThrow('from commit ddddddd');
  });

  test('a moment is said as so long ago, as a time of day, or as a date', () => {
    const now = new Date(2026, 10, 21, 9, 30);
    expect(momentOf('12h', now)).toEqual(new Date(2026, 10, 20, 21, 30));
    expect(momentOf('22:00', now)).toEqual(new Date(2026, 10, 20, 22, 0));
    expect(momentOf('9:15', now)).toEqual(new Date(2026, 10, 21, 9, 15));
    expect(momentOf('2026-11-20', now)).toEqual(new Date(2026, 10, 20, 23, 59, 59));
    expect(momentOf('2026-11-20T10:00:00Z', now)).toEqual(new Date('2026-11-20T10:00:00Z'));
    expect(() => momentOf('last tuesday', now)).toThrow('"last tuesday" is not a moment');
  });
});

test('a host tells who switched it from which commit, and goes back to one; runs are remembered here as well', async () => {
  const path = repository({ '.gitignore': 'out/\n' });
  const commit = async (text: string): Promise<string> => {
    write(path, 'hosts/box.ts', source(text));
    const git = (...args: string[]) =>
      execa('git', ['-c', 'user.name=me', '-c', 'user.email=me@example.org', ...args], { cwd: path });
    await git('init', '-q');
    await git('add', '.');
    await git('commit', '-qm', text);
    await run(['switch', 'box', '--repo', path]);
    return (await git('rev-parse', 'HEAD')).stdout;
  };
  const first = await commit('one');
  const second = await commit('two');
  const log = await run(['log', 'box', '--repo', path]);
  expect(log.stdout).toMatch(
    new RegExp(
      `^box {2}\\* 2 .* confirmed {2}by .+@.+ {2}from ${second.slice(0, 12)} {2}in \\d+ s\\nbox {4}1 .* from ${first.slice(0, 12)}`,
    ),
  );
  expect(await run(['rollback', 'box', '--to', first.slice(0, 8), '--repo', path])).toMatchObject({
    code: 0,
  });
  expect(readFileSync(join(path, 'out/targets/box/etc/motd'), 'utf8')).toBe('one');
  const after = await run(['log', 'box', '--repo', path]);
  expect(after.stdout).toMatch(
    /^box {4}2 -> 1 {2}\S+Z {2}rolled back {2}by .+@.+ {2}in \d+ s\nbox {4}2 .* rolled-back /,
  );
  const { hosts } = JSON.parse((await run(['log', 'box', '--json', '--repo', path])).stdout) as {
    hosts: { entries: { returns: object[] }[] }[];
  };
  expect(hosts[0]!.entries[1]!.returns).toMatchObject([{ to: 1, why: 'asked', units: [] }]);
  const runs = readFileSync(join(path, 'out/runs.jsonl'), 'utf8').trim().split('\n');
  expect(runs.map((line) => (JSON.parse(line) as { verb: string }).verb)).toEqual([
    'switch',
    'switch',
    'rollback',
  ]);
});

test('verbs that change no host are about all hosts where none is named, and the others are not', async () => {
  const host = (name: string): string => `import { files, host, target } from 'stead';
export default host('${name}', { use: [target({ directory: 'out/targets/${name}' }), files({ etc: { motd: '${name}' } })] });
`;
  const path = repository({ 'hosts/one.ts': host('one'), 'hosts/two.ts': host('two') });
  const stead = (...args: string[]) => run([...args, '--repo', path]);
  for (const verb of ['switch', 'rollback', 'gc', 'remove', 'facts']) {
    expect(await stead(verb)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: no host is named\n/),
    });
  }
  expect(await stead('switch', '--all')).toMatchObject({ code: 0 });
  for (const verb of ['build', 'check', 'generations', 'log', 'diff', 'status']) {
    const { code, stdout, stderr } = await stead(verb);
    expect([verb, code, stderr]).toEqual([verb, 0, '']);
    for (const name of ['one', 'two']) expect(stdout).toMatch(new RegExp(`^${name}\\b`, 'm'));
  }
});
