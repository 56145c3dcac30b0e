// Switching one host: copy, activate, confirm over a new connection; or roll back.
import { hostname, userInfo } from 'node:os';
import { SteadError } from '../options/index.ts';
import {
  confirm,
  rollback,
  switchTo,
  type Session,
  type SwitchResult,
  type Target,
} from '../targets/index.ts';
import { admitted, type Admission } from './admission.ts';
import type { BuiltHost } from './build.ts';
import { bundleStoreName, copyBundle } from './copy.ts';
import type { Watch } from './events.ts';
import type { Outcome } from './outcome.ts';

/** Brings a host to a built bundle that it admits. What goes wrong is an outcome; nothing is thrown for it. */
export function switchHost(
  { host, bundle, history }: BuiltHost,
  target: Target,
  admission: Admission,
  watch: Watch,
): Promise<Outcome> {
  return attempt(host.name, async () => {
    watch({ kind: 'connecting', host: host.name, target: target.description });
    await using session = disposable(await target.open());
    const name = bundleStoreName(bundle);
    await admitted(session.open, bundle, name, admission, watch);
    await copyBundle(session.open, bundle, history, watch);
    watch({ kind: 'activating', host: host.name, bundle: name });
    const { commit } = bundle.manifest.provenance;
    const { signature } = admission;
    const result = await switchTo(session.open, name, {
      by: `${userInfo().username}@${hostname()}`,
      ...(commit === null ? {} : { commit }),
      ...(signature === undefined ? {} : { signature }),
      onStderr: (line) => watch({ kind: 'output', host: host.name, line }),
    });
    if (result.outcome !== 'switched' || result.generation === undefined) return outcomeOf(host.name, result);
    return confirmed(host.name, target, session.open, result, result.generation, watch);
  });
}

/** Takes a host back to the generation before, or to the one named. */
export function rollbackHost(
  host: string,
  target: Target,
  generation: number | undefined,
  watch: Watch,
): Promise<Outcome> {
  return attempt(host, async () => {
    watch({ kind: 'connecting', host, target: target.description });
    await using session = disposable(await target.open());
    const onStderr = (line: string): void => watch({ kind: 'output', host, line });
    const result = await rollback(session.open, generation, onStderr);
    // What was asked for is to be on another generation, and the host is.
    if (result.code === 0)
      return { ...outcomeOf(host, result), state: result.outcome === 'unchanged' ? 'unchanged' : 'switched' };
    return outcomeOf(host, result);
  });
}

/** A switch that cut the way to the host is no success: the old connection takes it back. */
async function confirmed(
  host: string,
  target: Target,
  session: Session,
  result: SwitchResult,
  generation: number,
  watch: Watch,
): Promise<Outcome> {
  try {
    await using fresh = disposable(await target.open());
    await confirm(fresh.open, generation);
    return outcomeOf(host, result);
  } catch (cause) {
    const onStderr = (line: string): void => watch({ kind: 'output', host, line });
    const undone = await rollback(session, undefined, onStderr);
    if (undone.code !== 0) throw cause;
    return {
      host,
      state: 'rolled-back',
      ...(undone.generation === undefined ? {} : { generation: undone.generation }),
      error: new SteadError({
        code: 'switch.unconfirmed',
        host,
        message: `after the switch it could not be reached again, and was rolled back: ${(cause as Error).message}`,
        hint: 'Look at what the new configuration does to the network, the firewall and sshd.',
        cause,
      }),
    };
  }
}

function outcomeOf(host: string, result: SwitchResult): Outcome {
  const known = {
    host,
    ...(result.generation === undefined ? {} : { generation: result.generation }),
    ...(result.hash === undefined ? {} : { hash: result.hash }),
  };
  switch (result.code) {
    case 0:
      return { ...known, state: result.outcome === 'unchanged' ? 'unchanged' : 'switched' };
    case 4:
      return { ...known, state: 'rolled-back', error: refusal(host, 'switch.rolled-back', result) };
    case 5:
      return { ...known, state: 'locked', error: refusal(host, 'switch.locked', result) };
    default:
      return { ...known, state: 'failed', error: refusal(host, 'switch.failed', result) };
  }
}

const HINTS: Readonly<Record<string, string>> = {
  'switch.rolled-back': 'The generation before runs again. Mend the cause and switch again.',
  'switch.locked': 'Wait for the other switch to end, then run this again.',
  'switch.failed': 'Nothing has changed on the host.',
};

function refusal(host: string, code: string, { output, code: exit }: SwitchResult): SteadError {
  const said = output
    .trimEnd()
    .split('\n')
    .slice(-20)
    .map((line) => line.replace(/^stead-host: /, ''))
    .join('\n');
  return new SteadError({
    code,
    host,
    message: said === '' ? `the switch ended with exit code ${exit}` : said,
    hint: HINTS[code] ?? '',
  });
}

async function attempt(host: string, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SteadError)) throw error;
    const state = error.code === 'host.locked' ? 'locked' : 'failed';
    return { host, state, error: error.host === undefined ? withHost(error, host) : error };
  }
}

function withHost(error: SteadError, host: string): SteadError {
  const { code, message, option, places, hint, cause } = error;
  return new SteadError({
    code,
    host,
    message,
    places,
    ...(option === undefined ? {} : { option }),
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}

/** A session that ends with the block it is opened in. */
function disposable(open: Session): { readonly open: Session } & AsyncDisposable {
  return { open, [Symbol.asyncDispose]: () => open.close() };
}
