// A web server with certificates of a real ACME server: from the stand-in over the first one to its renewal.
import { beforeAll, expect, test } from 'vitest';
import { repository, write } from '../cli/stead.ts';
import { ACME_LAB, ADDRESSES, bringAcmeDns, makeRecords, orders, settleAcme } from './acme.ts';
import { describeLab, useLab, type Host } from './driver.ts';

const HEAD = `import { checks, host, target } from 'stead';
import { acmeDns } from 'stead/modules/acmeDns';
import { certbot } from 'stead/modules/certbot';
import { certificates } from 'stead/modules/certificates';
import { nginx } from 'stead/modules/nginx';
import { ports } from 'stead/modules/ports';
`;

const VPS = `${HEAD}export default host('vps', { use: [
  target({ ssh: { address: '${ADDRESSES.vps}' } }),
  acmeDns({ domain: 'acme.wildelab.com', address: '${ADDRESSES.vps}', resolver: '${ADDRESSES.registrar}', api: { ip: '${ADDRESSES.vps}' } }),
] });
`;

/** The web server, with more definitions. */
const web = (more: string, settings = '') => `${HEAD}export default host('web', { use: [
  target({ ssh: { address: '${ADDRESSES.web}' } }),
  certificates({ certs: { wildelab: { domains: ['*.wildelab.com'] } } }),
  certbot({
    acceptTerms: true, server: 'https://pebble.test:14000/dir', serverRootFile: '/root/pebble.pem', provider: 'acmeDns',
    renewBeforeDays: 10, acmeDns: { url: 'http://${ADDRESSES.vps}:8053' }, ${settings}
  }),
  nginx({ virtualHosts: { 'llm.wildelab.com': { forceSSL: true, certificate: 'wildelab',
    locations: { '/': { proxyPass: 'http://127.0.0.1:8080', streaming: true }, '= /health': { return: '200 "well\\\\n"' } } } } }),
  ports({ listen: { 'language model': { port: 8080, address: '127.0.0.1' } } }),
  ${more}
] });
`;

describeLab('a web server with certificates', () => {
  const lab = useLab(ACME_LAB);
  let host: Host;
  let registrar: Host;
  let path: string;

  const attempt = (more = '', settings = '') => {
    write(path, 'hosts/web.ts', web(more, settings));
    return lab.stead(['switch', '--all', '--repo', path]);
  };
  const switchTo = async (more = '', settings = '') => {
    const switched = await attempt(more, settings);
    expect(switched, switched.stderr).toMatchObject({ code: 0 });
    return switched;
  };
  const issuer = (name = 'llm.wildelab.com') =>
    host.succeed(
      `openssl s_client -connect 127.0.0.1:443 -servername ${name} </dev/null 2>/dev/null | openssl x509 -noout -issuer -serial -subject`,
    );
  const page =
    'curl -sS --fail --max-time 10 --cacert /root/issuers.pem --resolve llm.wildelab.com:443:127.0.0.1 https://llm.wildelab.com';

  beforeAll(async () => {
    path = repository({ 'hosts/vps.ts': VPS, 'hosts/web.ts': web('') });
    [host, registrar] = [await lab.host('web'), await lab.host('registrar')];
    await settleAcme(lab);
  }, 600_000);

  test('nginx names a certificate that is not issued yet: stand-in, no deadlock; and what is left to a person is said', async () => {
    const first = await switchTo();
    expect(await issuer()).toContain('CN = stand-in');
    expect(first.stdout).toContain('to do by hand (acme-dns program)');
    expect(first.stdout).toContain(
      `make these records: acme.wildelab.com. NS acme.wildelab.com.; acme.wildelab.com. A ${ADDRESSES.vps}`,
    );
    expect(first.stdout).toContain('to do by hand (_acme-challenge.wildelab.com)');
    await host.waitUntilSucceeds('journalctl -u stead-certbot --output=cat | grep "did not register"');
    expect(await orders(registrar)).toBe(0);
  });

  test('the wildcard is issued through acme-dns once a person has done that, and nginx takes it in by a reload', async () => {
    const vps = await lab.host('vps');
    await bringAcmeDns(vps);
    await vps.waitForPort(8053);
    await makeRecords(registrar, [
      'acme.wildelab.com. NS acme.wildelab.com.',
      `acme.wildelab.com. A ${ADDRESSES.vps}`,
    ]);
    const left = await lab.stead(['status', 'web', '--repo', path]);
    const [, record = ''] = /^ +(_acme-challenge\.wildelab\.com\. CNAME \S+)$/m.exec(left.stdout) ?? [];
    expect(record, left.stdout).not.toBe('');
    await makeRecords(registrar, [record]);
    const before = await host.pid('nginx.service');
    await host.succeed('systemctl start stead-certbot', 120);
    expect(await issuer()).toContain('CN = Pebble Intermediate');
    expect(await host.pid('nginx.service')).toBe(before);
    expect(await host.succeed('/usr/local/lib/stead/certificates status')).toMatch(/^wildelab\tissued\t/);
    expect((await lab.stead(['status', '--all', '--repo', path])).stdout).not.toContain('by hand');
    await host.succeed(
      '(curl -sSk https://pebble.test:15000/roots/0; curl -sSk https://pebble.test:15000/intermediates/0) >/root/issuers.pem',
    );
    expect(await host.succeed(`${page}/health`)).toBe('well');
  });

  test('a renewal reloads nginx, and clients that ask all the time miss no answer', async () => {
    const before = await issuer();
    const clients = {
      http1: `${page}/health --http1.1`,
      // A worker that is told to end says GOAWAY to an HTTP/2 connection that has not asked yet: the request
      // is to be sent again (RFC 9113, section 6.8). Browsers do so; curl ends with 16.
      http2: `{ ${page}/health || { test $? = 16 && ${page}/health; }; }`,
    };
    for (const [name, ask] of Object.entries(clients)) {
      await host.succeed(
        `systemd-run --quiet --unit=${name} sh -c 'while test ! -e /root/enough; do ${ask} && echo answered >>/root/${name} || echo missed >>/root/${name}; done'`,
      );
    }
    const pid = await host.pid('nginx.service');
    // What is issued is good for twenty days.
    await switchTo('', 'renewBeforeDays: 30');
    await host.waitUntilSucceeds(
      `test "$(openssl x509 -noout -serial -in /var/lib/stead-certificates/wildelab/fullchain.pem)" != "${/serial=\w+/.exec(before)?.[0]}"`,
    );
    for (const name of Object.keys(clients)) {
      const count = Number(await host.succeed(`wc -l </root/${name}`));
      await host.waitUntilSucceeds(`test "$(wc -l </root/${name})" -gt ${count + 5}`);
    }
    await host.succeed('touch /root/enough');
    expect(await issuer()).not.toBe(before);
    for (const name of Object.keys(clients)) {
      expect(await host.succeed(`sort -u /root/${name}`)).toBe('answered');
    }
    expect(await host.pid('nginx.service')).toBe(pid);
  });

  const WWW = `
    certificates({ certs: { www: { domains: ['*.example.org'] }, 'www.wildelab.com': {} } }),
    certbot({
      providers: { www: 'rfc2136', 'www.wildelab.com': 'webroot' },
      rfc2136: { credentialsFile: '/root/tsig.ini', propagationSeconds: 1 },
    }),
    nginx({ virtualHosts: {
      'www.example.org': { onlySSL: true, certificate: 'www', root: '/srv' },
      'www.wildelab.com': { forceSSL: true, certificate: 'www.wildelab.com', root: '/srv' },
    } }),`;

  test('others are issued through a DNS server that takes dynamic updates, and by a file that nginx serves', async () => {
    await switchTo(WWW);
    await host.waitUntilSucceeds(
      'test "$(/usr/local/lib/stead/certificates status | grep -c "^www.*issued")" = 2',
      120,
    );
    const www = await host.succeed(
      'openssl s_client -connect 127.0.0.1:443 -servername www.example.org </dev/null 2>/dev/null | openssl x509 -noout -issuer -ext subjectAltName',
    );
    expect(www).toContain('CN = Pebble Intermediate');
    expect(www).toContain('DNS:*.example.org');
    expect(await issuer()).toContain('CN = Pebble Intermediate');
    // Stand-ins were there before nginx was told of the sites that name them.
    expect(await host.succeed('grep -F "[emerg]" /var/log/nginx/error.log || :')).toBe('');
  });

  test('an answer is passed on part by part, as it comes', async () => {
    // Says its second word only when somebody has heard the first, who would take both compressed.
    await host.succeed(`cat >/root/model.py <<'END'
import http.server, os, time
class Model(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        self.say(b'first')
        while not os.path.exists('/root/heard'):
            time.sleep(0.05)
        self.say(b'second')
        self.wfile.write(b'0\\r\\n\\r\\n')
    def say(self, word):
        self.wfile.write(b'%x\\r\\n%s\\r\\n' % (len(word), word))
        self.wfile.flush()
http.server.HTTPServer(('127.0.0.1', 8080), Model).serve_forever()
END
systemd-run --quiet --unit=model python3 /root/model.py`);
    await host.waitForPort(8080);
    await host.succeed(
      `systemd-run --quiet --unit=listener sh -c '${page}/ --no-buffer --compressed >/root/answer'`,
    );
    await host.waitUntilSucceeds('test "$(cat /root/answer)" = first && touch /root/heard');
    await host.waitUntilSucceeds('test "$(cat /root/answer)" = firstsecond');
  });

  test('broken nginx configuration: the check on the new tree fails, nothing is stopped', async () => {
    const state = async () => [
      await host.pid('nginx.service'),
      await host.succeed(
        'readlink /var/lib/stead/current; systemctl show --value --property=ActiveEnterTimestampMonotonic nginx',
      ),
    ];
    const before = await state();
    const refused = await attempt(
      `${WWW} nginx({ virtualHosts: { 'llm.wildelab.com': { extraConfig: 'prxy_buffering off;' } } }),`,
    );
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('unknown directive "prxy_buffering"');
    expect(await state()).toEqual(before);
    expect(await host.succeed(`${page}/health`)).toBe('well');
  });

  test('repeated failed switches burn no ACME rate limit', async () => {
    const before = await orders(registrar);
    // The zone takes no updates with this key, and the switch goes back when a try has had its time.
    await host.succeed('sed s/c2Vj/c2Vk/ /root/tsig.ini >/root/wrong.ini && chmod 600 /root/wrong.ini');
    const failing = `
      certificates({ certs: { www: { domains: ['www.example.org', '*.example.org'] } } }),
      certbot({ providers: { www: 'rfc2136' }, rfc2136: { credentialsFile: '/root/wrong.ini', propagationSeconds: 1 } }),
      nginx({ virtualHosts: { 'www.example.org': { onlySSL: true, certificate: 'www', root: '/srv' } } }),
      checks({ health: { never: { command: ['sh', '-c', 'sleep 6; exit 1'], tries: 1 } } }),`;
    for (let round = 0; round < 2; round++) expect((await attempt(failing)).code).toBe(3);
    expect(
      await host.succeed("journalctl -u stead-certbot --output=cat | grep -c 'the last try failed'"),
    ).not.toBe('0');
    expect(await orders(registrar)).toBe(before + 1);
    // What was issued before serves on.
    expect(await host.succeed('/usr/local/lib/stead/certificates status | cut -f 1,2')).toBe(
      'wildelab\tissued\nwww\tissued\nwww.wildelab.com\tissued',
    );
  });
});
