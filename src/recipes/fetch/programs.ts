// Programs of this machine that sources are fetched with.
import { SteadError } from '../../options/index.ts';

interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
}

/** What a program prints. @throws SteadError `fetch.program` with the last that it said, where it fails or is not there */
export async function run(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<string> {
  const { execa } = await import('execa');
  const [program, ...words] = argv;
  const { failed, stdout, stderr, code } = await execa(program, words, {
    ...options,
    reject: false,
    stripFinalNewline: false,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : {}),
  });
  if (!failed) return stdout;
  const said = stderr.trimEnd().split('\n').slice(-5).join('\n');
  throw new SteadError({
    code: 'fetch.program',
    message:
      code === 'ENOENT'
        ? `there is no program ${program} on this machine`
        : `${[program, ...words].join(' ')} failed:\n${said}`,
    hint: code === 'ENOENT' ? `Install ${program}: sources are fetched with it.` : 'See what it says.',
  });
}
