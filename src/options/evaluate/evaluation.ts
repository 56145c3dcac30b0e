// The evaluation of a fleet: the chain of what is being computed, and the errors found.
import { SteadError } from '../error.ts';
import { isHostName, type Host } from '../host.ts';
import type { At } from '../merge/at.ts';
import { pathText } from '../merge/errors.ts';
import type { Running } from '../merge/input.ts';
import { readersWithin, Site } from '../place.ts';
import type { LockView, PackageSet } from '../packages.ts';
import { rawSet, type RawImplementation } from '../set.ts';
import type { AnyOptionSet, Context, FleetView } from '../types.ts';
import { cycle, sameHostName, sameSetName, understood, unknownHost, wrongHostName } from './errors.ts';
import { HostEvaluation } from './host.ts';
import { withoutFollowing } from './following.ts';
import { located } from './located.ts';
import type { Frame, Stack } from './once.ts';

/** What evaluating a fleet found. */
export interface Findings {
  readonly errors: readonly SteadError[];
  readonly warnings: readonly SteadError[];
}

export interface EvaluationOptions {
  /** Implementations that stand in for those that modules declare (a fleet's overlays). */
  readonly implementations?: ReadonlyMap<AnyOptionSet, RawImplementation>;
  /** None where nothing is said. */
  readonly packages?: PackageSet;
  /** An empty one where nothing is said. */
  readonly lock?: LockView;
}

/** A fleet while it is evaluated: lazily, host by host and option by option, each at most once. */
export class Evaluation implements FleetView, Stack {
  readonly errors = new Set<SteadError>();
  readonly warnings = new Set<SteadError>();
  readonly implementations: ReadonlyMap<AnyOptionSet, RawImplementation>;
  readonly packages: PackageSet;
  readonly lock: LockView;
  readonly hosts: readonly HostEvaluation[];
  readonly #byName = new Map<string, HostEvaluation>();
  readonly #stack: Frame[] = [];

  constructor(hosts: readonly Host[], options: EvaluationOptions = {}) {
    this.implementations = options.implementations ?? new Map();
    this.packages = options.packages ?? {};
    this.lock = options.lock ?? { model: () => undefined };
    for (const [name, [declared, ...twins]] of Map.groupBy(hosts, (one) => one.name)) {
      if (!isHostName(name)) this.errors.add(wrongHostName(declared!));
      if (twins.length > 0) this.errors.add(sameHostName([declared!, ...twins]));
      this.#byName.set(name, new HostEvaluation(this, declared!));
    }
    this.hosts = [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  host(name: string): HostEvaluation {
    const found = this.#byName.get(name);
    if (found !== undefined) return found;
    const known = this.hosts.map((one) => one.name);
    throw unknownHost(name, known, new Site(this.host), this.#stack.at(-1));
  }

  /** Computes every option of every host, runs all assertions, and gives all that was found. */
  check(): Findings {
    const sets = new Map<string, AnyOptionSet>();
    for (const host of this.hosts) {
      for (const set of host.check()) {
        const twin = sets.get(set.name);
        if (twin === undefined) sets.set(set.name, set);
        else if (twin !== set) this.errors.add(sameSetName(rawSet(twin), rawSet(set)));
      }
    }
    return { errors: this.told(this.errors), warnings: this.told(this.warnings) };
  }

  /** Errors as they are told: with the places of what a person wrote, and each once. */
  told(errors: Iterable<SteadError>): SteadError[] {
    const roots = new Set<string>();
    return withoutFollowing(distinct(errors)).flatMap((one) => {
      const { error, root } = located(one, this);
      if (root === undefined) return [error];
      if (roots.has(root)) return [];
      roots.add(root);
      return [error];
    });
  }

  /** Runs `compute` with `frame` on the stack. */
  within<T>(frame: Frame, compute: () => T): T {
    this.#stack.push(frame);
    try {
      return compute();
    } catch (error) {
      throw understood(error, frame.host, frame.label(), frame, undefined);
    } finally {
      this.#stack.pop();
    }
  }

  /** Runs user code that an input or its condition holds, with its place at hand. */
  call<T>(at: At, running: Running | undefined, code: (context: Context) => T): T {
    const frame = this.#stack.at(-1);
    const before = frame?.running;
    if (frame !== undefined && running !== undefined) frame.running = running;
    try {
      return code(at.scope.context);
    } catch (error) {
      throw understood(error, at.scope.hostName, pathText(at), frame, at.scope.set.site);
    } finally {
      if (frame !== undefined) frame.running = before;
    }
  }

  cycle(frame: Frame): SteadError {
    const ring = this.#stack.slice(this.#stack.indexOf(frame));
    return cycle(ring, readersWithin(`${Evaluation.name}.${this.within.name}`).slice(-ring.length));
  }
}

/** Each error once: variants of a host repeat those of the host itself. */
function distinct(errors: Iterable<SteadError>): SteadError[] {
  const seen = new Map<string, SteadError>();
  for (const error of errors) {
    const { code, host, option, message, places } = error;
    const identity = JSON.stringify([code, host, option, message, places]);
    if (!seen.has(identity)) seen.set(identity, error);
  }
  return [...seen.values()];
}
