// Slips in a fleet that is whole otherwise: each is told once, at the lines that a person wrote, on all hosts that it
// concerns.
import { describe, expect, test } from 'vitest';
import { checkFleet, loadFleet, report } from '../../src/fleet/index.ts';
import { edit, workedFleet } from './stead.ts';

type Edit = readonly [file: string, before: string, after: string];

/** What is said of the worked fleet after these edits in its `hosts/`. */
async function told(...edits: readonly Edit[]): Promise<string> {
  const repository = workedFleet();
  for (const [file, before, after] of edits) edit(repository, `hosts/${file}`, before, after);
  try {
    checkFleet(await loadFleet(repository));
  } catch (error) {
    return withoutNumbers(await report(error, { repository }));
  }
  throw new Error('the fleet has no mistake');
}

/** The numbers of lines and columns are the catalogue's to check: those of the fleet change with it. */
function withoutNumbers(text: string): string {
  return text
    .replaceAll(/^ *(-->|\||=|…) ?/gm, '  $1 ')
    .replaceAll(/^(  --> .+):\d+:\d+$/gm, '$1')
    .replaceAll(/^ *\d+ \| /gm, '  | ')
    .replaceAll(/^  \| $\n/gm, '');
}

/** Makes a host use one more thing. */
function uses(file: string, module: string, definition: string): readonly Edit[] {
  return [
    [file, "} from 'stead';\n", `} from 'stead';\nimport { ${module} } from 'stead/modules/${module}';\n`],
    [file, '  use: [', `  use: [\n    ${definition},\n   `],
  ];
}

describe('a slip in the worked fleet', () => {
  test('a zone that nobody has, named once and used for five listeners', async () => {
    expect(await told(['gateway.ts', "openTo: ['rack', 'mesh'],", "openTo: ['rack', 'mehs'],"]))
      .toMatchInlineSnapshot(`
        "error: ports.listen."dnsmasq dhcp".openTo[1] on gateway: dnsmasq dhcp is open to the zone mehs, which no host has
          --> hosts/gateway.ts
          |       openTo: ['rack', 'mehs'],
          |                        ^^^^^^ dnsmasq.openTo[1] on gateway is defined here, from which dnsmasq makes ports.listen."dnsmasq dhcp".openTo[1]
          = Did you mean mesh?"
      `);
  });

  test('a zone that nobody has, in a profile of several hosts', async () => {
    expect(await told(['profiles/mesh.ts', "ssh({ openTo: ['mesh'] })", "ssh({ openTo: ['mehs'] })"]))
      .toMatchInlineSnapshot(`
        "error: ports.listen.ssh.openTo[0] on gateway and vps: ssh is open to the zone mehs, which no host has
          --> hosts/profiles/mesh.ts
          |   ssh({ openTo: ['mehs'] }),
          |                  ^^^^^^ ssh.openTo[0] is defined here, from which ssh makes ports.listen.ssh.openTo[0]
          = Did you mean mesh?"
      `);
  });

  test('one address for two hosts of one profile', async () => {
    expect(await told(['jetson.ts', "'10.42.0.20'", "'10.42.0.10'"])).toMatchInlineSnapshot(`
      "error: networking.interfaces.eth0.addresses on framework: framework and jetson both have 10.42.0.10 in the network rack
        --> hosts/framework.ts
        |   use: [rackHost('10.42.0.10', hostKeys.framework), largeModels],
        |                  ^^^^^^^^^^^^ defined here
        --> hosts/jetson.ts
        |   use: [rackHost('10.42.0.10', hostKeys.jetson), smallModels],
        |                  ^^^^^^^^^^^^ networking.interfaces.eth0.addresses on jetson is defined here
        --> hosts/profiles/rack.ts
        |         addresses: [\`\${address}/24\`],
        |                    ^^^^^^^^^^^^^^^^^ from which it is made here
        = Give one of them another address."
    `);
  });

  test('an address that is none, given to a profile', async () => {
    expect(await told(['pi5-2.ts', "'10.42.0.52'", "'10.42.0.520'"])).toMatchInlineSnapshot(`
      "error: networking.interfaces.eth0.addresses[0] on pi5-2: expected an address with its prefix length, such as 10.42.0.1/24, got "10.42.0.520/24": 520 is over 255
        --> hosts/pi5-2.ts
        |   use: [rackHost('10.42.0.520', hostKeys['pi5-2']), raspberryPi],
        |                  ^^^^^^^^^^^^^
        --> hosts/profiles/rack.ts
        |         addresses: [\`\${address}/24\`],
        |                     ^^^^^^^^^^^^^^^ from which it is made here"
    `);
  });

  test('an announced subnet that overlaps that of another host', async () => {
    expect(await told(['vps.ts', "role: 'hub',", "role: 'hub',\n      subnets: ['10.42.0.0/25'],"]))
      .toMatchInlineSnapshot(`
        "error: wireguard.subnets on gateway: gateway announces 10.42.0.0/24 and vps 10.42.0.0/25, which overlap
          --> hosts/gateway.ts
          |       subnets: ['10.42.0.0/24'],
          |                ^^^^^^^^^^^^^^^^ defined here
          --> hosts/vps.ts
          |       subnets: ['10.42.0.0/25'],
          |                ^^^^^^^^^^^^^^^^ wireguard.subnets on vps is defined here
          = Announce a network on one host, or narrower parts of it on each.

        error: wireguard.subnets on vps: only a gateway announces subnets, and vps is a hub
          --> hosts/vps.ts
          |       subnets: ['10.42.0.0/25'],
          |                ^^^^^^^^^^^^^^^^ defined here
          --> hosts/vps.ts
          |       role: 'hub',
          |             ^^^^^ wireguard.role on vps is defined here
          = Set \`role: 'gateway'\`, or take \`subnets\` out.

        2 errors"
      `);
  });

  test('a mesh over the network of the rack', async () => {
    expect(await told(['profiles/mesh.ts', '10.9.9.0/24', '10.42.0.0/16'])).toMatchInlineSnapshot(`
      "error: wireguard.network on gateway: no address of the mesh 10.42.0.0/16 is inside it: 10.9.9.1, 10.9.9.20, 10.9.9.10, 10.9.9.11, 10.9.9.2
        --> hosts/profiles/mesh.ts
        |   wireguard({ network: '10.42.0.0/16' }),
        |                        ^^^^^^^^^^^^^^ defined here
        --> hosts/vps.ts
        |       address: '10.9.9.1',
        |                ^^^^^^^^^^ wireguard.address on vps is defined here
        --> hosts/vps.ts
        |         anna: { address: '10.9.9.20', publicKey: 'DEULSS7Q7HD6a9Os12+ismp4hnozU0T55LqJSS2QQUA=' …
        |                          ^^^^^^^^^^^ wireguard.roaming.anna.address on vps is defined here
        = Mend \`network\`, or the addresses.

      error: wireguard.subnets on gateway: the announced subnet 10.42.0.0/24 overlaps the mesh 10.42.0.0/16 itself
        --> hosts/gateway.ts
        |       subnets: ['10.42.0.0/24'],
        |                ^^^^^^^^^^^^^^^^ defined here
        --> hosts/profiles/mesh.ts
        |   wireguard({ network: '10.42.0.0/16' }),
        |                        ^^^^^^^^^^^^^^ wireguard.network on gateway is defined here
        = Announce the networks behind the host alone.

      2 errors"
    `);
  });

  test('a range of DHCP over the address of a host', async () => {
    expect(await told(['gateway.ts', "first: '10.42.0.100'", "first: '10.42.0.50'"])).toMatchInlineSnapshot(`
      "error: dnsmasq.dhcp.ranges.guests on gateway: 10.42.0.50 of pi5-0, 10.42.0.51 of pi5-1, 10.42.0.52 of pi5-2, 10.42.0.53 of pi5-3 lie in the range guests, 10.42.0.50 to 10.42.0.199: somebody else may be given it
        --> hosts/gateway.ts
        |       dhcp: { ranges: { guests: { first: '10.42.0.50', last: '10.42.0.199' } } },
        |                         ^^^^^^ defined here
        --> hosts/pi5-0.ts
        |   use: [rackHost('10.42.0.50', hostKeys['pi5-0']), raspberryPi, gameserverHost],
        |                  ^^^^^^^^^^^^ networking.interfaces.eth0.addresses[0] on pi5-0 is defined here, from which networking makes network.addresses.rack
        --> hosts/pi5-1.ts
        |   use: [rackHost('10.42.0.51', hostKeys['pi5-1']), raspberryPi],
        |                  ^^^^^^^^^^^^ networking.interfaces.eth0.addresses[0] on pi5-1 is defined here, from which networking makes network.addresses.rack
        --> hosts/profiles/rack.ts
        |         addresses: [\`\${address}/24\`],
        |                     ^^^^^^^^^^^^^^^ from which it is made here
        = Move the range, or give the host the address by a lease, in \`dhcp.leases\`."
    `);
  });

  test('a network of another name over that of the rack', async () => {
    expect(
      await told(
        [
          'pi5-1.ts',
          'raspberryPi]',
          "raspberryPi, networking({ interfaces: { eth1: { network: 'lab', addresses: ['10.42.0.129/25'] } } })]",
        ],
        [
          'pi5-1.ts',
          "} from 'stead';",
          "} from 'stead';\nimport { networking } from 'stead/modules/network';",
        ],
      ),
    ).toMatchInlineSnapshot(`
      "error: networking.interfaces.eth0.addresses on framework: the networks rack and lab overlap: framework has 10.42.0.10/24 in the one and pi5-1 10.42.0.129/25 in the other
        --> hosts/framework.ts
        |   use: [rackHost('10.42.0.10', hostKeys.framework), largeModels],
        |                  ^^^^^^^^^^^^ defined here
        --> hosts/profiles/rack.ts
        |         addresses: [\`\${address}/24\`],
        |                    ^^^^^^^^^^^^^^^^^ from which it is made here
        --> hosts/pi5-1.ts
        | …work: 'lab', addresses: ['10.42.0.129/25'] } } })],
        |                          ^^^^^^^^^^^^^^^^^^ networking.interfaces.eth1.addresses on pi5-1 is defined here
        = Where both are one network, give them one name; otherwise mend an address or its prefix length.

      error: dnsmasq.dhcp.ranges.guests on gateway: 10.42.0.129 of pi5-1 lies in the range guests, 10.42.0.100 to 10.42.0.199: somebody else may be given it
        --> hosts/gateway.ts
        |       dhcp: { ranges: { guests: { first: '10.42.0.100', last: '10.42.0.199' } } },
        |                         ^^^^^^ defined here
        --> hosts/pi5-1.ts
        | …ork: 'lab', addresses: ['10.42.0.129/25'] } } })],
        |                          ^^^^^^^^^^^^^^^^ networking.interfaces.eth1.addresses[0] on pi5-1 is defined here, from which networking makes network.addresses.lab
        = Move the range, or give the host the address by a lease, in \`dhcp.leases\`.

      error: networking.interfaces.eth0.addresses on pi5-1: eth0 and eth1 of pi5-1 are in networks that overlap, with 10.42.0.51/24 and 10.42.0.129/25
        --> hosts/pi5-1.ts
        |   use: [rackHost('10.42.0.51', hostKeys['pi5-1']), raspberryPi, networking({ interfaces: { eth1:…
        |                  ^^^^^^^^^^^^ defined here
        --> hosts/profiles/rack.ts
        |         addresses: [\`\${address}/24\`],
        |                    ^^^^^^^^^^^^^^^^^ from which it is made here
        --> hosts/pi5-1.ts
        | …work: 'lab', addresses: ['10.42.0.129/25'] } } })],
        |                          ^^^^^^^^^^^^^^^^^^ networking.interfaces.eth1.addresses on pi5-1 is defined here
        = Give one of them an address in another network, or make both parts of a bridge.

      3 errors"
    `);
  });

  test('a port that nginx takes as well', async () => {
    expect(await told(...uses('gateway.ts', 'ports', 'ports({ listen: { caddy: { port: 443 } } })')))
      .toMatchInlineSnapshot(`
        "error: ports.listen.caddy.port on gateway: caddy and nginx https both listen on tcp port 443 of gateway
          --> hosts/gateway.ts
          |     ports({ listen: { caddy: { port: 443 } } }),
          |                                      ^^^ defined here
          --> hosts/profiles/web.ts
          |   nginx({
          |   ^^^^^ nginx on gateway is used here, from which nginx makes ports.listen."nginx https".port
          = Give one of them another port, or an \`address\` of its own to listen on."
      `);
  });

  test('a port that two modules take', async () => {
    expect(await told(['vps.ts', "domain: 'wildelab.com',", "domain: 'wildelab.com',\n      port: 8053,"]))
      .toMatchInlineSnapshot(`
        "error: ports.listen."acme-dns api".port on vps: acme-dns api and dnsmasq dns tcp 10.9.9.1 both listen on tcp port 8053 of vps
          --> hosts/vps.ts
          |     acmeDns({
          |     ^^^^^^^ acmeDns.api.port on vps has its default here, from which acmeDns makes ports.listen."acme-dns api".port
          --> hosts/vps.ts
          |       port: 8053,
          |             ^^^^ dnsmasq.port on vps is defined here, from which dnsmasq makes ports.listen."dnsmasq dns tcp 10.9.9.1".port
          = Give one of them another port, or an \`address\` of its own to listen on."
      `);
  });

  test('a name that two hosts serve', async () => {
    expect(await told(...uses('pi5-1.ts', 'nginx', "nginx({ virtualHosts: { 'llm.wildelab.com': {} } })")))
      .toMatchInlineSnapshot(`
        "error: ports.serves[1] on gateway: gateway and pi5-1 both serve the name llm.wildelab.com
          --> hosts/profiles/web.ts
          |       [\`llm.\${domain}\`]: {
          |        ^^^^^^^^^^^^^^^ nginx.virtualHosts."llm.wildelab.com" on gateway is defined here, from which nginx makes ports.serves[1]
          --> hosts/pi5-1.ts
          |     nginx({ virtualHosts: { 'llm.wildelab.com': {} } }),
          |                             ^^^^^^^^^^^^^^^^^^ nginx.virtualHosts."llm.wildelab.com" on pi5-1 is defined here, from which nginx makes ports.serves[0]
          = Leave it on one of them, or serve it by another name."
      `);
  });

  test('a name that the page of another host has', async () => {
    expect(await told(...uses('pi5-1.ts', 'ports', "ports({ serves: ['chat.wildelab.com'] })")))
      .toMatchInlineSnapshot(`
        "error: ports.serves[0] on gateway: gateway and pi5-1 both serve the name chat.wildelab.com
          --> hosts/profiles/web.ts
          |     hostName: \`chat.\${domain}\`,
          |               ^^^^^^^^^^^^^^^^ openWebui.hostName on gateway is defined here, from which openWebui and then nginx makes ports.serves[0]
          --> hosts/pi5-1.ts
          |     ports({ serves: ['chat.wildelab.com'] }),
          |                      ^^^^^^^^^^^^^^^^^^^ ports.serves[0] on pi5-1 is defined here
          = Leave it on one of them, or serve it by another name."
      `);
  });

  test('a certificate for a name that nobody serves', async () => {
    expect(await told(['profiles/web.ts', '`*.${domain}`]', "`*.${domain}`, 'shop.example.org']"]))
      .toMatchInlineSnapshot(`
        "error: certificates.certs."wildelab.com".domains[2] on gateway: the certificate wildelab.com is for shop.example.org, which no host of the fleet serves
          --> hosts/profiles/web.ts
          |   certificates({ certs: { [domain]: { domains: [domain, \`*.\${domain}\`, 'shop.example.org'] } } }…
          |                                                                        ^^^^^^^^^^^^^^^^^^ defined here
          = Serve it, as a virtual host or with \`ports({ serves: … })\`, or take it out of the certificate."
      `);
  });

  test('a certificate that is not good for the name', async () => {
    expect(await told(['profiles/web.ts', '`*.${domain}`]', ']'])).toMatchInlineSnapshot(`
      "error: nginx.virtualHosts."chat.wildelab.com".certificate on gateway: chat.wildelab.com serves chat.wildelab.com, which its certificate wildelab.com is not good for
        --> hosts/profiles/web.ts
        |     certificate: domain,
        |                  ^^^^^^ openWebui.certificate on gateway is defined here, from which openWebui makes nginx.virtualHosts."chat.wildelab.com".certificate
        --> hosts/profiles/web.ts
        | const domain = 'wildelab.com';
        |                ^^^^^^^^^^^^^^ written here
        --> hosts/profiles/web.ts
        |   certificates({ certs: { [domain]: { domains: [domain, ] } } }),
        |                                                ^^^^^^^^^^ certificates.certs."wildelab.com".domains on gateway is defined here
        = Add the name to the domains of the certificate, or name another certificate.

      error: nginx.virtualHosts."llm.wildelab.com".certificate on gateway: llm.wildelab.com serves llm.wildelab.com, which its certificate wildelab.com is not good for
        --> hosts/profiles/web.ts
        |         certificate: domain,
        |                      ^^^^^^ defined here
        --> hosts/profiles/web.ts
        | const domain = 'wildelab.com';
        |                ^^^^^^^^^^^^^^ written here
        --> hosts/profiles/web.ts
        |   certificates({ certs: { [domain]: { domains: [domain, ] } } }),
        |                                                ^^^^^^^^^^ certificates.certs."wildelab.com".domains on gateway is defined here
        = Add the name to the domains of the certificate, or name another certificate.

      2 errors"
    `);
  });

  test('a certificate that is not there', async () => {
    expect(
      await told(['profiles/web.ts', 'certificate: domain,\n  }),', "certificate: 'wildlab.com',\n  }),"]),
    ).toMatchInlineSnapshot(`
      "error: nginx.virtualHosts."chat.wildelab.com".certificate on gateway: chat.wildelab.com is served with the certificate wildlab.com, which gateway does not have
        --> hosts/profiles/web.ts
        |     certificate: 'wildlab.com',
        |                  ^^^^^^^^^^^^^ openWebui.certificate on gateway is defined here, from which openWebui makes nginx.virtualHosts."chat.wildelab.com".certificate
        = Declare it with \`certificates\`; there are: wildelab.com."
    `);
  });

  test('a proxy to a port that nobody listens on', async () => {
    expect(
      await told([
        'profiles/web.ts',
        "proxyPass: models('framework')",
        "proxyPass: 'http://10.42.0.10:8081'",
      ]),
    ).toMatchInlineSnapshot(`
      "error: nginx.virtualHosts."llm.wildelab.com".locations."/".proxyPass on gateway: llm.wildelab.com passes / on to http://10.42.0.10:8081, and nothing listens on tcp port 8081 of framework (llama-server does on 8080)
        --> hosts/profiles/web.ts
        |         locations: { '/': { proxyPass: 'http://10.42.0.10:8081', streaming: true } },
        |                                        ^^^^^^^^^^^^^^^^^^^^^^^^ defined here
        --> hosts/profiles/llm.ts
        | const key = [secrets({ files: { 'llm/key': {} } }), llama({ apiKeyFile: secretPath('llm/key') })…
        |                                                     ^^^^^ llama on framework is used here, from which llama makes ports.listen.llama-server
        = Mend the port, or define the service there; one that no module knows is said with \`ports({ listen: … })\`."
    `);
  });

  test('an endpoint at a port that nobody listens on', async () => {
    expect(await told(['profiles/web.ts', "models('jetson', '/v1')", "'http://10.42.0.20:8088/v1'"]))
      .toMatchInlineSnapshot(`
        "error: openWebui.endpoints.jetson.url on gateway: the endpoint jetson is http://10.42.0.20:8088/v1, and nothing listens on tcp port 8088 of jetson (llama-server does on 8080)
          --> hosts/profiles/web.ts
          |       jetson: { url: 'http://10.42.0.20:8088/v1', keyFile: secretPath('llm/key') },
          |                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^ defined here
          --> hosts/profiles/llm.ts
          | const key = [secrets({ files: { 'llm/key': {} } }), llama({ apiKeyFile: secretPath('llm/key') })…
          |                                                     ^^^^^ llama on jetson is used here, from which llama makes ports.listen.llama-server
          = Mend the port, or define the service there; one that no module knows is said with \`ports({ listen: … })\`."
      `);
  });

  test('an acme-dns server where nobody listens', async () => {
    expect(await told(['profiles/web.ts', 'url: proofs', "url: 'http://10.9.9.1:8054'"]))
      .toMatchInlineSnapshot(`
        "error: certbot.acmeDns.url on gateway: the acme-dns server is at http://10.9.9.1:8054, and nothing listens on tcp port 8054 of vps (acme-dns api does on 8053)
          --> hosts/profiles/web.ts
          |     acmeDns: { url: 'http://10.9.9.1:8054', allowFrom: ({ host }) => [\`\${host.get(wireguard).add…
          |                     ^^^^^^^^^^^^^^^^^^^^^^ defined here
          --> hosts/vps.ts
          |     acmeDns({
          |     ^^^^^^^ acmeDns on vps is used here, from which acmeDns makes ports.listen."acme-dns api"
          = Mend the port, or define the service there; one that no module knows is said with \`ports({ listen: … })\`."
      `);
  });

  test('a key of a person that is no key', async () => {
    expect(await told(['profiles/people.ts', '4qCWt+OmMl', '4qCWt'])).toMatchInlineSnapshot(`
      "error: accessKeys.people.anna.keys[0] on framework, gateway and 6 more hosts: expected an SSH public key, such as ssh-ed25519 AAAA… name@host, got "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIME226MqtXYXce9TvbFQ…": the part after the type is not base64
        --> hosts/profiles/people.ts
        |   accessKeys({ people: { anna: { keys: [anna], accounts: ['root'] } } }),
        |                                         ^^^^
        --> hosts/profiles/people.ts
        | const anna = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIME226MqtXYXce9TvbFQ29r32EB8W5620/4qCWt anna@w…
        |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ written here

      error: secrets.administrators.anna on framework, gateway and 6 more hosts: expected an age recipient, age1… with 62 characters, or an SSH Ed25519 key, got "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIME226MqtXYXce9TvbFQ…"
        --> hosts/profiles/people.ts
        |   secrets({ administrators: { anna } }),
        |                               ^^^^
        --> hosts/profiles/people.ts
        | const anna = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIME226MqtXYXce9TvbFQ29r32EB8W5620/4qCWt anna@w…
        |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ written here

      2 errors"
    `);
  });

  test('a key of a phone that is no key', async () => {
    expect(await told(['vps.ts', 'Jht+YquLRWaa9nfnej7gAs/', 'Jht+YquLRWaa9nfnej7gAs']))
      .toMatchInlineSnapshot(`
        "error: wireguard.roaming.phone.publicKey on vps: expected a WireGuard key, base64 of 32 bytes, got "Jht+YquLRWaa9nfnej7gAssbl9HianKm0NuWOl7igU=": it has 43 characters, not 44
          --> hosts/vps.ts
          |         phone: { address: '10.9.9.11', publicKey: 'Jht+YquLRWaa9nfnej7gAssbl9HianKm0NuWOl7igU=' …
          |                                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"
      `);
  });

  test('a key of a phone that the laptop has', async () => {
    expect(
      await told([
        'vps.ts',
        'Jht+YquLRWaa9nfnej7gAs/sbl9HianKm0NuWOl7igU=',
        'O/GPmIZFOqcSI9mTu6p0msT9d7QLC37Qy6ozGKCSvU8=',
      ]),
    ).toMatchInlineSnapshot(`
      "error: wireguard.roaming.laptop.publicKey on vps: the device laptop and the device phone have the same public key, O/GPmIZFOqcSI9mTu6p0msT9d7QLC37Qy6ozGKCSvU8=
        --> hosts/vps.ts
        |         laptop: { address: '10.9.9.10', publicKey: 'O/GPmIZFOqcSI9mTu6p0msT9d7QLC37Qy6ozGKCSvU8=…
        |                                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ defined here
        --> hosts/vps.ts
        |         phone: { address: '10.9.9.11', publicKey: 'O/GPmIZFOqcSI9mTu6p0msT9d7QLC37Qy6ozGKCSvU8='…
        |                                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ wireguard.roaming.phone.publicKey on vps is defined here
        = Give each one of its own."
    `);
  });

  test('a host key that is no key, given to a profile', async () => {
    expect(await told(['profiles/hostKeys.ts', 'AAAAIJ0di/iSmRGYotZ5Hb1dB', 'AAAAIJ0di']))
      .toMatchInlineSnapshot(`
        "error: target.ssh.hostKeys[0] on framework: expected an SSH public key, such as ssh-ed25519 AAAA… name@host, got "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0di/o9PLTV2mpdNKLg…": the base64 is cut short or damaged
          --> hosts/framework.ts
          |   use: [rackHost('10.42.0.10', hostKeys.framework), largeModels],
          |                                ^^^^^^^^^^^^^^^^^^
          --> hosts/profiles/hostKeys.ts
          |   framework: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0di/o9PLTV2mpdNKLgwtxjnoH9',
          |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ written here
          --> hosts/profiles/rack.ts
          |   target({ ssh: { address, hostKeys: [hostKey] } }),
          |                                       ^^^^^^^ from which it is made here"
      `);
  });

  test('a rule of the firewall for a zone that is not there', async () => {
    expect(await told(['gateway.ts', "{ from: ['mesh'], to: ['rack'] }", "{ from: ['mesh'], to: ['rak'] }"]))
      .toMatchInlineSnapshot(`
        "error: firewall.forward."from the mesh to the rack".to on gateway: from the mesh to the rack names the zone rak, which gateway does not have
          --> hosts/gateway.ts
          |         'from the mesh to the rack': { from: ['mesh'], to: ['rak'] },
          |                                                            ^^^^^^^ defined here
          --> hosts/profiles/mesh.ts
          |   firewall({ zones: { mesh: { interfaces: ['wg0'] } } }),
          |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ firewall.zones on gateway is defined here
          --> hosts/profiles/rack.ts
          |   firewall({ zones: { rack: { interfaces: ['eth0'] } } }),
          |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ firewall.zones on gateway is defined here
          = Did you mean rack?"
      `);
  });

  test('a port forwarded to where nobody listens', async () => {
    expect(
      await told([
        'vps.ts',
        'zones: { outside:',
        "forwardPorts: { page: { from: ['outside'], sourcePort: 8443, destination: '10.9.9.2', destinationPort: 8443 } },\n      zones: { outside:",
      ]),
    ).toMatchInlineSnapshot(`
      "error: firewall.forwardPorts.page.destination on vps: page forwards to tcp port 8443 of gateway, on which nothing listens
        --> hosts/vps.ts
        | …ort: 8443, destination: '10.9.9.2', destinationPort: 8443 } },
        |                          ^^^^^^^^^^ defined here
        --> hosts/gateway.ts
        |       address: '10.9.9.2',
        |                ^^^^^^^^^^ wireguard.address on gateway is defined here, from which wireguard makes network.addresses
        --> hosts/profiles/rack.ts
        |   networking({
        |   ^^^^^^^^^^ networking on gateway is used here, from which networking makes network.addresses
        = Mend the port; what listens there without a module is said with \`ports({ listen: … })\`."
    `);
  });

  test('an open port where nothing may come in', async () => {
    expect(await told(['vps.ts', 'zones: { outside:', 'zeroInbound: true,\n      zones: { outside:']))
      .toMatchInlineSnapshot(`
        "error: ports.listen.acme-dns.openTo on vps: udp port 53 (acme-dns) is open from the zone outside of vps, and zeroInbound lets nothing in from there
          --> hosts/vps.ts
          |       openTo: ['outside'],
          |               ^^^^^^^^^^^ acmeDns.openTo on vps is defined here, from which acmeDns makes ports.listen.acme-dns.openTo
          --> hosts/vps.ts
          |       zeroInbound: true,
          |                    ^^^^ firewall.zeroInbound on vps is defined here
          = Leave the zone out there, or set \`zeroInbound: false\`.

        error: ports.listen.ssh.openTo[1] on vps: tcp port 22 (ssh) is open from the zone outside of vps, and zeroInbound lets nothing in from there
          --> hosts/vps.ts
          |     ssh({ openTo: ['outside'] }),
          |                    ^^^^^^^^^ ssh.openTo[1] on vps is defined here, from which ssh makes ports.listen.ssh.openTo[1]
          --> hosts/vps.ts
          |       zeroInbound: true,
          |                    ^^^^ firewall.zeroInbound on vps is defined here
          = Leave the zone out there, or set \`zeroInbound: false\`.

        error: ports.listen."wireguard wg0".openTo on vps: udp port 51820 (wireguard wg0) is open from the zone outside of vps, and zeroInbound lets nothing in from there
          --> hosts/vps.ts
          |     wireguard({
          |     ^^^^^^^^^ wireguard.openTo on vps has its default here, from which wireguard makes ports.listen."wireguard wg0".openTo
          --> hosts/vps.ts
          |       zeroInbound: true,
          |                    ^^^^ firewall.zeroInbound on vps is defined here
          = Leave the zone out there, or set \`zeroInbound: false\`.

        3 errors"
      `);
  });

  test('a person who is to get to a host that is not there', async () => {
    expect(await told(['profiles/people.ts', "accounts: ['root']", "accounts: ['root'], hosts: ['gatway']"]))
      .toMatchInlineSnapshot(`
        "error: accessKeys.people.anna.hosts on framework, gateway and 6 more hosts: anna is to get to gatway, and no host of the fleet has that name
          --> hosts/profiles/people.ts
          |   accessKeys({ people: { anna: { keys: [anna], accounts: ['root'], hosts: ['gatway'] } } }),
          |                                                                           ^^^^^^^^^^ defined here
          = Write the name of a host, or a tag of hosts with @ before it."
      `);
  });

  test('a subnet that a host announces which is no gateway', async () => {
    expect(await told(['gateway.ts', "role: 'gateway',", "role: 'spoke',"])).toMatchInlineSnapshot(`
      "error: wireguard.subnets on gateway: only a gateway announces subnets, and gateway is a spoke
        --> hosts/gateway.ts
        |       subnets: ['10.42.0.0/24'],
        |                ^^^^^^^^^^^^^^^^ defined here
        --> hosts/gateway.ts
        |       role: 'spoke',
        |             ^^^^^^^ wireguard.role on gateway is defined here
        = Set \`role: 'gateway'\`, or take \`subnets\` out."
    `);
  });

  test('a router that is on no network of the interface', async () => {
    expect(await told(['profiles/rack.ts', "const ROUTER = '10.42.0.2'", "const ROUTER = '10.24.0.2'"]))
      .toMatchInlineSnapshot(`
        "error: networking.interfaces.eth0.gateways on gateway: the router 10.24.0.2 is in no network of eth0 on gateway
          --> hosts/gateway.ts
          |     rackHost('10.42.0.1', hostKeys.gateway),
          |              ^^^^^^^^^^^ defined here, networking.interfaces.eth0.addresses on gateway is defined here
          --> hosts/profiles/rack.ts
          |         gateways: [address === GATEWAY ? ROUTER : GATEWAY],
          |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ from which it is made here
          --> hosts/profiles/rack.ts
          |         addresses: [\`\${address}/24\`],
          |                    ^^^^^^^^^^^^^^^^^ from which it is made here
          = Mend the address; where it is on the link all the same, say so by a route with \`onLink\`."
      `);
  });
});
