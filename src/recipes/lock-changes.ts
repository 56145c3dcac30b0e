// What is another in a lock than it was.
import type { Lock, LockedSource } from '../fleet/index.ts';
import type { LockedModel } from '../options/index.ts';

/** One entry of the lock that is another than before. */
export interface LockChange {
  readonly kind: 'source' | 'debian' | 'model';
  /** The request; a package as `bookworm/amd64 cmake`. */
  readonly name: string;
  /** As people know it; null where there was, or is, none. */
  readonly before: string | null;
  readonly after: string | null;
}

/** What differs between two locks, by name. */
export function lockChanges(before: Lock, after: Lock): LockChange[] {
  const debian = (lock: Lock): Record<string, string> =>
    Object.fromEntries(
      Object.entries(lock.debian).flatMap(([archive, { packages }]) =>
        Object.entries(packages).map(([name, { version }]) => [`${archive} ${name}`, version]),
      ),
    );
  const sources = (lock: Lock): Record<string, string> => mapped(lock.sources, shownSource);
  const models = (lock: Lock): Record<string, string> => mapped(lock.models, shownModel);
  return [
    ...differences('source', sources(before), sources(after)),
    ...differences('debian', debian(before), debian(after)),
    ...differences('model', models(before), models(after)),
  ];
}

function mapped<T>(record: Readonly<Record<string, T>>, shown: (value: T) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, shown(value)]));
}

function shownSource(source: LockedSource): string {
  switch (source.kind) {
    case 'git':
      return source.commit;
    case 'npm':
      return `${source.version} ${source.integrity}`;
    case 'url':
      return `sha256 ${source.sha256}`;
    default:
      return source satisfies never;
  }
}

function shownModel({ repo, commit, files }: LockedModel): string {
  return `${repo} ${commit}, ${files.map(({ sha256 }) => `sha256 ${sha256}`).join(', ')}`;
}

function differences(
  kind: LockChange['kind'],
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): LockChange[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .sort()
    .filter((name) => before[name] !== after[name])
    .map((name) => ({ kind, name, before: before[name] ?? null, after: after[name] ?? null }));
}
