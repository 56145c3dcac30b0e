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

/** How a value is computed. */
export interface Task<T> extends Frame {
  readonly stack: Stack;
  compute(): T;
}

export class Once<T> {
  #state: 'new' | 'running' | 'done' | 'failed' = 'new';
  /** The task, let go with all that it holds once it has run; then the value, or what computing it threw. */
  #held: unknown;

  constructor(task: Task<T>) {
    this.#held = task;
  }

  /** @throws what computing it threw, each time it is read */
  read(): T {
    if (this.#state === 'done') return this.#held as T;
    if (this.#state === 'failed') throw this.#held;
    const task = this.#held as Task<T>;
    if (this.#state === 'running') throw task.stack.cycle(task);
    this.#state = 'running';
    try {
      this.#held = task.stack.within(task, task.compute);
      this.#state = 'done';
      return this.#held as T;
    } catch (error) {
      this.#held = error;
      this.#state = 'failed';
      throw error;
    }
  }

  get failed(): boolean {
    return this.#state === 'failed';
  }

  /** The value where it has been computed without an error. */
  peek(): T | undefined {
    return this.#state === 'done' ? (this.#held as T) : undefined;
  }
}
