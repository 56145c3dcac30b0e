// What a switch does with a unit, from two generations' rows alone; the host leaves out what does not run there.
import type { ManifestUnit } from './manifest.ts';

/** `stop-start`: stopped before the commit point, started after it. `remount`: a reload, of a mount. */
export type UnitAction = 'start' | 'stop' | 'stop-start' | 'restart' | 'reload' | 'remount' | 'none';

/** Decides as NixOS's switch-to-configuration does; null stands for a generation that does not have the unit. */
export function unitAction(before: ManifestUnit | null, after: ManifestUnit | null): UnitAction {
  if (after === null) return before === null ? 'none' : leaving(before);
  if (after.masked) return before === null || before.masked || !after.stopWhenRemoved ? 'none' : 'stop';
  if (before === null || before.masked) return after.start ? 'start' : 'none';
  const starts = after.start && !before.start;
  const action = changing(before, after);
  // What was not to run may not run, and only these two start it as well.
  return starts && action !== 'stop-start' && action !== 'restart' ? 'start' : action;
}

/** A packaged unit stays on the host, as its package has it. */
function leaving(unit: ManifestUnit): UnitAction {
  if (unit.masked) return 'none';
  if (unit.own || (unit.start && unit.wantedBy.length > 0)) return unit.stopWhenRemoved ? 'stop' : 'none';
  return changing(unit, { ...unit, definition: null, reload: null });
}

function changing(before: ManifestUnit, after: ManifestUnit): UnitAction {
  const isMount = after.name.endsWith('.mount');
  if (before.definition !== after.definition) return redefined(after);
  if (before.reload === after.reload || after.onChange === 'none') return 'none';
  return isMount ? 'remount' : 'reload';
}

function redefined({ name, onChange }: ManifestUnit): UnitAction {
  const type = name.slice(name.lastIndexOf('.') + 1);
  switch (type) {
    case 'target':
    case 'slice':
    case 'path':
    case 'scope':
    case 'device':
      return 'none';
    case 'timer':
      return onChange === 'none' ? 'none' : 'restart';
    case 'mount':
      if (onChange === 'none') return 'none';
      return name === '-.mount' || name === 'usr.mount' ? 'remount' : 'restart';
    default:
      return onChange;
  }
}
