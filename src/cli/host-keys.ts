// The keys that an SSH server shows, and what people compare them by.
import { createHash } from 'node:crypto';
import { SteadError } from '../options/index.ts';

/** A server's key as it stands in a fleet, and its fingerprint as `ssh-keygen -l` writes it. */
export interface ShownKey {
  readonly key: string;
  readonly fingerprint: string;
}

/**
 * Asks a server for its keys with ssh-keyscan(1). Nothing vouches for them: a person has to.
 * @throws SteadError `init.unreachable`
 */
export async function shownKeys(host: string, address: string, port: number): Promise<readonly ShownKey[]> {
  const { execa } = await import('execa');
  const argv = ['-T', '10', '-p', String(port), '--', address];
  const { stdout, stderr } = await execa('ssh-keyscan', argv, { reject: false });
  const keys = stdout.split('\n').flatMap((line) => {
    const [, type, blob] = /^[^#\s]\S* (\S+) (\S+)$/.exec(line) ?? [];
    return type === undefined || blob === undefined ? [] : [shown(type, blob)];
  });
  if (keys.length > 0) return keys.sort((left, right) => (left.key < right.key ? -1 : 1));
  throw new SteadError({
    code: 'init.unreachable',
    host,
    message: `no SSH server shows a key at ${address}, port ${port}${stderr === undefined || stderr === '' ? '' : `: ${stderr.split('\n').at(-1)}`}`,
    hint: 'See that the host is on and that the address is right. Nothing was written.',
  });
}

function shown(type: string, blob: string): ShownKey {
  const sum = createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').replace(/=+$/, '');
  return { key: `${type} ${blob}`, fingerprint: `SHA256:${sum}` };
}
