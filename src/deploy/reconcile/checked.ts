// Has a host look at a new build before any host is switched.
import { SteadError } from '../../options/index.ts';
import { generations, preflight, type CheckResult } from '../../targets/index.ts';
import { admitted } from '../admission.ts';
import { copyBundle } from '../copy.ts';
import { admissionOf, realiseFor, type FleetOrder } from '../fleet-switch.ts';
import { heldBack } from '../held.ts';
import type { Outcome } from '../outcome.ts';
import { lackingOutputs } from '../outputs.ts';
import { storedAs, type Wanted } from '../wanted.ts';
import { disposable, opened, type Way } from '../way.ts';

/** The outcome of a host where its build does not pass its checks; nothing where it does, or cannot be asked. */
export async function checked(one: Wanted, way: Way, fleet: FleetOrder): Promise<Outcome | undefined> {
  const { host: name, signature = '' } = one;
  const { watch } = fleet;
  try {
    await using session = disposable(await opened(name, way, watch));
    await admitted(session.open, one, admissionOf(one, fleet), watch);
    const isHeld = heldBack(one, await generations(session.open)) !== undefined;
    if (isHeld && fleet.order.again === false) return undefined;
    const { host, bundle, history } = await one.whole();
    const answer = await copyBundle(session.open, bundle, history, watch);
    // Its checks look at what its units start.
    await realiseFor(fleet)(host, session.open, lackingOutputs(bundle, answer));
    const failed = (await preflight(session.open, storedAs(one), signature)).filter(
      ({ state }) => state === 'failed',
    );
    return failed.length === 0 ? undefined : refusal(name, failed);
  } catch (error) {
    if (!(error instanceof SteadError)) throw error;
    if (/^recipe\.(build|lacks)$/.test(error.code)) return { host: name, state: 'failed', error };
    // The switch of this host meets it again, and says so.
    return undefined;
  }
}

function refusal(host: string, failed: readonly CheckResult[]): Outcome {
  const texts = failed.map(({ name, command, output }) => [`check ${name} failed: ${command}`, ...output]);
  return {
    host,
    state: 'failed',
    error: new SteadError({
      code: 'reconcile.preflight',
      host,
      message: `the new configuration does not pass its checks\n${texts.flat().join('\n')}`,
      hint: 'No host was switched.',
    }),
  };
}
