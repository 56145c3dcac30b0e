// One host's evaluation: which definitions an option set has, and the value they make.
import {
  flattened,
  isDefinition,
  type RawDefinition,
  type RawDisabling,
  type RawNotice,
} from '../definition.ts';
import { SteadError } from '../error.ts';
import { extend, type Host } from '../host.ts';
import { forwarding, computedDefaults } from '../merge/record.ts';
import type { At } from '../merge/at.ts';
import { compile } from '../merge/compile.ts';
import { definitionInput, type Input } from '../merge/input.ts';
import { rawSet, type RawImplementation } from '../set.ts';
import type { AnyOptionSet, Context, Contributions, Definition, HostView, Readable } from '../types.ts';
import type { Evaluation } from './evaluation.ts';
import { checkNotice } from './notice.ts';
import { conditioned, SetScope } from './scope.ts';
import { readDeep } from './read.ts';
import type { z } from 'zod';

/** Something computed at most once; asking for it while it is computed is a cycle. */
interface Cell<T> {
  state: 'new' | 'running' | 'done' | 'failed';
  value?: T;
  error?: unknown;
}

/** What running an implementation gave. */
interface Run {
  readonly definitions: ReadonlyMap<AnyOptionSet, readonly RawDefinition[]>;
  readonly notices: readonly RawNotice[];
}

export class HostEvaluation implements HostView {
  readonly name: string;
  readonly tags: readonly string[];
  readonly declared: Host;
  readonly context: Context;
  readonly later: (() => void)[] = [];
  readonly evaluation: Evaluation;
  readonly #own = new Map<AnyOptionSet, RawDefinition[]>();
  readonly #notices: RawNotice[] = [];
  readonly #disabled = new Set<AnyOptionSet>();
  readonly #definitions = new Map<AnyOptionSet, Cell<readonly Input[]>>();
  readonly #values = new Map<AnyOptionSet, Cell<unknown>>();
  readonly #runs = new Map<AnyOptionSet, Cell<Run>>();
  #producers: ReadonlyMap<AnyOptionSet, readonly AnyOptionSet[]> | undefined;

  constructor(evaluation: Evaluation, declared: Host) {
    this.evaluation = evaluation;
    this.declared = declared;
    this.name = declared.name;
    this.tags = declared.tags;
    this.context = { host: this, fleet: evaluation };
    for (const item of flattened(declared.use)) {
      if (isDefinition(item)) push(this.#own, item.set, item);
      else if (item?.kind === 'disable') this.#disabled.add((item as RawDisabling).set);
      else if (item?.kind === 'assertion' || item?.kind === 'warning') this.#notices.push(item as RawNotice);
      else evaluation.errors.add(notAContribution(declared, item));
    }
    for (const set of this.#disabled) this.#own.delete(set);
  }

  get<S extends z.ZodObject>(set: Readable<S>): z.output<S> {
    return this.#once(
      this.#values,
      set,
      () => set.name,
      undefined,
      () => this.#merged(set),
    ) as z.output<S>;
  }

  uses(set: AnyOptionSet): boolean {
    return this.inputs(set).length > 0;
  }

  extend(use: Contributions): HostEvaluation {
    return new HostEvaluation(this.evaluation, extend(this.declared, { use }));
  }

  /** Every definition of an option set on this host: its own, and those that implementations make. */
  inputs(set: AnyOptionSet): readonly Input[] {
    return this.#once(
      this.#definitions,
      set,
      () => set.name,
      undefined,
      () => {
        const scope = new SetScope(this, rawSet(set));
        const found: RawDefinition[] = [...(this.#own.get(set) ?? [])];
        if (!this.#disabled.has(set)) {
          for (const producer of this.#producersOf(set)) {
            if (this.#own.has(producer) || this.uses(producer)) {
              found.push(...(this.#run(producer).definitions.get(set) ?? []));
            }
          }
        }
        return found.flatMap((definition) => conditioned(definitionInput(definition), scope));
      },
    );
  }

  /** Sets that have a definition on this host. */
  usedSets(): AnyOptionSet[] {
    const known = new Set([...this.#own.keys(), ...this.#reachable().keys()]);
    return [...known].filter((set) => this.#own.has(set) || this.uses(set));
  }

  /** Computes every option and assertion of this host; errors go to the evaluation. */
  check(): void {
    const { evaluation } = this;
    const { errors } = evaluation;
    const guard = (code: () => void): void => {
      try {
        code();
      } catch (error) {
        errors.add(evaluation.understood(error));
      }
    };
    let sets: AnyOptionSet[] = [];
    guard(() => void (sets = this.usedSets()));
    if (sets.length === 0) sets = [...this.#own.keys()];
    for (const set of sets) {
      guard(() => readDeep(this.get(set), errors));
      guard(() => void (this.#implementation(set) && this.#run(set)));
    }
    // Checks may be added while checks run.
    for (let index = 0; index < this.later.length; index += 1) guard(this.later[index]!);
    const notices = [...this.#notices];
    for (const run of this.#runs.values()) notices.push(...(run.value?.notices ?? []));
    for (const notice of notices) guard(() => checkNotice(notice, this));
  }

  #merged(set: Readable): unknown {
    const raw = rawSet(set);
    const scope = new SetScope(this, raw);
    const at: At = { scope, path: undefined };
    const inputs = this.inputs(set);
    scope.migrateFrom(inputs, at);
    if (raw.defaults === undefined) return compile(set.schema).merge(inputs, at, inputs);
    const computed = computedDefaults(at, (self) => raw.defaults!(self, this.context));
    const value = compile(set.schema).merge([...inputs, computed.input], at, inputs);
    computed.bind(() => value);
    return value;
  }

  #run(set: AnyOptionSet): Run {
    const implementation = this.#implementation(set)!;
    const label = (): string => `the implementation of ${set.name}`;
    return this.#once(this.#runs, set, label, implementation, () => {
      const definitions = new Map<AnyOptionSet, RawDefinition[]>();
      const notices: RawNotice[] = [];
      // The value is found when a setting is asked for, so that a body that only writes thunks needs none.
      const self = forwarding(() => this.get(set) as object);
      for (const item of flattened([...implementation.config(self, this.context)])) {
        if (item.kind === 'assertion' || item.kind === 'warning') notices.push(item as RawNotice);
        else if (isDefinition(item) && implementation.defines.includes(item.set))
          push(definitions, item.set, item);
        else throw undeclared(this, set, implementation, item as Definition);
      }
      return { definitions, notices };
    });
  }

  #implementation(set: AnyOptionSet): RawImplementation | undefined {
    if (this.#disabled.has(set)) return undefined;
    return this.evaluation.implementations.get(set) ?? rawSet(set).implementation;
  }

  #producersOf(set: AnyOptionSet): readonly AnyOptionSet[] {
    return this.#reachable().get(set) ?? [];
  }

  /** By option set, the used sets whose implementations may define it. */
  #reachable(): ReadonlyMap<AnyOptionSet, readonly AnyOptionSet[]> {
    if (this.#producers !== undefined) return this.#producers;
    const producers = new Map<AnyOptionSet, AnyOptionSet[]>();
    const reached = new Set(this.#own.keys());
    for (const set of reached) {
      for (const defined of this.#implementation(set)?.defines ?? []) {
        push(producers, defined, set);
        reached.add(defined);
      }
    }
    this.#producers = producers;
    return producers;
  }

  #once<T>(
    cells: Map<AnyOptionSet, Cell<T>>,
    set: AnyOptionSet,
    label: () => string,
    implementation: RawImplementation | undefined,
    compute: () => T,
  ): T {
    let cell = cells.get(set);
    if (cell === undefined) cells.set(set, (cell = { state: 'new' }));
    if (cell.state === 'done') return cell.value as T;
    if (cell.state === 'failed') throw cell.error;
    if (cell.state === 'running') throw this.evaluation.cycle(cell);
    cell.state = 'running';
    try {
      const frame = {
        owner: cell,
        host: this.name,
        label,
        running: undefined,
        ...(implementation && { site: implementation.site }),
      };
      cell.value = this.evaluation.within(frame, compute);
      cell.state = 'done';
      return cell.value;
    } catch (error) {
      cell.state = 'failed';
      cell.error = error;
      throw error;
    }
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function notAContribution(declared: Host, item: unknown): SteadError {
  const set = typeof item === 'function' && 'schema' in item;
  return new SteadError({
    code: 'host.use',
    host: declared.name,
    message: set
      ? `\`use\` lists the option set ${item.name} itself`
      : `\`use\` lists ${item === undefined ? 'undefined' : `a ${typeof item}`}; expected definitions, such as wireguard({ … })`,
    places: [{ place: declared.site.place(), keys: ['use'] }],
    hint: set
      ? `Call it: ${item.name}({ … }).`
      : 'An import that is undefined here often comes from two files that import each other.',
  });
}

function undeclared(
  host: HostEvaluation,
  set: AnyOptionSet,
  implementation: RawImplementation,
  item: Definition,
): SteadError {
  const site = isDefinition(item) ? item.site : implementation.site;
  return new SteadError({
    code: 'implementation.undeclared',
    host: host.name,
    option: set.name,
    message: isDefinition(item)
      ? `its implementation defines ${item.set.name}, which its \`defines\` does not list`
      : 'its implementation yields something that is no definition, assertion or warning',
    places: [{ place: site.place() }],
    ...(isDefinition(item)
      ? { hint: `Add ${item.set.name} to \`defines\` of ${set.name}.implement({ … }).` }
      : {}),
  });
}
