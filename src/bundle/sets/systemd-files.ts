// The files and links that units become; links of `wants` are made here, never by `systemctl enable`.
import type { Contribution, Statement } from '../../options/index.ts';
import { systemdCommand, systemdUnit } from '../../render/index.ts';
import { isTemplate, templateOf, unitFolders, type UnitScope } from '../unit-files.ts';
import { waitCommand, waitSeconds, type WaitCondition } from '../wait.ts';
import { files } from './files.ts';
import type { Unit } from './systemd-unit.ts';

/** How long systemd gives a start where nothing is said (DefaultTimeoutStartSec), in seconds. */
const START_SECONDS = 90;

/** Everything of a unit that stands in the file tree; `units` are all of its scope. */
export function* unitDefinitions(
  scope: UnitScope,
  units: Readonly<Record<string, Unit>>,
  name: string,
  one: Unit,
): Generator<Contribution> {
  if (one.masked) {
    yield files({ paths: { [unitPath(scope, name)]: { target: '/dev/null' } } });
    return;
  }
  const { sections, dropIns } = guarded(one);
  if (sections !== undefined) {
    yield files({ paths: { [unitPath(scope, name)]: { text: systemdUnit(sections) } } });
  }
  for (const [dropIn, content] of Object.entries(dropIns)) {
    const path = `${unitPath(scope, name)}.d/${dropIn}.conf`;
    yield files({ paths: { [path]: { text: systemdUnit(content) } } });
  }
  const target = unitFile(scope, name, units);
  for (const link of links(name, one)) yield files({ paths: { [unitPath(scope, link)]: { target } } });
}

/** What has to hold of a unit, each with what is wrong where it does not. */
export function unitProblems(name: string, one: Unit): [holds: boolean, otherwise: Statement][] {
  const { sections, dropIns, waitFor = [] } = one;
  const content = sections !== undefined || Object.keys(dropIns).length > 0 || waitFor.length > 0;
  const linked = links(name, one).length > 0;
  const wanted = one.wantedBy.length + one.requiredBy.length > 0;
  return [
    [
      content || linked || one.masked || one.readBy.length > 0,
      {
        message: `the unit ${name} is empty`,
        hint: 'Give it `sections`, `dropIns`, `wantedBy` or `readBy`.',
      },
    ],
    [
      !one.masked || !(content || linked),
      {
        message: `the unit ${name} is masked, so that nothing else said of it has an effect`,
        hint: 'Take `masked` out, or everything else.',
      },
    ],
    [
      !isTemplate(name) || !wanted,
      {
        message: `${name} is a template, and only its instances can be wanted`,
        hint: `Say it of an instance, such as ${name.replace('@', '@name')}.`,
      },
    ],
    [
      waitFor.length === 0 || name.endsWith('.service'),
      {
        message: `${name} is no service, and only services can wait for something before they start`,
        hint: `Say \`waitFor\` of the service that it starts.`,
      },
    ],
  ];
}

/** Where a unit file, or what is beside it, stands. */
function unitPath(scope: UnitScope, name: string): string {
  return `${unitFolders[scope]}/${name}`;
}

function links(name: string, one: Unit): string[] {
  return [
    ...one.wantedBy.map((other) => `${other}.wants/${name}`),
    ...one.requiredBy.map((other) => `${other}.requires/${name}`),
    ...one.aliases,
  ];
}

/** What its links point to; an instance has its template's file. */
function unitFile(scope: UnitScope, name: string, units: Readonly<Record<string, Unit>>): string {
  const template = templateOf(name) ?? name;
  const ours = [name, template].find((candidate) => units[candidate]?.sections !== undefined);
  return ours === undefined ? `/lib/systemd/${scope}/${template}` : unitPath(scope, ours);
}

/** With its conditions before whatever else its start runs; in a drop-in for a unit that a package brings. */
function guarded(one: Unit): Pick<Unit, 'sections' | 'dropIns'> {
  const { sections, dropIns, waitFor = [] } = one;
  if (waitFor.length === 0) return { sections, dropIns };
  const guards = waitFor.map((condition) => `+${systemdCommand(waitCommand(condition))}`);
  if (sections === undefined) {
    const guard = { Service: { ...patience({}, waitFor), ExecStartPre: guards } };
    return { sections, dropIns: { ...dropIns, 'stead-wait': guard } };
  }
  const { Service = {} } = sections;
  const own = Service['ExecStartPre'] ?? [];
  const ExecStartPre = [...guards, ...(Array.isArray(own) ? own : [String(own)])];
  return {
    sections: { ...sections, Service: { ...Service, ...patience(Service, waitFor), ExecStartPre } },
    dropIns,
  };
}

/** systemd gives each command of a start the time of TimeoutStartSec. */
function patience(
  service: Readonly<Record<string, unknown>>,
  conditions: readonly WaitCondition[],
): { TimeoutStartSec?: number } {
  const longest = Math.max(...conditions.map(waitSeconds));
  if (longest < START_SECONDS || service['TimeoutStartSec'] !== undefined) return {};
  return { TimeoutStartSec: longest + START_SECONDS };
}
