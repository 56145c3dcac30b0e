// What a host needs to have certificates issued in a lab: pebble, a real ACME server, and bind9, which keeps the zones of
// the registrar and looks names up for everybody; acme-dns is stood in for, in front of a DNS server that is real.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { Topology } from '../../src/lab/index.ts';
import type { Host, TestLab } from './driver.ts';

export const ADDRESSES = { registrar: '198.51.100.1', vps: '198.51.100.10', web: '198.51.100.20' } as const;

/** The key that the zone example.org takes updates with. */
const TSIG = 'c2VjcmV0IG9mIHRoZSBsYWIsIG9mIG5vIHVzZSBlbHNl';

const at = (address: string) => ({ eth0: { network: 'internet', address: `${address}/24` } });
const nameservers = [ADDRESSES.registrar];

export const ACME_LAB: Topology = {
  networks: { internet: '198.51.100.254/24' },
  names: { 'pebble.test': ADDRESSES.registrar },
  hosts: {
    registrar: { interfaces: at(ADDRESSES.registrar), packages: ['bind9', 'pebble', 'openssl'] },
    vps: { interfaces: at(ADDRESSES.vps), packages: ['knot', 'python3', 'bind9-dnsutils'], nameservers },
    web: {
      interfaces: at(ADDRESSES.web),
      packages: ['certbot', 'python3-certbot-dns-rfc2136', 'openssl', 'curl', 'bind9-dnsutils', 'nginx'],
      nameservers,
    },
  },
};

const ZONE = (domain: string) => `\\$TTL 1
@ SOA ns.${domain}. hostmaster.${domain}. 1 1 1 1 1
@ NS ns
ns A ${ADDRESSES.registrar}
llm A ${ADDRESSES.web}
www A ${ADDRESSES.web}
`;

/** Makes the registrar and the ACME server what they are, and puts on the other hosts what a person brings there. */
export async function settleAcme(lab: TestLab): Promise<void> {
  const [registrar, vps, web] = await Promise.all([lab.host('registrar'), lab.host('vps'), lab.host('web')]);
  const install =
    'export DEBIAN_FRONTEND=noninteractive; apt-get -q update && apt-get -q -y --no-install-recommends install';
  await Promise.all([
    registrar.succeed(`${install} bind9 pebble openssl`, 300).then(() => beRegistrar(registrar)),
    vps.succeed(`${install} knot python3 && systemctl disable --now knot`, 300),
  ]);
  await web.succeed(`cat >/root/pebble.pem <<'END'\n${await registrar.file('/root/ca.pem')}END
umask 077 && cat >/root/tsig.ini <<END
dns_rfc2136_server = ${ADDRESSES.registrar}
dns_rfc2136_name = web.
dns_rfc2136_secret = ${TSIG}
dns_rfc2136_algorithm = HMAC-SHA256
END`);
}

/** Puts what stands for acme-dns where the host looks for that. */
export async function bringAcmeDns(vps: Host): Promise<void> {
  const program = join(import.meta.dirname, 'acme-dns.py');
  chmodSync(program, 0o755);
  await vps.put(program, '/usr/local/bin/acme-dns');
}

/** What a person does at the registrar's page: records, as they are printed. */
export async function makeRecords(registrar: Host, records: readonly string[]): Promise<void> {
  const lines = records.map((record) => `update add ${record.replace(/ /, ' 1 ')}`);
  await registrar.succeed(`printf '%s\\n' 'zone wildelab.com.' '${lines.join("' '")}' send | nsupdate -l`);
}

/** How often the ACME server was asked for a certificate. */
export async function orders(registrar: Host): Promise<number> {
  return Number(
    await registrar.succeed("journalctl -u pebble --output=cat | grep -c 'POST /order-plz' || :"),
  );
}

/** Makes a host the registrar of both zones, whom everybody asks for names, and the ACME server. */
export async function beRegistrar(host: Host): Promise<void> {
  const zone = (domain: string, policy: string) =>
    `zone "${domain}" { type primary; file "/var/lib/bind/${domain}"; ${policy} };`;
  await host.succeed(`cat >/var/lib/bind/wildelab.com <<END
${ZONE('wildelab.com')}END
cat >/var/lib/bind/example.org <<END
${ZONE('example.org')}END
chown bind: /var/lib/bind/*
cat >/etc/bind/named.conf.options <<END
options { directory "/var/cache/bind"; listen-on { any; }; allow-query { any; }; recursion yes; allow-recursion { any; }; dnssec-validation no; };
key "web." { algorithm hmac-sha256; secret "${TSIG}"; };
END
cat >/etc/bind/named.conf.local <<END
${zone('wildelab.com', 'update-policy local;')}
${zone('example.org', 'allow-update { key "web."; };')}
END
systemctl restart named
mkdir -p /root/pebble && cd /root/pebble
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=ca -keyout ca.key -out /root/ca.pem 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=pebble.test -addext subjectAltName=DNS:pebble.test -keyout key.pem -out request.pem 2>/dev/null
openssl x509 -req -days 30 -in request.pem -CA /root/ca.pem -CAkey ca.key -copy_extensions copy -out cert.pem 2>/dev/null
cat >config.json <<END
{ "pebble": { "listenAddress": "0.0.0.0:14000", "managementListenAddress": "0.0.0.0:15000", "certificate": "cert.pem",
  "privateKey": "key.pem", "httpPort": 80, "tlsPort": 443, "ocspResponderURL": "", "certificateValidityPeriod": 1728000 } }
END
systemd-run --quiet --unit=pebble --working-directory=/root/pebble --setenv=PEBBLE_VA_NOSLEEP=1 --setenv=PEBBLE_WFE_NONCEREJECT=0 \\
  /usr/bin/pebble -config config.json -dnsserver ${ADDRESSES.registrar}:53
`);
  await host.waitForPort(14000);
}
