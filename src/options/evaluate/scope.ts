// What merging needs from the host it is part of: user code, lazy properties, reports.
import type { SteadError } from '../error.ts';
import type { At, Scope } from '../merge/at.ts';
import { pathText } from '../merge/errors.ts';
import type { Input, Running } from '../merge/input.ts';
import type { Cell } from '../merge/lazy.ts';
import { rawSet, type RawSet } from '../set.ts';
import type { AnyOptionSet, Context } from '../types.ts';
import { attempt } from './attempt.ts';
import type { HostEvaluation } from './host.ts';
import { Once } from './once.ts';

/** Where errors and checks go. */
interface Sink {
  readonly errors: Set<SteadError>;
  readonly later: (() => void)[];
}

export class SetScope implements Scope {
  readonly hostName: string;
  readonly context: Context;
  readonly set: RawSet;
  readonly #of: AnyOptionSet;
  readonly #host: HostEvaluation;
  readonly #sink: Sink;

  constructor(host: HostEvaluation, set: AnyOptionSet, sink: Sink = host) {
    this.#of = set;
    this.#host = host;
    this.#sink = sink;
    this.hostName = host.name;
    this.context = host.context;
    this.set = rawSet(set);
  }

  call<T>(at: At, running: Running | undefined, code: (context: Context) => T): T {
    return this.#host.evaluation.call(at, running, code);
  }

  makerOf(definition: object): string | undefined {
    return this.#host.makerOf(definition)?.name;
  }

  isDefined(): boolean {
    return attempt(() => this.#host.inputs(this.#of))?.length !== 0;
  }

  report(error: SteadError): void {
    this.#sink.errors.add(error);
  }

  later(check: () => void): void {
    this.#sink.later.push(check);
  }

  lazy(at: At, inputs: readonly Input[], compute: () => unknown): Cell {
    return new Once({
      stack: this.#host.evaluation,
      host: this.hostName,
      label: () => pathText(at),
      running: inputs[0],
      compute,
    });
  }
}
