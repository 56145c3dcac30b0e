// Loading a repository, evaluating its fleet hermetically, and saying what is wrong with it.
export { checkFleet, evaluateFleet, type CheckedFleet } from './evaluate.ts';
export { exactPlace } from './exact-place.ts';
export { guarded } from './hermetic/guarded.ts';
export { readSource, sourceFolder, type Source } from './hermetic/read-source.ts';
export { loadFleet, loadModules, type LoadedFleet } from './load.ts';
export { replace, wrap, type Override } from './overrides.ts';
export { type Overlay, type Package, type PackageChanges, type PackageSet } from './packages.ts';
export { report, type ReportOptions } from './report.ts';
