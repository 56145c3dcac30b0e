// A value that is computed when it is first asked for, and at most once.
import type { SteadError } from '../error.ts';
import type { Running } from '../merge/input.ts';
import type { Site } from '../place.ts';
import type { AnyOptionSet } from '../types.ts';

/** One thing that is being computed, as the text of a cycle names it. */
export interface Frame {
  readonly host: string;
  /** `wireguard.port`, `the implementation of nginx`. */
  label(): string;
  /** The definition whose code runs now. */
  running: Running | undefined;
  /** Where the code stands that computes it, if that is one piece. */
  readonly site?: Site | undefined;
  /** The option set whose implementation it is. */
  readonly of?: AnyOptionSet | undefined;
}

/** What computing needs from the evaluation: its stack. */
export interface Stack {
  within<T>(frame: Frame, compute: () => T): T;
  cycle(frame: Frame): SteadError;
}

/** Something that can be read. */
export interface Value<T> {
  read(): T;
}

/** A value that needs no computing. */
export class Known<T> implements Value<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  read(): T {
    return this.#value;
  }
}

export class Once<T> implements Frame, Value<T> {
  readonly host: string;
  label: () => string;
  readonly site: Site | undefined;
  running: Running | undefined;
  of: AnyOptionSet | undefined;
  readonly #stack: Stack;
  /** Let go once it has run, and with it the definitions that it holds. */
  #compute: (() => T) | undefined;
  #state: 'new' | 'running' | 'done' | 'failed' = 'new';
  #result: unknown;

  constructor(stack: Stack, host: string, label: () => string, compute: () => T, site?: Site) {
    this.#stack = stack;
    this.host = host;
    this.label = label;
    this.#compute = compute;
    this.site = site;
  }

  /** @throws what computing it threw, each time it is read */
  read(): T {
    if (this.#state === 'done') return this.#result as T;
    if (this.#state === 'failed') throw this.#result;
    if (this.#state === 'running') throw this.#stack.cycle(this);
    this.#state = 'running';
    try {
      this.#result = this.#stack.within(this, this.#compute!);
      this.#state = 'done';
      return this.#result as T;
    } catch (error) {
      this.#result = error;
      this.#state = 'failed';
      throw error;
    } finally {
      this.#compute = undefined;
      // Asked for while it is computed only; let go with what it holds.
      this.label = nameless;
      this.running = undefined;
    }
  }

  get failed(): boolean {
    return this.#state === 'failed';
  }

  /** The value where it has been computed without an error. */
  peek(): T | undefined {
    return this.#state === 'done' ? (this.#result as T) : undefined;
  }
}

function nameless(): string {
  return '';
}
