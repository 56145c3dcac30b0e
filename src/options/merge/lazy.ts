// Values that user code computes when they are read: how they are told apart, and carried on unread.
import { wrapperOf, type Wrapper } from '../wrapper.ts';

/** A value that is computed when it is read. */
export interface Cell {
  read(): unknown;
}

/** On objects of which some keys are computed on first read: the cells of those. */
const CELLS: unique symbol = Symbol('stead cells');

/** True on objects that stand for others which are found out when any other key is asked for. */
export const STAND_IN: unique symbol = Symbol('stead stand-in');

interface Marked {
  readonly [CELLS]?: Record<string, Cell>;
  readonly [STAND_IN]?: true;
}

const getters = new Map<string, () => unknown>();

/** Makes `key` of an object under construction a property that reads `cell`. */
export function defineCell(target: Record<string, unknown>, key: string, cell: Cell): void {
  const cells = (target as Marked)[CELLS];
  if (cells === undefined) Object.defineProperty(target, CELLS, { value: { [key]: cell } });
  else Object.defineProperty(cells, key, { value: cell, enumerable: true });
  // One function for a key wherever it stands: objects that are made alike then share their shape.
  let get = getters.get(key);
  if (get === undefined) {
    get = function (this: Marked) {
      return this[CELLS]![key]!.read();
    };
    getters.set(key, get);
  }
  Object.defineProperty(target, key, { enumerable: true, configurable: true, get });
}

/** Whether reading a key of the object may run user code. */
export function isComputing(object: object): boolean {
  return isStandIn(object) || (object as Marked)[CELLS] !== undefined;
}

function isStandIn(object: object): boolean {
  return (object as Marked)[STAND_IN] === true;
}

/** Whether finding out what the value is runs user code: a thunk, or a wrapper with a thunk or a condition. */
export function isLazy(value: unknown): boolean {
  if (typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null) return false;
  if (isStandIn(value)) return true;
  const wrapper = wrapperOf(value);
  return wrapper !== undefined && isLazyWrapper(wrapper, isLazy);
}

/** Whether reading the value to its last leaf runs user code. */
export function holdsLazy(value: unknown): boolean {
  if (typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(holdsLazy);
  if (isComputing(value)) return true;
  const wrapper = wrapperOf(value);
  if (wrapper !== undefined) return isLazyWrapper(wrapper, holdsLazy);
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
  return isComputing(object) ? () => object[key] : object[key];
}

export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
