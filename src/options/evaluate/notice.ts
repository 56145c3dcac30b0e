// Assertions and warnings: whether they hold, and the definitions they speak of.
import type { RawNotice } from '../definition.ts';
import { SteadError, type LabelledPlace } from '../error.ts';
import { placeOf } from '../merge/errors.ts';
import { optionPath } from '../merge/path.ts';
import type { AnyOptionSet } from '../types.ts';
import type { HostEvaluation } from './host.ts';
import { explain } from './why.ts';

/** Adds the notice to the evaluation's errors or warnings unless its condition holds. */
export function checkNotice(notice: RawNotice, host: HostEvaluation): void {
  const { evaluation } = host;
  const frame = {
    owner: notice,
    host: host.name,
    label: () => `an ${notice.kind}`,
    running: undefined,
    site: notice.site,
  };
  evaluation.within(frame, () => {
    const holds = typeof notice.condition === 'function' ? notice.condition(host.context) : notice.condition;
    if (holds) return;
    const message = typeof notice.message === 'function' ? notice.message(host.context) : notice.message;
    const [subject] = notice.about;
    const found = new SteadError({
      code: notice.kind === 'assertion' ? 'assertion.failed' : 'warning',
      host: host.name,
      ...(subject === undefined ? {} : { option: optionPath(subject[0].name, subject.slice(1) as string[]) }),
      message,
      places: [
        ...notice.about.flatMap(([set, ...keys]) => definitionsOf(host, set, keys)),
        {
          place: notice.site.place(),
          label: `${notice.kind === 'assertion' ? 'required' : 'warned about'} here`,
        },
      ],
    });
    (notice.kind === 'assertion' ? evaluation.errors : evaluation.warnings).add(found);
  });
}

function definitionsOf(
  host: HostEvaluation,
  set: AnyOptionSet,
  keys: readonly (string | number)[],
): LabelledPlace[] {
  const winning = explain(host, set, keys).filter((one) => one.won);
  return winning.map((one) => placeOf(one.input, `${optionPath(set.name, keys)} is defined here`));
}
