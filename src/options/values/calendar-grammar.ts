// The grammar of systemd's calendar expressions (systemd.time(7)), as a check that says what is wrong.

/** Why a text is no calendar expression; undefined when it is one. */
export function calendarProblem(text: string): string | undefined {
  if (text === '') return 'it is empty';
  if (text.startsWith('@')) return 'write a date and a time instead of seconds since 1970';
  const words = text.split(' ');
  if (words.includes('') || /\s/.test(words.join('')))
    return 'write one space between the parts and none around them';
  const last = words.at(-1) ?? '';
  if (words.length > 1 && isZone(last)) {
    return wordsProblem(words.slice(0, -1)) ?? zoneProblem(last);
  }
  return wordsProblem(words);
}

// Taken now: evaluation may shut off the clock-bearing globals while configurations run.
const { DateTimeFormat } = Intl;

const shorthands = [
  'minutely',
  'hourly',
  'daily',
  'weekly',
  'monthly',
  'quarterly',
  'semiannually',
  'yearly',
  'annually',
];

const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const dayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** One component of a date or a time. */
interface Component {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** A repetition without a range goes down, towards the end of the month. */
  readonly countsDown?: boolean;
}

const year = { name: 'year', min: 1970, max: 2199 };
const month = { name: 'month', min: 1, max: 12 };
const day = { name: 'day', min: 1, max: 31 };
const dayFromEnd = { name: 'day from the end', min: 1, max: 28, countsDown: true };
const hour = { name: 'hour', min: 0, max: 23 };
const minute = { name: 'minute', min: 0, max: 59 };
const second = { name: 'second', min: 0, max: 59.999999 };

function isZone(word: string): boolean {
  const weekdays = word.split(/[,.]/).every((part) => part === '' || dayIndex(part) >= 0);
  return /^[A-Za-z]/.test(word) && !weekdays && !shorthands.includes(word.toLowerCase());
}

function zoneProblem(zone: string): string | undefined {
  if (zone.toUpperCase() === 'UTC') return undefined;
  if (!/^[A-Z][A-Za-z]+(\/[A-Z][0-9A-Za-z_+-]*){1,2}$/.test(zone)) {
    return `write the time zone ${zone} as UTC, or as area and city such as Europe/Berlin`;
  }
  try {
    new DateTimeFormat('en', { timeZone: zone });
    return undefined;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return `there is no time zone ${zone}`;
  }
}

function wordsProblem(words: readonly string[]): string | undefined {
  if (words.length === 5 && words.every((word) => /^[\d*,/-]+$/.test(word))) {
    return 'this is a cron expression: systemd writes 0 3 * * * as *-*-* 03:00';
  }
  const [first = '', ...rest] = words;
  const shorthand = words.find((word) => shorthands.includes(word.toLowerCase()));
  if (shorthand !== undefined) return words.length === 1 ? undefined : `${shorthand} stands alone`;
  if (/^[A-Za-z,]/.test(first)) return weekdaysProblem(first) ?? dateTimeProblem(rest);
  return dateTimeProblem(words);
}

function dateTimeProblem(words: readonly string[]): string | undefined {
  const [first, second, ...more] = words;
  if (first === undefined) return undefined;
  if (more.length > 0) return 'the order is weekdays, date, time, time zone';
  const stuck = words.find((word) => /[-~]/.test(word) && word.includes(':'));
  if (stuck !== undefined) {
    return /\dT\d/.test(stuck)
      ? 'write a space between date and time, not T'
      : 'write a space between date and time';
  }
  const unknown = words.find((word) => !/[-~:]/.test(word));
  if (unknown !== undefined) {
    return /^[A-Za-z]/.test(unknown)
      ? 'the order is weekdays, date, time, time zone'
      : `"${unknown}" is neither a date such as *-*-01 nor a time such as 03:30`;
  }
  if (second === undefined) return first.includes(':') ? timeProblem(first) : dateProblem(first);
  if (first.includes(':') || !second.includes(':')) return 'the order is weekdays, date, time, time zone';
  return dateProblem(first) ?? timeProblem(second);
}

function weekdaysProblem(text: string): string | undefined {
  // The manual page ends weekdays with a comma in one example: `Wed, 17:48`.
  const items = text.replace(/,$/, '').split(',');
  for (const item of items) {
    const ends = item.split('..');
    const unknown = ends.find((end) => dayIndex(end) < 0);
    if (ends.length > 2) return `"${item}" is not a range of weekdays`;
    if (unknown !== undefined) return weekdayProblem(item, unknown);
    const [from = 0, to = from] = ends.map(dayIndex);
    if (from > to) return `${item} runs backwards: write ${span(from, 6)},${span(0, to)}`;
  }
  return undefined;
}

function weekdayProblem(item: string, unknown: string): string {
  if (unknown === '') return 'a weekday is missing beside a comma or ..';
  const [from = '', to = ''] = item.split('-');
  return dayIndex(from) >= 0 && dayIndex(to) >= 0
    ? `write ${from}..${to}`
    : `"${unknown}" is not a weekday, a shorthand such as daily, a date or a time`;
}

function dayIndex(name: string): number {
  const lower = name.toLowerCase();
  return days.findIndex((one) => one === lower || one.slice(0, 3) === lower);
}

function span(from: number, to: number): string {
  return from === to ? `${dayNames[from]}` : `${dayNames[from]}..${dayNames[to]}`;
}

function dateProblem(text: string): string | undefined {
  const [, years, months, separator, dayText] = /^(?:([^-~]*)-)?([^-~]*)([-~])([^-~]*)$/.exec(text) ?? [];
  if (months === undefined || dayText === undefined)
    return `"${text}" is not a date such as 2027-*-01 or *-01`;
  return (
    (years === undefined ? undefined : componentProblem(years, year)) ??
    componentProblem(months, month) ??
    (separator === '~' ? fromEndProblem(dayText) : componentProblem(dayText, day)) ??
    (separator === '~' ? undefined : neverProblem(months, dayText))
  );
}

/**
 * systemd counts back from the last day only as far as every month reaches, 28 days; and every further item of a list
 * takes three days more off that bound (chain_valid in its calendarspec.c).
 */
function fromEndProblem(text: string): string | undefined {
  return componentProblem(text, { ...dayFromEnd, max: 31 - 3 * text.split(',').length });
}

/** A day that no month of that number has gives a timer that never fires, without a word from systemd. */
function neverProblem(months: string, dayText: string): string | undefined {
  if (!/^\d+$/.test(months) || !/^\d+$/.test(dayText)) return undefined;
  const lastDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return Number(dayText) > (lastDays[Number(months) - 1] ?? 0)
    ? `month ${months} has no day ${dayText}`
    : undefined;
}

function timeProblem(text: string): string | undefined {
  const parts = text.split(':');
  if (parts.length > 3) return `"${text}" is not a time such as 03:30 or 03:30:00`;
  for (const [index, component] of [hour, minute, second].entries()) {
    const part = parts[index];
    const problem = part === undefined ? undefined : componentProblem(part, component);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function componentProblem(text: string, component: Component): string | undefined {
  if (text === '*') return undefined;
  for (const item of text.split(',')) {
    const problem = itemProblem(item, component);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function itemProblem(item: string, component: Component): string | undefined {
  const { name, min, max } = component;
  const number = component === second ? '\\d+(?:\\.\\d+)?' : '\\d+';
  const [, start, stop, repeat] =
    new RegExp(`^(${number})(?:\\.\\.(${number}))?(?:/(${number}))?$`).exec(item) ?? [];
  if (start === undefined) return itemFormProblem(item, name, min);
  const outside = [start, stop].find(
    (end) => end !== undefined && (value(end, component) < min || value(end, component) > max),
  );
  if (outside !== undefined) return `the ${name} ${outside} is not within ${min} to ${max}`;
  return (
    (stop === undefined ? undefined : rangeProblem(start, stop, repeat, component)) ??
    (repeat === undefined ? undefined : repetitionProblem(start, stop, repeat, component))
  );
}

function rangeProblem(
  start: string,
  stop: string,
  repeat: string | undefined,
  component: Component,
): string | undefined {
  const length = value(stop, component) - value(start, component);
  if (length < 0) return `the ${component.name} range ${start}..${stop} runs backwards`;
  // Without a repetition systemd steps a range of seconds by one, and refuses one shorter than that.
  const short = component === second && repeat === undefined && length < 1;
  return short ? `the second range ${start}..${stop} is shorter than a second` : undefined;
}

function repetitionProblem(
  start: string,
  stop: string | undefined,
  repeat: string,
  component: Component,
): string | undefined {
  const step = micro(repeat);
  if (step === 0) return `the ${component.name} repeats every 0`;
  if (component.countsDown === true && stop === undefined) {
    return value(start, component) - step < component.min
      ? `the ${component.name} ${start} - ${repeat} is below ${component.min}: it never repeats`
      : undefined;
  }
  const end = stop ?? String(component.max);
  return value(start, component) + step > value(end, component)
    ? `the ${component.name} ${start} + ${repeat} is beyond ${end}: it never repeats`
    : undefined;
}

function itemFormProblem(item: string, name: string, min: number): string {
  if (item === '') return `the ${name} is missing`;
  if (item.startsWith('*/')) return `write the ${name} ${item} as ${min}${item.slice(1)}`;
  return item.includes('*')
    ? `the ${name} * stands alone`
    : `the ${name} "${item}" is not a number, range or repetition`;
}

/** The value of a number as systemd takes it: years of two digits lie between 1970 and 2069. */
function value(text: string, component: Component): number {
  const number = micro(text);
  if (component !== year || number > 99) return number;
  return number < 70 ? 2000 + number : 1900 + number;
}

function micro(text: string): number {
  return Math.round(Number(text) * 1e6) / 1e6;
}
