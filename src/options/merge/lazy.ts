// Values that user code computes when they are read: how they are told apart, and carried on unread.
import { wrapperOf, type Wrapper } from '../wrapper.ts';

/** Objects of which some keys, or all, are computed on first read. */
const computing = new WeakSet<object>();

/** Objects that stand for others which are found out when a key is asked for. */
const standIns = new WeakSet<object>();

export function markComputing(object: object): void {
  computing.add(object);
}

export function markStandIn(object: object): void {
  computing.add(object);
  standIns.add(object);
}

/** Whether finding out what the value is runs user code: a thunk, or a wrapper with a thunk or a condition. */
export function isLazy(value: unknown): boolean {
  if (typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null) return false;
  const wrapper = wrapperOf(value);
  return wrapper === undefined ? standIns.has(value) : isLazyWrapper(wrapper, isLazy);
}

/** Whether reading the value to its last leaf runs user code. */
export function holdsLazy(value: unknown): boolean {
  if (typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(holdsLazy);
  const wrapper = wrapperOf(value);
  if (wrapper !== undefined) return isLazyWrapper(wrapper, holdsLazy);
  if (computing.has(value)) return true;
  return isPlainObject(value) && Object.values(value).some(holdsLazy);
}

function isLazyWrapper(wrapper: Wrapper, lazy: (value: unknown) => boolean): boolean {
  if (wrapper.kind === 'merge') return wrapper.values.some(lazy);
  if (wrapper.kind === 'when' && wrapper.condition !== true) return wrapper.condition !== false;
  return lazy(wrapper.value);
}

/** What `object` gives for its own `key`; a thunk where it is still to be computed, undefined where there is none. */
export function ownValue(object: Readonly<Record<string, unknown>>, key: string): unknown {
  if (!Object.hasOwn(object, key)) return undefined;
  return computing.has(object) ? () => object[key] : object[key];
}

export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
