// Which generation of a host somebody means who names a commit, or a time.
import { SteadError } from '../options/index.ts';
import type { Generation } from '../targets/index.ts';

/** What a host is to go back to: a number, the build of a commit, or what ran at a time. */
export type Wish =
  | { readonly kind: 'number'; readonly generation: number }
  | { readonly kind: 'commit'; readonly commit: string }
  | { readonly kind: 'time'; readonly time: Date };

/**
 * The newest generation that is meant and was ever confirmed: what failed or was taken back is not gone back to.
 * @throws SteadError `rollback.none`
 */
export function picked(host: string, all: readonly Generation[], wish: Wish): number {
  if (wish.kind === 'number') return wish.generation;
  const found = all.findLast(
    (one) =>
      one.state === 'confirmed' &&
      (wish.kind === 'commit'
        ? one.commit?.startsWith(wish.commit) === true
        : Date.parse(one.when) <= wish.time.getTime()),
  );
  if (found !== undefined) return found.generation;
  throw new SteadError({
    code: 'rollback.none',
    host,
    message:
      wish.kind === 'commit'
        ? `it has no confirmed generation from commit ${wish.commit}`
        : `it has no confirmed generation from ${wish.time.toISOString().slice(0, 19)}Z or before`,
    hint: `\`stead generations ${host}\` lists those that are there. Nothing was changed.`,
  });
}

const MINUTES: Readonly<Record<string, number>> = { m: 1, h: 60, d: 24 * 60, w: 7 * 24 * 60 };

/**
 * A moment as people say it: `12h` or `2d` ago, `22:00` (the last time that clocks here showed that), a date or a
 * date with a time (`2026-11-20`, `2026-11-20T22:00`), in this machine's zone where it names none.
 * @throws SteadError `usage.time`
 */
export function momentOf(text: string, now: Date): Date {
  const [, count, unit] = /^([1-9][0-9]{0,4})([mhdw])$/.exec(text) ?? [];
  if (count !== undefined) return new Date(now.getTime() - Number(count) * MINUTES[unit!]! * 60_000);
  const [, hours, minutes] = /^([01]?[0-9]|2[0-3]):([0-5][0-9])$/.exec(text) ?? [];
  if (hours !== undefined) {
    const moment = new Date(now);
    moment.setHours(Number(hours), Number(minutes), 0, 0);
    if (moment > now) moment.setDate(moment.getDate() - 1);
    return moment;
  }
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const moment = new Date(isDate ? `${text}T23:59:59` : text.replace(' ', 'T'));
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(moment.getTime())) return moment;
  throw new SteadError({
    code: 'usage.time',
    message: `"${text}" is not a moment`,
    hint: 'Write 12h or 2d for so long ago, 22:00 for the last time clocks showed that, or 2026-11-20T22:00.',
  });
}
