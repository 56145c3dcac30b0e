// Runs the host script's verbs on the far side, where nothing of stead need be installed.

import { createHash } from 'node:crypto';
import { Readable, type Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { hostScript, hostScriptFor } from '../host/index.ts';
import type { CommandResult, Session } from './target.ts';

export interface HostCommandOptions {
  readonly stdin?: string | Readable;
  readonly onStderr?: (line: string) => void;
  /** See `RunOptions`. A verb that the host must be asked twice for writes nothing before. */
  readonly stdout?: Writable;
}

/** What the loader ends with when the host does not have the script that it was asked to run. */
const LACKING = 97;

/** Longer input than this is not worth sending twice to save the script. */
const SHORT_BYTES = 8192;

/**
 * With a size the script is read from standard input, packed, ahead of the verb's own input; without one it is that of
 * the generation that runs, or of a bundle that may be in the store, if it is the very same.
 */
const LOADER = `if [ "$1" = 0 ]; then
for f in current "store/$3"; do
f=\${5%/}/var/lib/stead/$f/runtime/stead-host
[ ! -r "$f" ] || [ "$(sha256sum <"$f")" != "$2  -" ] || break
f=
done
[ -n "$f" ] || exit ${LACKING}
STEAD_SCRIPT=$f
shift 3
. "$f"
else
script=$(dd bs="$1" count=1 iflag=fullblock status=none | gzip -dc) && shift 3 && eval "$script"
fi`;

/** Whether the host of a session has the script, as far as it has been asked, and the bundle that it may be that of. */
const answers = new WeakMap<Session, { readonly has: boolean; readonly bundle: string }>();

/** Runs a verb of the script of `src/host/`; it is sent along where the host does not have it. */
export async function hostCommand(
  session: Session,
  verb: string,
  args: readonly string[] = [],
  { stdin = '', onStderr, stdout }: HostCommandOptions = {},
): Promise<CommandResult> {
  const { sum, packed } = theScript();
  const answer = answers.get(session);
  // Verbs on bundles name theirs first; those after them are to find the script where these did.
  const bundle = answer?.bundle ?? args[0] ?? '';
  const run = (sent: Buffer | undefined): Promise<CommandResult> => {
    const loader = [LOADER, 'stead-host', String(sent?.length ?? 0), sum, bundle];
    const argv = ['sh', '-c', ...loader, '--root', session.root, verb, ...args];
    const input = sent === undefined ? stdin : joined(sent, stdin);
    return session.run(argv, {
      stdin: input,
      ...(onStderr ? { onStderr } : {}),
      ...(stdout ? { stdout } : {}),
    });
  };
  const isShort = typeof stdin === 'string' && stdin.length <= SHORT_BYTES;
  // What arrives brings it along.
  if (verb === 'receive') answers.delete(session);
  if (answer === undefined ? !isShort : !answer.has) return run(packed(verb));
  const result = await run(undefined);
  const lacks = result.code === LACKING;
  answers.set(session, { has: !lacks, bundle });
  return lacks && typeof stdin === 'string' ? run(packed(verb)) : result;
}

interface Script {
  readonly sum: string;
  /** What a verb needs of it, as it is sent: less than a third of its size, which tells on a slow line. */
  readonly packed: (verb: string) => Buffer;
}

let known: Script | undefined;

/** The script that is asked for everywhere. */
function theScript(): Script {
  if (known !== undefined) return known;
  const packed = new Map<string, Buffer>();
  known = {
    sum: createHash('sha256').update(hostScript()).digest('hex'),
    packed: (verb) => {
      const sent = packed.get(verb) ?? gzipSync(hostScriptFor(verb));
      packed.set(verb, sent);
      return sent;
    },
  };
  return known;
}

function joined(head: Buffer, tail: string | Readable): Readable {
  return Readable.from(
    (async function* () {
      yield head;
      if (typeof tail !== 'string') yield* tail;
      else if (tail !== '') yield Buffer.from(tail);
    })(),
    { objectMode: false },
  );
}
