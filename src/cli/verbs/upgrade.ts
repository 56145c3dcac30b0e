// stead upgrade: Debian's packages, host by host; the first one that is not well afterwards stops it.
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import {
  EXIT,
  findReachable,
  hostHere,
  restartSoon,
  selectHosts,
  turnsOf,
  upgradeExitCode,
  upgradeHost,
  type ExitCode,
  type UpgradeOutcome,
} from '../../deploy/index.ts';
import { notify, readSettings } from '../../deploy/reconcile/index.ts';
import { report } from '../../fleet/index.ts';
import type { CliContext } from '../context.ts';
import { errorData } from '../../fleet/error-data.ts';
import { fleetLock } from '../fleet-lock.ts';
import { display, summaryText } from '../live.ts';
import { UPGRADE_STATES } from '../outcomes.ts';
import { reachOptions } from '../reach.ts';
import { printTable } from '../table.ts';

const optionsSchema = z.object({
  /** Commander's name for what `--no-restart` takes away. */
  restart: z.boolean().default(true),
  returnSeconds: z.number().default(600),
  settings: z.string().optional(),
});

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const { restart, returnSeconds, settings: file } = optionsSchema.parse(options);
  const settings = readSettings(file === undefined ? undefined : resolve(context.process.cwd(), file));
  const reach = reachOptions(context, args, options);
  const { hosts } = await findReachable(context.repository);
  const chosen = selectHosts(hosts, reach.words, reach.all).map(({ name }) => name);
  await using lock = await fleetLock(context);
  if (lock === undefined) return EXIT.locked;
  const here = hostHere(hosts);
  const fleet = hosts.map(({ name, stage, settings: { ssh } }) => ({ name, stage, jump: ssh?.jump }));
  const targetFor = reach.locate(hosts);
  const list = display(context);
  const start = performance.now();
  const outcomes: UpgradeOutcome[] = [];
  try {
    const turns = turnsOf(chosen, fleet, here);
    for (const { name } of turns) list.watch({ kind: 'waiting', host: name, for: 'its turn' });
    for (const { name } of turns) {
      const mayGoOn = outcomes.every(({ state }) => state === 'upgraded' || state === 'unchanged');
      const when = !restart ? 'never' : name === here ? 'due' : 'now';
      const outcome: UpgradeOutcome = mayGoOn
        ? await upgradeHost(name, targetFor(name), { restart: when, returnSeconds }, list.watch)
        : { host: name, state: 'waiting' };
      list.watch({ kind: 'ended', host: name, outcome });
      outcomes.push(outcome);
    }
  } finally {
    list.end();
  }
  if (outcomes.length > 1) context.note(summaryText(outcomes, performance.now() - start));
  const code = await tell(context, outcomes, settings.notify);
  const due = outcomes.find(({ restart: one }) => one === 'due');
  if (due !== undefined && code === EXIT.done) await restartSoon(targetFor(due.host));
  return code;
}

async function tell(
  context: CliContext,
  outcomes: readonly UpgradeOutcome[],
  settings: Parameters<typeof notify>[0],
): Promise<ExitCode> {
  const code = upgradeExitCode(outcomes);
  const errors: string[] = [];
  for (const { error } of outcomes) {
    if (error === undefined) continue;
    errors.push(await report(error, { repository: context.repository, colour: false }));
  }
  const hosts = await Promise.all(
    outcomes.map(async ({ error, ...rest }) =>
      error === undefined ? rest : { ...rest, error: await errorData(error) },
    ),
  );
  if (context.json) context.print(JSON.stringify({ hosts }, null, 2));
  else {
    printTable(context, outcomes.map(row));
    for (const error of errors) context.print(error);
  }
  const isFailure = code !== EXIT.done;
  const hasChanged = outcomes.some(({ state }) => state === 'upgraded');
  if (isFailure || (hasChanged && settings.onChange)) {
    const title = `stead on ${hostname()}: upgrade ${isFailure ? 'failed' : 'done'}`;
    const text = [...outcomes.map((one) => row(one).join('  ').trimEnd()), ...errors].join('\n');
    const notice = { title, text, isFailure, document: { result: isFailure ? 'failed' : 'changed', hosts } };
    for (const line of await notify(settings, notice)) context.note(line);
  }
  return code;
}

function row({ host, state, upgraded, restart }: UpgradeOutcome): string[] {
  const count = upgraded?.packages.length ?? 0;
  return [
    host,
    UPGRADE_STATES[state],
    count === 0 ? '' : `${count} ${count === 1 ? 'package' : 'packages'}`,
    [
      ...(restart === undefined ? [] : [RESTARTS[restart]]),
      ...(upgraded === undefined || upgraded.keptBack.length === 0
        ? []
        : [`kept back: ${upgraded.keptBack.join(', ')}`]),
    ].join('; '),
  ];
}

const RESTARTS: Readonly<Record<NonNullable<UpgradeOutcome['restart']>, string>> = {
  done: 'restarted',
  due: 'restarts in a minute',
  left: 'a restart is needed',
};
