// Defaults that an option set or a record computes from the very value they belong to.
import { SteadError } from '../error.ts';
import { userPlace } from '../place.ts';
import { ORDER, PRIORITY } from '../wrapper.ts';
import type { At } from './at.ts';
import { pathText } from './errors.ts';
import type { Input } from './input.ts';
import { STAND_IN } from './lazy.ts';

/** Computed defaults while the value they are for is being made. */
export interface Computed {
  /** They hold where nothing else is defined. */
  readonly input: Input;
  /** Lets the defaults read the value, which is given back. */
  bound<T>(value: T): T;
}

/** @param make gives the defaults; their thunks may read `self`, the value they are defaults of */
export function computedDefaults(at: At, make: (self: unknown) => unknown): Computed {
  let whole: { readonly value: unknown } | undefined;
  const self = forwarding(() => {
    if (whole === undefined) throw earlyRead(at);
    return whole.value as object;
  });
  const { site, name } = at.scope.set;
  return {
    input: {
      value: at.scope.call(at, undefined, () => make(self)),
      priority: PRIORITY.default,
      ranked: true,
      order: ORDER.plain,
      ordered: false,
      source: { site, declares: name },
      path: undefined,
    },
    bound(value) {
      whole = { value };
      return value;
    },
  };
}

/** An object that stands for another one, which is asked for when one of its properties is. */
export function forwarding(target: () => object): object {
  return new Proxy(Object.create(null) as object, new Forwarding(target));
}

class Forwarding implements ProxyHandler<object> {
  readonly #target: () => object;

  constructor(target: () => object) {
    this.#target = target;
  }

  get(_: object, key: string | symbol): unknown {
    return key === STAND_IN ? true : Reflect.get(this.#target(), key);
  }

  has(_: object, key: string | symbol): boolean {
    return Reflect.has(this.#target(), key);
  }

  ownKeys(): (string | symbol)[] {
    return Reflect.ownKeys(this.#target());
  }

  getOwnPropertyDescriptor(_: object, key: string | symbol): PropertyDescriptor | undefined {
    const descriptor = Reflect.getOwnPropertyDescriptor(this.#target(), key);
    return descriptor && { ...descriptor, configurable: true };
  }

  set(_: object, key: string | symbol): never {
    return readOnly(key);
  }

  defineProperty(_: object, key: string | symbol): never {
    return readOnly(key);
  }

  deleteProperty(_: object, key: string | symbol): never {
    return readOnly(key);
  }
}

function readOnly(key: string | symbol): never {
  throw new TypeError(`Cannot change ${String(key)}: the settings of a host are read-only`);
}

function earlyRead(at: At): SteadError {
  return new SteadError({
    code: 'option.early-read',
    host: at.scope.hostName,
    option: pathText(at),
    message: 'a default reads another setting before the settings are put together',
    places: [{ place: userPlace(new Error().stack) ?? at.scope.set.site.place() }],
    hint: 'Write the default as a thunk: `() => self.…`.',
  });
}
