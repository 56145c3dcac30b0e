// One host of a switch of several that is made on all of them or on none; together.ts leads it.
import { setTimeout as sleep } from 'node:timers/promises';
import { SteadError } from '../options/index.ts';
import {
  abandon,
  generations,
  readyToConfirm,
  renew,
  switchTo,
  well,
  type Session,
  type SwitchResult,
  type Waiting,
} from '../targets/index.ts';
import { activated } from './activated.ts';
import { admitted, type Admission } from './admission.ts';
import { attempt, outcomeOf } from './attempt.ts';
import { recorded } from './bring.ts';
import type { BuiltHost } from './build.ts';
import { reopened, RETURN_SECONDS } from './confirm.ts';
import { bundleStoreName, copyBundle } from './copy.ts';
import { downloaded } from './downloads.ts';
import type { Watch } from './events.ts';
import { whoDeploys } from './here.ts';
import type { Outcome } from './outcome.ts';
import { lackingOutputs, type Realise } from './outputs.ts';
import { withManualSteps } from './manual.ts';
import { askedOf } from './wanted.ts';
import { formerTarget, opened, type Way } from './way.ts';

/** What one host is to be brought to. */
export interface Member {
  readonly built: BuiltHost;
  readonly way: Way;
  readonly admission: Admission;
  readonly realise: Realise;
}

/** For how long a host that is asked for something may be busy with what its own timers do. */
const BUSY_SECONDS = 10;

/** A host through the phases of such a switch, with the connection that they are made over. */
export class Party {
  readonly name: string;
  /** How long the host waits to be confirmed before it takes itself back. */
  readonly seconds: number;
  readonly #member: Member;
  readonly #watch: Watch;
  #session: Session | undefined;
  /** The generation that ran before; nothing on an untouched host. */
  #before: number | undefined;
  /** Whether the order to switch was given, and was not refused with nothing changed. */
  #mayRun = false;
  /** The generation that waits to be confirmed. */
  #generation: number | undefined;
  /** While the host waits for the word that confirms it. */
  #waiting: Waiting | undefined;

  constructor(member: Member, watch: Watch) {
    this.name = member.built.host.name;
    this.seconds = Number(member.built.bundle.manifest.settings['confirmSeconds'] ?? 60);
    this.#member = member;
    this.#watch = watch;
  }

  /** Everything up to the first change: copied, admitted, its new configuration checked. */
  prepare(): Promise<Outcome> {
    const { built, way, admission, realise } = this.#member;
    const { bundle, history } = built;
    const name = bundleStoreName(bundle);
    return attempt(this.name, async () => {
      this.#session = await opened(this.name, way, this.#watch);
      await admitted(this.#session, askedOf(bundle), admission, this.#watch);
      const answer = await copyBundle(this.#session, bundle, history, this.#watch);
      await downloaded(this.#session, bundle, answer, admission, this.#watch);
      await realise(built.host, this.#session, lackingOutputs(bundle, answer));
      this.#before = answer.current?.generation;
      this.#watch({ kind: 'preparing', host: this.name, bundle: name });
      const options = { goal: 'prepare', ...recorded(bundle, admission), onStderr: this.#say } as const;
      return outcomeOf(this.name, await switchTo(this.#session, name, options));
    });
  }

  /**
   * Switches; the host takes itself back unless it is confirmed. Reached again over a new connection, it is `switched`.
   * @param taken called when the host is at work, or has ended
   */
  commit(taken: () => void): Promise<Outcome> {
    const { built, way, admission } = this.#member;
    const name = bundleStoreName(built.bundle);
    return attempt(this.name, async () => {
      try {
        this.#watch({ kind: 'activating', host: this.name, bundle: name });
        this.#mayRun = true;
        const { result, isConnected } = await activated(this.#session!, way.target, name, this.seconds, {
          goal: 'together',
          watchdog: true,
          ...recorded(built.bundle, admission),
          onStderr: (line) => {
            taken();
            this.#say(line);
          },
        });
        if (!isConnected) await this.#drop();
        this.#mayRun = result.code === 0 || result.code === 6;
        this.#generation = result.generation;
        if (result.code === 0) await this.#reachAgain();
        return outcomeOf(this.name, result);
      } finally {
        taken();
      }
    });
  }

  /** Whether it is well, now that the others run what it may need of them. */
  check(): Promise<Outcome> {
    return this.#about('checking', (session, generation) => well(session, generation));
  }

  /** Has the host wait for the one word that confirms it. */
  ready(): Promise<Outcome> {
    return this.#about('confirming', async (session, generation) => {
      const end = performance.now() + BUSY_SECONDS * 1000;
      this.#waiting = await patiently(() => readyToConfirm(session, generation), end);
    });
  }

  /** Says the word at once, before anything is waited for. */
  confirm(): Promise<Outcome> {
    const confirmed = this.#waiting!.confirm();
    return attempt(this.name, async () => {
      await confirmed;
      return this.#runs();
    });
  }

  /** Where the host waits for the word, it is not said. */
  async leave(): Promise<void> {
    await this.#waiting?.leave();
  }

  /** Gives the host its whole time to be confirmed once more, where it waits for that and can be reached. */
  async renew(): Promise<void> {
    if (this.#generation === undefined || this.#session === undefined) return;
    try {
      await renew(this.#session, this.#generation);
    } catch (error) {
      // A host that does not hear of it takes itself back, and that is seen when it is asked how it is.
      if (!(error instanceof SteadError)) throw error;
    }
  }

  /** Brings the generation before back, or sees that the host has done so by itself. */
  takeBack(reason: Outcome): Promise<Outcome> {
    return attempt(this.name, async () => {
      if (this.#mayRun) {
        this.#watch({ kind: 'taking-back', host: this.name });
        await this.#backAgain();
      }
      const { error } = reason;
      return {
        host: this.name,
        state: 'rolled-back',
        ...(this.#before === undefined ? {} : { generation: this.#before }),
        ...(error === undefined ? {} : { error }),
      };
    });
  }

  /** With what is left for a person to do. */
  ended(outcome: Outcome): Promise<Outcome> {
    const { built, way } = this.#member;
    return withManualSteps(outcome, askedOf(built.bundle), way.target, this.#watch);
  }

  close(): Promise<void> {
    return this.#drop();
  }

  readonly #say = (line: string): void => this.#watch({ kind: 'output', host: this.name, line });

  #about(
    kind: 'checking' | 'confirming',
    work: (session: Session, generation: number) => Promise<void>,
  ): Promise<Outcome> {
    return attempt(this.name, async () => {
      this.#watch({ kind, host: this.name });
      await work(this.#session!, this.#generation!);
      return this.#runs();
    });
  }

  #runs(): Outcome {
    const { hash } = this.#member.built.bundle.manifest;
    return { host: this.name, state: 'switched', generation: this.#generation!, hash };
  }

  /** Over a new connection: one that stood before the switch proves nothing. */
  async #reachAgain(): Promise<void> {
    const end = performance.now() + this.seconds * 800;
    const fresh = await reopened(this.#member.way.target, () => performance.now() < end);
    await this.#drop();
    this.#session = fresh;
  }

  async #backAgain(): Promise<void> {
    const end = performance.now() + (this.seconds + RETURN_SECONDS) * 1000;
    let last: SteadError | undefined;
    while (performance.now() < end) {
      try {
        this.#session ??= await this.#anyWay();
        if (await this.#isBack(this.#session)) return;
      } catch (error) {
        if (!(error instanceof SteadError)) throw error;
        last = error;
        if (error.code.startsWith('target.')) await this.#drop();
      }
      await sleep(1000);
    }
    throw new SteadError({
      code: 'switch.unknown',
      host: this.name,
      message: `it could not be seen to go back to the generation before${last === undefined ? '' : `: ${last.message}`}`,
      hint: 'It takes itself back when its time to be confirmed is over, or at its next boot; `stead status` tells.',
      ...(last === undefined ? {} : { cause: last }),
    });
  }

  /** A switch may have moved the host, and going back moves it again. */
  async #anyWay(): Promise<Session> {
    const { way } = this.#member;
    try {
      return await way.target.open();
    } catch (error) {
      const former = await formerTarget(way);
      if (former === undefined) throw error;
      return former.open();
    }
  }

  async #isBack(session: Session): Promise<boolean> {
    const current = (await generations(session)).find((one) => one.current);
    if (current?.generation === this.#before) return true;
    // Somebody else's switch since then is not ours to take back.
    if (current?.hash !== this.#member.built.bundle.manifest.hash) return true;
    const result: SwitchResult = await abandon(session, whoDeploys(), current.generation);
    if (result.code === 6) throw outcomeOf(this.name, result).error!;
    return result.code === 0;
  }

  async #drop(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }
}

/** Again where another holds the lock of the host: its timers do, for moments. */
async function patiently<T>(work: () => Promise<T>, end: number): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const isBusy = error instanceof SteadError && error.code === 'host.locked';
      if (!isBusy || performance.now() >= end) throw error;
      await sleep(500);
    }
  }
}
