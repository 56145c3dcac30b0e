// Renamed, removed and changed options: definitions rewritten to what the option set says today.
import type { SteadError } from '../error.ts';
import type { Migration } from '../migrate.ts';
import { merge } from '../wrap.ts';
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

type Key = string | number;
/** What stands at the end of a path, and what becomes of it; undefined takes it out. */
type Change = (value: unknown) => unknown;

/**
 * One definition of a whole option set with every old option in it moved, converted or refused. Thunks
 * on the way to one stay thunks: what they hold is found when they run.
 */
export function migrated(input: Input, at: At, found: Warnings): Input {
  let { value } = input;
  for (const [from, migration] of at.scope.set.migrations) value = applied(value, from, migration);
  return value === input.value ? input : { ...input, value };

  function applied(settings: unknown, from: readonly Key[], migration: Migration): unknown {
    const here: Input = { ...input, path: pathOf(from) };
    const there: At = { scope: at.scope, path: pathOf(from) };
    const warn = (warning: SteadError): void => void found.warnings.add(warning);
    switch (migration.kind) {
      case 'removed':
        return changed(settings, from, () => {
          at.scope.report(removedOption(there, migration.advice, here));
          return undefined;
        });
      case 'changed':
        return changed(settings, from, (old) => {
          const value = at.scope.call(there, here, () => migration.convert(old));
          if (value !== old) warn(changedOption(there, old, migration.advice, here));
          return value;
        });
      case 'renamed': {
        const moved = extracted(settings, from, (value) => {
          warn(renamedOption(there, migration.to, here));
          return wrap({ kind: 'moved', path: here.path, value });
        });
        if (moved === undefined) return settings;
        const to = migration.to.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), moved);
        return merge(changed(settings, from, () => undefined) as never, to as never);
      }
      default:
        return migration satisfies never;
    }
  }
}

/** `value` with what stands at `keys` changed; the same value where nothing stands there. */
function changed(value: unknown, keys: readonly Key[], change: Change): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return atLeaf(value, change);
  return through(
    value,
    (inner) => changed(inner, keys, change),
    (object) => {
      const before = ownValue(object, String(key));
      if (before === undefined) return object;
      const after = changed(before, rest, change);
      if (after === before) return object;
      const { [key]: _, ...others } = object;
      return after === undefined ? others : { ...others, [key]: after };
    },
  );
}

/** What stands at `keys`, changed, in the wrappers and thunks that stand around it; undefined for nothing. */
function extracted(value: unknown, keys: readonly Key[], change: Change): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return atLeaf(value, change);
  return through(
    value,
    (inner) => extracted(inner, keys, change),
    (object) => {
      const inner = ownValue(object, String(key));
      return inner === undefined ? undefined : extracted(inner, rest, change);
    },
  );
}

/** The value of an old option inside its own wrappers and thunks. */
function atLeaf(value: unknown, change: Change): unknown {
  const wrapper = wrapperOf(value);
  if (wrapper !== undefined) return rewrapped(wrapper, (inner) => atLeaf(inner, change));
  if (typeof value === 'function') {
    return (context: unknown) => atLeaf((value as (context: unknown) => unknown)(context), change);
  }
  return value === undefined ? undefined : change(value);
}

/** Goes on through wrappers and thunks, to the object in them. */
function through(
  value: unknown,
  again: Change,
  object: (value: Readonly<Record<string, unknown>>) => unknown,
): unknown {
  const wrapper = wrapperOf(value);
  if (wrapper !== undefined) {
    if (wrapper.kind === 'merge') {
      const values = wrapper.values.map(again);
      return values.some((one) => one !== undefined) ? wrap({ ...wrapper, values }) : undefined;
    }
    const inner = again(wrapper.value);
    return inner === undefined
      ? undefined
      : inner === wrapper.value
        ? value
        : wrap({ ...wrapper, value: inner });
  }
  if (typeof value === 'function') {
    return (context: unknown) => again((value as (context: unknown) => unknown)(context));
  }
  return isPlainObject(value) ? object(value) : undefined;
}

function pathOf(keys: readonly Key[]): Path | undefined {
  return keys.reduce<Path | undefined>((parent, key) => ({ parent, key }), undefined);
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
