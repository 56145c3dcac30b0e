// Where hosts that are switched as one wait for each other.
import { SteadError } from '../options/index.ts';

/** Points that a host passes when all others have come to them. */
export interface Gate {
  /** Everything is on the host, and nothing is activated. @throws SteadError `switch.together` where another failed */
  prepared(): Promise<void>;
  /** It runs the new generation, unconfirmed. @throws SteadError `switch.together` where another failed */
  activated(): Promise<void>;
}

/** A meeting of so many hosts. */
export interface Meeting {
  readonly gate: Gate;
  /** A host that waits for nothing any more keeps nobody waiting. */
  leave(): void;
  /** Nobody goes on. */
  fail(host: string): void;
}

export function meetingOf(count: number): Meeting {
  const prepared = pointOf(count);
  const activated = pointOf(count);
  return {
    gate: { prepared: prepared.arrive, activated: activated.arrive },
    leave() {
      // One that has passed is counted once more at a point that is open.
      for (const point of [prepared, activated]) point.arrive().catch(() => {});
    },
    fail(host) {
      for (const point of [prepared, activated]) point.fail(host);
    },
  };
}

/** Why a host does not go on, or goes back. */
export function failedElsewhere(failed: string, host?: string): SteadError {
  return new SteadError({
    code: 'switch.together',
    ...(host === undefined ? {} : { host }),
    message: `${failed} could not be switched, and these hosts are switched all or none`,
    hint: `Mend what ${failed} says, and switch again.`,
  });
}

interface Point {
  arrive(): Promise<void>;
  fail(host: string): void;
}

/** Opens when as many have arrived; not any more once one has failed. */
function pointOf(count: number): Point {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Nobody may be waiting here when it fails.
  promise.catch(() => {});
  let arrived = 0;
  return {
    arrive: () => {
      arrived += 1;
      if (arrived >= count) resolve();
      return promise;
    },
    fail: (host) => reject(failedElsewhere(host)),
  };
}
