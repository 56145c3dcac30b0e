// An account of the fleet's own: in on every host by its key, root by sudo, its private key on one host alone.
import { assert, checks, files, users, type FleetView, type HostView } from 'stead';
import { matches, ssh } from '../ssh/index.ts';
import { sudo } from '../sudo/index.ts';
import { serviceAccount } from './options.ts';

export { serviceAccount } from './options.ts';

/** Arguments: the private key's file, the public key without its comment. */
const HAS_KEY = [
  '[ -r "$1" ] || { echo "$1 is not there, or not its own to read"; exit 1; }',
  'made=$(ssh-keygen -y -P "" -f "$1") || exit',
  'case "$made " in "$2 "*) ;; *) echo "$1 is the private key of another public key"; exit 1 ;; esac',
].join('; ');

serviceAccount.implement({
  defines: [checks, files, sudo, users],
  *config(self, { host, fleet }) {
    const { name, home } = self;
    yield users({
      users: { [name]: { home, shell: '/bin/bash', authorizedKeys: [() => authorizedLine(host)] } },
    });
    yield files({ paths: { [home]: { kind: 'directory', mode: '0750', owner: name, group: name } } });
    yield sudo({
      extraRules: [{ users: [name], commands: [{ command: 'ALL', options: ['NOPASSWD'] }] }],
    });
    if (self.runsFrom === host.name) yield* privateHalf(host);
    yield* consistency(host, fleet);
  },
});

function authorizedLine(host: HostView): string {
  const { publicKey, from } = host.get(serviceAccount);
  return from.length === 0 ? publicKey : `from="${from.join(',')}" ${publicKey}`;
}

/** What the one host has that the others have not. */
function* privateHalf(host: HostView) {
  const { name, home, publicKey, privateKeyFile } = host.get(serviceAccount);
  const key = publicKey.split(' ').slice(0, 2).join(' ');
  if (privateKeyFile !== `${home}/.ssh/id_ed25519`) {
    yield files({
      paths: {
        [`${home}/.ssh/config`]: {
          kind: 'copy',
          mode: '0600',
          owner: name,
          group: name,
          text: `# Written by stead for ${host.name}; changes made here are lost at the next switch.\nIdentityFile ${privateKeyFile}\n`,
        },
      },
    });
  }
  yield checks({
    manual: {
      [`private key of ${name}`]: {
        command: ['runuser', '-u', name, '--', 'sh', '-c', HAS_KEY, 'key', privateKeyFile, key],
        instruction: `Put the private key of ${name} into ${privateKeyFile} on ${host.name}, owned by ${name}, mode 0600: the one of ${key}.`,
      },
    },
  });
}

function* consistency(host: HostView, fleet: FleetView) {
  const self = host.get(serviceAccount);
  yield assert(
    self.publicKey.startsWith('ssh-ed25519 '),
    {
      message: `the key of ${self.name} is of the type ${self.publicKey.split(' ')[0]}`,
      hint: 'Make one with `ssh-keygen -t ed25519`.',
    },
    [serviceAccount, 'publicKey'],
  );
  yield assert(
    self.runsFrom === undefined ||
      fleet.hosts.some((other) => other.name === self.runsFrom && other.uses(serviceAccount)),
    {
      message: `${self.name} is to log in from ${self.runsFrom}, which is no host of the fleet that has this account`,
      hint: 'Define `serviceAccount` on that host, or name one that has it.',
    },
    [serviceAccount, 'runsFrom'],
  );
  for (const other of fleet.hosts) {
    if (other.name <= host.name || !other.uses(serviceAccount)) continue;
    const theirs = other.get(serviceAccount);
    yield assert(
      theirs.name !== self.name || theirs.publicKey === self.publicKey,
      {
        message: `${host.name} and ${other.name} have two different public keys for ${self.name}`,
        hint: 'An account has one key in the whole fleet: define it once, in a profile.',
      },
      [serviceAccount, 'publicKey'],
      [other, serviceAccount, 'publicKey'],
    );
  }
  if (host.uses(ssh)) {
    const { allowUsers } = host.get(ssh);
    yield assert(
      allowUsers.length === 0 || matches(allowUsers, self.name),
      {
        message: `${self.name} is not among allowUsers of sshd, so that its key lets nobody in`,
        hint: `Add it: \`allowUsers: ['${self.name}']\`.`,
      },
      [ssh, 'allowUsers'],
      [serviceAccount],
    );
  }
}
