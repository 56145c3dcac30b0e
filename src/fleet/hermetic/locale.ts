// The locale and the time zone of an evaluation: en-US and UTC, wherever it runs.
import { env } from 'node:process';
import { replaceValue } from './replace.ts';

const LOCALE = 'en-US';
const ZONE = 'UTC';

/** Methods whose locale defaults to the machine's, with the position of that argument. */
const methods: readonly (readonly [object, string, number])[] = [
  [String.prototype, 'localeCompare', 1],
  [String.prototype, 'toLocaleLowerCase', 0],
  [String.prototype, 'toLocaleUpperCase', 0],
  [Number.prototype, 'toLocaleString', 0],
  [BigInt.prototype, 'toLocaleString', 0],
  [Date.prototype, 'toLocaleString', 0],
  [Date.prototype, 'toLocaleDateString', 0],
  [Date.prototype, 'toLocaleTimeString', 0],
];
const formatters = [
  'Collator',
  'DisplayNames',
  'DurationFormat',
  'ListFormat',
  'NumberFormat',
  'PluralRules',
  'RelativeTimeFormat',
  'Segmenter',
] as const;

/** Pins what is the machine's own; the functions returned let go of it. */
export function pinLocale(): (() => void)[] {
  return [
    pinTimeZone(),
    ...methods.map(([owner, name, position]) => pinMethod(owner, name, position)),
    ...formatters.flatMap((name) => (name in Intl ? pinFormatter(name) : [])),
  ];
}

function pinTimeZone(): () => void {
  const before = env.TZ;
  if (before === ZONE) return () => {};
  env.TZ = ZONE;
  return () => {
    if (before === undefined) delete env.TZ;
    else env.TZ = before;
  };
}

function pinMethod(owner: object, name: string, position: number): () => void {
  const real = (owner as Record<string, (...values: unknown[]) => unknown>)[name]!;
  const pinned = {
    [name](this: unknown, ...values: unknown[]) {
      return real.apply(this, withLocale(values, position));
    },
  };
  return replaceValue(owner, name, pinned[name]);
}

function pinFormatter(name: string): (() => void)[] {
  const real = (Intl as unknown as Record<string, new (...values: unknown[]) => object>)[name]!;
  const pinned: typeof real = new Proxy(real, {
    apply: (target, self, values) =>
      Reflect.apply(target as unknown as () => object, self, withLocale(values, 0)),
    construct: (target, values, newTarget) =>
      Reflect.construct(target, withLocale(values, 0), newTarget === pinned ? target : newTarget) as object,
  });
  return [replaceValue(Intl, name, pinned), replaceValue(real.prototype as object, 'constructor', pinned)];
}

function withLocale(values: readonly unknown[], position: number): unknown[] {
  const filled = [...values];
  while (filled.length <= position) filled.push(undefined);
  filled[position] ??= LOCALE;
  return filled;
}
