// Defaults that an option set or a record computes from the very value they belong to.
import { SteadError } from '../error.ts';
import { userPlace } from '../place.ts';
import { ORDER, PRIORITY } from '../wrapper.ts';
import type { At } from './at.ts';
import { pathText } from './errors.ts';
import type { Site } from '../place.ts';
import type { Input } from './input.ts';
import { STAND_IN } from './lazy.ts';
import type { SourcePath } from './path.ts';

/** Computed defaults while the value they are for is being made. */
export interface Computed {
  /** They hold where nothing else is defined. */
  readonly input: Input;
  /** Lets the defaults read the value, which is given back. */
  bound<T>(value: T): T;
}

/** Where the function stands that computes defaults: in which argument of a call, and below which keys there. */
export interface Declaration {
  readonly site: Site;
  readonly argument: number;
  readonly path?: SourcePath;
}

/** @param make gives the defaults; their thunks may read `self`, the value they are defaults of */
export function computedDefaults(
  at: At,
  { site, argument, path }: Declaration,
  make: (self: unknown) => unknown,
): Computed {
  let whole: { readonly value: unknown } | undefined;
  const self = forwarding((key) => {
    if (whole === undefined) throw earlyRead(at, key);
    return whole.value as object;
  });
  const { name } = at.scope.set;
  return {
    input: {
      value: at.scope.call(at, undefined, () => make(self)),
      priority: PRIORITY.default,
      ranked: true,
      order: ORDER.plain,
      ordered: false,
      source: { site, declares: { name, argument } },
      path,
    },
    bound(value) {
      whole = { value };
      return value;
    },
  };
}

/** An object that stands for another one, which is asked for when one of its properties, the `key`, is. */
export function forwarding(target: (key?: string | symbol) => object): object {
  return new Proxy(Object.create(null) as object, new Forwarding(target));
}

class Forwarding implements ProxyHandler<object> {
  readonly #target: (key?: string | symbol) => object;

  constructor(target: (key?: string | symbol) => object) {
    this.#target = target;
  }

  get(_: object, key: string | symbol): unknown {
    return key === STAND_IN ? true : Reflect.get(this.#target(key), key);
  }

  has(_: object, key: string | symbol): boolean {
    return Reflect.has(this.#target(key), key);
  }

  ownKeys(): (string | symbol)[] {
    return Reflect.ownKeys(this.#target());
  }

  getOwnPropertyDescriptor(_: object, key: string | symbol): PropertyDescriptor | undefined {
    const descriptor = Reflect.getOwnPropertyDescriptor(this.#target(key), key);
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

function earlyRead(at: At, key: string | symbol | undefined): SteadError {
  const what = typeof key === 'string' ? `\`${key}\`` : 'other settings';
  return new SteadError({
    code: 'option.early-read',
    host: at.scope.hostName,
    option: pathText(at),
    message: `a default reads ${what} before the settings are put together`,
    places: [{ place: userPlace(new Error().stack) ?? at.scope.set.site.place() }],
    hint: `Write the default as a thunk: \`() => self.${typeof key === 'string' ? key : '…'}\`.`,
  });
}
