// Where in the evaluation a merge stands: the host, the option set and the option's path.
import type { SteadError } from '../error.ts';
import type { RawSet } from '../set.ts';
import type { Context } from '../types.ts';
import type { Input, Running } from './input.ts';
import type { Cell } from './lazy.ts';
import type { Path } from './path.ts';

/** What merging needs from the evaluation it is part of. */
export interface Scope {
  readonly hostName: string;
  readonly context: Context;
  readonly set: RawSet;
  /** Runs user code that an input or its condition holds; what it throws becomes a SteadError of the option at `at`. */
  call<T>(at: At, running: Running | undefined, code: (context: Context) => T): T;
  /** The option at `at`, computed on first read; one that needs itself is an error with the whole chain. */
  lazy(at: At, inputs: readonly Input[], compute: () => unknown): Cell;
  /** The name of the option set whose implementation made a definition; undefined for the host's own. */
  makerOf(definition: object): string | undefined;
  /** Whether anything on the host defines the option set. */
  isDefined(): boolean;
  /** An error that stops nothing else. */
  report(error: SteadError): void;
  /** Runs a check of a merged value once everything on the host has been computed. */
  later(check: () => void): void;
}

export interface At {
  readonly scope: Scope;
  readonly path: Path | undefined;
}

export function below(at: At, key: string | number): At {
  return { scope: at.scope, path: { parent: at.path, key } };
}
