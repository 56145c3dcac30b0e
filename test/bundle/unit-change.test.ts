// What a switch does with a unit, as `stead diff` says it: every row of the table by which units are switched.
import { expect, test } from 'vitest';
import type { ManifestUnit } from '../../src/bundle/index.ts';
import { unitAction, type UnitAction } from '../../src/bundle/unit-change.ts';

const unit = (changes: Partial<ManifestUnit> = {}): ManifestUnit => ({
  name: 'a.service',
  scope: 'system',
  hash: 'h',
  definition: 'one',
  reload: 'one',
  start: true,
  onChange: 'stop-start',
  own: true,
  masked: false,
  mayFail: false,
  stopWhenRemoved: true,
  wantedBy: ['multi-user.target'],
  reads: [],
  ...changes,
});
const masked = { masked: true, definition: null, reload: null, start: false };

test.each<[string, ManifestUnit | null, ManifestUnit | null, UnitAction]>([
  ['unit new and wanted by an active target', null, unit(), 'start'],
  ['unit new and not wanted', null, unit({ start: false }), 'none'],
  ['unit gone', unit(), null, 'stop'],
  ['unit gone that says not to stop', unit({ stopWhenRemoved: false }), null, 'none'],
  ['unit masked', unit(), unit(masked), 'stop'],
  ['unit masked that says not to stop', unit(), unit({ ...masked, stopWhenRemoved: false }), 'none'],
  ['unit masked before, and wanted now', unit(masked), unit(), 'start'],
  ['unit masked before, and not wanted', unit(masked), unit({ start: false }), 'none'],
  ['unit masked before and after', unit(masked), unit({ ...masked, hash: 'other' }), 'none'],
  ['masked unit gone', unit(masked), null, 'none'],
  ['only what asks for nothing', unit(), unit({ hash: 'other' }), 'none'],
  ['only what a reload takes in', unit(), unit({ reload: 'two' }), 'reload'],
  ['that and the definition', unit(), unit({ reload: 'two', definition: 'two' }), 'stop-start'],
  ['wanted now', unit({ start: false }), unit(), 'start'],
  ['wanted no longer', unit(), unit({ start: false }), 'none'],
  ['reloadIfChanged', unit(), unit({ definition: 'two', onChange: 'reload' }), 'reload'],
  ['restartIfChanged: false', unit(), unit({ definition: 'two', onChange: 'none' }), 'none'],
  ['restartIfChanged: false, a reload', unit(), unit({ reload: 'two', onChange: 'none' }), 'none'],
  ['stopIfChanged: false', unit(), unit({ definition: 'two', onChange: 'restart' }), 'restart'],
  [
    'wanted now, and reloadIfChanged',
    unit({ start: false }),
    unit({ definition: 'two', onChange: 'reload' }),
    'start',
  ],
  ['wanted now, and changed', unit({ start: false }), unit({ definition: 'two' }), 'stop-start'],
  ['packaged unit whose drop-ins leave', unit({ own: false, wantedBy: [] }), null, 'stop-start'],
  [
    'packaged unit that was watched only',
    unit({ own: false, wantedBy: [], definition: null, reload: null }),
    null,
    'none',
  ],
  ['packaged unit that was started', unit({ own: false }), null, 'stop'],
])('%s', (_, before, after, action) => {
  expect(unitAction(before, after)).toBe(action);
});

test.each<[string, UnitAction]>([
  ['a.service', 'stop-start'],
  ['a@.service', 'stop-start'],
  ['a.socket', 'stop-start'],
  ['a.timer', 'restart'],
  ['a.path', 'none'],
  ['a.slice', 'none'],
  ['multi-user.target', 'none'],
  ['srv-a.mount', 'restart'],
  ['-.mount', 'remount'],
  ['usr.mount', 'remount'],
])('a new definition of %s: %s', (name, action) => {
  expect(unitAction(unit({ name }), unit({ name, definition: 'two' }))).toBe(action);
});

test('new options of a mount: remount', () => {
  expect(unitAction(unit({ name: 'srv-a.mount' }), unit({ name: 'srv-a.mount', reload: 'two' }))).toBe(
    'remount',
  );
});
