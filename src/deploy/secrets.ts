// Secrets of a fleet as far as hosts' targets have a part in them: whose key is whose.
import { secrets } from '../bundle/sets/index.ts';
import { explain, type HostEvaluation, type SteadError } from '../options/index.ts';
import { evaluateFleet, guarded, loadFleet } from '../fleet/index.ts';
import {
  fleetSecrets,
  hostKey,
  hostProblems,
  secretStore,
  type FleetSecrets,
  type HostKeysOf,
} from '../secrets/index.ts';
import { target } from '../targets/option-set.ts';

/** The SSH host keys that a fleet knows of a host; undefined for one that is a folder. */
export const keysOf: HostKeysOf = (host) => host.get(target).ssh?.hostKeys;

/** What keeps a host from decrypting what it uses; found at build, without any private key. */
export async function secretErrors(host: HostEvaluation, repository: string): Promise<readonly SteadError[]> {
  const names = Object.keys(host.get(secrets).files);
  if (names.length === 0) return [];
  const key = hostKey(host, keysOf);
  return hostProblems(secretStore(repository), host.name, key, names, (name) =>
    explain(host, secrets, ['files', name]).map(({ place }) => ({ ...place, focus: 'key' })),
  );
}

/** What the hosts of a repository say of secrets; nothing else of it has to be right. */
export async function repositorySecrets(repository: string): Promise<FleetSecrets> {
  const loaded = await loadFleet(repository);
  return guarded(() => fleetSecrets(evaluateFleet(loaded).hosts, keysOf));
}
