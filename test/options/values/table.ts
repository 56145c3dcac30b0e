// Runs a helper's table: what it accepts, what it refuses and with which whole message.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { valueName, type ValueName } from '../../../src/options/values/index.ts';

interface Table {
  /** The schema's name for the reference. */
  readonly name: ValueName;
  /** The phrase after "expected". */
  readonly expected: string;
  readonly accepted: readonly unknown[];
  /** Each with the reason after the phrase, if there is one. */
  readonly refused: readonly (readonly [input: unknown, reason?: string])[];
}

/** Values that no helper accepts as text, each refused with the bare phrase. */
const wrongTypes = [null, true, [], {}, Number.NaN];

export function table(title: string, schema: z.core.$ZodType<string | number>, rows: Table): void {
  test(`${title} accepts its values unchanged`, () => {
    expect(rows.accepted.filter((value) => !z.safeParse(schema, value).success)).toEqual([]);
    expect(rows.accepted.map((value) => z.parse(schema, value))).toEqual(rows.accepted);
    expect(z.safeParse(schema, numberOrText(rows.name.example, rows.accepted)).success).toBe(true);
  });

  test(`${title} refuses each wrong value with one message`, () => {
    const refused = [...rows.refused, ...wrongTypes.map((value) => [value] as const)];
    const expected = refused.map(([input, reason]) => ({
      input,
      messages: [reason === undefined ? rows.expected : `${rows.expected}; ${reason}`],
    }));
    const got = refused.map(([input]) => ({
      input,
      messages: z.safeParse(schema, input).error?.issues.map((issue) => issue.message),
    }));
    expect(got).toEqual(expected);
  });

  test(`${title} has a name for the reference and a JSON Schema that its values meet`, () => {
    const wrapped = z.object({ key: z.optional(schema).describe('What it is for') });
    expect(valueName(wrapped.shape.key)).toEqual(rows.name);
    const valid = new Ajv2020().compile(z.toJSONSchema(wrapped, { io: 'input' }));
    expect(rows.accepted.filter((key) => !valid({ key }))).toEqual([]);
    expect(valid({ key: null })).toBe(false);
  });
}

function numberOrText(example: string | undefined, accepted: readonly unknown[]): unknown {
  return typeof accepted[0] === 'number' ? Number(example) : example;
}
