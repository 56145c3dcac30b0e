// Upgrading the packages of one host, restarting it where that asks for it, and seeing that it is well afterwards.
import { setTimeout as sleep } from 'node:timers/promises';
import { SteadError } from '../options/index.ts';
import {
  attendUpgrade,
  generations,
  health,
  upgrade,
  type Session,
  type Target,
  type Upgraded,
} from '../targets/index.ts';
import { reopened } from './confirm.ts';
import type { Watch } from './events.ts';
import { EXIT, together, type ExitCode } from './outcome.ts';
import { disposable } from './way.ts';

/** How an upgrade went on one host. */
export interface UpgradeOutcome {
  readonly host: string;
  /**
   * `unhealthy`: it was upgraded, and did not come back as it should be. `waiting`: left out, since a host before it
   * has failed.
   */
  readonly state: 'upgraded' | 'unchanged' | 'failed' | 'locked' | 'unhealthy' | 'waiting';
  readonly upgraded?: Upgraded;
  /** Whether it was restarted, or (`due`) is to be, since this very run is on it. */
  readonly restart?: 'done' | 'due' | 'left';
  readonly error?: SteadError;
}

export interface UpgradeOrder {
  /** Restarted where it needs to be; `due` for the machine that this runs on, which nobody would wait for. */
  readonly restart: 'now' | 'due' | 'never';
  /** How long a host may take to come back, in seconds. */
  readonly returnSeconds: number;
}

/** After the upgrade is under way, how long a host may not answer: sshd itself may be upgraded. */
const AWAY_SECONDS = 300;

/** Upgrades a host. What goes wrong is an outcome; nothing is thrown for it. */
export async function upgradeHost(
  host: string,
  target: Target,
  order: UpgradeOrder,
  watch: Watch,
): Promise<UpgradeOutcome> {
  const say = (line: string): void => watch({ kind: 'output', host, line });
  let upgraded: Upgraded | undefined;
  let restart: UpgradeOutcome['restart'];
  try {
    watch({ kind: 'connecting', host, target: target.description });
    await using first = disposable(await target.open());
    const failedBefore = new Set(await failedUnits(first.open));
    const before = await currentHash(first.open);
    say('upgrading');
    upgraded = await upgradeOver(first.open, target, say);
    if (upgraded.reboot.length > 0) {
      restart = ({ now: 'done', due: 'due', never: 'left' } as const)[order.restart];
      if (restart === 'done') await restarted(target, order.returnSeconds, say);
    }
    watch({ kind: 'checking', host });
    await using after = disposable(await target.open());
    const failed = (await health(after.open, say)).filter((unit) => !failedBefore.has(unit));
    if (failed.length > 0) throw unwell(host, `units have failed since: ${failed.join(', ')}`);
    if ((await currentHash(after.open)) !== before)
      throw unwell(host, 'it runs another generation than before');
    const state = upgraded.packages.length > 0 ? 'upgraded' : 'unchanged';
    return { host, state, upgraded, ...(restart === undefined ? {} : { restart }) };
  } catch (error) {
    if (!(error instanceof SteadError)) throw error;
    const state = upgraded !== undefined ? 'unhealthy' : error.code === 'host.locked' ? 'locked' : 'failed';
    return {
      host,
      state,
      error: named(error, host),
      ...(upgraded === undefined ? {} : { upgraded }),
      ...(restart === undefined ? {} : { restart }),
    };
  }
}

/** The one exit code of upgrades. */
export function upgradeExitCode(outcomes: readonly UpgradeOutcome[]): ExitCode {
  return together(outcomes.map(({ state }) => CODES[state]));
}

const CODES: Readonly<Record<UpgradeOutcome['state'], ExitCode>> = {
  upgraded: EXIT.done,
  unchanged: EXIT.done,
  failed: EXIT.failed,
  waiting: EXIT.failed,
  locked: EXIT.locked,
  unhealthy: EXIT.torn,
};

/** Restarts a host a moment from now, when whoever asked for it has said all that there is to say. */
export async function restartSoon(target: Target): Promise<void> {
  await using session = disposable(await target.open());
  await session.open.run(['shutdown', '-r', '+1', 'stead: upgraded packages ask for it']);
}

/** Losing the connection does not stop an upgrade: its end is read over a new one. */
async function upgradeOver(session: Session, target: Target, say: (line: string) => void): Promise<Upgraded> {
  try {
    return await upgrade(session, say);
  } catch (error) {
    if (!(error instanceof SteadError) || error.code !== 'target.disconnected') throw error;
    say(`${error.message}; connecting again`);
    const end = performance.now() + AWAY_SECONDS * 1000;
    await using fresh = disposable(await reopened(target, () => performance.now() < end));
    return attendUpgrade(fresh.open, say);
  }
}

/** Restarts a host and waits until it is there as another boot. */
async function restarted(target: Target, seconds: number, say: (line: string) => void): Promise<void> {
  const end = performance.now() + seconds * 1000;
  const goesOn = (): boolean => performance.now() < end;
  const before = await bootBeforeRestart(target);
  say('restarting');
  do {
    await sleep(1000);
    // While it boots, it may let nobody in but root.
    const awaited = ['target.unreachable', 'target.authentication', 'target.disconnected'];
    await using session = disposable(await reopened(target, goesOn, awaited));
    const boot = await bootOf(session.open).catch(() => before);
    if (boot !== before) return;
  } while (goesOn());
  throw new SteadError({ code: 'upgrade.restart', message: `it has not restarted within ${seconds} s` });
}

/** Asks a host to restart; gives the boot that it was in. */
async function bootBeforeRestart(target: Target): Promise<string> {
  await using session = disposable(await target.open());
  const boot = await bootOf(session.open);
  // The connection may break before the command ends.
  await session.open.run(['systemctl', '--no-block', 'reboot']).catch(() => undefined);
  return boot;
}

/** The identity of the boot that a host is in (random(4)). */
async function bootOf(session: Session): Promise<string> {
  return (await session.run(['cat', '/proc/sys/kernel/random/boot_id'])).stdout;
}

async function failedUnits(session: Session): Promise<readonly string[]> {
  const { stdout } = await session.run([
    'systemctl',
    'list-units',
    '--state=failed',
    '--all',
    '--plain',
    '--no-legend',
  ]);
  return stdout.split('\n').flatMap((line) => line.split(' ')[0] || []);
}

async function currentHash(session: Session): Promise<string | undefined> {
  return (await generations(session)).find((one) => one.current)?.hash;
}

function unwell(host: string, message: string): SteadError {
  return new SteadError({ code: 'upgrade.unhealthy', host, message });
}

function named(error: SteadError, host: string): SteadError {
  const { code, message, cause } = error;
  return new SteadError({
    code,
    host,
    message,
    hint: 'The run has stopped here: no other host is upgraded before somebody has looked at this one.',
    cause,
  });
}
