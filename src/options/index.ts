// Option sets, definitions, priorities, merging and lazy evaluation.
export { assert, disable, warn, type OptionReference, type Statement } from './definition.ts';
export {
  DEFINITION,
  SteadError,
  SteadErrors,
  type ErrorFields,
  type LabelledPlace,
  type Place,
  type SourceKey,
} from './error.ts';
export { Evaluation, type EvaluationOptions, type Findings } from './evaluate/evaluation.ts';
export type { HostEvaluation } from './evaluate/host.ts';
export { originsOf, type Origin } from './evaluate/origin.ts';
export { IMPORT_CYCLE, UNDEFINED_VALUE } from './arguments.ts';
export { explain, priorityName, type Explanation } from './evaluate/why.ts';
export { extend, host, isHost, type Host, type HostSettings } from './host.ts';
export { entries, internal, lines, mergedBy, readOnly, uniqueList, whole } from './kinds.ts';
export { placeOf } from './merge/errors.ts';
export { optionPath, parseOptionPath } from './merge/path.ts';
export { alternatives, shown, withoutPasswords } from './merge/shown.ts';
export { changed, removed, renamed, type Migration, type Migrations } from './migrate.ts';
export { didYouMean, nearest } from './nearest.ts';
export type * from './packages.ts';
export { callOf, framesOf, readerPlace, Site, userPlace } from './place.ts';
export { reference, type OptionReferenceEntry, type SetReference } from './reference.ts';
export {
  isOptionSet,
  options,
  rawImplementation,
  rawSet,
  type Implementation,
  type OptionSet,
  type RawImplementation,
  type SetOptions,
} from './set.ts';
export type * from './types.ts';
export { after, before, fallback, force, merge, order, priority, when } from './wrap.ts';
