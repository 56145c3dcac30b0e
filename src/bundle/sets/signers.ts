// The option set `signers`: whose SSH keys sign this host's bundles. With any, the host takes no others.
import { z } from 'zod';
import { options } from '../../options/index.ts';
import { sshPublicKey } from '../../options/values/index.ts';
import { signatureNamespace } from '../signature.ts';
import { files } from './files.ts';

export const signers = options(
  'signers',
  z.object({
    keys: z
      .record(
        z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]*$/, 'a name without blanks, such as anna'),
        sshPublicKey(),
      )
      .default({})
      .describe(
        "SSH public keys by their holders' names. A build signs with those that the SSH agent has, else with those in ~/.ssh; the host takes what one of them has signed.",
      ),
  }),
);

signers.implement({
  defines: [files],
  *config({ keys }) {
    if (Object.keys(keys).length === 0) return;
    yield files({ etc: { 'stead/allowed_signers': { text: allowedSigners(keys) } } });
  },
});

/** The ALLOWED SIGNERS file of ssh-keygen(1) for keys by name. */
function allowedSigners(keys: Readonly<Record<string, string>>): string {
  const lines = Object.entries(keys).map(([name, key]) => {
    const [type, base64] = key.split(' ');
    return `${name} namespaces="${signatureNamespace}" ${type} ${base64}\n`;
  });
  return lines.join('');
}
