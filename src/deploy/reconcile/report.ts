// What is told of a reconciling run: one line, and what a person then wants to know.
import { shellCommand } from '../../render/shell.ts';
import { EXIT, exitCode, type ExitCode, type Outcome } from '../outcome.ts';
import { commitText, type Commit } from './commit.ts';

/** How a run ended, before it is put into words. */
export interface ReconcileEnd {
  /** UTC, RFC 3339. */
  readonly when: string;
  readonly commit: Commit | undefined;
  /** Empty where the run did not get as far as hosts. */
  readonly outcomes: readonly Outcome[];
  /** What went wrong beside the hosts. */
  readonly problem?: { readonly kind: 'pull' | 'packages' | 'evaluation' | 'build'; readonly text: string };
  /** How hosts are named and reached on the command line: what a rollback is given, too. */
  readonly reach: readonly string[];
  readonly repository: string;
}

export interface ReconcileReport {
  /** All in a line. */
  readonly headline: string;
  /** `changed`, `failed`, or neither: nothing to do. */
  readonly result: 'unchanged' | 'changed' | 'failed';
  /** The command that takes back what this run has switched. */
  readonly rollback: string | undefined;
  readonly code: ExitCode;
}

/** Puts the end of a run into words. */
export function reconcileReport(end: ReconcileEnd): ReconcileReport {
  const { outcomes, problem } = end;
  const code = codeOf(end);
  const changed = outcomes.some(({ state }) => state === 'switched');
  return {
    headline: `${end.when.slice(0, 16).replace('T', ' ')} UTC: ${whatHappened(end)}`,
    result: code !== EXIT.done || problem !== undefined ? 'failed' : changed ? 'changed' : 'unchanged',
    rollback: rollbackCommand(end),
    code,
  };
}

function codeOf({ outcomes, problem }: ReconcileEnd): ExitCode {
  if (problem?.kind === 'evaluation') return EXIT.input;
  const code = exitCode(outcomes);
  return problem !== undefined && code === EXIT.done ? EXIT.failed : code;
}

function whatHappened({ commit, outcomes, problem }: ReconcileEnd): string {
  const at = commit === undefined ? undefined : `commit ${commitText(commit)}`;
  const refused = `REFUSED ${at ?? 'what stands in the repository'}`;
  if (problem?.kind === 'evaluation') return `${refused}: it does not evaluate; nothing has changed`;
  if (outcomes.some(({ error }) => error?.code === 'reconcile.preflight')) {
    const hosts = outcomes.map(({ host }) => host).join(', ');
    return `${refused}: it fails its checks on ${hosts}; nothing has changed`;
  }
  const parts = [problem === undefined ? '' : PROBLEMS[problem.kind], countsText(outcomes), at ?? ''];
  return parts.filter((part) => part !== '').join('; ');
}

const PROBLEMS = {
  pull: 'the newest commit was NOT taken',
  packages: 'its packages could NOT be installed, and no host was looked at',
  build: 'it could NOT be built or signed, and no host was looked at',
} as const;

function countsText(outcomes: readonly Outcome[]): string {
  const counts = new Map<string, string[]>();
  for (const outcome of outcomes) {
    const word = wordFor(outcome);
    counts.set(word, [...(counts.get(word) ?? []), outcome.host]);
  }
  return [...counts]
    .map(([word, hosts]) =>
      word === 'nothing to do'
        ? `nothing to do on ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}`
        : `${word}: ${hosts.join(', ')}`,
    )
    .join('; ');
}

/** How a host fared, in a word. */
export function wordFor({ state, generation, previous, error }: Outcome): string {
  switch (state) {
    case 'switched':
      return previous === generation ? 'put right' : 'switched';
    case 'unchanged':
      return 'nothing to do';
    case 'failed':
      return error?.code === 'target.unreachable' ? 'UNREACHABLE' : 'FAILED';
    case 'held':
      return 'held back';
    case 'rolled-back':
      return 'ROLLED BACK';
    case 'locked':
      return 'LOCKED';
    case 'partial':
      return 'PARTIAL';
    case 'unwell':
      return 'UNWELL';
    case 'left':
      return 'left as it was';
    case 'prepared':
    case 'staged':
    case 'removed':
      return state;
    default:
      return state satisfies never;
  }
}

function rollbackCommand({ outcomes, reach, repository }: ReconcileEnd): string | undefined {
  const hosts = outcomes
    .filter(
      ({ state, generation, previous }) =>
        state === 'switched' && previous !== undefined && previous !== generation,
    )
    .map(({ host }) => host);
  if (hosts.length === 0) return undefined;
  return `${shellCommand(['cd', repository])} && ${shellCommand(['npx', 'stead', 'rollback', ...hosts, ...reach])}`;
}
