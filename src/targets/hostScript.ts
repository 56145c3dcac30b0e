// The host's verbs, typed: runs one, reads its lines.

import type { Readable } from 'node:stream';
import { z } from 'zod';
import {
  absent,
  generationNumber,
  hash,
  hostLines,
  parseLines,
  read,
  single,
  unreadable,
  values,
} from './hostAnswer.ts';
import { hostCommand } from './hostCommand.ts';
import type { Session } from './target.ts';

/** What `probe` tells about a host before anything is sent. */
export interface Probe {
  readonly format: number;
  readonly current: { readonly generation: number; readonly hash: string } | undefined;
  /** The name the host was switched to first; none on an untouched one. */
  readonly host: string | undefined;
  readonly bundlePresent: boolean;
  /** Hashes of bundles of this host in its store, the latest first: a stream may build on them. */
  readonly bundles: readonly string[];
  /** Store names of the objects, of those asked for, that the host lacks. */
  readonly missing: readonly string[];
  readonly uid: number;
  readonly zstd: boolean;
}

/** What a bundle is activated for: from now on; until the next boot; from the next boot on. */
export type Goal = 'switch' | 'test' | 'boot';

export interface SwitchOptions {
  readonly goal?: Goal;
  /** Whether the host takes itself back unless confirmed; its own settings decide where nothing is said. */
  readonly watchdog?: boolean;
  /** The hash of the only plan that may be carried out. */
  readonly plan?: string;
  readonly by?: string;
  readonly commit?: string;
  readonly signature?: string;
  readonly onStderr?: (line: string) => void;
}

const outcomes = z.enum(['switched', 'unchanged', 'staged', 'rolled-back', 'removed', 'failed', 'partial']);

/** How a switch or a rollback ended; `code` is the exit code of the design, section 6. */
export interface SwitchResult {
  readonly outcome: z.infer<typeof outcomes>;
  /**
   * 0; 1 nothing changed; 4 it failed after the commit point and was put back; 5 locked by another switch; 6 it could
   * neither be completed nor put back.
   */
  readonly code: number;
  /** The generation that is meant, where the host got as far as to name one. */
  readonly generation: number | undefined;
  readonly hash: string | undefined;
  /** What the host said, for people. */
  readonly output: string;
}

const generationState = z.enum([
  'switching',
  'applied',
  'confirmed',
  'testing',
  'staged',
  'failed',
  'rolled-back',
  'partial',
]);

export interface Generation {
  readonly generation: number;
  readonly hash: string;
  /** See src/host/lib-generations.sh. */
  readonly state: z.infer<typeof generationState>;
  /** UTC, RFC 3339. */
  readonly when: string;
  readonly commit: string | undefined;
  readonly current: boolean;
}

const watchKind = z.enum(['confirm', 'test', 'boot', 'trial']);

export interface HostStatus {
  readonly current:
    { readonly generation: number; readonly hash: string; readonly state: string } | undefined;
  readonly drift: readonly {
    readonly path: string;
    readonly kind: 'missing' | 'replaced' | 'changed' | 'mode';
  }[];
  readonly failedUnits: readonly string[];
  /**
   * What the current generation waits for, where it is not to stay: to be confirmed, within these seconds; the next
   * boot (`test`); a boot that comes up well (`boot`, `trial`).
   */
  readonly watch:
    { readonly kind: z.infer<typeof watchKind>; readonly secondsLeft: number | undefined } | undefined;
  /** The newest generation, where it is not the current one: failed, rolled back, or staged for the next boot. */
  readonly last: Pick<Generation, 'generation' | 'state' | 'when'> | undefined;
  /** A switch was interrupted: `recover`, or the next switch, finishes or undoes it. */
  readonly interrupted: boolean;
  /** Why the host is to be restarted; empty where it is not. */
  readonly reboot: readonly string[];
}

/** Asks what a host has: its current generation, and which of `objects` (store names) it lacks. */
export async function probe(session: Session, bundle: string, objects: Iterable<string>): Promise<Probe> {
  const names = [...objects].map((name) => `${name}\n`).join('');
  const lines = await hostLines(session, 'probe', [bundle], { stdin: names });
  const one = single(lines, 'probe');
  const [generation, currentHash] = one('current');
  return {
    format: read(z.coerce.number().int(), one('format')[0], 'probe'),
    current:
      generation === '-'
        ? undefined
        : { generation: read(generationNumber, generation, 'probe'), hash: read(hash, currentHash, 'probe') },
    host: read(z.union([absent, z.string()]), one('host')[0], 'probe'),
    bundlePresent: read(z.enum(['present', 'absent']), one('bundle')[0], 'probe') === 'present',
    bundles: values(lines, 'has').map(([name]) => read(hash, name, 'probe')),
    missing: values(lines, 'missing').map(([name]) => read(z.string(), name, 'probe')),
    uid: read(z.coerce.number().int(), one('uid')[0], 'probe'),
    zstd: read(z.enum(['yes', 'no']), one('zstd')[0], 'probe') === 'yes',
  };
}

/** How the stream for `receive` is packed. */
export type Compression = 'gzip' | 'zstd' | 'none';

/** A stream for `receive`. */
export interface Shipment {
  /** The bundle's name in the store. */
  readonly bundle: string;
  /** What all names in the stream begin with; it comes from `incomingName`. */
  readonly incoming: string;
  readonly compression: Compression;
  /** What it has unpacked, at most; the host takes no more. */
  readonly bytes: number;
  /** The bundle in the host's store that it builds on; it is whole without one. */
  readonly base?: string;
  readonly stream: Readable;
}

/**
 * Takes a bundle into the host's store. Raises SteadError `host.receive` when the host refuses it; its store then
 * has no more than whole objects of it.
 */
export async function receive(
  session: Session,
  { bundle, incoming, compression, bytes, base, stream }: Shipment,
  onStderr?: (line: string) => void,
): Promise<void> {
  const args = [bundle, incoming, compression, String(bytes), ...(base === undefined ? [] : [base])];
  await hostLines(session, 'receive', args, onStderr ? { stdin: stream, onStderr } : { stdin: stream });
}

/** A name for one stream in progress, from random bytes that the caller gives. */
export function incomingName(random: Uint8Array): string {
  return `.incoming-${Buffer.from(random).toString('hex')}`;
}

/**
 * Asks whether a host takes a bundle with that signature, before anything is copied; gives what runs there.
 * @param storeDir where its store is to be, from the first generation on
 * Raises SteadError `host.admit` with the host's reason: another host, or no signature that it trusts.
 */
export async function admit(
  session: Session,
  bundle: string,
  signature: string | undefined,
  storeDir?: string,
): Promise<{
  readonly generation: number | undefined;
  readonly commit: string | undefined;
  /** Whether the host still knows from which commit it runs, if from any. */
  readonly isRecorded: boolean;
}> {
  const lines = await hostLines(session, 'admit', [bundle, ...(storeDir === undefined ? [] : [storeDir])], {
    stdin: signature ?? '',
  });
  const [generation, commit] = single(lines, 'admit')('current');
  const isRecorded = commit !== 'lost';
  return {
    generation: read(z.union([absent, generationNumber]), generation, 'admit'),
    commit: isRecorded ? read(z.union([absent, z.string()]), commit, 'admit') : undefined,
    isRecorded,
  };
}

/** Switches a host to a bundle that is in its store. Failures of the switch are results; see `code`. */
export function switchTo(
  session: Session,
  bundle: string,
  options: SwitchOptions = {},
): Promise<SwitchResult> {
  const args = [bundle, '--goal', options.goal ?? 'switch'];
  if (options.watchdog !== undefined) args.push('--watchdog', options.watchdog ? 'yes' : 'no');
  if (options.plan !== undefined) args.push('--plan', options.plan);
  if (options.by !== undefined) args.push('--by', options.by);
  if (options.commit !== undefined) args.push('--commit', options.commit);
  if (options.signature === undefined) return activation(session, 'switch', args, options.onStderr);
  return activation(session, 'switch', [...args, '--signature', 'yes'], options.onStderr, options.signature);
}

/** Rolls a host back to `generation`, or to the one that the current one was switched from. */
export function rollback(
  session: Session,
  generation?: number,
  onStderr?: (line: string) => void,
): Promise<SwitchResult> {
  return activation(session, 'rollback', generation === undefined ? [] : [String(generation)], onStderr);
}

/** Follows a switch that is under way on a host, or tells how the last one ended. */
export function attend(session: Session, onStderr?: (line: string) => void): Promise<SwitchResult> {
  return activation(session, 'attend', [], onStderr);
}

/** Takes everything of stead away from a host; what was there before its first switch comes back. */
export function removeAll(session: Session, onStderr?: (line: string) => void): Promise<SwitchResult> {
  return activation(session, 'remove', [], onStderr);
}

/** One thing that a switch would do. */
export interface PlannedStep {
  /** `package`, `account`, `file`, `system` or `unit`. */
  readonly part: string;
  /** What is done: `link`, `keep`, `install`, `restart`. */
  readonly step: string;
  readonly subject: string;
  readonly why: string;
}

/** All that a switch would do, in its order. */
export interface HostPlan {
  readonly steps: readonly PlannedStep[];
  /** Another one as soon as the host or the bundle is another. */
  readonly hash: string;
}

/**
 * What a switch to a bundle would do on a host; nothing is changed there.
 * @param tables its tables by name, for a bundle that the host does not have
 */
export async function plan(
  session: Session,
  bundle: string,
  tables: Readonly<Record<string, string>>,
): Promise<HostPlan> {
  const stdin = Object.entries(tables)
    .map(([name, text]) => `\t${name}\n${text}`)
    .join('');
  const lines = await hostLines(session, 'plan', [bundle], { stdin });
  const steps = lines
    .filter(([part]) => part !== 'plan')
    .map(([part = '', step = '', subject = '', ...why]) => ({ part, step, subject, why: why.join(' ') }));
  return { steps, hash: read(hash, single(lines, 'plan')('plan')[0], 'plan') };
}

async function activation(
  session: Session,
  verb: string,
  args: readonly string[],
  onStderr: ((line: string) => void) | undefined,
  stdin = '',
): Promise<SwitchResult> {
  const result = await hostCommand(session, verb, args, { stdin, ...(onStderr ? { onStderr } : {}) });
  const line = parseLines(result.stdout).at(-1);
  const outcome = outcomes.safeParse(line?.[0]);
  if (result.code === 0 && !outcome.success) throw unreadable(verb, result.stdout);
  return {
    outcome: outcome.success ? outcome.data : 'failed',
    code: result.code,
    generation: outcome.success ? read(generationNumber, line?.[1], verb) : undefined,
    hash: outcome.success ? read(hash, line?.[2], verb) : undefined,
    output: result.stderr,
  };
}

/** Marks the current generation as confirmed; fails when it is not `generation`. */
export async function confirm(session: Session, generation: number): Promise<void> {
  await hostLines(session, 'confirm', [String(generation)]);
}

/** All generations of a host, oldest first. */
export async function generations(session: Session): Promise<Generation[]> {
  const lines = await hostLines(session, 'generations', []);
  return values(lines, 'generation').map(([number, sum, stateText, when, commit, current]) => ({
    generation: read(generationNumber, number, 'generations'),
    hash: read(hash, sum, 'generations'),
    state: read(generationState, stateText, 'generations'),
    when: read(z.iso.datetime(), when, 'generations'),
    commit: read(z.union([absent, z.string()]), commit, 'generations'),
    current: current === 'current',
  }));
}

/** The current generation, what has drifted from it, and which of its units have failed. */
export async function status(session: Session): Promise<HostStatus> {
  const lines = await hostLines(session, 'status', []);
  const [generation, sum, state] = single(lines, 'status')('current');
  const kind = z.enum(['missing', 'replaced', 'changed', 'mode']);
  return {
    current:
      generation === '-'
        ? undefined
        : {
            generation: read(generationNumber, generation, 'status'),
            hash: read(hash, sum, 'status'),
            state: read(z.string(), state, 'status'),
          },
    drift: values(lines, 'drift').map(([path, what]) => ({
      path: read(z.string(), path, 'status'),
      kind: read(kind, what, 'status'),
    })),
    watch: values(lines, 'watch').map(([kindText, seconds]) => ({
      kind: read(watchKind, kindText, 'status'),
      secondsLeft: read(z.union([absent, z.coerce.number().int()]), seconds, 'status'),
    }))[0],
    last: values(lines, 'last').map(([number, stateText, when]) => ({
      generation: read(generationNumber, number, 'status'),
      state: read(generationState, stateText, 'status'),
      when: read(z.iso.datetime(), when, 'status'),
    }))[0],
    reboot: values(lines, 'reboot').map(([reason]) => read(z.string(), reason, 'status')),
    failedUnits: values(lines, 'failed').map(([name]) => read(z.string(), name, 'status')),
    interrupted: values(lines, 'interrupted').length > 0,
  };
}
