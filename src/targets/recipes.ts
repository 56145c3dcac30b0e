// The host's verbs that build recipes and pass their outputs on, typed.

import { Readable, type Writable } from 'node:stream';
import { z } from 'zod';
import { amount, read } from './hostAnswer.ts';
import { hostError, hostLines, lastLines, parseLines, single, values } from './hostLines.ts';
import { hostCommand } from './hostCommand.ts';
import type { Compression } from './receive.ts';
import type { Session } from './target.ts';
import { SteadError } from '../options/error.ts';

/** What a machine says to a recipe before it builds it. */
export interface RecipeAnswer {
  readonly outputPresent: boolean;
  /** Whether it can unpack what zstd has packed. */
  readonly zstd: boolean;
  /** Inputs to be sent, by their sha256. */
  readonly missing: readonly string[];
  /** What the machine must have first, and what to do about it. */
  readonly lacks: readonly { readonly what: string; readonly advice: string }[];
}

/** The output of a recipe, as the machine that has it knows it. */
export interface Output {
  /** In the store: `<hash>-<name>-<version>`. */
  readonly name: string;
  /** The sha256 over its tree; see FORMAT.md. */
  readonly tree: string;
  readonly bytes: number;
  /** How long its build took. */
  readonly seconds: number;
  /** The host that built it; nothing where it built it for itself. */
  readonly builder: string;
}

/** Gives a machine a recipe without its inputs, as a tar of its files. @throws SteadError `host.recipe` */
export async function offerRecipe(session: Session, hash: string, tar: Readable): Promise<RecipeAnswer> {
  const lines = await hostLines(session, 'recipe', [hash], { stdin: tar });
  return {
    outputPresent:
      read(z.enum(['present', 'absent']), single(lines, 'recipe')('output')[0], 'recipe') === 'present',
    zstd: values(lines, 'zstd')[0]?.[0] === 'yes',
    missing: values(lines, 'missing').map(([sum]) => read(z.string(), sum, 'recipe')),
    lacks: values(lines, 'lacks').map(([what, advice]) => ({
      what: read(z.string(), what, 'recipe'),
      advice: advice ?? '',
    })),
  };
}

/** Sends inputs: a tar of files `<incoming>/<sha256>` of at most `bytes` when unpacked. @throws SteadError `host.inputs` */
export async function sendInputs(
  session: Session,
  incoming: string,
  compression: Compression,
  bytes: number,
  stream: Readable,
): Promise<void> {
  await hostLines(session, 'inputs', [incoming, compression, String(bytes)], { stdin: stream });
}

/**
 * Has a machine build a recipe that it was given; returns at once where it has its output.
 * @param name its output's, in the store @param builder who is said to have built it
 * @param onProgress seconds since the build began, and the last line it said
 * @throws SteadError `host.build` with the last lines of the log
 */
export async function buildRecipe(
  session: Session,
  name: string,
  builder: string,
  onProgress: (seconds: number, line: string) => void,
): Promise<Output & { readonly built: boolean }> {
  const said: string[] = [];
  const { code, stdout, stderr } = await hostCommand(session, 'build', [name, builder], {
    onStderr: (line) => {
      const [key, seconds, ...text] = line.split('\t');
      if (key === 'progress') onProgress(Number(seconds), text.join('\t'));
      else said.push(line);
    },
  });
  if (code !== 0) {
    if (code === 5) throw hostError({ code, stdout, stderr }, 'build');
    // What it comes to stands first; what the build said last follows.
    const reason = said.findLastIndex((line) => line.startsWith('stead-host: '));
    const told = reason === -1 ? said : [...said.slice(reason), ...said.slice(0, reason)];
    const text = lastLines(told.join('\n'));
    throw new SteadError({
      code: 'recipe.build',
      message: text === '' ? `the build of ${name} ended with exit code ${code}` : text,
      hint: 'The host is as it was. Put right what the build says, and run this again: what was unpacked and compiled is kept where the recipe says so.',
    });
  }
  const lines = parseLines(stdout);
  const [present] = values(lines, 'present');
  return { ...output(present ?? single(lines, 'build')('built')), built: present === undefined };
}

/** What a machine knows of an output, if it has it; and whether it can pack with zstd. */
export async function outputOf(
  session: Session,
  name: string,
): Promise<{ readonly output: Output | undefined; readonly zstd: boolean }> {
  const lines = await hostLines(session, 'output', [name]);
  const columns = single(lines, 'output')('output');
  return {
    output: columns[0] === '-' ? undefined : output(columns),
    zstd: single(lines, 'output')('zstd')[0] === 'yes',
  };
}

/** Writes an output's tree to `into` as a packed tar. @throws SteadError `host.send-output` */
export async function sendOutput(
  session: Session,
  name: string,
  compression: Compression,
  into: Writable,
): Promise<void> {
  const result = await hostCommand(session, 'send-output', [name, compression], { stdout: into });
  if (result.code !== 0) throw hostError(result, 'send-output');
}

/**
 * Gives a host an output that another machine built. It takes it if its tree has the hash that is said, and if the
 * signature vouches for that where the host goes by signers. @throws SteadError `host.receive-output`
 */
export async function receiveOutput(
  session: Session,
  { name, tree, bytes, seconds, builder }: Output,
  signature: string,
  compression: Compression,
  stream: Readable,
): Promise<void> {
  const signed = Buffer.from(signature);
  const args = [name, tree, String(bytes), String(seconds), builder, compression, String(signed.length)];
  await hostLines(session, 'receive-output', args, { stdin: behind(signed, stream) });
}

function behind(head: Buffer, tail: Readable): Readable {
  return Readable.from(
    (async function* () {
      if (head.length > 0) yield head;
      yield* tail;
    })(),
    { objectMode: false },
  );
}

/** What the last build of a recipe on a machine said; nothing where there was none. */
export async function buildLog(session: Session, hash: string): Promise<string | undefined> {
  const { code, stdout } = await hostCommand(session, 'build-log', [hash]);
  return code === 0 ? stdout : undefined;
}

function output([name, tree, bytes, seconds, builder]: readonly string[]): Output {
  return {
    name: read(z.string(), name, 'output'),
    tree: read(z.string().regex(/^[0-9a-f]{64}$/), tree, 'output'),
    bytes: read(amount, bytes, 'output'),
    seconds: read(amount, seconds, 'output'),
    builder: read(z.string(), builder, 'output'),
  };
}
