// The clock, randomness and the outside world as configuration meets them: refused, with the place.
import { refuseToConfiguration, type Impurity } from './impure.ts';
import { replaceProperty, replaceValue } from './replace.ts';

const forbidden: Readonly<Record<string, Impurity>> = {
  process: 'environment',
  navigator: 'environment',
  localStorage: 'environment',
  sessionStorage: 'environment',
  crypto: 'randomness',
  performance: 'clock',
  fetch: 'network',
  EventSource: 'network',
  BroadcastChannel: 'network',
  setTimeout: 'waiting',
  setInterval: 'waiting',
  setImmediate: 'waiting',
};

/** Puts guards before everything that varies; the functions returned take them away. */
export function guardGlobals(): (() => void)[] {
  const date = guardedDate(Date);
  return [
    replaceValue(Date.prototype, 'constructor', date),
    replaceValue(globalThis, 'Date', date),
    replaceValue(Math, 'random', guardedFunction(Math, 'random', 'Math.random()', 'randomness')),
    replaceValue(Intl, 'DateTimeFormat', guardedConstructor(Intl.DateTimeFormat)),
    ...Object.entries(forbidden).flatMap(([name, impurity]) => guardProperty(name, impurity) ?? []),
  ];
}

/** `Date` without its clock: dates made from a number or a text stay. */
function guardedDate(real: DateConstructor): DateConstructor {
  const now = guardedFunction(real, 'now', 'Date.now()', 'clock');
  const guard: DateConstructor = new Proxy(real, {
    apply(target, self, values) {
      refuseToConfiguration('Date()', 'clock', true);
      return Reflect.apply(target, self, values) as string;
    },
    construct(target, values, newTarget) {
      if (values.length === 0) refuseToConfiguration('new Date()', 'clock', true);
      return Reflect.construct(target, values, newTarget === guard ? target : newTarget) as Date;
    },
    get: (target, key) => (key === 'now' ? now : (Reflect.get(target, key) as unknown)),
  });
  return guard;
}

function guardedFunction<K extends string>(
  owner: Readonly<Record<K, () => number>>,
  key: K,
  what: string,
  impurity: Impurity,
): () => number {
  const real = owner[key];
  return () => {
    refuseToConfiguration(what, impurity, true);
    return real.call(owner);
  };
}

/** Formatting nothing formats the present moment, so configuration gets no formatter at all. */
function guardedConstructor(real: typeof Intl.DateTimeFormat): typeof Intl.DateTimeFormat {
  return new Proxy(real, {
    apply(target, self, values) {
      refuseToConfiguration('Intl.DateTimeFormat()', 'clock', true);
      return Reflect.apply(target, self, values) as Intl.DateTimeFormat;
    },
    construct(target, values) {
      refuseToConfiguration('new Intl.DateTimeFormat()', 'clock', true);
      return Reflect.construct(target, values) as Intl.DateTimeFormat;
    },
  });
}

/** A global that configuration cannot even look at; nothing where this Node has none of that name. */
export function guardProperty(name: string, impurity: Impurity): (() => void) | undefined {
  const real = Object.getOwnPropertyDescriptor(globalThis, name);
  if (real === undefined) return undefined;
  let { value } = real as { value: unknown };
  return replaceProperty(globalThis, name, {
    enumerable: real.enumerable === true,
    get() {
      refuseToConfiguration(name, impurity, false);
      return real.get === undefined ? value : (real.get.call(globalThis) as unknown);
    },
    set(next: unknown) {
      refuseToConfiguration(name, impurity, false);
      if (real.set !== undefined) real.set.call(globalThis, next);
      else value = next;
    },
  });
}
