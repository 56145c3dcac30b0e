// The option set `systemd`: units of a host, and packaged units that it enables, extends or watches.
import { z } from 'zod';
import { assert, entries, explain, options, type HostEvaluation } from '../../options/index.ts';
import { unitName } from '../../options/values/index.ts';
import type { UnitSource } from '../source.ts';
import type { UnitScope } from '../unit-files.ts';
import { files } from './files.ts';
import { unitDefinitions, unitProblems } from './systemd-files.ts';
import { customaryChange } from './systemd-known.ts';
import { systemUnit, unit, type Unit } from './systemd-unit.ts';

export const systemd = options(
  'systemd',
  z.object({
    units: entries(systemUnit, unitDefaults, unitName()).describe(
      'Units by full name: `backup.timer`, `wg-quick@wg0.service`.',
    ),
    user: z
      .object({
        units: entries(unit, unitDefaults, unitName()).describe(
          'Units of users: each user’s own manager runs them, from log-in on or, for a user who lingers, from boot on.',
        ),
      })
      .describe('What users’ own managers run.'),
  }),
);

function unitDefaults(self: Unit, name: string) {
  return {
    start: () => self.wantedBy.length + self.requiredBy.length > 0 && !self.masked,
    onChange: customaryChange(name),
  };
}

systemd.implement({
  defines: [files],
  *config(self) {
    for (const [scope, units] of scopes(self)) {
      for (const [name, one] of Object.entries(units)) {
        yield* unitDefinitions(scope, units, name, one);
        for (const [holds, otherwise] of unitProblems(name, one)) {
          yield assert(holds, otherwise, [systemd, ...(scope === 'user' ? ['user'] : []), 'units', name]);
        }
      }
    }
  },
});

/** The units of a host for the bundle. */
export function unitSources(host: HostEvaluation): UnitSource[] {
  return scopes(host.get(systemd)).flatMap(([scope, units]) =>
    Object.entries(units).map(([name, one]) => ({
      name,
      scope,
      start: one.start,
      onChange: one.onChange,
      masked: one.masked,
      mayFail: one.mayFail,
      stopWhenRemoved: one.stopWhenRemoved,
      wantedBy: [...one.wantedBy, ...one.requiredBy],
      reads: one.readBy.map((read, index) => ({
        ...(typeof read === 'string' ? { path: read, reload: false } : { path: read.reload, reload: true }),
        // Looked up when an error needs it only.
        origin: () =>
          explain(host, systemd, [...(scope === 'user' ? ['user'] : []), 'units', name, 'readBy', index]).map(
            ({ place }) => place,
          ),
      })),
    })),
  );
}

function scopes(self: {
  units: Readonly<Record<string, Unit>>;
  user: { units: Readonly<Record<string, Unit>> };
}): [UnitScope, Readonly<Record<string, Unit>>][] {
  return [
    ['system', self.units],
    ['user', self.user.units],
  ];
}
