// Assertions and warnings.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { assert, entries, host, options, warn, type HostView } from '../../../src/options/index.ts';
import { errorOf, errorsOf, fleetOf, line, placesOf, single, warningsOf } from '../evaluation.ts';

const set = options(
  'set',
  z.object({
    port: z.int().default(80),
    list: z.array(z.int()),
    sites: entries(z.object({ root: z.string().default('/') })),
  }),
);

describe('an assertion', () => {
  test('that holds says nothing', () => {
    expect(
      errorsOf(
        set({}),
        assert(true, 'x'),
        assert(({ host: own }) => own.get(set).port === 80, 'x'),
      ),
    ).toEqual([]);
  });

  test('that fails shows its message, the options it speaks of, and where it is made', () => {
    const at = line() + 1;
    const use = [set({ port: 81 }), set({ list: [1] }), set({ list: [2] })];
    const made = line() + 1;
    const claim = assert(false, 'ports and lists do not mix', [set, 'port'], [set, 'list']);
    const error = errorOf(use, claim);
    expect(error).toMatchObject({
      code: 'assertion.failed',
      host: 'a',
      option: 'set.port',
      message: 'ports and lists do not mix',
    });
    expect(placesOf(error)).toEqual([
      `${at} [port] set.port on a is defined here`,
      `${at} [list] set.list on a is defined here`,
      `${at} [list] set.list on a is defined here`,
      `${made} required here`,
    ]);
  });

  test('may compute its condition and message from the host', () => {
    const claim = assert(
      ({ host: own }) => own.get(set).port > 1024,
      ({ host: own }) => `${own.name} needs root for port ${own.get(set).port}`,
      [set, 'port'],
    );
    expect(errorsOf(set({}), claim)).toEqual(['set.port: a needs root for port 80']);
  });

  test('speaks of keys inside options, and of what they stand in where nothing sets them', () => {
    const at = line() + 1;
    const use = set({ sites: { www: {} } });
    const error = errorOf(use, assert(false, 'no', [set, 'sites', 'www', 'root']));
    expect(error.option).toBe('set.sites.www.root');
    expect(placesOf(error)[0]).toBe(
      `${at} [sites, www] set.sites.www.root on a is not set here: its default is "/"`,
    );
    expect(placesOf(errorOf(set({}), assert(false, 'no', [set, 'port']))).slice(0, -1)).toEqual([
      `${line() - 1} [] set.port on a is not set here: its default is 80`,
    ]);
  });

  test('of an implementation may speak of other hosts', () => {
    const mesh = options('mesh', z.object({ address: z.string() }));
    mesh.implement({
      *config(self, { host: own, fleet }) {
        for (const other of fleet.hosts.filter((one) => one.name > own.name)) {
          const same = other.get(mesh).address === self.address;
          yield assert(!same, 'the same address', [mesh, 'address'], [other, mesh, 'address'] as [
            HostView,
            typeof mesh,
            string,
          ]);
        }
      },
    });
    const at = line() + 1;
    const a = host('a', { use: [mesh({ address: 'x' })] });
    const b = host('b', { use: [mesh({ address: 'x' })] });
    const error = single(fleetOf(a, b).check().errors);
    expect(error).toMatchObject({ host: 'a', option: 'mesh.address' });
    expect(placesOf(error).slice(0, 2)).toEqual([
      `${at} [address] mesh.address on a is defined here`,
      `${at + 1} [address] mesh.address on b is defined here`,
    ]);
  });

  test('does not run into errors that are reported already', () => {
    const claim = assert(({ host: own }) => own.get(set).port > 1, 'no');
    expect(errorsOf(set({ port: 'x' as never }), claim)).toEqual(['set.port: expected an integer, got "x"']);
  });

  test('that throws is an error where it is made', () => {
    const at = line() + 2;
    const claim = assert(() => {
      throw new Error('x');
    }, 'no');
    const error = errorOf(claim);
    expect(error).toMatchObject({ option: 'an assertion', message: 'its code threw Error: x' });
    expect(placesOf(error)).toEqual([String(at)]);
  });

  test('all of them are reported', () => {
    expect(errorsOf(assert(false, 'one'), [assert(false, 'two')])).toEqual(['one', 'two']);
  });
});

describe('a warning', () => {
  test('is told beside the errors, and stops nothing', () => {
    const at = line() + 1;
    const use = [set({ port: 1 }), warn(false, 'soon gone', [set, 'port'])];
    const { errors, warnings } = fleetOf(host('a', { use })).check();
    expect(errors).toEqual([]);
    const warning = single(warnings);
    expect(warning).toMatchObject({ code: 'warning', host: 'a', option: 'set.port', message: 'soon gone' });
    expect(placesOf(warning)).toEqual([
      `${at} [port] set.port on a is defined here`,
      `${at} warned about here`,
    ]);
    expect(
      warningsOf(
        warn(true, 'x'),
        warn(() => true, 'x'),
      ),
    ).toEqual([]);
  });
});
