// What a switch from one bundle to another would change, as data; and the difference of two texts.
import type { Manifest, ManifestFile, ManifestUnit } from './manifest.ts';
import { compareBytes } from './order.ts';
import { unitAction, type UnitAction } from './unit-change.ts';

/** What differs between two definitions of one path. */
export type FileAspect = 'kind' | 'content' | 'mode' | 'owner' | 'group' | 'target';

export interface FileChange {
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly before: ManifestFile | null;
  readonly after: ManifestFile | null;
  /** What differs, for a path that is in both. */
  readonly aspects: readonly FileAspect[];
}

export interface UnitChange {
  readonly name: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Whose manager runs it: the host's, or each user's own. */
  readonly scope: ManifestUnit['scope'];
  /** What a switch does with it, where it runs. */
  readonly action: UnitAction;
}

/** Names that came, went, or mean something else now. */
export interface NameChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** Everything that differs between two manifests; each list is sorted and holds differences only. */
export interface ManifestDiff {
  readonly files: readonly FileChange[];
  readonly units: readonly UnitChange[];
  readonly packages: NameChanges;
  readonly users: NameChanges;
  readonly groups: NameChanges;
  /** By name and version. */
  readonly recipes: NameChanges;
  readonly downloads: NameChanges;
  readonly checks: NameChanges;
  readonly health: NameChanges;
  readonly manual: NameChanges;
  /** Whether something else that the host's scripts go by differs. */
  readonly settings: boolean;
  /** Whether the scripts that run on the host differ. */
  readonly runtime: boolean;
}

/** What changes between two generations of a host; `before` is null for a host that has none yet. */
export function diffManifests(before: Manifest | null, after: Manifest): ManifestDiff {
  return {
    files: pairs(before?.files ?? [], after.files, ({ path }) => path).flatMap(fileChange),
    units: pairs(before?.units ?? [], after.units, ({ name, scope }) => `${name}\t${scope}`).flatMap(
      unitChange,
    ),
    packages: nameChanges(before?.packages ?? [], after.packages),
    users: nameChanges(before?.users ?? [], after.users),
    groups: nameChanges(before?.groups ?? [], after.groups),
    recipes: nameChanges(outputs(before?.recipes ?? []), outputs(after.recipes)),
    downloads: nameChanges(before?.downloads ?? [], after.downloads),
    checks: nameChanges(before?.checks ?? [], after.checks),
    health: nameChanges(before?.health ?? [], after.health),
    manual: nameChanges(before?.manual ?? [], after.manual),
    settings: !isEqual(before?.settings ?? {}, after.settings),
    runtime: !isEqual(before?.runtime ?? {}, after.runtime),
  };
}

/** Whether a switch would change anything on the host. */
export function isEmptyDiff(diff: ManifestDiff): boolean {
  const names = [
    diff.packages,
    diff.users,
    diff.groups,
    diff.recipes,
    diff.downloads,
    diff.checks,
    diff.health,
    diff.manual,
  ];
  return (
    diff.files.length === 0 &&
    diff.units.length === 0 &&
    !diff.runtime &&
    !diff.settings &&
    names.every((changes) => Object.values(changes).every((list) => list.length === 0))
  );
}

/** A unified diff of two texts, empty where they are equal; a missing file is /dev/null. */
export async function textDiff(
  before: string | null,
  after: string | null,
  names: { readonly before: string; readonly after: string },
): Promise<string> {
  if (before === after) return '';
  const { createTwoFilesPatch, FILE_HEADERS_ONLY } = await import('diff');
  return createTwoFilesPatch(
    before === null ? '/dev/null' : names.before,
    after === null ? '/dev/null' : names.after,
    before ?? '',
    after ?? '',
    undefined,
    undefined,
    { headerOptions: FILE_HEADERS_ONLY },
  );
}

interface Pair<T> {
  readonly key: string;
  readonly before: T | null;
  readonly after: T | null;
}

function pairs<T>(before: readonly T[], after: readonly T[], key: (item: T) => string): Pair<T>[] {
  const old = new Map(before.map((item) => [key(item), item]));
  const current = new Map(after.map((item) => [key(item), item]));
  return [...new Set([...old.keys(), ...current.keys()])]
    .sort(compareBytes)
    .map((name) => ({ key: name, before: old.get(name) ?? null, after: current.get(name) ?? null }));
}

function fileChange({ key, before, after }: Pair<ManifestFile>): FileChange[] {
  const common = { path: key, before, after };
  if (before === null) return [{ ...common, change: 'added', aspects: [] }];
  if (after === null) return [{ ...common, change: 'removed', aspects: [] }];
  const aspects = fileAspects(before, after);
  return aspects.length === 0 ? [] : [{ ...common, change: 'changed', aspects }];
}

const aspectFields = [
  ['kind', 'kind'],
  ['content', 'sha256'],
  ['mode', 'mode'],
  ['owner', 'owner'],
  ['group', 'group'],
  ['target', 'target'],
] as const;

function fileAspects(before: ManifestFile, after: ManifestFile): FileAspect[] {
  const [old, current]: readonly Partial<Record<string, unknown>>[] = [before, after];
  return aspectFields.filter(([, field]) => old?.[field] !== current?.[field]).map(([aspect]) => aspect);
}

function unitChange({ before, after }: Pair<ManifestUnit>): UnitChange[] {
  const unit = after ?? before;
  if (unit === null || (before !== null && after !== null && isEqual(before, after))) return [];
  const change = after === null ? 'removed' : before === null ? 'added' : 'changed';
  return [{ name: unit.name, scope: unit.scope, change, action: unitAction(before, after) }];
}

function nameChanges<T extends { readonly name: string }>(
  before: readonly T[],
  after: readonly T[],
): NameChanges {
  const all = pairs(before, after, ({ name }) => name);
  return {
    added: all.filter((pair) => pair.before === null).map(({ key }) => key),
    removed: all.filter((pair) => pair.after === null).map(({ key }) => key),
    changed: all
      .filter((pair) => pair.before !== null && pair.after !== null && !isEqual(pair.before, pair.after))
      .map(({ key }) => key),
  };
}

/** A host may have several versions of one name. */
function outputs(recipes: Manifest['recipes']): { readonly name: string; readonly hash: string }[] {
  return recipes.map(({ name, version, hash }) => ({ name: `${name} ${version}`, hash }));
}

/** Records of a manifest are equal when their JSON is: their keys always stand in one order. */
function isEqual(left: object, right: object): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
