// How a host is: its verbs `status` and `manual`.
import { z } from 'zod';
import { generationState, type Generation } from './generations.ts';
import { absent, generationNumber, hash, read } from './hostAnswer.ts';
import { hostLines, single, values } from './hostLines.ts';
import type { Session } from './target.ts';

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
