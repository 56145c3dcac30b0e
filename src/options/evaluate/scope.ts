// What merging needs from the host it is part of: user code, lazy properties, reports.
import { SteadError } from '../error.ts';
import { below, type At, type Scope } from '../merge/at.ts';
import { pathText } from '../merge/errors.ts';
import { childInput, holds, opened, type Input } from '../merge/input.ts';
import { isPlainObject } from '../merge/property.ts';
import type { RawSet } from '../set.ts';
import type { Context } from '../types.ts';
import { wrapperOf } from '../wrap.ts';
import type { Frame } from './evaluation.ts';
import type { HostEvaluation } from './host.ts';

export class SetScope implements Scope {
  readonly hostName: string;
  readonly context: Context;
  readonly set: RawSet;
  readonly migrates: boolean;
  readonly #host: HostEvaluation;
  readonly #moved = new Map<string, Input[]>();

  constructor(host: HostEvaluation, set: RawSet) {
    this.#host = host;
    this.hostName = host.name;
    this.context = host.context;
    this.set = set;
    this.migrates = Object.keys(set.migrations).length > 0;
  }

  call<T>(input: Input | undefined, code: () => T): T {
    return this.#host.evaluation.call(input, code);
  }

  understood(error: unknown, at: At, input: Input | undefined): SteadError {
    const frame = {
      owner: this,
      host: this.hostName,
      label: () => pathText(at),
      running: input,
      site: this.set.site,
    };
    return this.#host.evaluation.understood(error, frame);
  }

  report(error: SteadError): void {
    this.#host.evaluation.errors.add(error);
  }

  warn(warning: SteadError): void {
    this.#host.evaluation.warnings.add(warning);
  }

  later(check: () => void): void {
    this.#host.later.push(() => {
      try {
        check();
      } catch (error) {
        throw this.understood(error, { scope: this, path: undefined }, undefined);
      }
    });
  }

  moved(path: string): readonly Input[] {
    return this.#moved.get(path) ?? [];
  }

  lazy(target: object, key: string, at: At, inputs: readonly Input[], compute: () => unknown): void {
    const { evaluation } = this.#host;
    const host = this.hostName;
    let state: 'new' | 'running' | 'done' | 'failed' = 'new';
    let value: unknown;
    const owner = {};
    const read = (): unknown => {
      if (state === 'done') return value;
      if (state === 'failed') throw value;
      if (state === 'running') throw evaluation.cycle(owner);
      state = 'running';
      const frame: Frame = { owner, host, label: () => pathText(at), running: inputs[0] };
      try {
        value = evaluation.within(frame, compute);
        state = 'done';
      } catch (error) {
        value = error;
        state = 'failed';
        throw error;
      }
      return value;
    };
    Object.defineProperty(target, key, { enumerable: true, configurable: true, get: read });
  }

  /** Takes the values of renamed options out of the definitions, to be read under their new names. */
  migrateFrom(inputs: readonly Input[], at: At): void {
    if (!this.migrates) return;
    for (const [from, migration] of Object.entries(this.set.migrations)) {
      if (migration.kind !== 'renamed') continue;
      const found = inputsAt(inputs, from.split('.'), at);
      if (found.length > 0) this.#moved.set(migration.to, [...this.moved(migration.to), ...found]);
    }
  }
}

/** An input, or nothing where a condition around the whole definition does not hold. */
export function conditioned(input: Input, scope: SetScope): Input[] {
  const at: At = { scope, path: undefined };
  let wrapper = wrapperOf(input.value);
  while (wrapper !== undefined && wrapper.kind === 'when') {
    if (!holds(wrapper.condition, input, at)) return [];
    wrapper = wrapperOf(wrapper.value);
  }
  return [input];
}

function inputsAt(inputs: readonly Input[], keys: readonly string[], at: At): Input[] {
  const [key, ...rest] = keys;
  if (key === undefined) return [...inputs];
  const children = opened(inputs, at).flatMap((input) => {
    const value = isPlainObject(input.value) ? input.value[key] : undefined;
    return value === undefined ? [] : [childInput(input, key, value)];
  });

  return inputsAt(children, rest, below(at, key));
}
