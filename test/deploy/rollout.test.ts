// Who waits for whom in a run, and when no further host is begun: over hosts that only say how they fared.
import { setImmediate as soon } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { exitCode, inTurns, paced, turnsOf, type Outcome, type Pace } from '../../src/deploy/index.ts';

const PLAIN: Pace = { jobs: 8, canaries: [], rolling: false, stopOnFailure: false };

/** Runs over hosts named by letters; capitals fail. Gives what was prepared and switched in order, and the ends. */
async function ran(
  names: string,
  pace: Partial<Pace> = {},
  stages: Readonly<Record<string, number>> = {},
): Promise<{
  readonly steps: string;
  readonly ends: Readonly<Record<string, string>>;
  readonly code: number;
}> {
  const whole = { ...PLAIN, ...pace };
  const fleet = [...names].map((name) => ({ name, stage: stages[name] ?? 0 }));
  const turns = paced(turnsOf([...names], fleet, undefined), whole);
  const steps: string[] = [];
  const outcomes = await inTurns(turns, whole, async (host, turn): Promise<Outcome> => {
    steps.push(`(${host}`);
    await soon();
    if (!(await turn())) return { host, state: 'left' };
    steps.push(`${host})`);
    return { host, state: host === host.toUpperCase() ? 'failed' : 'switched' };
  });
  return {
    steps: steps.join(' '),
    ends: Object.fromEntries(outcomes.map(({ host, state }) => [host, state])),
    code: exitCode(outcomes),
  };
}

describe('a run over hosts', () => {
  test('goes over all of them, whoever fails', async () => {
    expect(await ran('aBc')).toMatchObject({
      ends: { a: 'switched', B: 'failed', c: 'switched' },
      code: 3,
    });
  });

  test('prepares a host of a later stage with the others, and switches it after them', async () => {
    expect((await ran('hab', {}, { h: 20 })).steps).toBe('(a (b (h a) b) h)');
  });

  test('never waits for a host that it has not begun, however few it does at a time', async () => {
    expect((await ran('hab', { jobs: 1 }, { h: 20 })).steps).toBe('(a a) (b b) (h h)');
  });

  test('that is rolling switches one host after the other, and stops at the first that fails', async () => {
    const { steps, ends, code } = await ran('aBcd', { rolling: true, jobs: 2 });
    expect(steps).toBe('(a (B a) (c B)');
    expect(ends).toEqual({ a: 'switched', B: 'failed', c: 'left', d: 'left' });
    expect(code).toBe(3);
  });

  test('with a canary switches the others when that is done', async () => {
    expect((await ran('abh', { canaries: ['h'] }, { h: 20 })).steps).toBe('(h (a (b h) a) b)');
  });

  test('whose canary fails changes nothing elsewhere', async () => {
    expect(await ran('abC', { canaries: ['C'] })).toMatchObject({
      ends: { a: 'left', b: 'left', C: 'failed' },
      code: 1,
    });
  });

  test('that stops on failure begins no further host, and lets those under way end', async () => {
    const { ends } = await ran('aBcd', { stopOnFailure: true, jobs: 1 });
    expect(ends).toEqual({ a: 'switched', B: 'failed', c: 'left', d: 'left' });
  });
});
