// What there is to say of a host beyond its line: what differs, what failed, what is left to do.
import type { Generation, HostStatus, PackageDrift } from '../targets/index.ts';
import { DRIFT } from './drift.ts';
import { stepLines } from './steps.ts';

/** A sentence each; none of a host that is as it should be. */
export function statusLines(status: HostStatus): readonly string[] {
  const { drift, failedUnits, idleUnits, packages, interrupted, watch, last, reboot, manual } = status;
  return [
    ...(watch === undefined ? [] : [watchText(watch)]),
    ...(last === undefined ? [] : [`generation ${last.generation} of ${last.when} ${LAST[last.state]}`]),
    ...drift.map(({ path, kind }) => `${path} ${DRIFT[kind]}`),
    ...failedUnits.map((unit) => `${unit} has failed`),
    ...idleUnits.map(({ unit, state }) => `${unit} ${IDLE[state]}`),
    ...packages.map(packageText),
    ...reboot.map((reason) => `a restart is needed: ${reason}`),
    ...stepLines(manual),
    ...(interrupted ? ['a switch was interrupted; the next one finishes or undoes it'] : []),
  ];
}

const IDLE: Readonly<Record<HostStatus['idleUnits'][number]['state'], string>> = {
  stopped: 'is to run, and was stopped',
  masked: 'was masked by hand',
  silent: 'does not answer',
};

function packageText({ name, state, detail }: PackageDrift): string {
  switch (state) {
    case 'missing':
      return `the package ${name} is not installed`;
    case 'version':
      return `the package ${name} ${detail ?? 'has another version'}`;
    case 'unheld':
      return `the package ${name} is not held any more`;
    case 'held':
      return `the package ${name} is held by hand, so that upgrades leave it out`;
    default:
      return state satisfies never;
  }
}

function watchText({ kind, secondsLeft }: NonNullable<HostStatus['watch']>): string {
  switch (kind) {
    case 'confirm':
      return `waits to be confirmed, for ${secondsLeft ?? 0} seconds more`;
    case 'test':
      return 'lasts until the next boot';
    case 'boot':
      return 'is tried at the next boot';
    case 'trial':
      return 'is being tried: this boot confirms it or takes it back';
    default:
      return kind satisfies never;
  }
}

/** What became of a generation that is newer than the current one. */
const LAST: Readonly<Record<Generation['state'], string>> = {
  switching: 'was interrupted',
  applied: 'was left before it was confirmed',
  confirmed: 'was left again',
  testing: 'was only tried',
  staged: 'is staged for the next boot',
  failed: 'failed, and was taken back',
  'rolled-back': 'was rolled back',
  unconfirmed: 'was rolled back, since nobody confirmed it',
  partial: 'could neither be completed nor taken back: the next switch puts that right',
};
