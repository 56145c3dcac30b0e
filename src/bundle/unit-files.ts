// Which files of a bundle make a unit: its unit file or link, and the drop-ins that systemd reads for it.
import { compareBytes } from './order.ts';

/** Whose units: the host's, or those that every user's own manager runs. */
export type UnitScope = 'system' | 'user';

/** Where the units of a bundle stand. */
export const unitFolders: Readonly<Record<UnitScope, string>> = {
  system: '/etc/systemd/system',
  user: '/etc/systemd/user',
};

/** The paths that make a unit, as far as the bundle has them. */
export interface UnitFiles {
  /** The unit file, or the link to /dev/null that masks it; an instance may have its template's. */
  readonly fragment: string | null;
  /** In the order systemd reads them: by file name, of two with one name the more specific. */
  readonly dropIns: readonly string[];
}

/**
 * Finds the files of units among the paths of a bundle.
 * @see systemd.unit(5): `NAME.d/`, a template's for its instances, `foo-.service.d/` for `foo-bar.service`, and `service.d/`
 */
export function unitFilesIn(paths: Iterable<string>, scope: UnitScope): (name: string) => UnitFiles {
  const folder = `${unitFolders[scope]}/`;
  const fragments = new Set<string>();
  const dropIns = new Map<string, string[]>();
  for (const path of paths) {
    if (!path.startsWith(folder)) continue;
    const [first = '', second, ...deeper] = path.slice(folder.length).split('/');
    if (second === undefined) fragments.add(first);
    else if (deeper.length === 0 && first.endsWith('.d') && second.endsWith('.conf')) {
      const owner = first.slice(0, -2);
      dropIns.set(owner, [...(dropIns.get(owner) ?? []), second]);
    }
  }
  return (name) => {
    const fragment = [name, templateOf(name)].find((one) => one !== null && fragments.has(one));
    const byFile = new Map<string, string>();
    for (const owner of dropInOwners(name)) {
      for (const file of dropIns.get(owner) ?? []) {
        if (!byFile.has(file)) byFile.set(file, `${folder}${owner}.d/${file}`);
      }
    }
    return {
      fragment: fragment === undefined ? null : `${folder}${fragment}`,
      dropIns: [...byFile].sort(([left], [right]) => compareBytes(left, right)).map(([, path]) => path),
    };
  };
}

/** `foo@.service` for `foo@a.service`; null for what is no instance. */
export function templateOf(name: string): string | null {
  const [, prefix, suffix] = /^([^@]+@).+(\.[a-z]+)$/.exec(name) ?? [];
  return prefix === undefined || suffix === undefined ? null : `${prefix}${suffix}`;
}

/** Whether it is a template: a unit that only its instances run. */
export function isTemplate(name: string): boolean {
  return /^[^@]+@\.[a-z]+$/.test(name);
}

/** Unit names whose `.d` folders apply, the most specific first. */
function dropInOwners(name: string): string[] {
  const [, stem = '', at = '', suffix = ''] = /^([^@]+)(@.*)?(\.[a-z]+)$/.exec(name) ?? [];
  const prefixes = [...stem.matchAll(/-/g)]
    .map(({ index }) => stem.slice(0, index + 1))
    .filter((prefix) => prefix !== stem)
    .reverse();
  const forms = [...new Set([at, at === '' ? '' : '@'])];
  return [
    ...forms.map((form) => `${stem}${form}${suffix}`),
    ...prefixes.flatMap((prefix) => [...new Set([...forms, ''])].map((form) => `${prefix}${form}${suffix}`)),
    suffix.slice(1),
  ];
}
