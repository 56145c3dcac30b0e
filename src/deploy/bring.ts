// Bringing a host to a build that it does not run yet: copy, activate, confirm over a new connection.
import type { Bundle } from '../bundle/index.ts';
import { generations, type Session, type SwitchOptions } from '../targets/index.ts';
import { activated } from './activated.ts';
import type { Admission } from './admission.ts';
import { outcomeOf } from './attempt.ts';
import type { BuiltHost } from './build.ts';
import { confirmed } from './confirm.ts';
import { bundleStoreName, copyBundle } from './copy.ts';
import { downloaded } from './downloads.ts';
import { heldBack } from './held.ts';
import { whoDeploys } from './here.ts';
import { withManualSteps } from './manual.ts';
import type { Outcome } from './outcome.ts';
import { lackingOutputs } from './outputs.ts';
import { left } from './rollout.ts';
import type { Switching, SwitchOrder } from './switch.ts';
import { askedOf } from './wanted.ts';

/**
 * Brings a host that admits it to a bundle.
 * @param previous the generation that runs there
 */
export async function brought(
  { host, bundle, history }: BuiltHost,
  session: Session,
  previous: number | undefined,
  { way: { target }, admission, order, watch, realise, turn }: Switching,
): Promise<Outcome> {
  const name = bundleStoreName(bundle);
  const before = previous === undefined ? {} : { previous };
  if (order.again === false) {
    const held = heldBack(bundle.manifest, await generations(session));
    if (held !== undefined) return held;
  }
  const answer = await copyBundle(session, bundle, history, watch);
  await downloaded(session, bundle, answer, admission, watch);
  await realise(host, session, lackingOutputs(bundle, answer));
  const { current } = answer;
  // A host that runs the bundle has little to do, and nobody who is reached through it loses his connection.
  if (current?.hash !== bundle.manifest.hash) {
    watch({ kind: 'waiting', host: host.name, for: 'its turn' });
    if (!(await turn())) return left(host.name);
  }
  watch({ kind: 'activating', host: host.name, bundle: name });
  const seconds = watchdogSeconds(bundle, order);
  const { result, isConnected } = await activated(session, target, name, seconds, {
    ...order,
    ...recorded(bundle, admission),
    onStderr: (line) => watch({ kind: 'output', host: host.name, line }),
  });
  const { generation, hash, outcome } = result;
  if (outcome !== 'switched' || generation === undefined) {
    const end = outcomeOf(host.name, result);
    const runs = end.state === 'rolled-back' && previous !== undefined ? { generation: previous } : {};
    return withManualSteps({ ...end, ...before, ...runs }, askedOf(bundle), target, watch);
  }
  watch({ kind: 'confirming', host: host.name });
  const isNew = generation !== previous;
  const unconfirmed = { host: host.name, generation, hash, isNew, watchdogSeconds: seconds };
  // Awaited here: the old connection is to live until then.
  const end = await confirmed(unconfirmed, target, isConnected ? session : undefined);
  return withManualSteps({ ...end, ...before }, askedOf(bundle), target, watch);
}

/** What a host records of a switch: who made it, and from where it comes. */
export function recorded({ manifest }: Bundle, { signature }: Admission): SwitchOptions {
  const { commit } = manifest.provenance;
  return {
    by: whoDeploys(),
    ...(commit === null ? {} : { commit }),
    ...(signature === undefined ? {} : { signature }),
  };
}

/** How long the host waits to be confirmed; a folder never takes itself back. */
function watchdogSeconds({ manifest }: Bundle, { watchdog }: SwitchOrder): number | undefined {
  const { settings } = manifest;
  if (!(watchdog ?? settings['watchdog'] !== 'false')) return undefined;
  return Number(settings['confirmSeconds'] ?? 60);
}
