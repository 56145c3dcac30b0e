// Completion in the real shell, where it is here.
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { folder, repository, run, write } from './stead.ts';

test('bash completes verbs, flags of the verb, and hosts', async () => {
  const { stdout: script } = await run(['completion', 'bash']);
  const path = repository({ 'hosts/gateway.ts': '', 'hosts/vps.ts': '', 'hosts/profiles/x.ts': '' });
  const file = join(folder(), 'stead.bash');
  write('/', file, script);
  const complete = async (...words: string[]): Promise<string[]> => {
    const code = `. ${file}; COMP_WORDS=(stead ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _stead; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return (await execa('bash', ['-c', code], { cwd: path })).stdout.split('\n');
  };
  expect(await complete('sw')).toEqual(['switch']);
  expect(await complete('switch', '--at')).toEqual(['--atomic']);
  expect(await complete('switch', 'g')).toEqual(['gateway']);
});

test('every shell has its script, which names every verb', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout, code } = await run(['completion', shell]);
    expect(code).toBe(0);
    for (const verb of ['switch', 'rollback', 'topology']) expect(stdout).toContain(verb);
  }
  expect(await run(['completion', 'tcsh'])).toMatchObject({ code: 2 });
});
