// Durations and sizes: numbers with units, kept as the text that systemd reads.
import type { z } from 'zod';
import { SteadError } from '../error.ts';
import { mismatch, textOf } from './build.ts';

/**
 * A duration as systemd.time(7) writes it: `90s`, `2h 30min`, `1.5d`, `infinity`. A number without unit counts
 * seconds. The text is kept; `timeSpanMicroseconds` reads it.
 */
export function timeSpan(): z.ZodString {
  return textOf({
    name: 'time span',
    expected: 'a time span, such as 90s or 2h 30min',
    example: '2h 30min',
    pattern: /^(infinity|[0-9.][0-9.A-Za-zµμ ]*)$/,
    problem: (text) => {
      const read = readSpan(text);
      return typeof read === 'bigint' ? undefined : read;
    },
    wrongType: (input) =>
      typeof input === 'number' && input >= 0 ? `write it as text with a unit: '${input}s'` : undefined,
  });
}

/** The length of a time span in microseconds, `Infinity` for `infinity`. Raises `value.time-span`. */
export function timeSpanMicroseconds(span: string): number {
  const read = readSpan(span);
  if (typeof read === 'bigint') return read === forever ? Infinity : Number(read);
  throw new SteadError({
    code: 'value.time-span',
    message: `not a time span: ${JSON.stringify(span)}${read === mismatch ? '' : `: ${read}`}`,
    hint: 'Write one such as 90s or 2h 30min.',
  });
}

/**
 * A size in bytes: an integer, alone or with one of the units K, M, G, T, P, each 1024 times the one before. This is
 * the one form that systemd reads and that means the same everywhere. The text is kept; `sizeBytes` reads it.
 */
export function size(): z.ZodString {
  return textOf({
    name: 'size',
    expected: 'a size in bytes with one of the units K, M, G, T, P (powers of 1024), such as 512M',
    example: '512M',
    pattern: sizePattern,
    problem: sizeProblem,
    wrongType: (input) =>
      typeof input === 'number' && Number.isSafeInteger(input) && input >= 0
        ? `write it as text: '${printSize(input)}'`
        : undefined,
  });
}

/** The number of bytes of a size: `512M` gives 536870912. Raises `value.size`. */
export function sizeBytes(text: string): number {
  const problem = sizeProblem(text);
  if (problem === undefined) return readSize(text);
  throw new SteadError({
    code: 'value.size',
    message: `not a size: ${JSON.stringify(text)}${problem === mismatch ? '' : `: ${problem}`}`,
    hint: 'Write one such as 512M.',
  });
}

const second = 1_000_000n;
const day = 86_400n * second;
const month = 2_629_800n * second;
const year = 31_557_600n * second;

const spanUnits: ReadonlyMap<string, bigint> = new Map(
  [
    { names: ['usec', 'us', 'µs', 'μs'], length: 1n },
    { names: ['msec', 'ms'], length: 1000n },
    { names: ['seconds', 'second', 'sec', 's', ''], length: second },
    { names: ['minutes', 'minute', 'min', 'm'], length: 60n * second },
    { names: ['hours', 'hour', 'hr', 'h'], length: 3600n * second },
    { names: ['days', 'day', 'd'], length: day },
    { names: ['weeks', 'week', 'w'], length: 7n * day },
    { names: ['months', 'month', 'M'], length: month },
    { names: ['years', 'year', 'y'], length: year },
  ].flatMap(({ names, length }) => names.map((name) => [name, length] as const)),
);

// systemd's USEC_INFINITY, and a bound that stays clear of its overflow checks.
const forever = 2n ** 64n - 1n;
const longest = 100_000n * year;

function readSpan(text: string): bigint | string {
  if (text === 'infinity') return forever;
  if (text === '') return mismatch;
  if (text !== text.trim()) return 'there is white space around it';
  if (text.startsWith('-')) return 'it is negative';
  const term = /(\d+(?:\.\d+)?|\.\d+)(?![\d.]) *([A-Za-zµμ]*) */y;
  let total = 0n;
  while (term.lastIndex < text.length) {
    const rest = text.slice(term.lastIndex);
    const [, number, unit] = term.exec(text) ?? [];
    if (number === undefined || unit === undefined) {
      return /^[\d.]/.test(rest) ? `"${rest.split(/[^\d.]/)[0]}" is not a number` : restProblem(text, rest);
    }
    const length = spanUnits.get(unit);
    if (length === undefined) return `"${unit}" is not a unit, use us, ms, s, min, h, d, w, month or y`;
    const [whole = '', fraction = ''] = number.split('.');
    total += BigInt(whole) * length + (BigInt(fraction || 0) * length) / 10n ** BigInt(fraction.length);
  }
  return total > longest ? 'it is longer than 100000 years' : total;
}

function restProblem(text: string, rest: string): string {
  return rest === text ? mismatch : `"${[...rest][0]}" has no meaning here`;
}

const sizePattern = /^(0|[1-9]\d*)[KMGTP]?$/;
const sizeUnits = ['', 'K', 'M', 'G', 'T', 'P'];

function sizeProblem(text: string): string | undefined {
  if (sizePattern.test(text)) {
    return Number.isSafeInteger(readSize(text)) ? undefined : 'it is 8P or more';
  }
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([KMGTP]?)(?:i?B)?$/i.exec(text) ?? [];
  if (number === undefined) return mismatch;
  const bytes = Math.round(Number(number) * 1024 ** sizeUnits.indexOf(unit.toUpperCase()));
  return Number.isSafeInteger(bytes) ? `write ${printSize(bytes)}` : 'it is 8P or more';
}

function readSize(text: string): number {
  const unit = /[A-Z]$/.exec(text)?.[0] ?? '';
  return Number.parseInt(text, 10) * 1024 ** sizeUnits.indexOf(unit);
}

function printSize(bytes: number): string {
  let [value, power] = [bytes, 0];
  while (value > 0 && value % 1024 === 0 && power < sizeUnits.length - 1)
    [value, power] = [value / 1024, power + 1];
  return `${value}${sizeUnits[power]}`;
}
