// What fleets and modules import from 'stead': option sets, wrappers, values, writers, base option sets.
export { z } from 'zod';
export {
  after,
  assert,
  before,
  changed,
  disable,
  entries,
  extend,
  fallback,
  force,
  host,
  internal,
  lines,
  merge,
  mergedBy,
  didYouMean,
  nearest,
  options,
  order,
  priority,
  readOnly,
  removed,
  renamed,
  uniqueList,
  whole,
  warn,
  when,
  type Context,
  type Contribution,
  type Contributions,
  type FleetView,
  type Host,
  type HostView,
  type Implementation,
  type OptionReference,
  type OptionSet,
  type BuiltPackage,
  type Package,
  type PackageSet,
  type Platform,
  type Statement,
} from './options/index.ts';
export * from './options/values/index.ts';
export { readSource, replace, sourceFolder, wrap, type Overlay, type Source } from './fleet/index.ts';
export {
  hardening,
  ini,
  json,
  shellCommand,
  shellQuote,
  systemdCommand,
  systemdEnvironment,
  systemdQuote,
  systemdUnit,
  template,
  toml,
  yaml,
} from './render/index.ts';
export {
  activation,
  checks,
  downloads,
  files,
  kernel,
  packages,
  recipes,
  secrets,
  signers,
  sysctl,
  systemd,
  users,
} from './bundle/sets/index.ts';
export { downloadPath } from './bundle/download-path.ts';
export { secretContent, secretPath } from './bundle/secret-path.ts';
export { waitCommand } from './bundle/wait.ts';
export type { Derivation } from './recipes/derivation.ts';
export { recipe, type Recipe } from './recipes/recipe.ts';
export { source } from './recipes/source.ts';
export { rollout } from './targets/rollout-set.ts';
export { target } from './targets/option-set.ts';
