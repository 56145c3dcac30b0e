// The option set `target`: where a host lives and how it is reached. Never part of a bundle.
import { z } from 'zod';
import { options, uniqueList } from '../options/index.ts';
import { absolutePath, fqdn, hostName, ip, port, sshPublicKey, userName } from '../options/values/index.ts';

const ssh = z.object({
  address: z.union([ip(), fqdn(), hostName()]).describe('Address or name to connect to.'),
  port: port().optional().describe("The SSH server's port: what ssh_config(5) says, else 22."),
  user: userName()
    .optional()
    .describe(
      'User to log in as: what ssh_config(5) says, else your own name. Anyone but root uses `sudo -n`.',
    ),
  hostKeys: uniqueList(sshPublicKey()).describe(
    "The host's own SSH public keys. Without any, known_hosts decides; an unknown key is never accepted.",
  ),
  identityFiles: uniqueList(z.string()).describe(
    'Private key files to log in with, besides the SSH agent; `~/` is the home folder. None: those that ssh itself tries.',
  ),
  jump: hostName().optional().describe('A host of this fleet to connect through.'),
  root: absolutePath()
    .default('/')
    .describe('A folder on the far side that stands for `/`, for trying things out.'),
});

export const target = options(
  'target',
  z.object({
    ssh: ssh.optional().describe('A real host, reached over SSH.'),
    directory: z
      .string()
      .optional()
      .describe('A folder on this machine that stands for `/`, relative to the repository.'),
  }),
);
