// Secrets in the repository: encrypted for those who use them, and for nobody else.
export { checkSecrets, hostProblems, secretState, type SecretState } from './check.ts';
export { edited } from './editor.ts';
export { generated, SECRET_KINDS, type Generated, type SecretKind } from './generate.ts';
export { identities, type AnyIdentity, type IdentityPlaces } from './identities.ts';
export { imported, type ImportKeys } from './import.ts';
export { cutOff, rotationFiles, type OpenRotation, type RotationFiles } from './rotation.ts';
export { recipientsOf, seal, unseal } from './seal.ts';
export { writeStandIns } from './stand-ins.ts';
export { secretsFolder, secretStore, type SecretStore } from './store.ts';
export {
  fleetSecrets,
  hostKey,
  type FleetSecrets,
  type HostKeysOf,
  type Recipient,
  type SecretUse,
} from './uses.ts';
