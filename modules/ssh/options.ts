// What can be set about a host's SSH server, and which hosts it knows as a client.
import {
  absolutePath,
  entries,
  fqdn,
  hostName,
  ip,
  line,
  lines,
  options,
  port,
  sshPublicKey,
  uniqueList,
  z,
} from 'stead';

/** A pattern of sshd_config(5): a name, with `*` and `?`, and for users perhaps `@HOST`. */
const pattern = () =>
  z.string().regex(/^!?[^\s",#]+$/, { error: 'a pattern without white space, comma and quotes' });

const setting = z.union([line(), z.number(), z.boolean(), z.array(line())]);

const match = z.object({
  users: uniqueList(pattern()).describe('Users that it is for, as patterns.'),
  groups: uniqueList(pattern()).describe('Groups that it is for, as patterns.'),
  addresses: uniqueList(pattern()).describe(
    'Addresses and networks that connect: `10.9.9.0/24`, `!10.9.9.7`.',
  ),
  localAddresses: uniqueList(pattern()).describe('Addresses of this host that are connected to.'),
  localPorts: uniqueList(port()).describe('Ports that are connected to.'),
  settings: z
    .record(z.string(), setting)
    .describe(
      'What holds there instead, by the names of sshd_config(5): `{ PasswordAuthentication: true }`.',
    ),
});

export const ssh = options(
  'ssh',
  z.object({
    ports: uniqueList(port()).default([22]).describe('TCP ports to listen on.'),
    forwardedPorts: uniqueList(port()).describe(
      'Ports of a router in front that lead to one of these: the target may be reached there.',
    ),
    listenAddresses: uniqueList(ip()).describe('Addresses to listen on: all, where nothing is said.'),
    openTo: uniqueList(line()).describe('Zones of the firewall from which the ports may be reached.'),
    permitRootLogin: z
      .enum(['yes', 'prohibit-password', 'forced-commands-only', 'no'])
      .default('prohibit-password')
      .describe('Whether and how root may log in.'),
    passwordAuthentication: z.boolean().default(false).describe('Whether a password lets in.'),
    kbdInteractiveAuthentication: z
      .boolean()
      .default(false)
      .describe('Whether PAM may ask, for a password as a rule.'),
    allowUsers: uniqueList(pattern()).describe('With any, only these users may log in.'),
    denyUsers: uniqueList(pattern()).describe('Users who may not log in.'),
    allowGroups: uniqueList(pattern()).describe('With any, only members of these groups may log in.'),
    denyGroups: uniqueList(pattern()).describe('Groups whose members may not log in.'),
    authorizedKeysFiles: uniqueList(z.string().regex(/^[^\s"]+$/))
      .default(['.ssh/authorized_keys'])
      .describe(
        'Where keys are looked for, from the home folder on: OpenSSH’s own authorized_keys2 is left out.',
      ),
    x11Forwarding: z
      .boolean()
      .default(false)
      .describe('Whether programs with windows may be shown elsewhere.'),
    gatewayPorts: z
      .enum(['no', 'yes', 'clientspecified'])
      .default('no')
      .describe('Whether ports that a client forwards to itself may be reached by others.'),
    useDns: z.boolean().default(false).describe('Whether addresses of clients are looked up.'),
    logLevel: z
      .enum(['QUIET', 'FATAL', 'ERROR', 'INFO', 'VERBOSE', 'DEBUG', 'DEBUG1', 'DEBUG2', 'DEBUG3'])
      .default('INFO')
      .describe('What is logged; with VERBOSE, each key that logs in.'),
    ciphers: uniqueList(pattern()).describe(
      'Ciphers in order of preference: those of OpenSSH, where nothing is said.',
    ),
    kexAlgorithms: uniqueList(pattern()).describe('Key exchanges, in the same way.'),
    macs: uniqueList(pattern()).describe('Message authentication codes, in the same way.'),
    banner: z.string().optional().describe('What everybody is shown before they log in.'),
    hostKeys: uniqueList(absolutePath()).describe(
      'Files of the private host keys on the host: those that Debian’s package makes, where nothing is said.',
    ),
    publicHostKeys: uniqueList(sshPublicKey()).describe(
      'The public halves of its host keys, by which the other hosts know it; beside those of its target.',
    ),
    settings: z
      .record(z.string(), setting)
      .describe(
        'Further settings by the names of sshd_config(5): `{ MaxAuthTries: 3 }`; a list repeats one.',
      ),
    match: z
      .array(match)
      .describe('What holds for some connections instead. Of several that match, the first one counts.'),
    extraConfig: lines().default('').describe('Further lines, as they are, before those of `match`.'),
    hostNames: uniqueList(z.union([ip(), fqdn(), hostName()])).describe(
      'Further names and addresses by which the other hosts reach it.',
    ),
    knownHosts: entries(
      z.object({
        hostNames: uniqueList(pattern()).describe(
          'Names and addresses: `github.com`, `[git.example.org]:2222`.',
        ),
        publicKeys: uniqueList(sshPublicKey()).describe('Its public host keys.'),
      }),
      (_self, name) => ({ hostNames: [name] }),
      line(),
    ).describe(
      'Hosts that are none of the fleet, by name. Those of the fleet are known by themselves, under all of their names and addresses.',
    ),
  }),
);
