// How hosts are, one line each.
import type { Answer } from '../deploy/index.ts';
import type { HostStatus } from '../targets/index.ts';

export const STATUS_HEAD = [
  'HOST',
  'REACHABLE',
  'GENERATION',
  'COMMIT',
  'AGE',
  'DRIFT',
  'HEALTH',
  'RESTART',
] as const;

/** The cells of a host's line, as `STATUS_HEAD` names them. */
export function statusRow(answer: Answer<HostStatus>, now: Date): readonly string[] {
  if ('error' in answer)
    return [answer.host, 'no', '', '', '', '', answer.error.message.split('\n')[0] ?? '', ''];
  const { host, value } = answer;
  const { current, reboot } = value;
  if (current === undefined) return [host, 'yes', 'none yet', '', '', '', '', ''];
  return [
    host,
    'yes',
    current.state === 'confirmed' ? String(current.generation) : `${current.generation} ${current.state}`,
    current.commit?.slice(0, 12) ?? '-',
    ageText(now.getTime() - Date.parse(current.when)),
    driftText(value),
    healthText(value),
    reboot.length === 0 ? '-' : 'needed',
  ];
}

/** Whether there is nothing to say of a host beyond its line. */
export function isSoundHost({
  current,
  drift,
  failedUnits,
  idleUnits,
  packages,
  interrupted,
  watch,
  last,
  reboot,
  manual,
}: HostStatus): boolean {
  return (
    current !== undefined &&
    [drift, failedUnits, idleUnits, packages, reboot, manual].every((list) => list.length === 0) &&
    !interrupted &&
    watch === undefined &&
    last === undefined
  );
}

function driftText({ drift, idleUnits, packages }: HostStatus): string {
  const counts = [countText(drift, 'path'), countText(idleUnits, 'unit'), countText(packages, 'package')];
  return counts.filter((text) => text !== '').join(', ') || '-';
}

function countText({ length }: readonly unknown[], word: string): string {
  return length === 0 ? '' : `${length} ${length === 1 ? word : `${word}s`}`;
}

function healthText({ failedUnits, idleUnits, interrupted, drift, packages }: HostStatus): string {
  if (interrupted) return 'switch was interrupted';
  if (failedUnits.length > 0) return `${countText(failedUnits, 'unit')} failed`;
  if (idleUnits.length > 0) return `${countText(idleUnits, 'unit')} stopped`;
  return drift.length + packages.length === 0 ? 'as it should be' : 'all units run';
}

/** `40 s`, `12 min`, `5 h`, `3 d`. */
export function ageText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}
