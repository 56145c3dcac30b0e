// What can be set about the account by which hosts manage each other.
import { absolutePath, hostName, options, sshPublicKey, uniqueList, userName, z } from 'stead';

export const serviceAccount = options(
  'serviceAccount',
  z.object({
    name: userName().default('runner').describe('The account, on every host.'),
    home: absolutePath().describe('Its home folder: /var/lib/NAME, where nothing is said.'),
    publicKey: sshPublicKey().describe('Its public key, Ed25519, by which every host lets it in.'),
    runsFrom: hostName()
      .optional()
      .describe(
        'The host of the fleet that has the private key, and from which it logs in to all the others.',
      ),
    privateKeyFile: absolutePath().describe(
      'The file on that host that holds the private key: ~/.ssh/id_ed25519, where nothing is said; never part of a generation.',
    ),
    from: uniqueList(z.string().regex(/^!?[^\s",]+$/)).describe(
      'Addresses and networks from which the key lets in: everywhere, where nothing is said.',
    ),
  }),
  {
    defaults: (self) => ({
      home: () => `/var/lib/${self.name}`,
      privateKeyFile: () => `${self.home}/.ssh/id_ed25519`,
    }),
  },
);
