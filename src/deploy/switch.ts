// Switching one host: it is asked whether it runs the build already, and brought to it where it does not.
import type { Goal } from '../targets/index.ts';
import { admitted, type Admission } from './admission.ts';
import { attempt } from './attempt.ts';
import type { Watch } from './events.ts';
import { withManualSteps } from './manual.ts';
import type { Outcome } from './outcome.ts';
import type { Realise } from './outputs.ts';
import type { Wanted } from './wanted.ts';
import { disposable, opened, type Way } from './way.ts';

/** How a host is to be switched. */
export interface SwitchOrder {
  /** `switch`; `test`: until the next boot; `boot`: from the next boot on. */
  readonly goal: Goal;
  /** Whether the host takes the switch back unless it is confirmed; as its own settings say, where nothing is said. */
  readonly watchdog?: boolean;
  /** The hash of the plan that was looked at: the host does that, or nothing. */
  readonly plan?: string;
  /** Whether units that are to run and do not are started on hosts that run the build already. */
  readonly wake?: boolean;
  /** Whether a build that a host was taken back from is tried there again; without a word it is. */
  readonly again?: boolean;
}

/** How a host is switched, and what that takes. */
export interface Switching {
  readonly way: Way;
  readonly admission: Admission;
  readonly order: SwitchOrder;
  readonly watch: Watch;
  /** Brings outputs of recipes that it lacks to it. */
  readonly realise: Realise;
  /** Is waited for when all is copied; the host is left as it is where it says false. */
  readonly turn: () => Promise<boolean>;
}

/** Brings a host to what it is to run. What goes wrong is an outcome; nothing is thrown for it. */
export function switchHost(wanted: Wanted, switching: Switching): Promise<Outcome> {
  const { host, hash } = wanted;
  const { way, admission, order, watch } = switching;
  return attempt(host, async () => {
    await using session = disposable(await opened(host, way, watch));
    const standingAsked = order.wake === true ? 'awake' : 'standing';
    const ask = order.goal === 'switch' ? standingAsked : undefined;
    const { generation, standing } = await admitted(session.open, wanted, admission, watch, ask);
    if (generation !== undefined && standing !== undefined) {
      for (const line of standing) watch({ kind: 'output', host, line });
      wanted.keep();
      const end = { host, state: 'unchanged', generation, hash, previous: generation } as const;
      return await withManualSteps(end, wanted, way.target, watch);
    }
    // Most nights end above: what follows is loaded, and built, where it is needed.
    const { brought } = await import('./bring.ts');
    return await brought(await wanted.whole(), session.open, generation, switching);
  });
}
