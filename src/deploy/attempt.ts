// What becomes of an order to a host: an outcome, whatever goes wrong.
import { SteadError } from '../options/error.ts';
import { lastLines } from '../targets/hostLines.ts';
import type { SwitchResult } from '../targets/index.ts';
import type { Outcome } from './outcome.ts';

/** What went wrong with `work` as an outcome, where it is an error of stead. */
export async function attempt(host: string, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SteadError)) throw error;
    const state = error.code === 'host.locked' ? 'locked' : 'failed';
    return { host, state, error: error.host === undefined ? error.with({ host }) : error };
  }
}

/** How a host says that an order ended. */
export function outcomeOf(host: string, result: SwitchResult): Outcome {
  const known = {
    host,
    ...(result.generation === undefined ? {} : { generation: result.generation }),
    ...(result.hash === undefined ? {} : { hash: result.hash }),
  };
  switch (result.code) {
    case 0:
      return { ...known, state: DONE[result.outcome] };
    case 4:
      // What it names is what has failed, and does not run.
      return { host, state: 'rolled-back', error: refusal(host, 'switch.rolled-back', result) };
    case 5:
      return { ...known, state: 'locked', error: refusal(host, 'switch.locked', result) };
    case 6:
      return { ...known, state: 'partial', error: refusal(host, 'switch.partial', result) };
    default:
      return { ...known, state: 'failed', error: refusal(host, 'switch.failed', result) };
  }
}

/** What a host that did as it was asked says of it. A rollback that was asked for is a switch. */
const DONE: Readonly<Record<SwitchResult['outcome'], Outcome['state']>> = {
  switched: 'switched',
  'rolled-back': 'switched',
  unchanged: 'unchanged',
  prepared: 'prepared',
  staged: 'staged',
  removed: 'removed',
  failed: 'failed',
  partial: 'partial',
};

const HINTS: Readonly<Record<string, string>> = {
  'switch.rolled-back': 'The generation before runs again. Mend the cause and switch again.',
  'switch.locked': 'Wait for the other switch to end, then run this again.',
  'switch.failed': 'Nothing has changed on the host.',
  'switch.partial':
    'Look at it there: `stead-host recover` goes on from where it stands, and so does the next switch.',
};

function refusal(host: string, code: string, { output, code: exit }: SwitchResult): SteadError {
  const said = lastLines(output);
  return new SteadError({
    code,
    host,
    message: said === '' ? `the switch ended with exit code ${exit}` : said,
    hint: HINTS[code] ?? '',
  });
}
