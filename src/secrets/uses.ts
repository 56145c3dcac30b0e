// Who uses which secret, and for whom it is therefore to be encrypted.
import { secrets } from '../bundle/sets/secrets.ts';
import { compareBytes } from '../bundle/order.ts';
import { explain, SteadError, type HostEvaluation } from '../options/index.ts';
import { fingerprint } from './age-file.ts';

/** Somebody whom a secret is encrypted for. */
export interface Recipient {
  /** `host gateway`, `me@laptop`. */
  readonly name: string;
  /** `age1…`, or `ssh-ed25519 AAAA…` without a comment. */
  readonly key: string;
}

/** A secret with those who are to be able to read it, and nobody else. */
export interface SecretUse {
  readonly name: string;
  /** Names of hosts that have it. */
  readonly hosts: readonly string[];
  readonly recipients: readonly Recipient[];
  /** Whether it is to hold the hash of a password: some host needs it for its users. */
  readonly isHash: boolean;
}

/** The uses of all secrets of a fleet. */
export interface FleetSecrets {
  /** By name. */
  readonly uses: ReadonlyMap<string, SecretUse>;
  /** All administrators of the fleet: who can read a secret that no host uses yet. */
  readonly administrators: readonly Recipient[];
}

/** What an SSH target says of its host's keys; undefined for a host that is a folder, and decrypts nothing. */
export type HostKeysOf = (host: HostEvaluation) => readonly string[] | undefined;

/**
 * What a fleet's hosts say of secrets. Nothing but these options is evaluated.
 * @throws SteadError `secrets.host-key` for a host that uses secrets and whose key nobody knows
 */
export function fleetSecrets(hosts: readonly HostEvaluation[], keysOf: HostKeysOf): FleetSecrets {
  const uses = new Map<string, { hosts: string[]; recipients: Map<string, Recipient>; isHash: boolean }>();
  const everyone = new Map<string, Recipient>();
  for (const host of hosts) {
    const { administrators, files } = host.get(secrets);
    const known = Object.entries(administrators).map(([name, key]) => recipient(name, key));
    for (const one of known) everyone.set(fingerprint(one.key), one);
    const names = Object.keys(files);
    const key = names.length === 0 ? undefined : hostKey(host, keysOf);
    const own = key === undefined ? [] : [recipient(`host ${host.name}`, key)];
    for (const name of names) {
      const use = uses.get(name) ?? { hosts: [], recipients: new Map<string, Recipient>(), isHash: false };
      use.hosts.push(host.name);
      use.isHash ||= files[name]!.neededFor === 'users';
      for (const one of [...known, ...own]) use.recipients.set(fingerprint(one.key), one);
      uses.set(name, use);
    }
  }
  const sorted = [...uses].sort(([left], [right]) => compareBytes(left, right));
  return {
    uses: new Map(
      sorted.map(([name, use]) => [
        name,
        { name, hosts: use.hosts, recipients: [...use.recipients.values()], isHash: use.isHash },
      ]),
    ),
    administrators: [...everyone.values()],
  };
}

/** The key that a host's secrets are encrypted for. @throws SteadError `secrets.host-key` */
export function hostKey(host: HostEvaluation, keysOf: HostKeysOf): string | undefined {
  const { hostKey: own } = host.get(secrets);
  const known = keysOf(host);
  const key = own ?? known?.find((one) => one.startsWith('ssh-ed25519 '));
  if (own !== undefined && !own.startsWith('ssh-ed25519 ')) throw noKey(host, 'is no Ed25519 key');
  if (key === undefined && known !== undefined) throw noKey(host, 'is not known');
  return key;
}

function noKey(host: HostEvaluation, problem: string): SteadError {
  return new SteadError({
    code: 'secrets.host-key',
    host: host.name,
    message: `${host.name} uses secrets, and its SSH Ed25519 host key, which they are encrypted for, ${problem}`,
    places: Object.keys(host.get(secrets).files).flatMap((name) =>
      explain(host, secrets, ['files', name]).map(({ place }) => ({ ...place, focus: 'key' as const })),
    ),
    hint: 'Write what /etc/ssh/ssh_host_ed25519_key.pub says on the host into target({ ssh: { hostKeys: […] } }).',
  });
}

function recipient(name: string, key: string): Recipient {
  return { name, key: key.trim().split(' ').slice(0, 2).join(' ') };
}
