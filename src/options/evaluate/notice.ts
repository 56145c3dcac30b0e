// Assertions and warnings: whether they hold, and the definitions they speak of.
import type { OptionReference, RawNotice } from '../definition.ts';
import { DEFINITION, SteadError, type ErrorFields, type LabelledPlace } from '../error.ts';
import { isRecord } from '../merge/descent.ts';
import { isPlainObject } from '../merge/lazy.ts';
import { optionPath } from '../merge/path.ts';
import { shown } from '../merge/shown.ts';
import type { AnyOptionSet } from '../types.ts';
import { attempt } from './attempt.ts';
import type { HostEvaluation } from './host.ts';
import { mentions } from './trace.ts';
import { explain, type Explanation } from './why.ts';

/** Adds the notice to the evaluation's errors or warnings unless its condition holds. */
export function checkNotice(notice: RawNotice, host: HostEvaluation): void {
  const { evaluation } = host;
  const assertion = notice.kind === 'assertion';
  const frame = {
    owner: notice,
    host: host.name,
    label: () => (assertion ? 'an assertion' : 'a warning'),
    running: undefined,
    site: notice.site,
  };
  evaluation.within(frame, () => {
    const holds: unknown =
      typeof notice.condition === 'function' ? notice.condition(host.context) : notice.condition;
    if (holds === true) return;
    if (holds !== false) throw noAnswer(notice, host, holds);
    const { message, hint } = stated(notice, host);
    const said = `${message} ${hint ?? ''}`;
    const subjects = notice.about.flatMap((reference) => narrowed(subjectOf(reference, host), said));
    const [first] = subjects;
    const found = new SteadError({
      code: assertion ? 'assertion.failed' : 'warning',
      host: host.name,
      option: first && optionPath(first.set.name, first.keys),
      message,
      hint,
      places: [
        ...subjects.flatMap((subject) => definitionsOf(subject)),
        { place: notice.site.place(), label: assertion ? 'required here' : 'warned about here' },
      ],
    });
    (assertion ? evaluation.errors : evaluation.warnings).add(found);
  });
}

/** @throws SteadError for a statement that says nothing */
function stated(notice: RawNotice, host: HostEvaluation): Pick<ErrorFields, 'message' | 'hint'> {
  const given: unknown =
    typeof notice.statement === 'function' ? notice.statement(host.context) : notice.statement;
  const { message, hint } = (typeof given === 'object' ? (given ?? {}) : { message: given }) as {
    message?: unknown;
    hint?: unknown;
  };
  if (typeof message === 'string' && message !== '' && (hint === undefined || typeof hint === 'string'))
    return { message, hint };
  throw new SteadError({
    code: 'assertion.statement',
    host: host.name,
    message: `${notice.kind === 'assertion' ? 'an assertion' : 'a warning'} must say what is wrong, got ${shown(given)}`,
    places: [{ place: notice.site.place(), keys: [], argument: 1 }],
    hint: 'Write it as text, or as `{ message, hint }` with what to do about it.',
  });
}

/** A promise is true for JavaScript, and undefined is false: neither says whether the condition holds. */
function noAnswer(notice: RawNotice, host: HostEvaluation, got: unknown): SteadError {
  return new SteadError({
    code: 'assertion.condition',
    host: host.name,
    message: `the condition of ${notice.kind === 'assertion' ? 'an assertion' : 'a warning'} must be true or false, got ${shown(got)}`,
    places: [{ place: notice.site.place() }],
    hint: 'Compare explicitly, as in `self.port !== undefined`.',
  });
}

/** Shorter ones are words of any sentence. */
const SHORTEST_NAME = 3;

interface Subject {
  readonly host: HostEvaluation;
  readonly set: AnyOptionSet;
  readonly keys: readonly (string | number)[];
}

function subjectOf(reference: OptionReference, host: HostEvaluation): Subject {
  const [first, ...rest] = reference;
  if (typeof first === 'function') return { host, set: first, keys: rest as (string | number)[] };
  const [set, ...keys] = rest as [AnyOptionSet, ...(string | number)[]];
  return { host: first as HostEvaluation, set, keys };
}

/** Of a list or of named entries, those that are named in what is said, if any is. */
function narrowed(subject: Subject, said: string): readonly Subject[] {
  const { host, set, keys } = subject;
  const value = attempt(() => valueAt(host, set, keys));
  const isList = Array.isArray(value);
  if (!isList && !(isPlainObject(value) && isRecord(set.schema, keys))) return [subject];
  const names: readonly unknown[] = isList ? value : Object.keys(value);
  const mentioned = new Set(names.filter((name) => isNamed(name, said)));
  const named = names.flatMap((name, index) => {
    // `a.example` is not meant where it is said as a part of `a.example files`.
    const isPart = [...mentioned].some((other) => other !== name && isNamed(name, other as string));
    return mentioned.has(name) && !isPart
      ? [{ ...subject, keys: [...keys, isList ? index : (name as string)] }]
      : [];
  });
  return named.length > 0 && named.length < names.length ? named : [subject];
}

function isNamed(name: unknown, text: string): boolean {
  return typeof name === 'string' && name.length >= SHORTEST_NAME && mentions(text, name);
}

/**
 * The definitions that decide the option, or those of what it stands in where nothing sets it.
 * @param depth how many of its keys lead to what is looked at
 */
function definitionsOf(subject: Subject, depth = subject.keys.length): LabelledPlace[] {
  const { host, set } = subject;
  const keys = subject.keys.slice(0, depth);
  const winning = explain(host, set, keys).filter((one) => one.won);
  if (winning.length === 0 && depth > 0) return definitionsOf(subject, depth - 1);
  const option = optionPath(set.name, subject.keys);
  const isSet = depth === subject.keys.length;
  const isEntry = depth > 0 && isRecord(set.schema, keys.slice(0, -1));
  return telling(winning, host).map(({ place, value }) => ({
    ...place,
    // Of an entry with settings of its own, its name tells more than where they begin.
    ...(isEntry && isPlainObject(value) && isOwn(place, host) ? { focus: 'key' } : {}),
    label: isSet ? `${option} on ${host.name} is defined here` : unset(subject, option),
    ...(place[DEFINITION] === undefined
      ? {}
      : { [DEFINITION]: { ...place[DEFINITION], host: host.name, option } }),
  }));
}

/** Of an option that nothing sets: that it has its default, which is not to be seen where it could be set. */
function unset({ host, set, keys }: Subject, option: string): string {
  const value = attempt(() => valueAt(host, set, keys));
  const isDefault = ['string', 'number', 'boolean'].includes(typeof value);
  return `${option} on ${host.name} is not set here${isDefault ? `: its default is ${shown(value)}` : ''}`;
}

function valueAt(host: HostEvaluation, set: AnyOptionSet, keys: Subject['keys']): unknown {
  return keys.reduce(
    (inner, key) => (inner as Record<string | number, unknown>)[key],
    host.get(set) as unknown,
  );
}

/** Whether a definition is the host's own, and not one that an implementation made. */
function isOwn(place: LabelledPlace, host: HostEvaluation): boolean {
  return host.makerOf(place[DEFINITION]?.source ?? place) === undefined;
}

/** Where many definitions add up, those that a person wrote tell most. */
const MOST = 2;

function telling(all: readonly Explanation[], host: HostEvaluation): readonly Explanation[] {
  const own = all.filter(({ place }) => isOwn(place, host));
  return own.length === all.length
    ? all
    : [...own, ...all.filter((one) => !own.includes(one))].slice(0, Math.max(MOST, own.length));
}
