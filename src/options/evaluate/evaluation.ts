// The evaluation of a fleet: the chain of what is being computed, and the errors found.
import { SteadError, type LabelledPlace } from '../error.ts';
import { nearest } from '../nearest.ts';
import type { Host } from '../host.ts';
import { placeOf, alternatives } from '../merge/errors.ts';
import type { Input } from '../merge/input.ts';
import { Site, userPlace } from '../place.ts';
import type { RawImplementation } from '../set.ts';
import type { AnyOptionSet, FleetView } from '../types.ts';
import { HostEvaluation } from './host.ts';

/** One thing that is being computed, for the text of a cycle. */
export interface Frame {
  /** What is computed; the same object again on the stack is a cycle. */
  readonly owner: object;
  readonly host: string;
  /** `wireguard.port`, `the implementation of nginx`. */
  label(): string;
  /** The definition whose code runs now. */
  running: Input | undefined;
  readonly site?: Site;
}

/** What evaluating a fleet found. */
export interface Findings {
  readonly errors: readonly SteadError[];
  readonly warnings: readonly SteadError[];
}

export interface EvaluationOptions {
  /** Implementations that stand in for those that modules declare (a fleet's overlays). */
  readonly implementations?: ReadonlyMap<AnyOptionSet, RawImplementation>;
}

/** A fleet while it is evaluated: lazily, host by host and option by option, each at most once. */
export class Evaluation implements FleetView {
  readonly stack: Frame[] = [];
  readonly errors = new Set<SteadError>();
  readonly warnings = new Set<SteadError>();
  readonly implementations: ReadonlyMap<AnyOptionSet, RawImplementation>;
  readonly #hosts = new Map<string, HostEvaluation>();
  readonly hosts: readonly HostEvaluation[];

  constructor(hosts: readonly Host[], options: EvaluationOptions = {}) {
    this.implementations = options.implementations ?? new Map();
    for (const declared of hosts) {
      const twin = hosts.find((other) => other !== declared && other.name === declared.name);
      if (twin !== undefined && !this.#hosts.has(declared.name)) this.errors.add(sameName(declared, twin));
      if (!this.#hosts.has(declared.name)) this.#hosts.set(declared.name, new HostEvaluation(this, declared));
    }
    this.hosts = [...this.#hosts.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  host(name: string): HostEvaluation {
    const found = this.#hosts.get(name);
    if (found !== undefined) return found;
    throw this.unknownHost(name, new Site(this.host));
  }

  /** Computes every option of every host, runs all assertions, and gives all that was found. */
  check(): Findings {
    for (const one of this.hosts) one.check();
    return { errors: [...this.errors], warnings: [...this.warnings] };
  }

  /** Runs `compute` with `frame` on the stack. */
  within<T>(frame: Frame, compute: () => T): T {
    this.stack.push(frame);
    try {
      return compute();
    } catch (error) {
      throw this.understood(error);
    } finally {
      this.stack.pop();
    }
  }

  /** Runs user code that an input holds, with its place at hand. */
  call<T>(input: Input | undefined, code: () => T): T {
    const frame = this.stack.at(-1);
    const before = frame?.running;
    if (frame !== undefined && input !== undefined) frame.running = input;
    try {
      return code();
    } catch (error) {
      throw this.understood(error);
    } finally {
      if (frame !== undefined) frame.running = before;
    }
  }

  /** The error for something that needs itself: the chain from its first mention to here. */
  cycle(owner: object): SteadError {
    const start = this.stack.findIndex((frame) => frame.owner === owner);
    const ring = this.stack.slice(start);
    const first = ring[0]!;
    const names = ring.map((frame) => `${frame.label()} on ${frame.host}`);
    return new SteadError({
      code: 'option.cycle',
      host: first.host,
      option: first.label(),
      message: [
        'needs its own value:',
        ...[...names, names[0]!].map((name, index) => (index === 0 ? `  ${name}` : `  needs ${name}`)),
      ].join('\n'),
      places: ring.flatMap((frame, index) => {
        const place = framePlace(frame);
        return place === undefined ? [] : [{ ...place, label: `${names[index]!} is computed here` }];
      }),
      hint: ring.some((frame) => frame.site !== undefined)
        ? 'An implementation that reads an option set which depends on it has to do so in a thunk: write `() => …` around the value that needs it.'
        : 'Set one of them to a value that does not depend on the others.',
    });
  }

  unknownHost(name: string, site: Site): SteadError {
    const known = this.hosts.map((one) => one.name);
    const near = nearest(name, known);
    const frame = this.stack.at(-1);
    return new SteadError({
      code: 'host.unknown',
      ...(frame === undefined ? {} : { host: frame.host, option: frame.label() }),
      message: `there is no host "${name}" in this fleet`,
      places: [{ place: site.place() }],
      hint: near.length > 0 ? `Did you mean ${alternatives(near)}?` : `Hosts: ${known.join(', ')}.`,
    });
  }

  /** What user code threw, as an error with a place; ours get what they lack. */
  understood(error: unknown, frame: Frame | undefined = this.stack.at(-1)): SteadError {
    if (error instanceof SteadError) return frame === undefined ? error : within(frame, error);
    const place = error instanceof Error ? userPlace(error.stack) : undefined;
    const at: LabelledPlace[] =
      place !== undefined
        ? [{ place }]
        : frame !== undefined
          ? [framePlace(frame)].filter((one) => one !== undefined)
          : [];
    const tooDeep = error instanceof RangeError && /call stack/i.test(error.message);
    return new SteadError({
      code: tooDeep ? 'evaluation.too-deep' : 'evaluation.threw',
      ...(frame === undefined ? {} : { host: frame.host, option: frame.label() }),
      message: tooDeep
        ? 'values nest or depend on each other too deeply to be evaluated'
        : `its code threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`,
      places: at,
      cause: error,
    });
  }
}

/** An error that code which knows of no host threw (a template's, a file's), with the option it was thrown for. */
function within(frame: Frame, error: SteadError): SteadError {
  if (error.host !== undefined || error.option !== undefined) return error;
  const place = error.places.length > 0 ? undefined : framePlace(frame);
  const { code, message, hint, cause } = error;
  return new SteadError({
    code,
    host: frame.host,
    option: frame.label(),
    message,
    places: place === undefined ? error.places : [place],
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}

function framePlace(frame: Frame): LabelledPlace | undefined {
  if (frame.running !== undefined) return placeOf(frame.running);
  return frame.site && { place: frame.site.place() };
}

function sameName(one: Host, other: Host): SteadError {
  return new SteadError({
    code: 'host.duplicate',
    host: one.name,
    message: `two hosts are called ${one.name}`,
    places: [one, other].map((host) => ({ place: host.site.place(), label: 'declared here' })),
    hint: 'Give one of them another name.',
  });
}
