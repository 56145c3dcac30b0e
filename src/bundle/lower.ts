// From a host's evaluated option sets to what its bundle is made from.
import { SteadErrors, type HostEvaluation } from '../options/index.ts';
import { activation } from './sets/activation.ts';
import { loginChecks } from './login-check.ts';
import { checks } from './sets/checks.ts';
import { DEFAULT_AT_ONCE, downloads, downloadSources } from './sets/downloads.ts';
import { fileSources } from './sets/files.ts';
import { kernel } from './sets/kernel.ts';
import { packageSources, versionFiles, type NamedPackage } from './sets/packages.ts';
import { recipeOutputs } from './sets/recipes.ts';
import { secretProblems, secretReaders } from './secret-readers.ts';
import { secretSources } from './sets/secrets.ts';
import { sysctlValues } from './sets/sysctl.ts';
import { unitSources } from './sets/systemd.ts';
import { accountSources, users } from './sets/users.ts';
import type { BundleSource, CheckSource } from './source.ts';
import { unitCheck } from './unit-check.ts';

/**
 * @param packageOf what a package name stands for on a host: the name that apt knows, and its version
 * @param secretsFolder where the ciphertexts are on this machine
 * @throws SteadErrors `secrets.*` where a file speaks of a secret that the host does not have
 */
export function bundleSource(
  host: HostEvaluation,
  packageOf: (name: string) => NamedPackage,
  secretsFolder = 'hosts/secrets',
): BundleSource {
  const packages = packageSources(host, packageOf);
  const declared = secretSources(host, secretsFolder);
  const plain = [...fileSources(host), ...versionFiles(packages), ...declared.sealed];
  const problems = secretProblems(host.name, declared.secrets, plain);
  if (problems.length > 0) throw new SteadErrors(problems);
  const { secrets, units, files: orderings } = secretReaders(declared.secrets, unitSources(host), plain);
  const files = [...plain, ...orderings];
  return {
    host: host.name,
    files,
    units,
    packages,
    ...accountSources(host),
    kernel: {
      ...host.get(kernel).parameters,
      modules: host.get(kernel).modules,
      sysctl: sysctlValues(host),
    },
    secrets,
    downloads: downloadSources(host),
    recipes: recipeOutputs(host),
    checks: preflightChecks(host.get(checks).preflight, [...unitCheck(units, files), ...loginChecks(files)]),
    health: Object.entries(host.get(checks).health).map(([name, check]) => ({ name, ...check })),
    manual: Object.entries(host.get(checks).manual).map(([name, step]) => ({ name, ...step })),
    settings: settings(host),
  };
}

/** What the host's scripts go by. */
function settings(host: HostEvaluation): Record<string, string> {
  const { strayKeys } = host.get(users);
  const { atOnce } = host.get(downloads);
  const said = {
    ...host.get(activation),
    ...(strayKeys === 'keep' ? {} : { strayKeys }),
    ...(atOnce === DEFAULT_AT_ONCE ? {} : { downloadsAtOnce: atOnce }),
  };
  return Object.fromEntries(
    Object.entries(said)
      .filter(([, value]) => value !== undefined && String(value) !== '')
      .map(([name, value]) => [name, String(value)]),
  );
}

/** What the fleet says, and of what every bundle brings that which nothing of the same name stands in for. */
function preflightChecks(
  own: Readonly<Record<string, readonly string[]>>,
  brought: readonly CheckSource[],
): CheckSource[] {
  return [
    ...Object.entries(own).map(([name, command]) => ({ name, command })),
    ...brought.filter(({ name }) => !(name in own)),
  ];
}
