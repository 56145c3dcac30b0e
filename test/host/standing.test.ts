// What a host says before anything is copied, where a switch would change nothing: it runs the bundle, whole.
import { rmSync, writeFileSync } from 'node:fs';
import { expect, test, describe } from 'vitest';
import { available } from '../setup/programs.ts';
import { makeBundle } from './bundle.ts';
import { makeHost, shells, type Host } from './host.ts';
import { countProcesses } from './processes.ts';

const BUNDLE = makeBundle({ files: { '/etc/motd': 'one', '/etc/issue': { copy: 'two', mode: '0600' } } });
const ORDER = ['admit', BUNDLE.name, '-', 'standing'];
const STATE = '/var/lib/stead';

async function running(shell?: string): Promise<Host> {
  const host = makeHost(shell);
  expect(await host.switchTo(BUNDLE)).toMatchObject({ code: 0 });
  expect(await host.verb(['confirm'])).toMatchObject({ code: 0 });
  return host;
}

describe.each(shells())('under %s', { concurrent: true }, (shell) => {
  test('a host that runs the bundle says what a switch to it would say', async () => {
    const host = await running(shell);
    const { code, stdout } = await host.verb(ORDER);
    expect(code).toBe(0);
    const switched = await host.verb(['switch', BUNDLE.name]);
    const [, said] = stdout.split('standing\t1\n');
    expect(said).toBe(switched.stderr);
    expect(said).toContain('nothing to do: generation 1 is current\n');
    expect((await host.verb(['admit', BUNDLE.name])).stdout).not.toContain('standing');
  });

  test('what has drifted, was interrupted, is damaged, is at work or runs something else is left to a switch', async () => {
    const host = await running(shell);
    const other = makeBundle({ files: { '/etc/motd': 'other' } });
    const stands = async (order: readonly string[] = ORDER): Promise<boolean> => {
      const { code, stdout } = await host.verb(order);
      expect(code).toBe(0);
      return stdout.includes('standing\t');
    };
    expect(await stands()).toBe(true);
    expect(await stands(['admit', other.name, '-', 'standing'])).toBe(false);

    writeFileSync(`${host.root}/etc/issue`, 'edited');
    expect(await stands()).toBe(false);
    expect(await host.verb(['switch', BUNDLE.name])).toMatchObject({ code: 0 });
    expect(await stands()).toBe(true);

    writeFileSync(`${host.root}${STATE}/journal`, '');
    expect(await stands()).toBe(false);
    rmSync(`${host.root}${STATE}/journal`);

    const table = `${host.root}${STATE}/store/${BUNDLE.name}/units.tsv`;
    rmSync(table);
    expect(await stands()).toBe(false);
    writeFileSync(table, '');
    expect(await stands()).toBe(true);

    // A new signature is what a switch lays beside the bundle.
    const signed = await host.verb(ORDER, 'a signature');
    expect(signed).toMatchObject({ code: 0 });
    expect(signed.stdout).not.toContain('standing\t');
  });
});

test.runIf(available('strace', 'dash'))(
  'a host says that nothing is to be done with at most 25 processes, all questions included',
  { timeout: 60_000 },
  async () => {
    const host = await running();
    const cost = await countProcesses(host, ORDER);
    expect(cost).toMatchObject({ code: 0, stdout: expect.stringContaining('standing\t1') as string });
    expect(cost.processes).toBeLessThanOrEqual(25);
  },
);
