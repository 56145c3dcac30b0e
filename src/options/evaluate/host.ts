// One host's evaluation: which definitions an option set has, and the value they make.
import type { z } from 'zod';
import {
  flattened,
  isDefinition,
  isDisabling,
  isNotice,
  type RawDefinition,
  type RawNotice,
} from '../definition.ts';
import { extend, type Host } from '../host.ts';
import type { At } from '../merge/at.ts';
import { compile } from '../merge/compile.ts';
import { computedDefaults, type Computed } from '../merge/computed.ts';
import { conditioned, definitionInput, type Input } from '../merge/input.ts';
import { migrated } from '../merge/migrate.ts';
import { rawSet, type RawImplementation } from '../set.ts';
import { wrapperOf } from '../wrapper.ts';
import type { AnyOptionSet, Context, Contributions, HostView, Readable } from '../types.ts';
import { checkHost } from './check.ts';
import { notAContribution, openDisabling } from './errors.ts';
import type { Evaluation } from './evaluation.ts';
import { producers, run, type Producers, type Run } from './implementation.ts';
import { push } from './multimap.ts';
import { Once } from './once.ts';
import { SetScope } from './scope.ts';

export class HostEvaluation implements HostView {
  readonly name: string;
  readonly tags: readonly string[];
  readonly declared: Host;
  readonly context: Context;
  readonly evaluation: Evaluation;
  /** Checks of merged values, to be run once all values are computed. */
  readonly later: (() => void)[] = [];
  readonly #own = new Map<AnyOptionSet, RawDefinition[]>();
  readonly #notices: RawNotice[] = [];
  readonly #disabled = new Set<AnyOptionSet>();
  readonly #scopes = new Map<AnyOptionSet, SetScope>();
  /** Definitions with conditions around the whole: what holds of them. */
  readonly #conditioned = new Map<RawDefinition, Once<Input | undefined>>();
  readonly #inputs = new Map<AnyOptionSet, Once<readonly Input[]>>();
  readonly #values = new Map<AnyOptionSet, Once<unknown>>();
  readonly #computed = new Map<AnyOptionSet, Computed>();
  readonly #runs = new Map<AnyOptionSet, Once<Run>>();
  readonly #used = new Map<AnyOptionSet, boolean>();
  #producers: Producers | undefined;

  constructor(evaluation: Evaluation, declared: Host) {
    this.evaluation = evaluation;
    this.declared = declared;
    this.name = declared.name;
    this.tags = declared.tags;
    this.context = { host: this, fleet: evaluation };
    for (const item of flattened(declared.use)) {
      if (isDefinition(item)) push(this.#own, item.set, item);
      else if (isDisabling(item)) {
        this.#disabled.add(item.set);
        if (item.condition !== undefined) evaluation.errors.add(openDisabling(declared, item));
      } else if (isNotice(item)) this.#notices.push(item);
      else evaluation.errors.add(notAContribution(declared, item));
    }
    for (const set of this.#disabled) this.#own.delete(set);
  }

  get<S extends z.ZodObject>(set: Readable<S>): z.output<S> {
    let value = this.#values.get(set);
    if (value === undefined) {
      value = this.#once(
        () => set.name,
        () => this.#merged(set),
      );
      this.#values.set(set, value);
    }
    return value.read() as z.output<S>;
  }

  /**
   * Whether anything defines the option set here. Implementations that may define it are run for that,
   * and may themselves ask about sets that wait for this answer: what is being asked counts as no.
   */
  uses(set: AnyOptionSet, asking: readonly AnyOptionSet[] = []): boolean {
    const known = this.#used.get(set);
    if (known !== undefined) return known;
    const used =
      this.#effective(set, this.#own.get(set)).length > 0 ||
      this.#producersOf(set).some(
        (producer) =>
          !asking.includes(producer) &&
          this.uses(producer, [...asking, set]) &&
          this.#effective(set, this.run(producer).definitions.get(set)).length > 0,
      );
    if (used || asking.length === 0) this.#used.set(set, used);
    return used;
  }

  extend(use: Contributions): HostEvaluation {
    return new HostEvaluation(this.evaluation, extend(this.declared, { use }));
  }

  /** Every definition of an option set on this host: its own, and those that implementations make. */
  inputs(set: AnyOptionSet): readonly Input[] {
    let inputs = this.#inputs.get(set);
    if (inputs === undefined) {
      const definitions = (): RawDefinition[] => [
        ...(this.#own.get(set) ?? []),
        ...this.#producersOf(set).flatMap((producer) =>
          this.uses(producer) ? (this.run(producer).definitions.get(set) ?? []) : [],
        ),
      ];
      inputs = this.#once(
        () => `the definitions of ${set.name}`,
        () => this.#asInputs(set, definitions()),
      );
      this.#inputs.set(set, inputs);
    }
    return inputs.read();
  }

  /** As `inputs`, without what could not be made. */
  inputsDespite(set: AnyOptionSet): readonly Input[] {
    const made = [...this.#runs.values()].flatMap((one) => one.peek()?.definitions.get(set) ?? []);
    const known = [...(this.#own.get(set) ?? []), ...made].filter(
      (definition) => this.#conditioned.get(definition)?.failed !== true,
    );
    return this.#asInputs(set, known);
  }

  /** Sets that have a definition on this host. @throws SteadError from implementations that decide it */
  usedSets(): AnyOptionSet[] {
    return this.knownSets().filter((set) => this.uses(set));
  }

  /** Sets that may have a definition on this host. */
  knownSets(): AnyOptionSet[] {
    return [...new Set([...this.#own.keys(), ...this.#producing().keys()])];
  }

  /** Runs the implementation of a set; nothing where it has none. */
  run(set: AnyOptionSet): Run {
    let ran = this.#runs.get(set);
    if (ran === undefined) {
      const implementation = this.#implementation(set);
      ran = this.#once(
        () => `the implementation of ${set.name}`,
        () => run(this, set, implementation),
        implementation,
      );
      this.#runs.set(set, ran);
    }
    return ran.read();
  }

  /** Assertions and warnings of the host and of the implementations that have run. */
  notices(): readonly RawNotice[] {
    return [...this.#notices, ...[...this.#runs.values()].flatMap((one) => one.peek()?.notices ?? [])];
  }

  /** Computes every option and assertion of this host; errors go to the evaluation. @returns the used sets */
  check(): readonly AnyOptionSet[] {
    return checkHost(this);
  }

  /** Where the merge of an option set stands. */
  at(set: AnyOptionSet): At {
    let scope = this.#scopes.get(set);
    if (scope === undefined) this.#scopes.set(set, (scope = new SetScope(this, rawSet(set))));
    return { scope, path: undefined };
  }

  /** The defaults that a set computes, as an input; undefined where it has none. */
  computed(set: AnyOptionSet): Computed | undefined {
    const { defaults } = rawSet(set);
    if (defaults === undefined) return undefined;
    let computed = this.#computed.get(set);
    if (computed === undefined) {
      computed = computedDefaults(this.at(set), (self) => defaults(self, this.context));
      this.#computed.set(set, computed);
    }
    return computed;
  }

  #merged(set: Readable): unknown {
    const at = this.at(set);
    const inputs = this.inputs(set);
    const computed = this.computed(set);
    if (computed === undefined) return compile(set.schema).merge(inputs, at, inputs);
    return computed.bound(compile(set.schema).merge([...inputs, computed.input], at, inputs));
  }

  #asInputs(set: AnyOptionSet, definitions: readonly RawDefinition[]): readonly Input[] {
    const at = this.at(set);
    return this.#effective(set, definitions).map((input) => migrated(input, at, this.evaluation));
  }

  /** The definitions whose conditions hold. */
  #effective(set: AnyOptionSet, definitions: readonly RawDefinition[] = []): Input[] {
    if (this.#disabled.has(set)) return [];
    return definitions.map((one) => this.#input(one)).filter((input) => input !== undefined);
  }

  #input(definition: RawDefinition): Input | undefined {
    const input = definitionInput(definition);
    if (wrapperOf(definition.settings) === undefined) return input;
    let known = this.#conditioned.get(definition);
    if (known === undefined) {
      const at = this.at(definition.set);
      known = this.#once(
        () => `a condition of ${definition.set.name}`,
        () => conditioned(input, at),
      );
      known.running = input;
      this.#conditioned.set(definition, known);
    }
    return known.read();
  }

  #implementation(set: AnyOptionSet): RawImplementation | undefined {
    if (this.#disabled.has(set)) return undefined;
    return this.evaluation.implementations.get(set) ?? rawSet(set).implementation;
  }

  #producersOf(set: AnyOptionSet): readonly AnyOptionSet[] {
    return this.#disabled.has(set) ? [] : (this.#producing().get(set) ?? []);
  }

  #producing(): Producers {
    return (this.#producers ??= producers(this.#own.keys(), (set) => this.#implementation(set)));
  }

  #once<T>(label: () => string, compute: () => T, implementation?: RawImplementation): Once<T> {
    return new Once(this.evaluation, this.name, label, compute, implementation?.site);
  }
}
