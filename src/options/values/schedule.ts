// When something runs: calendar expressions of systemd and lines of cron.
import { CronPattern } from 'croner';
import type { z } from 'zod';
import { textOf } from './build.ts';
import { calendarProblem } from './calendar-grammar.ts';

/**
 * A calendar expression, as OnCalendar= takes (systemd.time(7)): `daily`, `Mon..Fri *-*-* 03:30`, `*:0/15`,
 * `weekly Europe/Berlin`. Read strictly: backward ranges, days that never come and forms that the manual page does not
 * show are refused.
 */
export function calendar(): z.ZodString {
  return textOf({
    name: 'calendar expression',
    expected: 'a systemd calendar expression, such as daily or Mon..Fri 03:30',
    example: 'Mon..Fri 03:30',
    pattern: /^[0-9A-Za-z*][0-9A-Za-z*,.:~/ _+-]*$/,
    problem: calendarProblem,
  });
}

/**
 * The five time fields of a crontab line, or a nickname: `0 3 * * 1-5`, `@daily`. What Debian's cron reads
 * (crontab(5)): without seconds, years and the extensions `L`, `W`, `#` and `?`.
 */
export function cron(): z.ZodString {
  return textOf({
    name: 'cron expression',
    expected: 'a cron expression of five fields, such as 0 3 * * 1-5',
    example: '0 3 * * 1-5',
    pattern: /^(@[a-z]+|[0-9A-Za-z*,/-]+( [0-9A-Za-z*,/-]+){4})$/,
    problem: cronProblem,
  });
}

const nicknames = [
  '@reboot',
  '@yearly',
  '@annually',
  '@monthly',
  '@weekly',
  '@daily',
  '@midnight',
  '@hourly',
];
const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const fields: readonly CronField[] = [
  { name: 'minute', range: '0 to 59', words: [] },
  { name: 'hour', range: '0 to 23', words: [] },
  { name: 'day of the month', range: '1 to 31', words: [] },
  { name: 'month', range: '1 to 12 or jan to dec', words: monthNames },
  { name: 'weekday', range: '0 to 7 or sun to sat', words: weekdayNames },
];

interface CronField {
  readonly name: string;
  readonly range: string;
  readonly words: readonly string[];
}

function cronProblem(text: string): string | undefined {
  if (nicknames.includes(text)) return undefined;
  if (text.startsWith('@')) return `the nicknames are ${nicknames.join(', ')}`;
  if (text.trim() === '') return 'it is empty';
  const parts = text.split(' ');
  if (parts.some((part) => part === '' || /\s/.test(part))) {
    return 'write one space between the fields and none around them';
  }
  if (parts.length !== fields.length) return `it has ${parts.length} field${parts.length === 1 ? '' : 's'}`;
  const wrong = fields.findIndex((field, index) => !isField(parts[index] ?? '', index, field));
  const field = fields[wrong];
  return (
    field &&
    `the ${field.name} is "${parts[wrong]}": use numbers ${field.range}, ranges, lists, and steps such as */5`
  );
}

function isField(part: string, index: number, field: CronField): boolean {
  if (!/^[0-9A-Za-z*,/-]+$/.test(part)) return false;
  const words = part.match(/[A-Za-z]+/g) ?? [];
  if (!words.every((word) => field.words.includes(word.toLowerCase()))) return false;
  try {
    // Alone, so that croner's refusal speaks of this field.
    new CronPattern(['*', '*', '*', '*', '*'].with(index, part).join(' '), undefined, { mode: '5-part' });
    return true;
  } catch (error) {
    // Its numbers are off by one for days and months, so its text is not shown.
    if (error instanceof Error && error.message.startsWith('CronPattern: ')) return false;
    throw error;
  }
}
