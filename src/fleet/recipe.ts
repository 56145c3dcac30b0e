// Recipes as the package set holds them: which there are, and what is known of one for a platform. src/recipes makes them.
import {
  SteadError,
  type BuiltPackage,
  type Package,
  type PackageOverride,
  type Platform,
  type Site,
} from '../options/index.ts';
import { repositoryOf, steadFolder } from './hermetic/repositories.ts';
import type { Pins } from './pins.ts';

/** A file that a build gets, by the sha256 of its content. */
export interface RecipeInput {
  readonly kind: 'source' | 'tool' | 'beside';
  readonly sha256: string;
  /** In bytes; null where only fetching it tells. */
  readonly size: number | null;
  /** For people and messages. */
  readonly name: string;
  /** `source`: its folder below /build. `beside`: the suite. */
  readonly place: string | null;
  /** Where it comes from. */
  readonly origin: InputOrigin;
}

/** Where a file can be had. */
export type InputOrigin =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'git'; readonly url: string; readonly commit: string; readonly tree: string }
  | {
      readonly kind: 'npm';
      readonly name: string;
      readonly version: string;
      readonly integrity: string;
      /** A git bundle inside of the package whose tree is meant. */
      readonly gitBundle: string | null;
    }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'debian'; readonly suite: string; readonly path: string };

/** What bounds a build; not part of its hash. */
export interface RecipeResources {
  readonly timeLimitSeconds: number;
  /** None where null. */
  readonly memoryBytes: number | null;
  /** As many as the machine has processors where null. */
  readonly jobs: number | null;
  readonly nice: number;
}

/** All that a build is. */
export interface RecipePlan {
  /** The name of the recipe in the package set. */
  readonly recipe: string;
  /** Where that is declared. */
  readonly site: Site;
  /** What the hash is taken over, as canonical JSON. */
  readonly derivation: string;
  /** The script that builds it. */
  readonly script: string;
  readonly inputs: readonly RecipeInput[];
  /** What the building host itself must have, with the version. */
  readonly hostPaths: Readonly<Record<string, string>>;
  /** Commands that the building host runs first, by what they look for; not part of the hash. */
  readonly doctor: Readonly<Record<string, { readonly command: string; readonly advice: string }>>;
  readonly resources: RecipeResources;
  /** Folders of the build that stay for the next one with the same key. */
  readonly keep: {
    readonly key: string;
    readonly folders: readonly string[];
    /** What unpacked sources are known by; null where a recipe unpacks them itself. */
    readonly unpacked: string | null;
  };
}

/** The output of a recipe for a platform. */
export class BuiltRecipe implements BuiltPackage {
  readonly name: string;
  readonly version: string;
  readonly hash: string;
  readonly path: string;
  readonly #plan: RecipePlan;

  constructor(facts: BuiltPackage, plan: RecipePlan) {
    this.name = facts.name;
    this.version = facts.version;
    this.hash = facts.hash;
    this.path = facts.path;
    this.#plan = plan;
  }

  get plan(): RecipePlan {
    return this.#plan;
  }
}

/** A recipe, whatever its parameters are. */
export interface DeclaredRecipe {
  readonly kind: 'recipe';
  readonly name: string;
  on(platform: Platform | undefined): BuiltRecipe;
  pinnedBy(pins: Pins): RecipePackage;
}

/** A recipe with its parameters. */
export abstract class RecipePackage implements Package, DeclaredRecipe {
  readonly kind = 'recipe';
  abstract readonly name: string;
  /** Where it is declared. */
  abstract readonly site: Site;
  abstract override(changes: PackageOverride): RecipePackage;
  abstract on(platform: Platform | undefined): BuiltRecipe;
  /** The same with what `stead.lock` says of its sources. */
  abstract pinnedBy(pins: Pins): RecipePackage;
}

const declared = new Map<string, Map<string, RecipePackage>>();

/**
 * Takes a recipe into the package set of the repository whose file declares it; one of stead's own modules is in all.
 * @throws SteadError `recipe.duplicate`
 */
export function declareRecipe(recipe: RecipePackage): void {
  const repository = repositoryOf(recipe.site.place().file);
  if (repository === undefined) return;
  const twin = declared.get(repository)?.get(recipe.name);
  if (twin !== undefined) {
    throw new SteadError({
      code: 'recipe.duplicate',
      message: `the recipe ${recipe.name} is declared twice`,
      places: [
        { place: twin.site.place(), keys: [], argument: 0, label: 'declared here' },
        { place: recipe.site.place(), keys: [], argument: 0, label: 'and here' },
      ],
      hint: `Name one of them differently; an overlay changes a recipe with \`prev.${recipe.name}.override({ … })\`.`,
    });
  }
  let own = declared.get(repository);
  if (own === undefined) declared.set(repository, (own = new Map()));
  own.set(recipe.name, recipe);
}

/** The recipes of a repository and of stead, by name; of one name the repository's own. */
export function recipesIn(repository: string): ReadonlyMap<string, RecipePackage> {
  return new Map([...(declared.get(steadFolder) ?? []), ...(declared.get(repository) ?? [])]);
}
