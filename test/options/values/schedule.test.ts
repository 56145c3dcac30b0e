import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calendar, cron } from '../../../src/options/values/index.ts';
import { table } from './table.ts';

const spaces = 'write one space between the parts and none around them';
const order = 'the order is weekdays, date, time, time zone';

describe('schedules', () => {
  table('calendar', calendar(), {
    name: { name: 'calendar expression', example: 'Mon..Fri 03:30' },
    expected: 'a systemd calendar expression, such as daily or Mon..Fri 03:30',
    accepted: [
      // Shorthands.
      'minutely',
      'hourly',
      'daily',
      'weekly',
      'monthly',
      'quarterly',
      'semiannually',
      'yearly',
      'annually',
      'DAILY',
      'daily UTC',
      'weekly Pacific/Auckland',
      'hourly America/Argentina/Ushuaia',
      'daily utc',
      // The examples of systemd.time(7).
      'Thu,Fri 2012-*-1,5 11:12:13',
      'Sat,Thu,Mon..Wed,Sat..Sun',
      'Mon,Sun 12-*-* 2,1:23',
      'Wed *-1',
      'Wed..Wed,Wed *-1',
      'Wed, 17:48',
      'Wed..Sat,Tue 12-10-15 1:2:3',
      '*-*-7 0:0:0',
      '10-15',
      'monday *-12-* 17:00',
      'Mon,Fri *-*-3,1,2 *:30:45',
      '12,14,13,12:20,10,30',
      '12..14:10,20,30',
      'mon,fri *-1/2-1,3 *:30:45',
      '03-05 08:05:40',
      '08:05:40',
      '05:40',
      'Sat,Sun 12-05 08:05:40',
      'Sat,Sun 08:05:40',
      '2003-03-05 05:40',
      '05:40:23.4200004/3.1700005',
      '2003-02..04-05',
      '2003-03-05 05:40 UTC',
      '2003-03-05',
      '*:2/3',
      '*-02~03',
      'Mon *-05~07/1',
      // And more.
      '*:0/15',
      '*:*:0/10',
      '*-*',
      'Mon',
      'Sunday UTC',
      '*-02-29',
      '2199-12-31',
      '1970-1-1',
      '69-1-1',
      '*-*~1,25',
      '*-*-* 00:00:00.5 Etc/UTC',
    ],
    refused: [
      ['', 'it is empty'],
      [' daily', spaces],
      ['daily ', spaces],
      ['daily  UTC', spaces],
      ['Mon\t03:30', spaces],
      ['daily\n', spaces],
      ['@1395716396', 'write a date and a time instead of seconds since 1970'],
      ['fortnightly', '"fortnightly" is not a weekday, a shorthand such as daily, a date or a time'],
      ['every day', '"every" is not a weekday, a shorthand such as daily, a date or a time'],
      ['now', '"now" is not a weekday, a shorthand such as daily, a date or a time'],
      ['UTC', '"UTC" is not a weekday, a shorthand such as daily, a date or a time'],
      ['daily 03:30', 'daily stands alone'],
      ['Mon daily', 'daily stands alone'],
      ['daily CET', 'write the time zone CET as UTC, or as area and city such as Europe/Berlin'],
      [
        '03:30 europe/berlin',
        'write the time zone europe/berlin as UTC, or as area and city such as Europe/Berlin',
      ],
      ['03:30 Europe/Berln', 'there is no time zone Europe/Berln'],
      ['Mo', '"Mo" is not a weekday, a shorthand such as daily, a date or a time'],
      ['Mon-Fri', 'write Mon..Fri'],
      ['Fri..Mon', 'Fri..Mon runs backwards: write Fri..Sun,Mon'],
      ['Sun..Tue 03:30', 'Sun..Tue runs backwards: write Sun,Mon..Tue'],
      ['Mon..', 'a weekday is missing beside a comma or ..'],
      ['Mon,,Tue', 'a weekday is missing beside a comma or ..'],
      [',Mon', 'a weekday is missing beside a comma or ..'],
      ['Mon..Tue..Wed', '"Mon..Tue..Wed" is not a range of weekdays'],
      ['Mon Tue', order],
      ['03:30 Mon', order],
      ['03:30 *-*-01', order],
      ['*-*-01 *-*-02', order],
      ['Mon *-*-01 03:30 04:30', order],
      ['2027-01-01T03:30', 'write a space between date and time, not T'],
      ['*-*-01-03:30', 'write a space between date and time'],
      ['10', '"10" is neither a date such as *-*-01 nor a time such as 03:30'],
      ['*', '"*" is neither a date such as *-*-01 nor a time such as 03:30'],
      ['Mon 3', '"3" is neither a date such as *-*-01 nor a time such as 03:30'],
      ['1-1-1-1', '"1-1-1-1" is not a date such as 2027-*-01 or *-01'],
      ['2027~1-1', '"2027~1-1" is not a date such as 2027-*-01 or *-01'],
      ['1:2:3:4', '"1:2:3:4" is not a time such as 03:30 or 03:30:00'],
      ['24:00', 'the hour 24 is not within 0 to 23'],
      ['23:60', 'the minute 60 is not within 0 to 59'],
      ['0:0:60', 'the second 60 is not within 0 to 59.999999'],
      ['0:0:59.9999999', 'the second 59.9999999 is not within 0 to 59.999999'],
      ['*-13-01', 'the month 13 is not within 1 to 12'],
      ['*-0-01', 'the month 0 is not within 1 to 12'],
      ['*-*-32', 'the day 32 is not within 1 to 31'],
      ['*-02-30', 'month 02 has no day 30'],
      ['*-4-31', 'month 4 has no day 31'],
      ['1969-1-1', 'the year 1969 is not within 1970 to 2199'],
      ['2200-1-1', 'the year 2200 is not within 1970 to 2199'],
      ['*-*~29', 'the day from the end 29 is not within 1 to 28'],
      ['*-*~1,26', 'the day from the end 26 is not within 1 to 25'],
      ['*-*~3/3', 'the day from the end 3 - 3 is below 1: it never repeats'],
      ['17..8:00', 'the hour range 17..8 runs backwards'],
      ['*:*:30..30.5', 'the second range 30..30.5 is shorter than a second'],
      ['*:0/0', 'the minute repeats every 0'],
      ['*:0/60', 'the minute 0 + 60 is beyond 59: it never repeats'],
      ['*:50/15', 'the minute 50 + 15 is beyond 59: it never repeats'],
      ['8..17/10:00', 'the hour 8 + 10 is beyond 17: it never repeats'],
      ['*:*/15', 'write the minute */15 as 0/15'],
      ['*-*-*/2', 'write the day */2 as 1/2'],
      ['*,5:00', 'the hour * stands alone'],
      ['1,,2:00', 'the hour is missing'],
      ['03:', 'the minute is missing'],
      ['1/2/3:00', 'the hour "1/2/3" is not a number, range or repetition'],
      ['*:0.5', 'the minute "0.5" is not a number, range or repetition'],
      ['3h:00', 'the hour "3h" is not a number, range or repetition'],
    ],
  });

  table('cron', cron(), {
    name: { name: 'cron expression', example: '0 3 * * 1-5' },
    expected: 'a cron expression of five fields, such as 0 3 * * 1-5',
    accepted: [
      '0 3 * * 1-5',
      '*/5 * * * *',
      '5,10-20/2,40 * * * *',
      '0 0 1 JAN mon',
      '0 0 * jan-mar mon-fri',
      '01 02 03 04 05',
      '* * * * 7',
      '59 23 31 12 0',
      '@reboot',
      '@daily',
      '@midnight',
      '@hourly',
      '@annually',
    ],
    refused: [
      ['', 'it is empty'],
      ['  ', 'it is empty'],
      ['* * * *', 'it has 4 fields'],
      ['0 * * * * *', 'it has 6 fields'],
      ['daily', 'it has 1 field'],
      ['*  * * * *', 'write one space between the fields and none around them'],
      ['* * * * *\n', 'write one space between the fields and none around them'],
      ['*\t* * * *', 'write one space between the fields and none around them'],
      [
        '@every',
        'the nicknames are @reboot, @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly',
      ],
      ...(
        [
          ['60 * * * *', 'the minute is "60": use numbers 0 to 59'],
          ['5/15 * * * *', 'the minute is "5/15": use numbers 0 to 59'],
          ['*/0 * * * *', 'the minute is "*/0": use numbers 0 to 59'],
          ['30-10 * * * *', 'the minute is "30-10": use numbers 0 to 59'],
          ['1,,2 * * * *', 'the minute is "1,,2": use numbers 0 to 59'],
          ['-1 * * * *', 'the minute is "-1": use numbers 0 to 59'],
          ['1.5 * * * *', 'the minute is "1.5": use numbers 0 to 59'],
          ['mon * * * *', 'the minute is "mon": use numbers 0 to 59'],
          ['* 24 * * *', 'the hour is "24": use numbers 0 to 23'],
          ['* * 0 * *', 'the day of the month is "0": use numbers 1 to 31'],
          ['* * 32 * *', 'the day of the month is "32": use numbers 1 to 31'],
          ['* * L * *', 'the day of the month is "L": use numbers 1 to 31'],
          ['* * 15W * *', 'the day of the month is "15W": use numbers 1 to 31'],
          ['* * ? * *', 'the day of the month is "?": use numbers 1 to 31'],
          ['* * * 13 *', 'the month is "13": use numbers 1 to 12 or jan to dec'],
          ['* * * january *', 'the month is "january": use numbers 1 to 12 or jan to dec'],
          ['* * * * 8', 'the weekday is "8": use numbers 0 to 7 or sun to sat'],
          ['* * * * 5#2', 'the weekday is "5#2": use numbers 0 to 7 or sun to sat'],
          ['* * * * 5L', 'the weekday is "5L": use numbers 0 to 7 or sun to sat'],
        ] as const
      ).map(([text, reason]) => [text, `${reason}, ranges, lists, and steps such as */5`] as const),
    ],
  });

  // The program that has the last word, where it is there.
  if (spawnSync('systemd-analyze', ['--version']).status === 0) {
    test('systemd accepts every calendar expression that calendar accepts', () => {
      const accepted = fc
        .sample(expression, { seed: 7, numRuns: 1500 })
        .filter((text) => calendar().safeParse(text).success);
      expect(accepted.length).toBeGreaterThan(100);
      const { stderr } = spawnSync('systemd-analyze', ['calendar', '--', ...accepted], { encoding: 'utf8' });
      expect(stderr).toBe('');
    });
  }
});

const number = (max: number) => fc.integer({ min: 0, max: max + 2 }).map(String);
const item = (max: number) =>
  fc
    .tuple(number(max), fc.option(number(max), { freq: 3 }), fc.option(number(max), { freq: 3 }))
    .map(
      ([start, stop, repeat]) =>
        `${start}${stop === null ? '' : `..${stop}`}${repeat === null ? '' : `/${repeat}`}`,
    );
const component = (max: number) =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant('*') },
    {
      weight: 3,
      arbitrary: fc.array(item(max), { minLength: 1, maxLength: 2 }).map((items) => items.join()),
    },
  );
const weekday = fc.constantFrom('Mon', 'tue', 'Wednesday', 'SUN', 'Mon..Thu', 'Fri..sunday', 'Sat..Tue');
const weekdays = fc.array(weekday, { minLength: 1, maxLength: 3 }).map((days) => days.join());
const date = fc
  .tuple(
    fc.constantFrom('', '2027-', '*-', '27..30-'),
    component(12),
    fc.constantFrom('-', '-', '~'),
    component(31),
  )
  .map((parts) => parts.join(''));
const time = fc
  .tuple(component(23), component(59), fc.option(component(59)))
  .map((parts) => parts.filter((part) => part !== null).join(':'));
const expression = fc
  .tuple(
    fc.option(weekdays, { freq: 2 }),
    fc.option(date, { freq: 2 }),
    fc.option(time, { freq: 2 }),
    fc.constantFrom(null, null, 'UTC', 'Europe/Berlin'),
  )
  .map((parts) => parts.filter((part) => part !== null).join(' '));
