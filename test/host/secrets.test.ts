// What keeps secrets from a host, found on it before anything is changed. Needs root.
import { describe, expect, test } from 'vitest';
import { available } from '../setup/programs.ts';
import { base32, makeBundle, sha256, type Bundle } from './bundle.ts';
import { makeMachine } from './machine.ts';

const KEPT = makeBundle({ files: { '/etc/kept': 'kept' } });

/** A bundle with the secret `token`, and a file that must not come without it. */
function withToken(sealed: string, owner = 'root'): Bundle {
  const source = '/etc/stead/secrets/token.age';
  const row = ['token', 'secret', '0400', owner, owner, source, sha256(sealed), '-', '-', 'services'];
  return makeBundle({
    files: { '/etc/kept': 'changed', [source]: { link: sealed, mode: '0400' } },
    secrets: [row],
    settings: { secrets: base32(sha256(row.join())) },
  });
}

const cases = [
  {
    name: 'no key of its own',
    prepare: 'rm /etc/ssh/ssh_host_ed25519_key',
    says: 'there is no /etc/ssh/ssh_host_ed25519_key here to decrypt secrets with; ssh-keygen -A makes one, and `stead secrets rekey` encrypts for it; nothing was changed',
  },
  {
    name: 'another key than the one that was encrypted for',
    prepare:
      "rm /etc/ssh/ssh_host_ed25519_key; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key",
    says: "token cannot be decrypted with this host's key: it was encrypted for others\nstead-host: secrets that cannot be had here: token; nothing was changed",
  },
  {
    name: 'a ciphertext that is damaged',
    damage: (sealed: string) => sealed.replace(/.(?=\n.*\n-----END)/, (last) => (last === 'A' ? 'B' : 'A')),
    says: "token cannot be decrypted with this host's key: it is damaged, or not encrypted",
  },
  {
    name: 'a plaintext where a ciphertext belongs',
    damage: () => 'plain-text-in-its-place-Hd73\n',
    says: "token cannot be decrypted with this host's key: it is damaged, or not encrypted",
  },
  {
    name: 'an owner who does not exist',
    owner: 'nobody-here',
    says: 'token is to belong to nobody-here:nobody-here, which this host does not have; declare it in `users`',
  },
  {
    name: 'no /run in memory',
    prepare: 'cd /etc && mkdir l u w && mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w /run',
    says: '/run is not in memory here: secrets would be written to a disk; nothing was changed',
  },
] as const;

describe.runIf(available('root', 'age', 'ssh-keygen'))(
  'a host refuses a generation whose secrets it cannot have',
  () => {
    test.each(cases)('for $name, and stays as it is', async (one) => {
      const machine = await makeMachine();
      const content = 'content-of-token-Zr84';
      const sealed = machine.sealed(content);
      const bundle = withToken(
        'damage' in one ? one.damage(sealed) : sealed,
        'owner' in one ? one.owner : 'root',
      );
      if ('prepare' in one) await machine.succeed(`${one.prepare}`);
      expect(await machine.switchTo(KEPT)).toMatchObject({ code: 0 });
      const { code, stdout, stderr } = await machine.switchTo(bundle);
      expect(stderr).toContain(one.says);
      expect(code).toBe(1);
      expect(stdout + stderr).not.toMatch(/content-of-token|plain-text-in/);
      expect(
        await machine.succeed(
          'cat /etc/kept; readlink /var/lib/stead/current; find /run -path "/run/stead*" -type f',
        ),
      ).toBe('keptgenerations/1');
    });

    test('and takes it where nothing is wrong', async () => {
      const machine = await makeMachine();
      expect(await machine.switchTo(withToken(machine.sealed('content-of-token-Zr84')))).toMatchObject({
        code: 0,
      });
      expect(await machine.succeed('cat /run/stead/secrets/token')).toBe('content-of-token-Zr84');
    });
  },
);
