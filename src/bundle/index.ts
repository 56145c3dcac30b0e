// Bundles: what a host's evaluation renders to, named by its hash, in memory and in `out/`.
export { writeFileAtomic } from './atomic.ts';
export { canonicalJson } from './canonical.ts';
export type { UnitAction } from './unit-change.ts';
export {
  diffManifests,
  isEmptyDiff,
  textDiff,
  type FileAspect,
  type FileChange,
  type ManifestDiff,
  type NameChanges,
  type UnitChange,
} from './diff.ts';
export { downloadPath } from './download-path.ts';
export { readFleet, writeFleet, type Fleet, type FleetEntry } from './fleet.ts';
export { sourceFolder, type FolderEntry } from './folder.ts';
export {
  digest,
  hashFile,
  isDigest,
  objectId,
  sha256Hex,
  storeName,
  type Digest,
  type ObjectFacts,
} from './hash.ts';
export {
  identityText,
  manifestJsonSchema,
  manifestText,
  parseManifest,
  readManifest,
  type Manifest,
  type ManifestFile,
  type ManifestUnit,
  type Provenance,
} from './manifest.ts';
export { compareBytes } from './order.ts';
export { bundle, type Bundle, type BundleContext, type BundleEntry } from './plan.ts';
export { signatureNamespace, signedText } from './signature.ts';
export type {
  BundleSource,
  CheckSource,
  Content,
  FileSource,
  GroupSource,
  UnitSource,
  UserSource,
} from './source.ts';
export { waitCommand, waitCondition, type WaitCondition } from './wait.ts';
export { tables } from './tables.ts';
export { lineDelta } from './text-delta.ts';
export { streamTar, writeTar, type TarEntry } from './tar.ts';
export { SIGNATURE } from './standing.ts';
export { writeBundles, type BundleOrder, type Written } from './write.ts';
export { bundleMembers } from './layout.ts';
export { bundleSource } from './lower.ts';
