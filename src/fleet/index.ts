// Loading a repository, evaluating its fleet hermetically, and saying what is wrong with it.
export { checkFleet, evaluateFleet, type CheckedFleet } from './evaluate.ts';
export { advisedError, exactPlace, exactPlaces } from './exact-place.ts';
export { guarded } from './hermetic/guarded.ts';
export { folderAt, readSource, sourceFolder, type Source } from './hermetic/read-source.ts';
export { loadFleet, loadModules, type LenientLock, type LoadedFleet } from './load.ts';
export { replace, wrap, type Override } from './overrides.ts';
export { type DebianSpec, type Overlay, type PackageChanges } from './packages.ts';
export {
  EMPTY_LOCK,
  LOCK_FILE,
  lockText,
  Pins,
  readLock,
  type Lock,
  type LockedPackage,
  type LockedSource,
  type LockedSuite,
  type PinRequest,
} from './pins.ts';
export {
  BuiltRecipe,
  declareRecipe,
  RecipePackage,
  type DeclaredRecipe,
  type InputOrigin,
  type RecipeInput,
  type RecipePlan,
  type RecipeResources,
} from './recipe.ts';
export { recordedFacts } from './host-facts.ts';
export { report, type ReportOptions } from './report.ts';
