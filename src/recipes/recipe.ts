// Declaring a recipe: a build with parameters, which overlays and modules change.
import { z } from 'zod';
import {
  BuiltRecipe,
  declareRecipe,
  EMPTY_LOCK,
  Pins,
  RecipePackage,
  type DeclaredRecipe,
} from '../fleet/index.ts';
import {
  didYouMean,
  nearest,
  optionPath,
  shown,
  Site,
  SteadError,
  userPlace,
  type LabelledPlace,
  type PackageOverride,
  type Platform,
} from '../options/index.ts';
import { derivation, PHASES, type Derivation, type WholeDerivation } from './derivation.ts';
import { planned } from './plan.ts';

/** What a recipe is made of. */
export interface RecipeSettings<P extends z.ZodObject> {
  /** What it builds, in a sentence. */
  readonly describe: string;
  /** What of it can be overridden, each with a default. */
  readonly parameters: P;
  /** Sources, tools and steps for these parameters on this platform. */
  build(parameters: z.output<P>, context: { readonly platform: Platform }): Derivation;
}

/** A recipe with its parameters, typed. */
export interface Recipe<P extends z.ZodObject = z.ZodObject> extends DeclaredRecipe {
  readonly describe: string;
  readonly parameters: P;
  override(changes: Partial<z.input<P>> | ((before: z.output<P>) => Partial<z.input<P>>)): Recipe<P>;
}

const HINT =
  "Write recipe('NAME', { describe: '…', parameters: z.object({ … }), build: (parameters) => ({ … }) }).";

/**
 * Declares a recipe. The package set has it under `name` once the file that declares it is imported.
 * @throws SteadError `recipe.duplicate`, `call.argument`
 */
export function recipe<P extends z.ZodObject>(name: string, settings: RecipeSettings<P>): Recipe<P> {
  const site = new Site(recipe);
  const refuse = (what: string, spot: Omit<LabelledPlace, 'place'>): SteadError =>
    new SteadError({
      code: 'call.argument',
      message: `recipe(…) ${what}`,
      places: [{ place: site.place(), keys: [], ...spot }],
      hint: HINT,
    });
  if (typeof name !== 'string' || !/^[A-Za-z][A-Za-z0-9-]*$/.test(name)) {
    throw refuse(`takes a name of letters, digits and hyphens first, got ${shown(name)}`, { argument: 0 });
  }
  if (typeof settings !== 'object' || settings === null || typeof settings.build !== 'function') {
    throw refuse('takes a function `build`', {});
  }
  const defaults = settings.parameters?.safeParse?.({});
  if (defaults === undefined) throw refuse('takes `parameters`, a z.object({ … })', {});
  if (!defaults.success) {
    const path = defaults.error.issues[0]!.path.map(String);
    throw refuse(`takes parameters that all have a default; \`${path.join('.')}\` has none`, {
      keys: ['parameters', ...path],
      focus: 'key',
    });
  }
  const made = new MadeRecipe({ name, settings, site }, {}, undefined);
  declareRecipe(made);
  return made as unknown as Recipe<P>;
}

interface Declared {
  readonly name: string;
  readonly settings: RecipeSettings<z.ZodObject>;
  readonly site: Site;
}

class MadeRecipe extends RecipePackage {
  readonly name: string;
  readonly #declared: Declared;
  readonly #changes: Readonly<Record<string, unknown>>;
  readonly #pins: Pins | undefined;
  readonly #built = new Map<string, BuiltRecipe>();

  constructor(declared: Declared, changes: Readonly<Record<string, unknown>>, pins: Pins | undefined) {
    super();
    this.name = declared.name;
    this.#declared = declared;
    this.#changes = changes;
    this.#pins = pins;
  }

  get site(): Site {
    return this.#declared.site;
  }

  get describe(): string {
    return this.#declared.settings.describe;
  }

  get parameters(): z.ZodObject {
    return this.#declared.settings.parameters;
  }

  override(changes: PackageOverride): MadeRecipe {
    const site = new Site(this.override);
    const given: unknown =
      typeof changes === 'function' ? changes(this.parameters.parse(this.#changes)) : changes;
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      throw this.#refused(site, [], `takes an object of parameters, got ${shown(given)}`, this.#known());
    }
    const unknown = Object.keys(given).find((key) => !Object.hasOwn(this.parameters.shape, key));
    if (unknown !== undefined) {
      const near = nearest(unknown, Object.keys(this.parameters.shape)).map((one) => `\`${one}\``);
      const hint = didYouMean(near) ?? this.#known();
      throw this.#refused(site, [unknown], `has no parameter \`${unknown}\``, hint, 'key');
    }
    const merged = { ...this.#changes, ...given };
    const [issue] = this.parameters.safeParse(merged).error?.issues ?? [];
    if (issue !== undefined) {
      const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
      throw this.#refused(
        site,
        path,
        `cannot take \`${path.join('.')}\`: ${wanted(issue, merged)}`,
        this.#known(),
      );
    }
    return new MadeRecipe(this.#declared, merged, this.#pins);
  }

  pinnedBy(pins: Pins): MadeRecipe {
    return pins === this.#pins ? this : new MadeRecipe(this.#declared, this.#changes, pins);
  }

  on(platform: Platform | undefined): BuiltRecipe {
    const places = [{ place: new Site(this.on).place() }];
    const sound = checkedPlatform(this.name, platform, places);
    const key = `${sound.suite}/${sound.architecture}`;
    let built = this.#built.get(key);
    if (built === undefined) {
      const pins = this.#pins ?? new Pins(EMPTY_LOCK);
      const content = this.#content(sound);
      this.#built.set(
        key,
        (built = planned(content, { recipe: this.name, site: this.site, platform: sound, pins, places })),
      );
    }
    return built;
  }

  #content(platform: Platform): WholeDerivation {
    const { name, site } = this.#declared;
    const given = this.#run(platform);
    const result = derivation.safeParse(given);
    if (result.success) return result.data;
    const [issue] = result.error.issues as [z.core.$ZodIssue];
    const path = optionPath('', issue.path as (string | number)[]).replace(/^\./, '');
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    const keys = [...issue.path.map(String), ...(unknown === undefined ? [] : [unknown])];
    throw new SteadError({
      code: 'recipe.derivation',
      message: `what \`build\` of the recipe ${name} gives is wrong${path === '' ? '' : ` at ${path}`}: ${wanted(issue, given)}`,
      places: [
        { place: site.place(), keys: ['build', ...keys], ...(unknown === undefined ? {} : { focus: 'key' }) },
      ],
      hint:
        unknown === undefined
          ? 'It gives { name, version, sources, tools, phases, … } as plain data.'
          : unknownHint(unknown, issue.path[0]),
    });
  }

  #run(platform: Platform): unknown {
    const { name, settings, site } = this.#declared;
    try {
      return settings.build(this.parameters.parse(this.#changes), { platform });
    } catch (error) {
      if (error instanceof SteadError) throw error;
      const place = error instanceof Error ? userPlace(error.stack) : undefined;
      throw new SteadError({
        code: 'recipe.threw',
        message: `the recipe ${name} threw ${error instanceof Error ? `${error.name}: ${error.message}` : shown(error)}`,
        places: [{ place: place ?? site.place() }],
        cause: error,
      });
    }
  }

  #known(): string {
    const names = Object.keys(this.parameters.shape);
    return names.length === 0 ? 'It has no parameters.' : `Its parameters: ${names.join(', ')}.`;
  }

  #refused(
    site: Site,
    keys: readonly (string | number)[],
    what: string,
    hint: string,
    focus?: 'key',
  ): SteadError {
    return new SteadError({
      code: 'recipe.override',
      message: `the recipe ${this.name} ${what}`,
      places: [{ place: site.place(), keys, ...(focus === undefined ? {} : { focus }) }],
      hint,
    });
  }
}

/** @param within what of a build the key stands in, where that is not the whole */
function unknownHint(key: string, within: PropertyKey | undefined): string {
  const known = within === undefined ? Object.keys(derivation.shape) : within === 'phases' ? [...PHASES] : [];
  const near = nearest(key, known).map((one) => `\`${one}\``);
  return didYouMean(near) ?? (known.length > 0 ? `Known here: ${known.join(', ')}.` : 'Leave it out.');
}

/** What was expected, and what is there instead. */
function wanted(issue: z.core.$ZodIssue, given: unknown): string {
  if (issue.code === 'unrecognized_keys') {
    // A schema that knows better says so itself.
    return issue.message.startsWith('Unrecognized key') ? `there is no \`${issue.keys[0]}\`` : issue.message;
  }
  const value = issue.path.reduce<unknown>(
    (inside, key) => (inside as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key],
    given,
  );
  if (value === undefined) return 'it is missing';
  const expected =
    issue.code === 'invalid_type'
      ? issue.expected === 'array'
        ? 'a list'
        : `a value of the type ${issue.expected}`
      : issue.message.replace(/^Invalid (option|input): expected /, '');
  return `expected ${expected}, got ${shown(value)}`;
}

function checkedPlatform(
  name: string,
  platform: Platform | undefined,
  places: readonly LabelledPlace[],
): Platform {
  const hint =
    "Write recipes({ platform: { architecture: 'arm64', suite: 'bookworm' } }) for the host, or run `stead facts HOST` once.";
  if (platform === undefined) {
    throw new SteadError({
      code: 'recipe.platform',
      message: `the recipe ${name} is built for a platform, and that of this host is not known`,
      places,
      hint,
    });
  }
  const { architecture, suite } = platform;
  if ((architecture === 'amd64' || architecture === 'arm64') && /^[a-z][a-z-]*$/.test(suite)) return platform;
  throw new SteadError({
    code: 'recipe.platform',
    message: `the recipe ${name} is built for a platform, got ${shown(platform)}`,
    places,
    hint,
  });
}
