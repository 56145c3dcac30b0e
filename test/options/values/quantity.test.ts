import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { size, sizeBytes, timeSpan, timeSpanMicroseconds } from '../../../src/options/values/index.ts';
import { table } from './table.ts';

const units = 'use us, ms, s, min, h, d, w, month or y';

describe('quantities', () => {
  table('timeSpan', timeSpan(), {
    name: { name: 'time span', example: '2h 30min' },
    expected: 'a time span, such as 90s or 2h 30min',
    accepted: [
      '90s',
      '2 h',
      '2hours',
      '48hr',
      '1y 12month',
      '55s500ms',
      '300ms20s 5day',
      '5',
      '0',
      '.5s',
      '1.5h',
      '1h30',
      'infinity',
      '1M',
      '5  min',
      '1µs',
      '1μs',
      '3 weeks',
      '100000y',
      '5s5',
    ],
    refused: [
      [''],
      ['soon'],
      ['Infinity'],
      ['+5s'],
      ['s'],
      ['-5s', 'it is negative'],
      [' 5s', 'there is white space around it'],
      ['5s\n', 'there is white space around it'],
      ['5mins', `"mins" is not a unit, ${units}`],
      ['5H', `"H" is not a unit, ${units}`],
      ['5 mon', `"mon" is not a unit, ${units}`],
      ['5ns', `"ns" is not a unit, ${units}`],
      ['1e3', `"e" is not a unit, ${units}`],
      ['1h, 5min', '"," has no meaning here'],
      ['5s-3s', '"-" has no meaning here'],
      ['1,5s', '"," has no meaning here'],
      ['5s\t3s', '"\t" has no meaning here'],
      ['infinity 5s'],
      ['1.', '"1." is not a number'],
      ['1.5.5s', '"1.5.5" is not a number'],
      ['100001y', 'it is longer than 100000 years'],
      [90, "write it as text with a unit: '90s'"],
      [-1],
    ],
  });

  test('timeSpanMicroseconds adds up what is written', () => {
    const lengths = {
      '2h 30min': 9e9,
      '55s500ms': 55.5e6,
      '5': 5e6,
      '1.5us': 1,
      '0.5ms': 500,
      '1y': 31557600e6,
    };
    for (const [text, microseconds] of Object.entries(lengths)) {
      expect(timeSpanMicroseconds(text), text).toBe(microseconds);
    }
    expect(timeSpanMicroseconds('infinity')).toBe(Infinity);
    expect(() => timeSpanMicroseconds('5mins')).toThrow(
      expect.objectContaining({
        code: 'value.time-span',
        message: `not a time span: "5mins": "mins" is not a unit, ${units}`,
      }),
    );
    expect(() => timeSpanMicroseconds('')).toThrow('not a time span: ""');
  });

  test('the length of two spans together is the sum of both', () => {
    fc.assert(
      fc.property(span, span, (a, b) => {
        expect(timeSpanMicroseconds(`${a} ${b}`)).toBe(timeSpanMicroseconds(a) + timeSpanMicroseconds(b));
      }),
    );
  });

  if (spawnSync('systemd-analyze', ['--version']).status === 0) {
    test('systemd reads every time span that timeSpan accepts, as the same length', () => {
      const accepted = fc
        .sample(fc.array(span, { minLength: 1, maxLength: 3 }), { seed: 7, numRuns: 300 })
        .map((parts) => parts.join(' '));
      expect(accepted.filter((text) => !timeSpan().safeParse(text).success)).toEqual([]);
      const { stdout } = spawnSync('systemd-analyze', ['timespan', '--', ...accepted], { encoding: 'utf8' });
      const lengths = Array.from(stdout.matchAll(/[µμ]s: (\d+)/g), (match) => Number(match[1]));
      expect(lengths).toEqual(accepted.map(timeSpanMicroseconds));
    });
  }

  const expected = 'a size in bytes with one of the units K, M, G, T, P (powers of 1024), such as 512M';
  table('size', size(), {
    name: { name: 'size', example: '512M' },
    expected,
    accepted: ['0', '1', '512M', '64K', '1G', '16T', '7P', '9007199254740991'],
    refused: [
      [''],
      ['M'],
      ['big'],
      ['-5M'],
      ['1e3'],
      [' 5M'],
      ['5E'],
      ['5 megabytes'],
      ['1,5G'],
      ['512m', 'write 512M'],
      ['512MB', 'write 512M'],
      ['512MiB', 'write 512M'],
      ['512 M', 'write 512M'],
      ['1.5G', 'write 1536M'],
      ['0.5K', 'write 512'],
      ['05', 'write 5'],
      ['1024B', 'write 1K'],
      ['8P', 'it is 8P or more'],
      ['9007199254740992', 'it is 8P or more'],
      ['9.5PB', 'it is 8P or more'],
      [512, "write it as text: '512'"],
      [1048576, "write it as text: '1M'"],
      [-1],
      [1.5],
    ],
  });

  test('sizeBytes reads what size accepts', () => {
    const unit = fc.constantFrom(['', 0], ['K', 1], ['M', 2], ['G', 3], ['T', 4], ['P', 5]) as fc.Arbitrary<
      [string, number]
    >;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 }), unit, (count, [name, power]) => {
        expect(size().safeParse(`${count}${name}`).success).toBe(true);
        expect(sizeBytes(`${count}${name}`)).toBe(count * 1024 ** power);
      }),
    );
  });

  test('a number of bytes is named by the text that reads as it', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 4 }), (number, power) => {
        const bytes = (number % 1024) * 1024 ** power;
        const message = size().safeParse(bytes).error?.issues[0]?.message ?? '';
        expect(sizeBytes(/'(\w+)'$/.exec(message)?.[1] ?? '')).toBe(bytes);
      }),
    );
  });

  test('sizeBytes says what is wrong with a size', () => {
    expect(() => sizeBytes('512MB')).toThrow(
      expect.objectContaining({ code: 'value.size', message: 'not a size: "512MB": write 512M' }),
    );
    expect(() => sizeBytes('big')).toThrow('not a size: "big"');
  });
});

const span = fc
  .tuple(
    fc.integer({ min: 0, max: 999 }),
    fc.constantFrom('us', 'ms', 's', 'min', 'h', ' days', 'w', 'M', 'y', ' hours'),
  )
  .map(([count, unit]) => `${count}${unit}`);
