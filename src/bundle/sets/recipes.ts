// The option set `recipes`: outputs of recipes that a host must have, and where they are built.
import { z } from 'zod';
import { BuiltRecipe, recordedFacts } from '../../fleet/index.ts';
import {
  didYouMean,
  explain,
  nearest,
  options,
  SteadError,
  type BuiltPackage,
  type HostEvaluation,
  type HostView,
  type Platform,
} from '../../options/index.ts';
import { hostName, url, valueNames } from '../../options/values/index.ts';

const platform = z.object({
  architecture: z.enum(['amd64', 'arm64']).describe('Of its processor, as `dpkg --print-architecture` says.'),
  suite: z
    .string()
    .regex(/^[a-z][a-z-]*$/, { error: 'the code name of a release, such as bookworm' })
    .describe(
      'The release that it runs: `bookworm`, `trixie`, `jammy`. Raspberry Pi OS has the names of Debian; a Jetson with JetPack 6 is `jammy`.',
    ),
});

const output = z
  .custom<BuiltPackage>((value) => value instanceof BuiltRecipe, {
    error: 'an output of a recipe, such as packages.llamaCpp.on(platform)',
  })
  .register(valueNames, { name: 'output of a recipe' });

export const recipes = options(
  'recipes',
  z.object({
    use: z
      .array(output)
      .default([])
      .describe(
        'Outputs that must be on this host before it is switched. What is there already costs nothing.',
      ),
    buildOn: hostName()
      .optional()
      .describe(
        'Where they are built: another host of the fleet, or `deployer`, the machine that stead runs on; outputs are copied. On this host itself where nothing is said.',
      ),
    platform: platform
      .optional()
      .describe('What they are built for. Known from `hosts/facts/` where `stead facts` has written there.'),
    mirrors: z
      .array(url())
      .default([])
      .describe(
        "Archives that build tools are fetched from, before this machine's own and the one that everybody has: `http://deb.debian.org/debian`. A snapshot of Debian's (`https://snapshot.debian.org/archive/debian/20261101T000000Z`) keeps what the archive has dropped.",
      ),
  }),
  { defaults: (_, { host }) => platformDefault(host) },
);

/** Releases by what os-release(5) says of them. */
const SUITES: Readonly<Record<string, string>> = {
  'debian 11': 'bullseye',
  'debian 12': 'bookworm',
  'debian 13': 'trixie',
  'debian 14': 'forky',
  'raspbian 11': 'bullseye',
  'raspbian 12': 'bookworm',
  'raspbian 13': 'trixie',
  'ubuntu 20.04': 'focal',
  'ubuntu 22.04': 'jammy',
  'ubuntu 24.04': 'noble',
  'ubuntu 26.04': 'resolute',
};

function platformDefault(host: HostView): { platform?: Platform } {
  const { architecture, system } = (recordedFacts(host) ?? {}) as Partial<Record<string, unknown>>;
  const suite = SUITES[String(system)];
  if ((architecture !== 'amd64' && architecture !== 'arm64') || suite === undefined) return {};
  return { platform: { architecture, suite } };
}

/**
 * The outputs that a host must have, each once.
 * @throws SteadError `recipes.output` where two recipes would build one output in different ways, `recipes.build-on`
 */
export function recipeOutputs(host: HostEvaluation): readonly BuiltRecipe[] {
  const { use, buildOn } = host.get(recipes);
  if (buildOn !== undefined) checkBuilder(host, buildOn);
  else for (const one of use) if (one instanceof BuiltRecipe) checkCuda(host, one);
  const byPath = new Map<string, BuiltRecipe>();
  for (const one of use.filter((output) => output instanceof BuiltRecipe)) {
    const twin = byPath.get(one.path);
    if (twin !== undefined && waysOf(twin) !== waysOf(one)) {
      throw new SteadError({
        code: 'recipes.output',
        host: host.name,
        option: 'recipes.use',
        message:
          twin.plan.recipe === one.plan.recipe
            ? `the recipe ${one.plan.recipe} is used twice for one output, ${one.path}, with different \`resources\` or \`keep\``
            : `two recipes, ${twin.plan.recipe} and ${one.plan.recipe}, have one output: ${one.path}`,
        places: [...new Set([twin, one].map(({ plan }) => plan.site))].map((site) => ({
          place: site.place(),
          label: 'declared here',
        })),
        hint: 'They build the same from the same: use one of them, or give one another name.',
      });
    }
    byPath.set(one.path, one);
  }
  return [...byPath.values()];
}

/** Where the facts of a host say which CUDA it has, if any. What they do not speak of is looked at before a build. */
function checkCuda(host: HostEvaluation, { plan: { recipe, hostPaths, site } }: BuiltRecipe): void {
  const { cuda } = (recordedFacts(host) ?? {}) as { readonly cuda?: string | null };
  if (cuda === undefined) return;
  for (const [path, version] of Object.entries(hostPaths)) {
    if (!/^\/usr\/local\/cuda(-[0-9.]+)?$/.test(path)) continue;
    if (cuda !== null && `${cuda}.`.startsWith(`${version}.`)) continue;
    throw new SteadError({
      code: 'recipes.cuda',
      host: host.name,
      option: 'recipes.use',
      message: `the recipe ${recipe} is built with CUDA ${version} in ${path}, and hosts/facts/${host.name}.json says that this host has ${cuda === null ? 'none' : `CUDA ${cuda}`}`,
      places: [{ place: site.place(), label: 'declared here' }],
      hint: "Install the toolkit and read the facts again with `stead facts`, choose another variant, or build it elsewhere: recipes({ buildOn: 'HOST' }).",
    });
  }
}

function waysOf({ plan: { recipe, resources, keep } }: BuiltRecipe): string {
  return JSON.stringify([recipe, resources, keep.folders]);
}

function checkBuilder(host: HostEvaluation, buildOn: string): void {
  const known = [...host.evaluation.hosts.map(({ name }) => name), 'deployer'];
  if (known.includes(buildOn)) return;
  const near = nearest(buildOn, known);
  throw new SteadError({
    code: 'recipes.build-on',
    host: host.name,
    option: 'recipes.buildOn',
    message: `there is no host ${buildOn} to build on`,
    places: explain(host, recipes, ['buildOn']).map(({ place }) => place),
    hint: didYouMean(near) ?? `Hosts: ${known.join(', ')}.`,
  });
}
