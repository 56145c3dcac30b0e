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
import type { SteadError } from '../error.ts';
import { variant, type Host } from '../host.ts';
import type { At } from '../merge/at.ts';
import { compile } from '../merge/compile.ts';
import { computedDefaults, type Computed } from '../merge/computed.ts';
import { conditioned, definitionInput, type Input } from '../merge/input.ts';
import { migrated } from '../merge/migrate.ts';
import { Site } from '../place.ts';
import { rawSet, type RawImplementation } from '../set.ts';
import { wrapperOf } from '../wrapper.ts';
import type { AnyOptionSet, Context, Contributions, HostView, Readable } from '../types.ts';
import { checkHost } from './check.ts';
import { notAContribution, openDisabling } from './contribution-errors.ts';
import type { Evaluation } from './evaluation.ts';
import { definedBy, producers, run, type Producers, type Run } from './implementation.ts';
import { push } from './multimap.ts';
import { Once, type Task } from './once.ts';
import { SetScope } from './scope.ts';

/** What has been found out about an option set on a host. */
class SetState {
  at: At | undefined;
  inputs: Once<readonly Input[]> | undefined;
  value: Once<unknown> | undefined;
  computed: Computed | undefined;
  run: Once<Run> | undefined;
  used: boolean | undefined;
}

export class HostEvaluation implements HostView {
  readonly name: string;
  readonly tags: readonly string[];
  readonly declared: Host;
  readonly context: Context;
  readonly evaluation: Evaluation;
  /** Checks of merged values, to be run once all values are computed. */
  readonly later: (() => void)[] = [];
  readonly errors: Set<SteadError>;
  readonly #own = new Map<AnyOptionSet, RawDefinition[]>();
  readonly #notices: RawNotice[] = [];
  readonly #disabled = new Set<AnyOptionSet>();
  /** Definitions with conditions around the whole: what holds of them. */
  readonly #conditioned = new Map<RawDefinition, Once<Input | undefined>>();
  readonly #sets = new Map<AnyOptionSet, SetState>();
  #producers: Producers | undefined;

  constructor(evaluation: Evaluation, declared: Host) {
    this.evaluation = evaluation;
    this.errors = evaluation.errors;
    this.declared = declared;
    this.name = declared.name;
    this.tags = declared.tags;
    const { packages, lock } = evaluation;
    this.context = { host: this, fleet: evaluation, packages, lock };
    for (const item of flattened(declared.use)) {
      if (isDefinition(item)) push(this.#own, item.set, item);
      else if (isDisabling(item)) {
        this.#disabled.add(item.set);
        if (item.condition !== undefined) {
          evaluation.errors.add(openDisabling(declared, item.set, item.condition));
        }
      } else if (isNotice(item)) this.#notices.push(item);
      else evaluation.errors.add(notAContribution(declared, item));
    }
    for (const set of this.#disabled) this.#own.delete(set);
  }

  get<S extends z.ZodObject>(set: Readable<S>): z.output<S> {
    const state = this.#state(set);
    state.value ??= this.#value(set);
    return state.value.read() as z.output<S>;
  }

  /**
   * Whether anything defines the option set here. Implementations that may define it are run for that,
   * and may themselves ask about sets that wait for this answer: what is being asked counts as no.
   */
  uses(set: AnyOptionSet, asking: readonly AnyOptionSet[] = []): boolean {
    const state = this.#state(set);
    if (state.used !== undefined) return state.used;
    const used =
      this.#isDefined(set, this.#own.get(set)) ||
      this.#producersOf(set).some(
        (producer) =>
          !asking.includes(producer) &&
          this.uses(producer, [...asking, set]) &&
          this.#isDefined(set, definedBy(this.run(producer), set)),
      );
    if (used || asking.length === 0) state.used = used;
    return used;
  }

  extend(use: Contributions): HostEvaluation {
    return new HostEvaluation(this.evaluation, variant(this.declared, use, new Site(this.extend), []));
  }

  /** Every definition of an option set on this host: its own, and those that implementations make. */
  inputs(set: AnyOptionSet): readonly Input[] {
    const own = this.#own.get(set) ?? [];
    const producers = this.#producersOf(set);
    if (producers.length === 0 && !own.some(isWrapped) && rawSet(set).migrations.length === 0) {
      // No code decides which they are, and they are made faster than kept.
      return own.map(definitionInput);
    }
    const state = this.#state(set);
    state.inputs ??= this.#once(
      () => `the definitions of ${set.name}`,
      () => {
        const made = producers.flatMap((producer) =>
          this.uses(producer) ? definedBy(this.run(producer), set) : [],
        );
        return this.#asInputs(set, [...own, ...made]);
      },
    );
    return state.inputs.read();
  }

  /** As `inputs`, without what could not be made. */
  inputsDespite(set: AnyOptionSet): readonly Input[] {
    const made = this.#ran().flatMap((one) => definedBy(one, set));
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
    const state = this.#state(set);
    state.run ??= this.#running(set);
    return state.run.read();
  }

  /** The set whose implementation made a definition on this host; undefined for the host's own. */
  makerOf(definition: object): AnyOptionSet | undefined {
    for (const [set, { run }] of this.#sets) {
      if (run?.peek()?.definitions.some((one) => one === definition) === true) return set;
    }
    return undefined;
  }

  /** Assertions and warnings of the host and of the implementations that have run. */
  notices(): readonly RawNotice[] {
    return [...this.#notices, ...this.#ran().flatMap((one) => one.notices)];
  }

  /** Computes every option and assertion of this host; errors go to the evaluation. @returns the used sets */
  check(): readonly AnyOptionSet[] {
    return checkHost(this);
  }

  /** Where the merge of an option set stands. */
  at(set: AnyOptionSet): At {
    const state = this.#state(set);
    state.at ??= { scope: new SetScope(this, set), path: undefined };
    return state.at;
  }

  /** The defaults that a set computes, as an input; undefined where it has none. */
  computed(set: AnyOptionSet): Computed | undefined {
    const { defaults } = rawSet(set);
    if (defaults === undefined) return undefined;
    const state = this.#state(set);
    state.computed ??= computedDefaults(
      this.at(set),
      { site: rawSet(set).site, argument: 2, path: { parent: undefined, key: 'defaults' } },
      (self) => defaults(self, this.context),
    );
    return state.computed;
  }

  #value(set: Readable): Once<unknown> {
    return this.#once(
      () => set.name,
      () => this.#merged(set),
    );
  }

  #running(set: AnyOptionSet): Once<Run> {
    const implementation = this.#implementation(set);
    return this.#once(
      () => `the implementation of ${set.name}`,
      () => run(this, set, implementation),
      { site: implementation?.site, of: set },
    );
  }

  #merged(set: Readable): unknown {
    const at = this.at(set);
    const inputs = this.inputs(set);
    const computed = this.computed(set);
    if (computed === undefined) return compile(set.schema).merge(inputs, at, inputs);
    return computed.bound(compile(set.schema).merge([...inputs, computed.input], at, inputs));
  }

  #state(set: AnyOptionSet): SetState {
    let state = this.#sets.get(set);
    if (state === undefined) {
      rawSet(set); // Refuses what is no option set.
      this.#sets.set(set, (state = new SetState()));
    }
    return state;
  }

  /** What the implementations gave that have run without an error. */
  #ran(): Run[] {
    return [...this.#sets.values()].map((state) => state.run?.peek()).filter((one) => one !== undefined);
  }

  #asInputs(set: AnyOptionSet, definitions: readonly RawDefinition[]): readonly Input[] {
    const inputs = this.#effective(set, definitions);
    if (rawSet(set).migrations.length === 0) return inputs;
    const at = this.at(set);
    return inputs.map((input) => migrated(input, at, this.evaluation));
  }

  /** Whether the conditions of one of the definitions hold. */
  #isDefined(set: AnyOptionSet, definitions: readonly RawDefinition[] = []): boolean {
    if (definitions.some(isWrapped)) return this.#effective(set, definitions).length > 0;
    return definitions.length > 0 && !this.#disabled.has(set);
  }

  /** The definitions whose conditions hold. */
  #effective(set: AnyOptionSet, definitions: readonly RawDefinition[] = []): readonly Input[] {
    if (this.#disabled.has(set)) return [];
    const inputs: Input[] = [];
    for (const definition of definitions) {
      const input = isWrapped(definition)
        ? this.#conditional(definition).read()
        : definitionInput(definition);
      if (input !== undefined) inputs.push(input);
    }
    return inputs;
  }

  /** The input of a definition with wrappers around the whole, among them conditions that have to hold. */
  #conditional(definition: RawDefinition): Once<Input | undefined> {
    let known = this.#conditioned.get(definition);
    if (known === undefined) {
      const input = definitionInput(definition);
      const at = this.at(definition.set);
      known = this.#once(
        () => `a condition of ${definition.set.name}`,
        () => conditioned(input, at),
        { running: input },
      );
      this.#conditioned.set(definition, known);
    }
    return known;
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

  #once<T>(label: () => string, compute: () => T, about: Partial<Task<T>> = {}): Once<T> {
    const { running, site, of } = about;
    return new Once({ stack: this.evaluation, host: this.name, label, running, compute, site, of });
  }
}

function isWrapped({ settings }: RawDefinition): boolean {
  return wrapperOf(settings) !== undefined;
}
