// One unit as an option's value: what can be said of it.
import { z } from 'zod';
import { entries, uniqueList } from '../../options/index.ts';
import { absolutePath, unitName } from '../../options/values/index.ts';
import { unitValueProblem } from '../../render/systemd.ts';
import { waitCondition } from '../wait.ts';

const text = z.string().superRefine((given, context) => {
  const problem = unitValueProblem(given);
  if (problem === null) return;
  context.addIssue({ code: 'custom', message: `text that systemd reads as it is written; it ${problem}` });
});

const value = z.union([text, z.number(), z.boolean(), z.array(z.union([text, z.number()]))]);

const settings = z
  .record(
    z.string().regex(/^[^\n\r\0[\]]+$/, 'the name of a section, without brackets'),
    z.record(z.string().regex(/^[^\s=#;[\]][^\n\r\0=]*(?<!\s)$/, 'the name of a setting, without ='), value),
  )
  .describe(
    'Sections and their settings as in systemd.unit(5): `{ Service: { ExecStart: … } }`. A list repeats the key, an empty string resets it.',
  );

const readFile = z.union([
  absolutePath(),
  z.object({ reload: absolutePath().describe('A file that a reload takes in.') }),
]);

/** A unit in either scope. */
export const unit = z.object({
  sections: settings.optional().describe('The unit file. Without it the unit is one that a package brings.'),
  dropIns: entries(settings).describe(
    'Drop-ins by name: `{ stead: { Unit: { After: … } } }` becomes `stead.conf`.',
  ),
  wantedBy: uniqueList(unitName()).describe('Units that want this one, as `systemctl enable` would link it.'),
  requiredBy: uniqueList(unitName()).describe('Units that do not start without this one.'),
  aliases: uniqueList(unitName()).describe('Further names of it.'),
  masked: z.boolean().default(false).describe('Whether it may not be started at all, by hand or by others.'),
  start: z
    .boolean()
    .describe(
      'Whether a switch starts it: where nothing is said, whether anything wants it that is active. One that a person has stopped stays so.',
    ),
  onChange: z
    .enum(['stop-start', 'restart', 'reload', 'none'])
    .describe(
      'What a change asks for while it runs. `stop-start`: stopped under its old definition and files, started under the new ones. `restart`: both after the change, for what must not be down for long (NixOS: `stopIfChanged = false`). `reload` (`reloadIfChanged`). `none`: it is told only (`restartIfChanged = false`). For a few units of Debian that a session or the network hangs on it is not `stop-start` where nothing is said.',
    ),
  stopWhenRemoved: z
    .boolean()
    .default(true)
    .describe('Whether it is stopped when it leaves the configuration or is masked.'),
  mayFail: z
    .boolean()
    .default(false)
    .describe('Whether a switch succeeds, with a warning, when it does not come up.'),
  readBy: uniqueList(readFile).describe(
    'Files of this host that the unit reads: a change of one counts as a change of the unit. `{ reload: PATH }` is one that a reload takes in.',
  ),
});

/** A unit of the host itself. */
export const systemUnit = unit.extend({
  waitFor: z
    .array(waitCondition)
    .describe(
      'What must hold before it starts, at every start: `{ kind: "address", interface: "wg0" }`. When it does not in time, the start has failed.',
    ),
});

export type Unit = z.output<typeof unit> & Partial<z.output<typeof systemUnit>>;
