// What a change of a unit asks for, as hashes: equal hash, nothing to do. Taken at build, compared on the host.
import { sha256Hex } from './hash.ts';
import { compareBytes } from './order.ts';
import { readUnit, type UnitSections } from './unit-text.ts';

/** A file that a unit reads, by what tells two versions of it apart. */
export interface ReadFile {
  readonly path: string;
  readonly identity: string;
  /** Whether a change of it reloads the unit, whatever else a change would ask for. */
  readonly reload: boolean;
}

/** Everything that decides what a unit is. */
export interface UnitContent {
  readonly name: string;
  /** The unit file's text; null where a package brings it, or where the unit is masked. */
  readonly fragment: string | null;
  /** Texts of its drop-ins, in the order systemd reads them. */
  readonly dropIns: readonly string[];
  readonly reads: readonly ReadFile[];
}

export interface UnitHashes {
  /** Of what only a new start takes in; null where the bundle says nothing of that kind. */
  readonly definition: string | null;
  /** Of what a reload takes in; null likewise. */
  readonly reload: string | null;
}

/** Settings of [Unit] that change nothing of a unit that runs, as in NixOS's switch-to-configuration. */
const idle = new Set([
  'AllowIsolate',
  'CollectMode',
  'Description',
  'Documentation',
  'IgnoreOnIsolate',
  'OnFailure',
  'OnFailureJobMode',
  'OnSuccess',
  'OnSuccessJobMode',
  'RefuseManualStart',
  'RefuseManualStop',
  'SourcePath',
  'StopWhenUnneeded',
]);

/**
 * The definition and the reload hash of a unit. Neither depends on its name, so that an instance may be compared with its
 * template, nor on the order of settings, nor on what is set and reset again.
 */
export function unitHashes({ name, fragment, dropIns, reads }: UnitContent): UnitHashes {
  const sections = readUnit(fragment === null ? dropIns : [fragment, ...dropIns], fragment !== null);
  const isMount = name.endsWith('.mount');
  const definition: string[] = [];
  const reload: string[] = [];
  for (const line of settingLines(sections)) {
    if (isIdle(line.section, line.key)) continue;
    const reloads =
      line.key === 'ExecReload' || (isMount && line.section === 'Mount' && line.key === 'Options');
    (reloads ? reload : definition).push(line.text);
  }
  for (const read of [...reads].sort((left, right) => compareBytes(left.path, right.path))) {
    (read.reload ? reload : definition).push(`${read.path}\t${read.identity}\n`);
  }
  return { definition: hashOf(definition), reload: hashOf(reload) };
}

function settingLines(sections: UnitSections): { section: string; key: string; text: string }[] {
  return [...sections]
    .flatMap(([section, settings]) =>
      [...settings].map(([key, values]) => ({
        section,
        key,
        text: `${JSON.stringify([section, key, ...values])}\n`,
      })),
    )
    .sort((left, right) => compareBytes(left.text, right.text));
}

function isIdle(section: string, key: string): boolean {
  return (
    section === 'Install' ||
    section.startsWith('X-') ||
    key.startsWith('X-') ||
    (section === 'Unit' && idle.has(key))
  );
}

function hashOf(lines: readonly string[]): string | null {
  return lines.length === 0 ? null : sha256Hex(lines.join(''));
}
