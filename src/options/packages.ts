// The package set, as overlays and implementations see it.

/** What a host's machine code is, as Debian names it. */
export type Architecture = 'amd64' | 'arm64';

/** What a recipe is built for: a machine, and the release whose programs build it and run it. */
export interface Platform {
  readonly architecture: Architecture;
  /** Code name of a release of Debian or Ubuntu: `bookworm`, `jammy`. */
  readonly suite: string;
}

/** What a package's name stands for. */
export interface Package {
  /** `debian`: a package of the host's archive. `recipe`: something that stead builds. */
  readonly kind: 'debian' | 'recipe';
  readonly name: string;
  /** Of a Debian package: a version, or the beginning of one before a `*`: `1.22.*`. Any where nothing is said. */
  readonly version?: string;
  /**
   * The package with some of it changed, as in Nix: parameters of a recipe, name and version of a Debian package.
   * A function gets what they were before.
   * @throws SteadError for a parameter that there is not, with the nearest names, or a value that does not fit
   */
  override(changes: PackageOverride): Package;
  /**
   * A recipe for a platform, that of a host: `host.get(recipes).platform`. Where its output will be is known before
   * it is built.
   * @throws SteadError for a Debian package, which is installed, not built; for a platform that is not known; for
   *   sources and tools that are not in `stead.lock`
   */
  on(platform: Platform | undefined): BuiltPackage;
}

type Parameters = Readonly<Record<string, unknown>>;

/** Changes of parameters, or a function that gives them. */
export type PackageOverride = Parameters | ((before: Parameters) => Parameters);

/** The output of a recipe for a platform, built or not. */
export interface BuiltPackage {
  readonly name: string;
  readonly version: string;
  /** 32 digits over all that goes into it. */
  readonly hash: string;
  /** Where it is on a host: `/var/lib/stead/store/<hash>-<name>-<version>`. */
  readonly path: string;
}

/** Every package by name. A name that neither an overlay nor a recipe speaks of is the Debian package of that name. */
export type PackageSet = Readonly<Record<string, Package>>;

/** What `stead.lock` says, for implementations whose inputs are pinned there. */
export interface LockView {
  /**
   * The entry of a model.
   * @param request what `stead update` resolves where there is no entry
   */
  model(name: string, request: Readonly<Record<string, unknown>>): LockedModel | undefined;
}

/** Files of a model as a hub had them. */
export interface LockedModel {
  readonly hub: string;
  readonly repo: string;
  /** The revision that was asked for. */
  readonly revision: string;
  /** The commit that it was at. */
  readonly commit: string;
  readonly files: readonly { readonly path: string; readonly sha256: string; readonly size: number }[];
}
