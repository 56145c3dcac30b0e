// What a Nix user writes for hosts that are no NixOS: evaluate all of them, copy what differs, replace one link.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILES, type Member, type Peer } from './peer.ts';
import { lacking } from './programs.ts';

/** Each step logs in anew, as most scripts have it. */
export const nix: Peer = nixPeer('Nix', '');

/** The steps of a host share a connection, as in nixos-rebuild: the least that such a script can cost. */
export const nixShared: Peer = nixPeer(
  'Nix, sharing connections',
  '-o ControlMaster=auto -o ControlPath=%n.sock -o ControlPersist=2',
);

function nixPeer(name: string, sshOptions: string): Peer {
  return {
    name,
    missing: () => lacking({ 'nix-instantiate': 'nix-bin', rsync: 'rsync', jq: 'jq', perl: 'perl-base' }),
    files: '/etc/bench-nix/',
    forget: 'rm -rf /etc/bench-nix /var/lib/push',
    write({ folder, members }, value) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'fleet.nix'), fleetText(members, value));
      writeFileSync(join(folder, 'switch.sh'), SCRIPT);
    },
    deploy({ folder, sshConfig, members }) {
      const script = join(folder, 'switch.sh');
      return {
        argv: [
          'bash',
          script,
          folder,
          `ssh -F ${sshConfig} ${sshOptions}`,
          ...members.map((one) => one.name),
        ],
      };
    },
  };
}

function fleetText(members: readonly Member[], value: string): string {
  const hosts = members.map(({ name, address }) => `    ${name} = "${address}";\n`).join('');
  return `let
  hosts = {
${hosts}  };
  peers = builtins.concatStringsSep "" (builtins.attrValues (
    builtins.mapAttrs (name: address: "peer = \${name} \${address}\\n") hosts));
  text = name: address: n: "# file \${toString n} of \${name}\\naddress = \${address}\\n\${peers}value = \${
    if n == ${FILES / 2} then "${value}" else toString n}\\n";
in builtins.mapAttrs (name: address: builtins.listToAttrs (
  builtins.genList (n: { name = "\${toString n}.conf"; value = text name address n; }) ${FILES})) hosts
`;
}

/** A host that has all is logged in to once. */
const SCRIPT = `set -euo pipefail
cd "$1"
ssh=$2
shift 2
nix-instantiate --eval --strict --json fleet.nix >fleet.json
rm -rf out
for host in "$@"; do mkdir -p "out/$host"; done
jq -r 'to_entries[] | .key as $host | .value | to_entries[] | [$host, .key, (.value | @base64)] | @tsv' fleet.json |
  perl -MMIME::Base64 -ne '
    ($host, $name, $text) = split /\\t/;
    open(my $file, ">", "out/$host/$name") or die; print $file decode_base64($text)'
switch() {
  local host=$1 hash current
  hash=$(cd "out/$host" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-32)
  current=$($ssh "$host" 'readlink /var/lib/push/current || :')
  [ "$current" != "$hash" ] || return 0
  rsync -e "$ssh" -r --checksum --mkpath --link-dest="../$current" "out/$host/" "$host:/var/lib/push/$hash/"
  $ssh "$host" "ln -s $hash /var/lib/push/new && mv -T /var/lib/push/new /var/lib/push/current &&
    { [ -L /etc/bench-nix ] || ln -s /var/lib/push/current /etc/bench-nix; }"
}
for host in "$@"; do switch "$host" & done
for job in $(jobs -p); do wait "$job"; done
`;
