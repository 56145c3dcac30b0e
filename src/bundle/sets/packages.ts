// The option set `packages`: Debian packages that must be on a host.
import { z } from 'zod';
import {
  explain,
  options,
  SteadError,
  uniqueList,
  type HostEvaluation,
  type LabelledPlace,
} from '../../options/index.ts';
import { packageName, packageVersion } from '../../options/values/index.ts';
import { compareBytes } from '../order.ts';
import type { FileSource, PackageSource } from '../source.ts';

export const packages = options(
  'packages',
  z.object({
    install: uniqueList(packageName()).describe(
      'Names in the package set: Debian packages, unless an overlay says otherwise.',
    ),
    versions: z
      .record(packageName(), packageVersion())
      .default({})
      .describe(
        'Versions by name, over those of overlays: `{ nginx: "1.22.*" }`. They are installed, and upgrades and downgrades by hand keep to them.',
      ),
    hold: uniqueList(packageName()).describe(
      'Names that are installed, and that no upgrade changes (`apt-mark hold`).',
    ),
  }),
);

/** What a name in the package set stands for on a host. */
export interface NamedPackage {
  /** As apt knows it. */
  readonly name: string;
  readonly version?: string;
  /** `recipe` for what apt does not know. */
  readonly kind?: string;
}

/**
 * The packages of a host for the bundle.
 * @throws SteadError `packages.version` where two names stand for one package in two versions
 */
export function packageSources(
  host: HostEvaluation,
  packageOf: (name: string) => NamedPackage,
): PackageSource[] {
  const { install, versions, hold } = host.get(packages);
  const found = new Map<string, PackageSource>();
  for (const alias of new Set([...install, ...Object.keys(versions), ...hold])) {
    const { name, version: offered, kind } = packageOf(alias);
    if (kind === 'recipe') {
      throw new SteadError({
        code: 'packages.recipe',
        host: host.name,
        option: 'packages.install',
        message: `${alias} is a recipe, which is built, not installed`,
        places: placesOf(host, [alias]),
        hint: `Use \`recipes({ use: [packages.${alias}.on(platform)] })\` in an implementation, or the module that has it.`,
      });
    }
    const version = versions[alias] ?? offered ?? null;
    const other = found.get(name);
    if (other !== undefined && other.version !== null && version !== null && other.version !== version) {
      throw new SteadError({
        code: 'packages.version',
        host: host.name,
        message: `the package ${name} is wanted in two versions, ${other.version} and ${version}`,
        places: placesOf(host, [alias]),
        hint: 'Give the version once: several names in the package set stand for it.',
      });
    }
    found.set(name, {
      name,
      version: version ?? other?.version ?? null,
      hold: hold.includes(alias) || other?.hold === true,
    });
  }
  return [...found.values()];
}

/** Where a host says that it wants packages. */
function placesOf(host: HostEvaluation, aliases: readonly string[]): readonly LabelledPlace[] {
  const { install } = host.get(packages);
  return aliases.flatMap((alias) => {
    const index = install.indexOf(alias);
    const keys = index === -1 ? ['versions', alias] : ['install', index];
    return explain(host, packages, keys).map(({ place }) => place);
  });
}

/** The file that keeps apt to the wanted versions, whoever calls it (apt_preferences(5)). */
export function versionFiles(sources: readonly PackageSource[]): FileSource[] {
  const pinned = sources
    .filter(({ version }) => version !== null)
    .sort((left, right) => compareBytes(left.name, right.name));
  if (pinned.length === 0) return [];
  const content = pinned
    .map(({ name, version }) => `Package: ${name}\nPin: version ${version}\nPin-Priority: 1001\n`)
    .join('\n');
  const path = '/etc/apt/preferences.d/stead';
  return [{ path, kind: 'link', mode: '0644', owner: 'root', group: 'root', content }];
}
