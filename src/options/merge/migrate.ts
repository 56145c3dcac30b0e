// Renamed, removed and changed options: definitions rewritten to what the option set says today.
import type { SteadError } from '../error.ts';
import type { Migration } from '../migrate.ts';
import { rewrapped, wrap, wrapperOf } from '../wrapper.ts';
import type { At } from './at.ts';
import { optionError, placeOf } from './errors.ts';
import type { Input } from './input.ts';
import { isPlainObject, ownValue } from './lazy.ts';
import type { Path } from './path.ts';
import { shown } from './shown.ts';

/** Where warnings go. */
interface Warnings {
  readonly warnings: Set<SteadError>;
}

/** What becomes of a value; undefined takes it out. */
type Change = (value: unknown) => unknown;
type Thunk = (context: unknown) => unknown;

/**
 * One definition of a whole option set with every old option in it moved, converted or refused. Thunks
 * that stand around one stay thunks: what they hold is found when they run.
 */
export function migrated(input: Input, at: At, found: Warnings): Input {
  let { value } = input;
  for (const [from, migration] of at.scope.set.migrations) {
    const path = from.reduce<Path | undefined>((parent, key) => ({ parent, key }), undefined);
    const old: Old = { from, here: { ...input, path }, at: { scope: at.scope, path }, found };
    value = applied(value, migration, old);
  }
  return value === input.value ? input : { ...input, value };
}

/** An old option in a definition. */
interface Old {
  readonly from: readonly string[];
  /** The definition as far as it is about the option. */
  readonly here: Input;
  readonly at: At;
  readonly found: Warnings;
}

function applied(settings: unknown, migration: Migration, old: Old): unknown {
  const { from, here, at, found } = old;
  switch (migration.kind) {
    case 'changed':
      return changed(settings, from, (value) =>
        inside(value, (given) => () => {
          const result = at.scope.call(at, here, () => migration.convert(given));
          if (result !== given) found.warnings.add(changedOption(at, given, migration.advice, here));
          return result;
        }),
      );
    case 'removed':
      extracted(settings, from, () => at.scope.report(removedOption(at, migration.advice, here)));
      return without(settings, old);
    case 'renamed': {
      const moved = extracted(settings, from, (value) => {
        found.warnings.add(renamedOption(at, migration.to, here));
        return wrap({ kind: 'moved', path: here.path, value });
      });
      if (moved === undefined) return without(settings, old);
      const to = migration.to.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), moved);
      return wrap({ kind: 'merge', values: [without(settings, old), to] });
    }
    default:
      return migration satisfies never;
  }
}

/** The settings without the old option. Of a group that is gone altogether, nothing stays that a thunk would give. */
function without(settings: unknown, { from, at }: Old): unknown {
  const [group] = from;
  const isGone = !Object.hasOwn(at.scope.set.schema.shape, group!);
  return changed(settings, from, () => undefined, isGone);
}

/** `value` with what stands at `keys` changed; the same value where nothing stands there. */
function changed(value: unknown, keys: readonly string[], change: Change, dropThunks = false): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return change(value);
  return inside(value, (inner) => {
    const before = isPlainObject(inner) ? ownValue(inner, key) : undefined;
    if (before === undefined) return inner;
    const isHidden = dropThunks && rest.length > 0 && typeof before === 'function';
    const after = isHidden ? undefined : changed(before, rest, change, dropThunks);
    if (after === before) return inner;
    const { [key]: _, ...others } = inner as Readonly<Record<string, unknown>>;
    return isEmpty(after) ? others : { ...others, [key]: after };
  });
}

/** Nothing, or a group in which nothing is left. */
function isEmpty(value: unknown): boolean {
  const wrapper = wrapperOf(value);
  if (wrapper === undefined)
    return value === undefined || (isPlainObject(value) && Object.keys(value).length === 0);
  return wrapper.kind === 'merge' ? wrapper.values.every(isEmpty) : isEmpty(wrapper.value);
}

/** What stands at `keys`, changed, in the wrappers and thunks that stand around it; undefined for nothing. */
function extracted(value: unknown, keys: readonly string[], change: Change): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return isDefined(value) ? change(value) : undefined;
  return inside(value, (inner) => {
    const own = isPlainObject(inner) ? ownValue(inner, key) : undefined;
    return own === undefined ? undefined : extracted(own, rest, change);
  });
}

/** What `change` makes of the value inside wrappers and thunks, which stay around it. */
function inside(value: unknown, change: Change): unknown {
  if (value === undefined) return undefined;
  const wrapper = wrapperOf(value);
  if (wrapper?.kind === 'merge') {
    const values = wrapper.values.map((one) => inside(one, change));
    return values.some((one) => one !== undefined) ? wrap({ ...wrapper, values }) : undefined;
  }
  if (wrapper !== undefined) {
    const inner = inside(wrapper.value, change);
    return inner === undefined ? undefined : rewrapped(wrapper, () => inner);
  }
  if (typeof value === 'function') return (context: unknown) => inside((value as Thunk)(context), change);
  return change(value);
}

/** Whether there is a value, as far as that can be said without running anything. */
function isDefined(value: unknown): boolean {
  const wrapper = wrapperOf(value);
  if (wrapper === undefined) return value !== undefined;
  if (wrapper.kind === 'merge') return wrapper.values.some(isDefined);
  return !(wrapper.kind === 'when' && wrapper.condition === false) && isDefined(wrapper.value);
}

function removedOption(at: At, advice: string, input: Input): SteadError {
  return optionError(at, 'option.removed', {
    message: 'no longer exists',
    places: [placeOf(input, undefined, 'key')],
    hint: advice,
  });
}

function renamedOption(at: At, to: string, input: Input): SteadError {
  return optionError(at, 'option.renamed', {
    message: `is called ${at.scope.set.name}.${to} now`,
    places: [placeOf(input, undefined, 'key')],
    hint: `Write \`${to}\` instead; the old name still works for now.`,
  });
}

function changedOption(at: At, value: unknown, advice: string, input: Input): SteadError {
  return optionError(at, 'option.changed', {
    message: `${shown(value)} is an old form of this option`,
    places: [placeOf(input)],
    hint: advice,
  });
}
