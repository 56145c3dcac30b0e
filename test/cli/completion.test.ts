// Completion in the real shells.
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { available } from '../setup/programs.ts';
import { folder, repository, run, write } from './stead.ts';

const fleet = (): string =>
  repository({ 'hosts/gateway.ts': '', 'hosts/vps.ts': '', 'hosts/profiles/x.ts': '' });

/** The script for a shell, in a file of a folder of its own. */
async function scriptOf(shell: string, name: string): Promise<string> {
  const { code, stdout } = await run(['completion', shell]);
  expect(code).toBe(0);
  const file = join(folder(), name);
  write('/', file, stdout);
  return file;
}

test('bash completes verbs, flags of the verb, and hosts', async () => {
  const file = await scriptOf('bash', 'stead.bash');
  const path = fleet();
  const complete = async (...words: string[]): Promise<string[]> => {
    const code = `. ${file}; COMP_WORDS=(stead ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _stead; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return (await execa('bash', ['-c', code], { cwd: path })).stdout.split('\n');
  };
  expect(await complete('sw')).toEqual(['switch']);
  expect(await complete('switch', '--at')).toEqual(['--atomic']);
  expect(await complete('switch', 'g')).toEqual(['gateway']);
});

describe.runIf(available('zsh'))('in zsh', () => {
  test('verbs, flags of the verb, and hosts are completed as they are typed', async () => {
    const file = await scriptOf('zsh', '_stead');
    const tab = '\t';
    const toBegin = '\x01';
    const typed = ['stead sw', 'stead switch --at', 'stead switch g', 'stead rollback vps --as'];
    const { stdout } = await execa('script', ['-qec', 'zsh -f -i', '/dev/null'], {
      cwd: fleet(),
      env: { TERM: 'dumb', HOME: folder() },
      // What is completed becomes the words of a line that prints them.
      input: [
        `fpath=(${join(file, '..')} $fpath); autoload -Uz compinit; compinit -u -D; bindkey -e`,
        ...typed.map((words) => `${words}${tab}${toBegin}print -r -- RESULT `),
        'exit',
        '',
      ].join('\n'),
    });
    const results = stdout.split(/\r*\n/).flatMap((line) => /^RESULT (.*)$/.exec(line)?.[1]?.trim() ?? []);
    expect(results).toEqual([
      'stead switch',
      'stead switch --atomic',
      'stead switch gateway',
      'stead rollback vps --as-of',
    ]);
  });
});

describe.runIf(available('fish'))('in fish', () => {
  test('verbs, flags of the verb, and hosts are completed, each with what it does', async () => {
    const file = await scriptOf('fish', 'stead.fish');
    const complete = async (line: string): Promise<string[]> => {
      const argv = ['-c', `source ${file}; complete -C '${line}'`];
      return (await execa('fish', ['--no-config', ...argv], { cwd: fleet() })).stdout.split('\n');
    };
    expect(await complete('stead sw')).toEqual(['switch\tbuild, copy, activate, confirm']);
    expect(await complete('stead switch --at')).toEqual([expect.stringMatching(/^--atomic\tall of them/)]);
    expect(await complete('stead switch g')).toEqual(['gateway']);
    expect(await complete('stead rollback vps --as')).toEqual([expect.stringMatching(/^--as-of\t/)]);
  });
});

test('every shell has its script, which names every verb', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout, code } = await run(['completion', shell]);
    expect(code).toBe(0);
    for (const verb of ['switch', 'rollback', 'topology']) expect(stdout).toContain(verb);
  }
  expect(await run(['completion', 'tcsh'])).toMatchObject({ code: 2 });
});
