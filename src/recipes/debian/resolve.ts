// Which packages a set of packages needs: the lock's view of a suite, from the archive's index.
import { compareBytes } from '../../bundle/index.ts';
import type { LockedPackage, LockedSuite } from '../../fleet/index.ts';
import { didYouMean, nearest, SteadError } from '../../options/index.ts';
import type { IndexedPackage, Relation } from './control.ts';
import { compareVersions, fits } from './version.ts';

/** A suite's packages by name, and by what they provide. */
export interface PackageIndex {
  /** `bookworm/amd64`. */
  readonly archive: string;
  readonly date: string;
  readonly packages: ReadonlyMap<string, IndexedPackage>;
  readonly providers: ReadonlyMap<string, readonly IndexedPackage[]>;
}

/** Of several versions of a package the newest. */
export function packageIndex(archive: string, date: string, found: readonly IndexedPackage[]): PackageIndex {
  const packages = new Map<string, IndexedPackage>();
  for (const one of found) {
    const twin = packages.get(one.name);
    if (twin === undefined || compareVersions(twin.version, one.version) < 0) packages.set(one.name, one);
  }
  const providers = new Map<string, IndexedPackage[]>();
  for (const one of packages.values()) {
    for (const { name } of one.provides) providers.set(name, [...(providers.get(name) ?? []), one]);
  }
  return { archive, date, packages, providers };
}

/**
 * The packages that are asked for, with all that they depend on. What is only recommended is not
 * among them, and of alternatives the first that there is counts, whatever else is asked for: so what one recipe gets
 * does not depend on another. They are unpacked beside each other, so conflicts do not count either.
 * @param roots names; '' stands for what is essential
 * @throws SteadError `debian.package` with the nearest names, `debian.dependency`
 */
export function resolveSuite(index: PackageIndex, roots: readonly string[]): LockedSuite {
  const named = [...new Set(roots)].sort(compareBytes);
  const essential = [...index.packages.values()]
    .filter((one) => one.essential && named.includes(''))
    .map(({ name }) => name)
    .sort(compareBytes);
  const start = [...named.filter((name) => name !== ''), ...essential];
  const resolved = new Map<string, LockedPackage>();
  const waiting = start.map((name) => index.packages.get(name) ?? refuse(index, name));
  for (const one of waiting) {
    if (resolved.has(one.name)) continue;
    const needed = one.depends.map((group) => chosen(index, one, group));
    resolved.set(one.name, {
      version: one.version,
      sha256: one.sha256,
      size: one.size,
      path: one.path,
      depends: [...new Set(needed.map(({ name }) => name))]
        .filter((name) => name !== one.name)
        .sort(compareBytes),
    });
    // Grows while it is walked.
    waiting.push(...needed);
  }
  return { date: index.date, essential, roots: named, packages: Object.fromEntries(resolved) };
}

const PRIORITIES = ['required', 'important', 'standard', 'optional', 'extra'];

function chosen(index: PackageIndex, by: IndexedPackage, group: readonly Relation[]): IndexedPackage {
  for (const relation of group) {
    const real = index.packages.get(relation.name);
    if (real !== undefined && suits(real.version, relation)) return real;
    const [provider] = (index.providers.get(relation.name) ?? [])
      .filter((one) => one.provides.some((provided) => provides(provided, relation)))
      .sort(
        (left, right) =>
          PRIORITIES.indexOf(left.priority) - PRIORITIES.indexOf(right.priority) ||
          compareBytes(left.name, right.name),
      );
    if (provider !== undefined) return provider;
  }
  throw new SteadError({
    code: 'debian.dependency',
    message: `the package ${by.name} of ${index.archive} depends on ${group.map(shownRelation).join(' | ')}, which is not there`,
    hint: 'The archive is not whole just now, as happens in unstable suites: try again later, or with another mirror.',
  });
}

function suits(version: string, { version: wanted }: Relation): boolean {
  return wanted === undefined || fits(version, wanted.relation, wanted.bound);
}

/** A provided name without a version satisfies no versioned dependency (Debian policy 7.5). */
function provides(provided: Relation, wanted: Relation): boolean {
  if (provided.name !== wanted.name) return false;
  return (
    wanted.version === undefined || (provided.version !== undefined && suits(provided.version.bound, wanted))
  );
}

function shownRelation({ name, version }: Relation): string {
  return version === undefined ? name : `${name} (${version.relation} ${version.bound})`;
}

function refuse(index: PackageIndex, name: string): never {
  const providers = (index.providers.get(name) ?? []).map((one) => one.name).sort(compareBytes);
  const near = nearest(name, [...index.packages.keys()]);
  throw new SteadError({
    code: 'debian.package',
    message:
      providers.length > 0
        ? `${name} of ${index.archive} is a virtual package`
        : `there is no package ${name} in ${index.archive}`,
    hint:
      providers.length > 0
        ? `Name one that provides it: ${providers.slice(0, 8).join(', ')}.`
        : (didYouMean(near) ?? 'Look for it with `apt-cache search`, or at https://packages.debian.org.'),
  });
}
