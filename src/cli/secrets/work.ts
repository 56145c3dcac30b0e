// What the actions of `stead secrets` work with, and how they say what they have done.
import { z } from 'zod';
import { SteadError } from '../../options/error.ts';
import {
  seal,
  SECRET_KINDS,
  type AnyIdentity,
  type FleetSecrets,
  type Recipient,
  type SecretStore,
} from '../../secrets/index.ts';
import type { CliContext } from '../context.ts';

export const optionsSchema = z.object({
  identity: z.array(z.string()).default([]),
  from: z.string().optional(),
  key: z.string().optional(),
  passwordFile: z.string().optional(),
  targetRoot: z.string().optional(),
  sshConfig: z.string().optional(),
  kind: z.enum(SECRET_KINDS).optional(),
  replace: z.boolean().default(false),
});

/** What the actions work with. */
export interface Work {
  readonly context: CliContext;
  readonly store: SecretStore;
  readonly fleet: FleetSecrets;
  readonly names: readonly string[];
  readonly options: z.output<typeof optionsSchema>;
  identities(): readonly AnyIdentity[];
}

/** A secret that was looked after. */
export interface Sealed {
  readonly name: string;
  readonly changed: boolean;
  readonly recipients: readonly Recipient[];
}

/** Encrypts a secret for those who use it, and says so. */
export async function sealed(work: Work, name: string, content: Uint8Array): Promise<void> {
  const recipients = await seal(work.store, work.fleet, name, content);
  report(work, [{ name, changed: true, recipients }]);
}

/** Says what was written, and for whom. */
export function report({ context, store }: Work, all: readonly Sealed[]): void {
  if (context.json) {
    const secrets = all.map(({ name, changed, recipients }) => ({
      name,
      path: store.shownPath(name),
      changed,
      recipients: recipients.map((one) => one.name),
    }));
    context.print(JSON.stringify({ secrets }, null, 2));
    return;
  }
  if (all.length === 0) context.print('nothing to do');
  for (const { name, changed, recipients } of all) {
    const readers = recipients.map((one) => one.name).join(', ');
    context.print(changed ? `${store.shownPath(name)} for ${readers}` : `${name} stays as it is`);
  }
}

/** The one name that was given. @throws SteadError `usage.secret` */
export function onlyName({ names }: Work): string {
  const [name, ...more] = names;
  if (name !== undefined && more.length === 0) return name;
  throw new SteadError({
    code: 'usage.secret',
    message: `name one secret, got ${names.length}`,
    hint: 'Such as wireguard/gateway, for hosts/secrets/wireguard/gateway.age.',
  });
}

/** Of a secret that is not to be written over. */
export function exists(name: string): SteadError {
  return new SteadError({
    code: 'secrets.exists',
    message: `there is a secret ${name} already; nothing was changed`,
    hint: 'Say --replace to have another in its place.',
  });
}
