// The host's verbs that ask and copy, typed: runs one, reads its lines.

import { PassThrough, type Readable } from 'node:stream';
import { z } from 'zod';
import { SteadError } from '../options/index.ts';
import { absent, generationNumber, hash, hostLines, read, single, unreadable, values } from './hostAnswer.ts';
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
  /** Whether it lacks downloads of the bundle, which it has. */
  readonly lacksDownloads: boolean;
  /** Store names of the objects, of those asked for, that the host lacks. */
  readonly missing: readonly string[];
  readonly uid: number;
  readonly zstd: boolean;
}

const generationState = z.enum([
  'switching',
  'applied',
  'confirmed',
  'testing',
  'staged',
  'failed',
  'rolled-back',
  'unconfirmed',
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

/** What is left for a person to do on or around a host. */
export interface ManualStep {
  readonly name: string;
  readonly instruction: string;
  /** What the command that looks whether it is done prints. */
  readonly output: readonly string[];
}

/** A package that is not as the generation says; `held`: nobody but a person there says that it is to stay as it is. */
export interface PackageDrift {
  readonly name: string;
  readonly state: 'missing' | 'version' | 'unheld' | 'held';
  /** For `version`, which one is there: `is installed as 1.2`. */
  readonly detail: string | undefined;
}

export interface HostStatus {
  readonly current:
    | {
        readonly generation: number;
        readonly hash: string;
        readonly state: string;
        /** UTC, RFC 3339. */
        readonly when: string;
        readonly commit: string | undefined;
      }
    | undefined;
  readonly drift: readonly {
    readonly path: string;
    readonly kind: 'missing' | 'replaced' | 'changed' | 'mode' | 'undeclared';
  }[];
  readonly failedUnits: readonly string[];
  /** Units that are to run and were stopped, and those that were masked by hand; `silent`: systemd did not answer. */
  readonly idleUnits: readonly { readonly unit: string; readonly state: 'stopped' | 'masked' | 'silent' }[];
  readonly packages: readonly PackageDrift[];
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
  readonly manual: readonly ManualStep[];
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
    lacksDownloads: values(lines, 'lacks').some(([what]) => what === 'downloads'),
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

/** What a host says of a bundle that it would take. */
export interface Admitted {
  readonly generation: number | undefined;
  readonly commit: string | undefined;
  /** Whether the host still knows from which commit it runs, if from any. */
  readonly isRecorded: boolean;
  /** Its machine-id(5). */
  readonly machine: string | undefined;
  /** Where a switch to the bundle would change nothing, and it was asked: what a switch says then. */
  readonly standing: readonly string[] | undefined;
}

export interface AdmitOptions {
  /** Where its store is to be, from the first generation on. */
  readonly storeDir?: string | undefined;
  /** Whether it is to look, too, if it runs the bundle whole; `awake`: with all units that are to run. */
  readonly ask?: 'standing' | 'awake' | undefined;
}

/**
 * Asks whether a host takes a bundle with that signature, before anything is copied; gives what runs there.
 * Raises SteadError `host.admit` with the host's reason: another host, or no signature that it trusts.
 */
export async function admit(
  session: Session,
  bundle: string,
  signature: string | undefined,
  { storeDir, ask }: AdmitOptions = {},
): Promise<Admitted> {
  const more = ask !== undefined ? [storeDir ?? '-', ask] : storeDir === undefined ? [] : [storeDir];
  const lines = await hostLines(session, 'admit', [bundle, ...more], { stdin: signature ?? '' });
  const [generation, commit] = single(lines, 'admit')('current');
  const isRecorded = commit !== 'lost';
  const standing = lines.findIndex(([key]) => key === 'standing');
  return {
    generation: read(z.union([absent, generationNumber]), generation, 'admit'),
    commit: isRecorded ? read(z.union([absent, z.string()]), commit, 'admit') : undefined,
    isRecorded,
    machine: read(z.union([absent, z.string()]), single(lines, 'admit')('machine')[0], 'admit'),
    standing: standing < 0 ? undefined : lines.slice(standing + 1).map((line) => line.join('\t')),
  };
}

/** Marks the current generation as confirmed; fails when it is not `generation`. */
export async function confirm(session: Session, generation: number): Promise<void> {
  await hostLines(session, 'confirm', [String(generation)]);
}

/** A host that waits to be told whether its generation is to stay. */
export interface Waiting {
  /** Tells it to keep the generation; returns once that is written there, else throws `host.confirm`. */
  confirm(): Promise<void>;
  /** Leaves the generation unconfirmed; returns once the host waits no more. */
  leave(): Promise<void>;
}

/**
 * Has a host ready to confirm its generation: nothing is left then but the one word. Whoever dies before it is said has
 * said no. @throws SteadError as `confirm` does
 */
export async function readyToConfirm(session: Session, generation: number): Promise<Waiting> {
  const word = new PassThrough();
  const ready = Promise.withResolvers<'ready'>();
  const end = hostLines(session, 'confirm', [String(generation), 'together'], {
    stdin: word,
    onStderr: (line) => {
      if (line === 'ready') ready.resolve('ready');
    },
  });
  const first = await Promise.race([ready.promise, end]);
  // Without the word it can only have ended with an error.
  if (first !== 'ready') throw unreadable('confirm', first.map((line) => line.join('\t')).join('\n'));
  // Awaited below; it may fail before that.
  end.catch(() => {});
  return {
    confirm: async () => {
      word.end('confirm\n');
      await end;
    },
    leave: async () => {
      word.end();
      await end.catch((error: unknown) => {
        if (!(error instanceof SteadError)) throw error;
      });
    },
  };
}

/** Gives an unconfirmed generation its whole time to be confirmed once more. */
export async function renew(session: Session, generation: number): Promise<void> {
  await hostLines(session, 'renew', [String(generation)]);
}

/**
 * Tells a host that took a generation back by itself that this was the generation's own fault: whoever deploys was
 * there to confirm it, and could not.
 */
export async function blame(session: Session, generation: number): Promise<void> {
  await hostLines(session, 'blame', [String(generation)]);
}

/** Returns where `generation` is current, none of its units has failed and its health checks pass; else throws `host.well`. */
export async function well(session: Session, generation: number): Promise<void> {
  await hostLines(session, 'well', [String(generation)]);
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
  const [generation, sum, state, when, commit] = single(lines, 'status')('current');
  const kind = z.enum(['missing', 'replaced', 'changed', 'mode', 'undeclared']);
  return {
    current:
      generation === '-'
        ? undefined
        : {
            generation: read(generationNumber, generation, 'status'),
            hash: read(hash, sum, 'status'),
            state: read(z.string(), state, 'status'),
            when: read(z.iso.datetime(), when, 'status'),
            commit: read(z.union([absent, z.string()]), commit, 'status'),
          },
    drift: values(lines, 'drift').map(([path, what]) => ({
      path: read(z.string(), path, 'status'),
      kind: read(kind, what, 'status'),
    })),
    idleUnits: values(lines, 'unit').map(([unit, what]) => ({
      unit: read(z.string(), unit, 'status'),
      state: read(z.enum(['stopped', 'masked', 'silent']), what, 'status'),
    })),
    packages: values(lines, 'package').map(([name, what, detail]) => ({
      name: read(z.string(), name, 'status'),
      state: read(z.enum(['missing', 'version', 'unheld', 'held']), what, 'status'),
      detail: read(z.union([absent, z.string()]), detail, 'status'),
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
    manual: stepsOf(lines),
    failedUnits: values(lines, 'failed').map(([name]) => read(z.string(), name, 'status')),
    interrupted: values(lines, 'interrupted').length > 0,
  };
}

/** What is left to be done by hand. */
export async function manualSteps(session: Session): Promise<ManualStep[]> {
  return stepsOf(await hostLines(session, 'manual', []));
}

/** A row `manual` begins a step; rows `says` after it are what its command prints. */
function stepsOf(lines: readonly string[][]): ManualStep[] {
  const steps: { name: string; instruction: string; output: string[] }[] = [];
  for (const [key, ...rest] of lines) {
    if (key === 'manual') {
      const [name, instruction] = rest.map((text) => read(z.string(), text, 'manual'));
      steps.push({ name: name ?? '', instruction: instruction ?? '', output: [] });
    }
    if (key === 'says') steps.at(-1)?.output.push(rest.join(' '));
  }
  return steps;
}
