// What a switch would do on a host, asked of the host itself; and what it would take over there.
import type { Bundle } from '../bundle/index.ts';
import { plan, type HostPlan as StepsAndHash, type Session, type Target } from '../targets/index.ts';
import { bundleStoreName } from './copy.ts';
import { ask, type Answer } from './inspect.ts';

/** All that a switch would do, in its order, and the hash to name it by. */
export type HostPlan = StepsAndHash;

/** What switching a host to a bundle would do. Nothing is copied, nothing is changed. */
export function planHost(host: string, target: Target, bundle: Bundle): Promise<Answer<HostPlan>> {
  return ask(host, target, (session) => planOn(session, bundle));
}

/** The same, in a session that is open. */
export function planOn(session: Session, bundle: Bundle): Promise<HostPlan> {
  return plan(session, bundleStoreName(bundle), bundle.tables);
}
