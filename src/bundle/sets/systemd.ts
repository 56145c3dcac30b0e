// The option set `systemd`: units of a host, and packaged units that it enables, extends or watches.
import { z } from 'zod';
import { assert, entries, options, uniqueList, type HostEvaluation } from '../../options/index.ts';
import { absolutePath, unitName } from '../../options/values/index.ts';
import { systemdUnit } from '../../render/index.ts';
import type { UnitSource } from '../source.ts';
import { files } from './files.ts';

const UNIT_FOLDER = '/etc/systemd/system';

const settings = z
  .record(
    z.string(),
    z.record(
      z.string(),
      z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()]))]),
    ),
  )
  .describe(
    'Sections and their settings as in systemd.unit(5): `{ Service: { ExecStart: … } }`. A list repeats the key, an empty string resets it.',
  );

const unit = z.object({
  sections: settings.optional().describe('The unit file. Without it the unit is one that a package brings.'),
  dropIns: entries(settings).describe(
    'Drop-ins by name: `{ stead: { Unit: { After: … } } }` becomes `stead.conf`.',
  ),
  wantedBy: uniqueList(unitName()).describe('Units that want this one, as `systemctl enable` would link it.'),
  start: z
    .boolean()
    .describe('Whether it runs after a switch: where nothing is said, whether anything wants it.'),
  onChange: z
    .enum(['restart', 'reload', 'none'])
    .default('restart')
    .describe('What happens to the running unit when its files, or files it reads, change.'),
  readBy: uniqueList(absolutePath()).describe(
    'Files of this host that the unit reads: a change of one counts as a change of the unit.',
  ),
});

export const systemd = options(
  'systemd',
  z.object({
    units: entries(unit, (self) => ({ start: () => self.wantedBy.length > 0 }), unitName()).describe(
      'Units by full name: `backup.timer`, `wg-quick@wg0.service`.',
    ),
  }),
);

systemd.implement({
  defines: [files],
  *config(self) {
    for (const [name, one] of Object.entries(self.units)) {
      const { sections } = one;
      if (sections !== undefined) {
        yield files({ paths: { [`${UNIT_FOLDER}/${name}`]: { text: systemdUnit(sections) } } });
      }
      for (const [dropIn, content] of Object.entries(one.dropIns)) {
        yield files({ paths: { [dropInPath(name, dropIn)]: { text: systemdUnit(content) } } });
      }
      for (const target of one.wantedBy) {
        const link = `${UNIT_FOLDER}/${target}.wants/${name}`;
        yield files({ paths: { [link]: { target: unitFile(name, sections !== undefined) } } });
      }
      yield assert(
        sections !== undefined ||
          one.wantedBy.length > 0 ||
          Object.keys(one.dropIns).length > 0 ||
          one.readBy.length > 0,
        `the unit ${name} is empty: give it sections, drop-ins, wantedBy or readBy`,
        [systemd, 'units', name],
      );
    }
  },
});

/** The units of a host for the bundle. */
export function unitSources(host: HostEvaluation): UnitSource[] {
  return Object.entries(host.get(systemd).units).map(([name, one]) => ({
    name,
    start: one.start,
    onChange: one.onChange,
    own: [
      ...(one.sections === undefined ? [] : [`${UNIT_FOLDER}/${name}`]),
      ...Object.keys(one.dropIns).map((dropIn) => dropInPath(name, dropIn)),
    ],
    reads: one.readBy,
  }));
}

function dropInPath(unitName: string, dropIn: string): string {
  return `${UNIT_FOLDER}/${unitName}.d/${dropIn}.conf`;
}

/** What a `wants` link points to; an instance (`a@b.service`) points to its template. */
function unitFile(name: string, ours: boolean): string {
  const file = name.replace(/@[^.]+(?=\.)/, '@');
  return ours ? `${UNIT_FOLDER}/${name}` : `/lib/systemd/system/${file}`;
}
