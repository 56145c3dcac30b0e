// What verbs that reach hosts have in common: their options, their targets, their progress.
import { homedir, userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { DeployEvent } from '../deploy/index.ts';
import { targetOf, type Reachable } from '../deploy/locate.ts';
import { selectHosts } from '../deploy/select.ts';
import type { Target } from '../targets/index.ts';
import { byteText } from './bytes.ts';
import type { CliContext } from './context.ts';

/** What commander makes of the options of verbs that reach hosts, as verbs.ts declares them. */
interface GivenOptions {
  readonly all?: boolean;
  readonly targetRoot?: string;
  readonly sshConfig?: string;
  readonly jobs?: number;
}

export interface ReachOptions {
  readonly words: readonly string[];
  readonly all: boolean;
  readonly jobs: number;
  /** Whether hosts are taken from somewhere else than their own targets: a lab, a folder. */
  readonly isElsewhere: boolean;
  /** How hosts are reached, as it was given on the command line. */
  readonly given: readonly string[];
  /** The target of a host, given how all of them are reached. */
  locate(hosts: readonly Reachable[]): (name: string) => Target;
}

export function reachOptions(context: CliContext, args: readonly unknown[], options: unknown): ReachOptions {
  const { all = false, jobs = 8, targetRoot, sshConfig } = options as GivenOptions;
  const cwd = context.process.cwd();
  const agent = context.process.env['SSH_AUTH_SOCK'];
  const where = {
    repository: context.repository,
    ...(targetRoot === undefined ? {} : { targetRoot: resolve(cwd, targetRoot) }),
    ssh: {
      homeDirectory: context.process.env['HOME'] ?? homedir(),
      user: userInfo().username,
      ...(agent === undefined ? {} : { agentSocket: agent }),
      ...(sshConfig === undefined ? {} : { configFile: resolve(cwd, sshConfig) }),
    },
  };
  return {
    words: args[0] as readonly string[],
    all,
    jobs,
    isElsewhere: targetRoot !== undefined || sshConfig !== undefined,
    given: [
      ...(targetRoot === undefined ? [] : ['--target-root', resolve(cwd, targetRoot)]),
      ...(sshConfig === undefined ? [] : ['--ssh-config', resolve(cwd, sshConfig)]),
    ],
    locate: (hosts) => {
      const find = (name: string): Reachable => selectHosts(hosts, [name], false)[0]!;
      return (name) => targetOf(find(name), find, where);
    },
  };
}

/** The chosen hosts with their targets, for verbs that need no build. */
export async function chosenTargets(
  context: CliContext,
  reach: ReachOptions,
): Promise<readonly ChosenHost[]> {
  return (await chosenReach(context, reach)).chosen;
}

/** A host that a verb is about. */
export interface ChosenHost {
  readonly name: string;
  readonly target: Target;
}

/** The same, and how all hosts of the fleet are reached. */
export async function chosenReach(
  context: CliContext,
  { words, all, locate }: ReachOptions,
): Promise<{ readonly chosen: readonly ChosenHost[]; readonly hosts: readonly Reachable[] }> {
  const { findReachable } = await import('../deploy/reachable.ts');
  const { hosts, problem } = await findReachable(context.repository);
  if (problem !== undefined) {
    const { report } = await import('../fleet/index.ts');
    context.note(
      await report(problem, {
        repository: context.repository,
        severity: 'warning',
        colour: context.colour,
      }),
    );
    context.note('The repository cannot be read; hosts are reached as they were at the last switch.');
  }
  const targetFor = locate(hosts);
  const chosen = selectHosts(hosts, words, all).map(({ name }) => ({ name, target: targetFor(name) }));
  return { chosen, hosts };
}

/** Progress as plain lines for people, each beginning with its host. */
export function progress(context: CliContext): (event: DeployEvent) => void {
  const told = new Map<string, string>();
  return (event) => {
    // A build says a line a second: of each phase there is one, and one a minute.
    if (event.kind === 'building') {
      const now = `${event.phase} ${Math.floor(event.seconds / 60)}`;
      const key = `${event.host} ${event.recipe}`;
      if (told.get(key) === now) return;
      told.set(key, now);
    }
    const line = eventLine(event);
    if (line !== undefined) context.note(line);
  };
}

/** What has happened on a host, as a line; nothing for what is over in a moment, or told elsewhere. */
export function eventLine(event: DeployEvent): string | undefined {
  const text = eventText(event);
  return text === undefined ? undefined : `${event.host}: ${text}`;
}

/** `building llama-cpp 0.5.0 on framework: [12/210] Building …`. */
export function buildingText({
  recipe,
  on,
  phase,
  line,
}: Extract<DeployEvent, { kind: 'building' }>): string {
  const text = line.startsWith('@stead phase ') ? `phase ${phase}` : line;
  return `building ${recipe}${on === undefined ? '' : ` on ${on}`}: ${text}`;
}

function eventText(event: DeployEvent): string | undefined {
  switch (event.kind) {
    case 'connecting':
      return `connecting to ${event.target}`;
    case 'copying':
      return event.objects === 0
        ? 'copying the bundle, all of whose files are there'
        : `copying ${event.objects} ${event.objects === 1 ? 'file' : 'files'}, ${byteText(event.bytes)}`;
    case 'building':
      return buildingText(event);
    case 'preparing':
      return `preparing ${event.bundle}`;
    case 'taking-back':
      return 'taking it back';
    case 'waiting':
    case 'checking':
    case 'confirming':
    case 'ended':
      return undefined;
    case 'activating':
      return `activating ${event.bundle}`;
    case 'output':
      return event.line.replace(/^stead-host: /, '');
    default:
      return event satisfies never;
  }
}
