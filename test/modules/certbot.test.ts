import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { host } from 'stead';
import { certbot } from 'stead/modules/certbot';
import { certificates } from 'stead/modules/certificates';
import { network } from 'stead/modules/network';
import { nginx } from 'stead/modules/nginx';
import { ports } from 'stead/modules/ports';
import { checks, packages, systemd } from '../../src/bundle/sets/index.ts';
import { fileSources } from '../../src/bundle/sets/files.ts';
import { available } from '../setup/programs.ts';
import { startAcmeDns, type AcmeDns } from './acme/acme-dns.ts';
import { fleet, mistakes, text } from './rack.ts';

const wildcard = [
  ports({ serves: ['wildelab.com', 'llm.wildelab.com', 'www.example.org'] }),
  certificates({ certs: { wildelab: { domains: ['wildelab.com', '*.wildelab.com'] } } }),
];
const viaAcmeDns = { provider: 'acmeDns', acmeDns: { url: 'http://10.9.9.1:8053' } } as const;
type Settings = Parameters<typeof certbot>[0];
const web = (settings: Settings, ...more: Parameters<typeof host>[1]['use']) =>
  host('web', { use: [wildcard, certbot({ acceptTerms: true }), certbot(settings), ...more] });

describe('what a host that has certificates issued gets', () => {
  test('settings of certbot, beside what is kept by hand on the host', () => {
    const one = fleet(
      web({ ...viaAcmeDns, email: 'me@wildelab.com', settings: { 'preferred-chain': 'ISRG Root X1' } }),
    );
    expect(text(one.host('web'), '/etc/stead/certbot.ini')).toBe(`\
# Written by stead; changes made here are lost at the next switch.
config-dir=/var/lib/stead-certbot/config
work-dir=/var/lib/stead-certbot/work
logs-dir=/var/log/stead-certbot
max-log-backups=20
non-interactive=true
agree-tos=true
email=me@wildelab.com
server=https://acme-v02.api.letsencrypt.org/directory
key-type=ecdsa
elliptic-curve=secp256r1
preferred-chain=ISRG Root X1
`);
    expect(text(one.host('web'), '/etc/stead/certbot.tsv')).toBe(
      'wildelab\tacmeDns\t-\t-\t2592000\thttps://acme-v02.api.letsencrypt.org/directory ec256\twildelab.com *.wildelab.com\n',
    );
  });

  test('of each way to prove a name what it needs, and for single certificates another way', () => {
    const one = fleet(
      web(
        {
          staging: true,
          keyType: 'rsa4096',
          renewBeforeDays: 20,
          provider: 'rfc2136',
          rfc2136: { credentialsFile: '/run/stead/secrets/tsig', propagationSeconds: 5 },
          providers: { 'www.example.org': 'webroot' },
        },
        certificates({ certs: { 'www.example.org': {} } }),
        nginx({ virtualHosts: { 'www.example.org': { forceSSL: true, certificate: 'www.example.org' } } }),
      ),
    ).host('web');
    expect(text(one, '/etc/stead/certbot.ini')).toContain(`\
register-unsafely-without-email=true
server=https://acme-staging-v02.api.letsencrypt.org/directory
key-type=rsa
rsa-key-size=4096
dns-rfc2136-credentials=/run/stead/secrets/tsig
dns-rfc2136-propagation-seconds=5
webroot-path=/var/lib/stead-certbot/webroot
`);
    const kind = 'https://acme-staging-v02.api.letsencrypt.org/directory rsa4096';
    expect(text(one, '/etc/stead/certbot.tsv')).toBe(
      `wildelab\trfc2136\t/run/stead/secrets/tsig\t-\t1728000\t${kind}\twildelab.com *.wildelab.com\n` +
        `www.example.org\twebroot\t-\t-\t1728000\t${kind}\twww.example.org\n`,
    );
    expect(one.get(packages).install).toContain('python3-certbot-dns-rfc2136');
    expect(text(one, '/etc/nginx/sites-enabled/www.example.org.conf')).toContain(
      'location ^~ /.well-known/acme-challenge/ {\n        root /var/lib/stead-certbot/webroot;\n',
    );
  });

  test('the step at the registrar, with a command that prints what is to be done there', () => {
    const one = fleet(
      web({
        ...viaAcmeDns,
        resolver: '9.9.9.9',
        acmeDns: { url: 'http://10.9.9.1:8053', allowFrom: ['10.9.9.2'] },
      }),
    ).host('web');
    expect(one.get(checks).manual).toEqual({
      '_acme-challenge.wildelab.com': {
        instruction:
          'Make the record below where the zone of wildelab.com is kept, at the registrar mostly, so that certificates for wildelab.com are issued to this host. `/usr/local/lib/stead/acme-dns record wildelab.com` prints it again.',
        command: ['/usr/local/lib/stead/acme-dns', 'delegated', 'wildelab.com'],
      },
    });
    expect(text(one, '/etc/stead/acme-dns.tsv')).toBe(
      'http://10.9.9.1:8053\t/var/lib/stead-certbot/acme-dns\t9.9.9.9\t10.9.9.2\n',
    );
  });

  test('a unit that no switch waits for, and that a change does not cut off', () => {
    const { units } = fleet(web(viaAcmeDns)).host('web').get(systemd);
    expect(units['stead-certbot.service']).toMatchObject({
      wantedBy: [],
      start: false,
      onChange: 'none',
      mayFail: true,
    });
    expect(units['stead-certbot.timer']!.sections!['Timer']).toEqual({
      OnCalendar: '*-*-* 00,12:00:00',
      RandomizedDelaySec: '1h',
      Persistent: true,
      Unit: 'stead-certbot.service',
    });
    expect(units['stead-certbot-soon.timer']!.readBy).toEqual([
      '/etc/stead/certbot.tsv',
      '/etc/stead/certbot.ini',
    ]);
  });
});

test('what is missing or does not go together is an error', () => {
  expect(mistakes(host('web', { use: [wildcard, certbot(viaAcmeDns)] }))).toEqual([
    'certificates are issued to who agrees to the terms of the ACME server = Read them, and set `acceptTerms: true`.',
  ]);
  expect(mistakes(web({ provider: 'acmeDns' }))).toEqual([
    'the provider acmeDns needs `acmeDns.url` = Say where the API of the acme-dns server is: `http://10.9.9.1:8053`.',
  ]);
  const vps = host('vps', {
    use: [network({ addresses: { mesh: '10.9.9.1' } }), ports({ listen: { 'acme-dns api': { port: 80 } } })],
  });
  expect(mistakes(web(viaAcmeDns), vps)).toEqual([
    'the acme-dns server is at http://10.9.9.1:8053, and nothing listens on tcp port 8053 of vps = Mend the port, or define the service there; one that no module knows is said with `ports({ listen: … })`.',
  ]);
  expect(mistakes(web({ provider: 'rfc2136' }))).toEqual([
    'the provider rfc2136 needs `rfc2136.credentialsFile` = Give the path of a file on the host with server, name and secret of its key.',
  ]);
  expect(mistakes(web({ provider: 'webroot' }))).toEqual([
    'the certificate wildelab is for a wildcard, which no file on a web server proves = Give it the provider acmeDns or rfc2136.',
  ]);
  expect(mistakes(web({ ...viaAcmeDns, providers: { wildelap: 'webroot' } }))).toEqual([
    'wildelap is given a provider, and web has no certificate of that name = Write the name of one of `certificates.certs`.',
  ]);
});

describe.runIf(available('certbot', 'openssl', 'shellcheck', 'flock'))('the programs on the host', () => {
  let folder: string;
  let server: AcmeDns;
  const at = (...names: string[]): string => join(folder, ...names);

  /** The programs and tables of a host, in the folder. */
  const settle = (settings: Settings): void => {
    const { port } = new URL(server.url);
    const listening = ports({ listen: { 'acme-dns api': { port: Number(port) } } });
    const one = fleet(web(settings, listening)).host('web');
    const places = {
      '/etc/stead': at('etc'),
      '/usr/local/lib/stead': at('lib'),
      '/var/lib/stead-certbot': at('certbot'),
      '/var/lib/stead-certificates': at('certificates'),
      '/var/log/stead-certbot': at('log'),
    };
    const inFolder = (path: string): string =>
      Object.entries(places).reduce((moved, [from, to]) => moved.replaceAll(from, to), path);
    for (const name of ['etc/', 'lib/']) mkdirSync(at(name), { recursive: true });
    for (const file of fileSources(one)) {
      if (!/^\/(etc|usr\/local\/lib)\/stead\//.test(file.path)) continue;
      writeFileSync(inFolder(file.path), inFolder(text(one, file.path)), { mode: 0o755 });
    }
  };
  const program = (name: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
    execa(at('lib', name), args, { reject: false, all: true, env });
  /** Nothing listens at this ACME server. */
  const failing = () => {
    writeFileSync(at('tsig'), 'dns_rfc2136_server = 127.0.0.1\n', { mode: 0o600 });
    const server = 'https://127.0.0.1:1/directory';
    return { provider: 'rfc2136', server, rfc2136: { credentialsFile: at('tsig') } } as const;
  };
  const tries = (): string[] => readdirSync(at('certbot/tries'));

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stead-certbot-'));
    server = await startAcmeDns('acme.wildelab.com');
    settle({ provider: 'acmeDns', acmeDns: { url: server.url, allowFrom: ['10.9.9.2', '10.42.0.0/24'] } });
  });
  afterEach(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  test('are fit for any shell', async () => {
    const { stdout } = await execa('shellcheck', [at('lib/certbot'), at('lib/acme-dns')], { reject: false });
    expect(stdout).toBe('');
  });

  test('certbot takes its settings, and refuses others', async () => {
    const plugins = () => execa('certbot', ['plugins', '--config', at('etc/certbot.ini')], { reject: false });
    expect((await plugins()).exitCode).toBe(0);
    writeFileSync(at('etc/certbot.ini'), 'key-type=dsa\n');
    expect((await plugins()).exitCode).toBe(2);
  });

  test('a domain is registered once, by whom may use it, and its credentials are for root alone', async () => {
    const first = await program('acme-dns', ['record', 'wildelab.com']);
    const again = await program('acme-dns', ['record', 'wildelab.com']);
    const [registration, ...others] = server.registrations;
    expect(others).toEqual([]);
    expect(registration).toMatchObject({ allowfrom: ['10.9.9.2', '10.42.0.0/24'] });
    expect(first.stdout).toBe(`_acme-challenge.wildelab.com. CNAME ${registration!.fulldomain}.`);
    expect(again.stdout).toBe(first.stdout);
    expect(statSync(at('certbot/acme-dns/wildelab.com')).mode & 0o777).toBe(0o600);
  });

  test('the proofs of a name and its wildcard stand side by side, and are taken away afterwards', async () => {
    await program('acme-dns', ['record', 'wildelab.com']);
    const { subdomain } = server.registrations[0]!;
    const hook = (which: string, proof: string) =>
      program('acme-dns', [which], { CERTBOT_DOMAIN: 'wildelab.com', CERTBOT_VALIDATION: proof });
    const proofs = ['a'.repeat(43), 'b'.repeat(43)] as const;
    for (const proof of proofs) expect((await hook('auth', proof)).exitCode).toBe(0);
    expect(server.proofs.get(subdomain)).toEqual(proofs);
    for (const proof of proofs) expect((await hook('cleanup', proof)).exitCode).toBe(0);
    expect(server.proofs.get(subdomain)).toEqual(['_'.repeat(43), '_'.repeat(43)]);
  });

  test('a proof that is not taken, and a server that is not there, are told without any key', async () => {
    await program('acme-dns', ['record', 'wildelab.com']);
    const { password } = server.registrations[0]!;
    const refused = await program('acme-dns', ['auth'], {
      CERTBOT_DOMAIN: 'wildelab.com',
      CERTBOT_VALIDATION: 'short',
    });
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(
      `acme-dns: the server at ${server.url} did not take the proof for wildelab.com`,
    );
    expect(refused.all).not.toContain(password);
    server.close();
    rmSync(at('certbot/acme-dns'), { recursive: true });
    expect((await program('acme-dns', ['record', 'wildelab.com'])).stderr).toContain(
      `acme-dns: the server at ${server.url} did not register wildelab.com`,
    );
  });

  test('repeated failed switches burn no ACME rate limit: a try that failed is not made again for a while', async () => {
    const other = { ...failing(), keyType: 'rsa2048' } as const;
    settle(failing());
    const asks = async (...words: string[]) =>
      ((await program('certbot', words)).all ?? '').includes('asking for a certificate');
    expect(await asks()).toBe(true);
    expect(await asks()).toBe(false);
    // Another configuration may be tried at once; going to and fro between the two gains nothing.
    settle(other);
    expect(await asks()).toBe(true);
    settle(failing());
    expect(await asks()).toBe(false);
    expect(tries()).toHaveLength(2);
    // A person may say so.
    expect(await asks('now')).toBe(true);
  });

  test('each further try comes later, three times as late as the one before', async () => {
    settle(failing());
    await program('certbot');
    const state = at('certbot/tries', tries()[0]!);
    writeFileSync(state, '3 1\n');
    const now = Math.floor(Date.now() / 1000);
    await program('certbot');
    const [count, next] = readFileSync(state, 'utf8').trim().split(' ').map(Number) as [number, number];
    expect(count).toBe(4);
    expect(next - now).toBeGreaterThanOrEqual(300 * 27);
  });

  test('what a proof needs and is not there is no reason to ask the ACME server', async () => {
    settle({ provider: 'rfc2136', rfc2136: { credentialsFile: at('tsig') } });
    const { exitCode, stdout } = await program('certbot');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: `wildelab: ${at('tsig')} is not there` });
    expect(tries()).toEqual([]);
  });
});
