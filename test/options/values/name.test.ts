import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ipv4, port, valueName, valueNames } from '../../../src/options/values/index.ts';

describe('names of values', () => {
  test('survive everything a schema is wrapped or copied with', () => {
    const wrapped = [
      port().describe('Where it listens'),
      port().meta({ title: 'Port' }),
      port().optional(),
      port().nullable(),
      port().default(53),
      port().prefault(53),
      port().catch(53),
      port().readonly(),
      port().optional().nonoptional(),
      port().describe('Inner').default(53).describe('Outer').optional(),
      port().min(1024),
      port().refine((value) => value !== 22),
      port().transform(String),
      z.preprocess(Number, port()),
      z.lazy(() => port()),
      port().pipe(z.number()),
    ];
    for (const schema of wrapped) expect(valueName(schema)).toEqual({ name: 'port', example: '51820' });
  });

  test('are those of the result side of a pipe first', () => {
    expect(valueName(z.string().pipe(ipv4()))?.name).toBe('IPv4 address');
    expect(valueName(port().transform(String).pipe(ipv4()))?.name).toBe('IPv4 address');
  });

  test('are absent from schemas that no helper made, lists of values included', () => {
    expect([z.string(), z.array(port()), z.record(z.string(), port()), z.object({})].map(valueName)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('can be given to schemas of a module', () => {
    const colour = z.enum(['red', 'green']).register(valueNames, { name: 'colour' });
    expect(valueName(colour.optional())).toEqual({ name: 'colour' });
  });

  test('stand beside a description and a JSON Schema of the default', () => {
    const schema = z.object({
      port: port().describe('Where it listens').default(53),
      address: ipv4().describe('Where'),
    });
    expect(z.toJSONSchema(schema, { io: 'input' })).toMatchObject({
      properties: {
        port: { type: 'integer', minimum: 1, maximum: 65535, description: 'Where it listens', default: 53 },
        address: { type: 'string', pattern: '^\\d{1,3}(\\.\\d{1,3}){3}$', description: 'Where' },
      },
      required: ['address'],
    });
  });
});
