// The error of an option that nothing sets: where it could be said, and where it is said and comes to nothing.
import { UNDEFINED_VALUE } from '../arguments.ts';
import type { LabelledPlace, SteadError } from '../error.ts';
import { readerPlace } from '../place.ts';
import { wrapperOf } from '../wrapper.ts';
import type { At } from './at.ts';
import { declaredAt, nested, optionError, pathBelow, placeOf } from './errors.ts';
import type { Input } from './input.ts';
import { isComputing, isPlainObject } from './lazy.ts';
import { keysOf } from './path.ts';

/**
 * @param parents definitions of what the option belongs to
 * @param add what to write, where more is known than the key
 */
export function missing(at: At, expected: string, parents: readonly Input[], add?: string): SteadError {
  const { scope } = at;
  const { name } = scope.set;
  const message = `is not set; expected ${expected}`;
  if (parents.length === 0 || !scope.isDefined()) {
    const place = readerPlace();
    return optionError(at, 'option.missing', {
      message,
      places: [...(place === undefined ? [] : [{ place, label: 'read here' }]), declaredAt(at)],
      hint: `Nothing on ${scope.hostName} defines ${name}: add ${name}({ … }) to its \`use\`, or read it only where \`uses(${name})\` holds.`,
    });
  }
  const empty = parents.flatMap((input) => emptyValue(input, at.path?.key));
  const own = empty.filter(({ isComputed }) => !isComputed);
  if (own.length > 0) {
    return optionError(at, 'option.missing', {
      message,
      places: own.map(({ place }) => place),
      hint: own.every(({ isOpen }) => isOpen)
        ? 'Say what it is where the condition does not hold, too: with fallback(…) in another definition.'
        : UNDEFINED_VALUE,
    });
  }
  const written = parents.filter((input) => input.source.declares === undefined);
  return optionError(at, 'option.missing', {
    message,
    places: [
      // Without the value: nothing in it is wrong.
      ...(written.length > 0 ? written : parents).map(({ source, path }) => placeOf({ source, path })),
      ...empty.map((one) => one.place),
    ],
    hint: addHint(at, add ?? `\`${addition(at, written)}\``, written),
  });
}

function addHint({ scope }: At, what: string, written: readonly Input[]): string {
  const { name } = scope.set;
  const makers = written.map(({ source }) => scope.makerOf(source));
  const [maker] = makers;
  return maker === undefined || makers.includes(undefined)
    ? `Add ${what} here, or in another definition of ${name} on this host.`
    : `Add ${what} to what ${maker} makes, or to a definition of ${name} in the host's own \`use\`.`;
}

interface EmptyValue {
  readonly place: LabelledPlace;
  /** The definition is a default that its option set computes. */
  readonly isComputed: boolean;
  /** It is there on a condition. */
  readonly isOpen: boolean;
}

/** Where a definition names `key` and gives it nothing. */
function emptyValue(input: Input, key: string | number | undefined): EmptyValue[] {
  const { value, path, source } = input;
  if (typeof key !== 'string' || !isPlainObject(value) || isComputing(value) || !Object.hasOwn(value, key))
    return [];
  const isOpen = hasCondition(value[key]);
  const label = isOpen
    ? 'its condition does not hold'
    : holdsThunk(value[key])
      ? 'gives undefined'
      : 'is undefined';
  const place = placeOf({ source, path: pathBelow(path, key) }, label);
  return [{ place, isComputed: source.declares !== undefined, isOpen }];
}

function hasCondition(value: unknown): boolean {
  const wrapper = wrapperOf(value);
  if (wrapper === undefined) return false;
  if (wrapper.kind === 'merge') return wrapper.values.some(hasCondition);
  return wrapper.kind === 'when' || hasCondition(wrapper.value);
}

function holdsThunk(value: unknown): boolean {
  const wrapper = wrapperOf(value);
  if (wrapper === undefined) return typeof value === 'function';
  return wrapper.kind === 'merge' ? wrapper.values.some(holdsThunk) : holdsThunk(wrapper.value);
}

/** The option at `at` as it would be written into the first of `parents`, groups around it included. */
function addition(at: At, [parent]: readonly Input[]): string {
  const keys = keysOf(at.path);
  const depth = keysOf(parent?.path).filter((key) => typeof key !== 'object').length;
  const below = keys.slice(Math.min(depth, keys.length - 1)).map(String);
  return below.length === 1 ? below[0]! : nested(below);
}
