// From what a recipe says to a build that is known by its hash: every input pinned, nothing fetched.
import { basename } from 'node:path';
import { canonicalJson, compareBytes, digest, sha256Hex, sourceFolder } from '../bundle/index.ts';
import {
  BuiltRecipe,
  LOCK_FILE,
  type InputOrigin,
  type LockedSource,
  type LockedSuite,
  type Pins,
  type RecipeInput,
} from '../fleet/index.ts';
import { SteadError, type LabelledPlace, type Platform, type Site } from '../options/index.ts';
import { sizeBytes, timeSpanMicroseconds } from '../options/values/index.ts';
import { archiveHash } from './archive.ts';
import type { WholeDerivation } from './derivation.ts';
import { buildScript, unpackText, type PlacedSource } from './script.ts';
import { requestOf, type Source } from './source.ts';

const STORE = '/var/lib/stead/store';
const STAND_IN = '0'.repeat(64);

interface Asking {
  /** The recipe's name in the package set. */
  readonly recipe: string;
  readonly site: Site;
  readonly platform: Platform;
  readonly pins: Pins;
  readonly places: readonly LabelledPlace[];
}

/**
 * The build that a recipe stands for on a platform.
 * @throws SteadError `lock.missing` for what `stead.lock` does not pin
 */
export function planned(recipe: WholeDerivation, asking: Asking): BuiltRecipe {
  const { platform } = asking;
  const missing: string[] = [];
  const sources = Object.entries(recipe.sources)
    .sort(([left], [right]) => compareBytes(left, right))
    .map(([place, from]) => sourceInput(place, from, asking, missing));
  const patches = recipe.patches.map(({ name, text }): RecipeInput => ({
    kind: 'source',
    sha256: sha256Hex(text),
    size: Buffer.byteLength(text),
    name: basename(name).replace(/\p{Cc}/gu, '_'),
    place: null,
    origin: { kind: 'text', text },
  }));
  const tools = debianInputs(
    'tool',
    platform.suite,
    [...recipe.tools, ...impliedTools(sources, patches)],
    asking,
    missing,
  );
  const beside = Object.entries(recipe.beside)
    .sort(([left], [right]) => compareBytes(left, right))
    .flatMap(([suite, names]) => debianInputs('beside', suite, names, asking, missing));
  if (missing.length > 0 && !asking.pins.lenient) throw notPinned(asking, missing);
  const placed = sources.map((one) => one.placed);
  const script = buildScript(
    recipe,
    placed,
    patches.map(({ sha256 }) => sha256),
  );
  const unpack = unpackText(recipe, placed);
  const toolchain = {
    platform: { architecture: platform.architecture, suite: platform.suite },
    tools: tools.map(packageFacts),
    beside: Object.fromEntries(
      Object.keys(recipe.beside).map((suite) => [
        suite,
        beside.filter(({ place }) => place === suite).map(packageFacts),
      ]),
    ),
    hostPaths: recipe.hostPaths,
  };
  const derivation = canonicalJson({
    schema: 1,
    name: recipe.name,
    version: recipe.version,
    ...toolchain,
    sources: sources.map(({ placed: { place, sha256 } }) => ({ place, sha256 })),
    patches: patches.map(({ sha256 }) => sha256),
    build: sha256Hex(script),
  });
  const hash = digest(derivation);
  const { name, version, resources } = recipe;
  return new BuiltRecipe(
    { name, version, hash, path: `${STORE}/${hash}-${name}-${version}` },
    {
      recipe: asking.recipe,
      site: asking.site,
      derivation,
      script,
      inputs: [...sources.map(({ input }) => input), ...patches, ...tools, ...beside],
      hostPaths: recipe.hostPaths,
      doctor: recipe.doctor,
      resources: {
        timeLimitSeconds: Math.ceil(timeSpanMicroseconds(resources.timeLimit) / 1e6),
        memoryBytes: resources.memory === undefined ? null : sizeBytes(resources.memory),
        jobs: resources.jobs ?? null,
        nice: resources.nice,
      },
      keep: {
        key: digest(canonicalJson({ name, ...toolchain })),
        folders: recipe.keep,
        // What is gone on from has its files look old.
        unpacked: unpack === '' ? null : digest(canonicalJson({ unpack, old: recipe.keep.length > 0 })),
      },
    },
  );
}

interface SourceOfBuild {
  readonly placed: PlacedSource;
  readonly input: RecipeInput;
}

function sourceInput(place: string, from: Source, asking: Asking, missing: string[]): SourceOfBuild {
  const request = requestOf(from);
  const locked = request === undefined ? undefined : asking.pins.source(request, asking.recipe);
  if (request !== undefined && locked === undefined) missing.push(request);
  const { name, sha256, size, origin } = facts(from, locked);
  return {
    placed: { place, sha256, strip: stripOf(from, name), name },
    input: { kind: 'source', sha256, size, name, place, origin },
  };
}

function facts(
  from: Source,
  locked: LockedSource | undefined,
): Pick<RecipeInput, 'name' | 'sha256' | 'size' | 'origin'> {
  const { sha256, size } = locked ?? { sha256: STAND_IN, size: null };
  switch (from.kind) {
    case 'url': {
      const name = decodeURIComponent(basename(new URL(from.url).pathname)) || 'index';
      return { name, sha256: from.sha256 ?? sha256, size, origin: { kind: 'url', url: from.url } };
    }
    case 'git': {
      const { commit, tree } = locked?.kind === 'git' ? locked : { commit: '', tree: '' };
      const name = `${basename(from.url).replace(/\.git$/, '')}.tar`;
      return { name, sha256, size, origin: { kind: 'git', url: from.url, commit, tree } };
    }
    case 'npm': {
      const { version, integrity } = locked?.kind === 'npm' ? locked : { version: '', integrity: '' };
      const gitBundle = from.gitBundle ?? null;
      const origin: InputOrigin = { kind: 'npm', name: from.name, version, integrity, gitBundle };
      const stem = from.name.replace(/^@/, '').replace('/', '-');
      return { name: `${stem}-${version}${gitBundle === null ? '.tgz' : '.tar'}`, sha256, size, origin };
    }
    case 'folder': {
      const content = archiveHash(from.path, sourceFolder(from.path));
      const origin: InputOrigin = { kind: 'folder', path: from.path };
      return { name: `${basename(from.path)}.tar`, ...content, origin };
    }
    default:
      return from satisfies never;
  }
}

const ARCHIVE = /\.(tar|tgz|txz|tar\.(gz|xz|bz2|zst))$/;

function stripOf(from: Source, name: string): number | null {
  if (from.kind === 'folder' || from.kind === 'git') return 0;
  if (from.unpack === false || !ARCHIVE.test(name)) return null;
  return from.strip ?? (from.kind === 'npm' && from.gitBundle !== undefined ? 0 : 1);
}

/** What the standard phases call and Debian does not have everywhere. */
function impliedTools(sources: readonly SourceOfBuild[], patches: readonly RecipeInput[]): string[] {
  const unpackers = [
    [/\.t?xz$/, 'xz-utils'],
    [/\.bz2$/, 'bzip2'],
    [/\.zst$/, 'zstd'],
  ] as const;
  const names = sources.filter(({ placed }) => placed.strip !== null).map(({ input }) => input.name);
  return [
    ...unpackers.filter(([ending]) => names.some((name) => ending.test(name))).map(([, tool]) => tool),
    ...(patches.length > 0 ? ['patch'] : []),
  ];
}

/** Packages with all that they depend on, and, as everywhere in Debian, with what is essential. */
function debianInputs(
  kind: 'tool' | 'beside',
  suite: string,
  names: readonly string[],
  { recipe, platform, pins }: Asking,
  missing: string[],
): RecipeInput[] {
  const archive = `${suite}/${platform.architecture}`;
  const roots = [...new Set(kind === 'tool' ? [...names, ''] : names)];
  const locked = roots.map((name) => ({ name, suite: pins.debian(archive, name, recipe) }));
  const absent = locked.filter((one) => one.suite === undefined);
  missing.push(
    ...absent
      .filter(({ name }) => name !== '' || absent.length === 1)
      .map(({ name }) => `${name || 'the essential packages'} of ${archive}`),
  );
  const found = locked.find((one) => one.suite !== undefined)?.suite;
  if (found === undefined || absent.length > 0) return [];
  const start = kind === 'tool' ? [...names, ...found.essential] : names;
  return [...closure(start, found)].sort(compareBytes).map((name) => {
    const { version, sha256, size, path } = found.packages[name]!;
    return {
      kind,
      sha256,
      size,
      name: `${name}_${version}`,
      place: kind === 'tool' ? null : suite,
      origin: { kind: 'debian', suite: archive, path },
    };
  });
}

function closure(start: readonly string[], { packages }: LockedSuite): ReadonlySet<string> {
  const reached = new Set(start);
  // Grows while it is walked.
  for (const name of reached) for (const needed of packages[name]?.depends ?? []) reached.add(needed);
  return reached;
}

function packageFacts({ name, sha256 }: RecipeInput): { name: string; sha256: string } {
  return { name, sha256 };
}

function notPinned({ recipe, places }: Asking, missing: readonly string[]): SteadError {
  const what =
    missing.length === 1 ? missing[0]! : `${missing.slice(0, -1).join(', ')} and ${missing.at(-1)}`;
  return new SteadError({
    code: 'lock.missing',
    message: `${LOCK_FILE} does not pin ${what}, which the recipe ${recipe} needs`,
    places,
    hint: `Run \`stead update ${recipe}\`, and commit ${LOCK_FILE}.`,
  });
}
