// stead lab: the fleet's hosts as real Debian hosts on this machine, to try a change on before the real ones.
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { buildHosts, EXIT, type ExitCode } from '../../deploy/index.ts';
import { repositorySecrets } from '../../deploy/secrets.ts';
import {
  fleetTopology,
  keptLab,
  labHostKeys,
  labObstacle,
  offerPackages,
  startLab,
  takeDownKept,
  type FleetHost,
} from '../../lab/index.ts';
import { SteadError } from '../../options/index.ts';
import { secretStore, writeStandIns } from '../../secrets/index.ts';
import { target } from '../../targets/option-set.ts';
import type { CliContext } from '../context.ts';
import { evaluated } from '../evaluated.ts';

const argumentsSchema = z.tuple([z.enum(['up', 'down', 'status']), z.array(z.string())]);

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const [action, words] = argumentsSchema.parse(args);
  const problem = labObstacle();
  if (problem !== undefined) throw problem;
  switch (action) {
    case 'up':
      return up(context, words, options);
    case 'down':
      await takeDownKept(labId(context));
      return EXIT.done;
    case 'status':
      return status(context);
    default:
      return action satisfies never;
  }
}

/** Boots what is not up yet, then switches: the second time it is a change that is tried. */
async function up(context: CliContext, words: readonly string[], options: unknown): Promise<ExitCode> {
  const id = labId(context);
  const wanted = await wantedHosts(context, words);
  const names = wanted.map(({ name }) => name);
  const sshConfig =
    keptLab(id) === undefined ? await boot(context, id, wanted) : await reuse(context, id, wanted);
  const { run: switchHosts } = await import('./switch.ts');
  const tried = await triedOut(context, sshConfig);
  const code = await switchHosts(tried, [names], { ...(options as object), sshConfig });
  context.note(`Log in: ssh -F ${sshConfig} ${names[0]!}`);
  context.note(`Any verb reaches them with --ssh-config ${sshConfig}; \`stead lab down\` ends them.`);
  return code;
}

/**
 * Hosts of a lab have keys of their own, and no business with real secrets: a copy of the fleet has stand-ins, public
 * halves included. Gives the repository itself where there are no secrets.
 */
async function triedOut(context: CliContext, sshConfig: string): Promise<CliContext> {
  const { repository } = context;
  const { uses } = await repositorySecrets(repository);
  if (uses.size === 0) return context;
  const place = join(repository, 'out', '.lab');
  const copy = join(place, 'fleet');
  const standIns = secretStore(place);
  await writeStandIns(secretStore(repository), standIns, uses.values(), labHostKeys(sshConfig));
  mkdirSync(standIns.folder, { recursive: true });
  rmSync(copy, { recursive: true, force: true });
  for (const name of readdirSync(repository)) {
    if (['.git', 'node_modules', 'out'].includes(name)) continue;
    const filter = (path: string): boolean => !path.endsWith('.age');
    cpSync(join(repository, name), join(copy, name), { recursive: true, filter });
  }
  cpSync(standIns.folder, secretStore(copy).folder, { recursive: true });
  return { ...context, repository: copy };
}

async function boot(context: CliContext, id: string, hosts: readonly FleetHost[]): Promise<string> {
  context.note(`booting ${hosts.map(({ name }) => name).join(', ')}`);
  const lab = await startLab(fleetTopology(hosts), { id, note: context.note });
  try {
    await Promise.all(hosts.map(({ name }) => lab.host(name)));
  } catch (error) {
    await lab.down();
    throw error;
  }
  await lab.keep();
  return lab.sshConfig;
}

async function reuse(context: CliContext, id: string, wanted: readonly FleetHost[]): Promise<string> {
  const { sshConfig, hosts } = keptLab(id)!;
  const names = wanted.map(({ name }) => name);
  const lacking = names.filter((name) => !hosts.some((host) => host.name === name && host.isOn));
  if (lacking.length === 0) {
    for (const { name, packages } of wanted) await offerPackages(id, name, packages, context.note);
    return sshConfig;
  }
  throw new SteadError({
    code: 'lab.host',
    message: `the lab is up without ${lacking.join(', ')}`,
    hint: 'Take it down first with `stead lab down`; then name all hosts that it is to have.',
  });
}

/** The hosts that have an SSH address; all of the fleet where none is named. */
async function wantedHosts(context: CliContext, words: readonly string[]): Promise<readonly FleetHost[]> {
  const fleet = await evaluated(context);
  const built = await buildHosts(fleet, words, { all: words.length === 0 });
  const found = built.flatMap(({ host, bundle: { manifest } }): FleetHost[] => {
    const { ssh } = host.get(target);
    if (ssh === undefined) return [];
    return [{ name: host.name, address: ssh.address, packages: manifest.packages.map(({ name }) => name) }];
  });
  if (found.length > 0) return found;
  throw new SteadError({
    code: 'lab.host',
    message: 'none of these hosts has a `target.ssh`, so that there is nothing to boot',
    hint: 'Give them their addresses: target({ ssh: { address: … } }).',
  });
}

function status(context: CliContext): ExitCode {
  const lab = keptLab(labId(context));
  if (context.json) context.print(JSON.stringify(lab ?? { hosts: [] }, null, 2));
  else if (lab === undefined) context.print('no lab of this fleet is up');
  else {
    for (const { name, isOn } of lab.hosts) context.print(`${name}: ${isOn ? 'on' : 'off'}`);
    context.print(`ssh -F ${lab.sshConfig} HOST`);
  }
  return EXIT.done;
}

/** A lab for each repository. */
function labId({ repository }: CliContext): string {
  return createHash('sha256').update(repository).digest('hex').slice(0, 10);
}
