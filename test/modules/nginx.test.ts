import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { host } from 'stead';
import { certificates } from 'stead/modules/certificates';
import { network } from 'stead/modules/network';
import { nginx } from 'stead/modules/nginx';
import { ports } from 'stead/modules/ports';
import { checks, systemd } from '../../src/bundle/sets/index.ts';
import { repository, run } from '../cli/stead.ts';
import { available } from '../setup/programs.ts';
import { fleet, mistakes, text } from './rack.ts';

const SITES = '/etc/nginx/sites-enabled';
const wildcard = certificates({ certs: { rack: { domains: ['*.wildelab.com'], issuer: 'selfSigned' } } });
const framework = host('framework', {
  use: [
    network({ addresses: { rack: '10.42.0.10', mesh: '10.9.9.5' } }),
    ports({ listen: { 'llama-server': { port: 8080, openTo: ['rack'] } } }),
  ],
});

type Settings = Parameters<typeof nginx>[0];
const web = (settings: Settings, ...more: Parameters<typeof host>[1]['use']) =>
  host('gateway', { use: [network({ addresses: { rack: '10.42.0.1' } }), nginx(settings), ...more] });
const sites = (virtualHosts: object): Settings => ({ virtualHosts }) as Settings;

const llm: Settings = {
  openTo: ['mesh'],
  virtualHosts: {
    'llm.wildelab.com': {
      forceSSL: true,
      certificate: 'rack',
      allow: ['10.9.9.0/24', '10.42.0.0/24'],
      clientMaxBodySize: '512m',
      locations: {
        '/': { proxyPass: 'http://10.42.0.10:8080', proxyWebsockets: true, streaming: true },
        '= /health': { return: '200 "ok"', extraConfig: 'access_log off;' },
      },
    },
  },
};

describe('what a host with nginx gets', () => {
  const gateway = fleet(web(llm, wildcard), framework).host('gateway');

  test('a site with TLS, and one at port 80 that sends on to it', () => {
    expect(text(gateway, `${SITES}/llm.wildelab.com.conf`)).toBe(`\
# Written by stead for gateway; changes made here are lost at the next switch.
server {
    listen 0.0.0.0:443 ssl http2;
    listen [::]:443 ssl http2;
    server_name llm.wildelab.com;
    ssl_certificate /var/lib/stead-certificates/rack/fullchain.pem;
    ssl_certificate_key /var/lib/stead-certificates/rack/privkey.pem;
    client_max_body_size 512m;
    allow 10.9.9.0/24;
    allow 10.42.0.0/24;
    deny all;

    location / {
        proxy_pass http://10.42.0.10:8080;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
        proxy_set_header Host $host;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Forwarded-Host $host;
        proxy_buffering off;
        proxy_cache off;
        gzip off;
        proxy_read_timeout 1h;
        proxy_send_timeout 1h;
    }

    location = /health {
        return 200 "ok";
        access_log off;
    }
}
server {
    listen 0.0.0.0:80;
    listen [::]:80;
    server_name llm.wildelab.com;

    location / {
        return 301 https://$host$request_uri;
    }
}
`);
  });

  test('one in the place of the distribution’s own that hangs up on names nobody serves', () => {
    const sockets = ['0.0.0.0:443', '[::]:443', '0.0.0.0:80', '[::]:80'];
    expect(text(gateway, `${SITES}/default`)).toBe(
      `# Written by stead for gateway; changes made here are lost at the next switch.\n${sockets
        .map(
          (socket) =>
            `server {\n    listen ${socket} default_server${socket.endsWith('443') ? ' ssl http2' : ''};\n    server_name _;\n    ${
              socket.endsWith('443') ? 'ssl_reject_handshake on;' : 'return 444;'
            }\n}\n`,
        )
        .join('')}`,
    );
  });

  test('its ports, its names, a reload for each change of a file, and checks before and after', () => {
    expect(gateway.get(ports)).toEqual({
      listen: {
        'nginx http': { port: 80, protocol: 'tcp', openTo: ['mesh'] },
        'nginx https': { port: 443, protocol: 'tcp', openTo: ['mesh'] },
      },
      serves: ['llm.wildelab.com'],
    });
    expect(gateway.get(systemd).units['nginx.service']).toMatchObject({
      wantedBy: ['multi-user.target'],
      readBy: ['/etc/nginx/nginx.conf', `${SITES}/default`, `${SITES}/llm.wildelab.com.conf`].map(
        (reload) => ({
          reload,
        }),
      ),
    });
    expect(gateway.get(checks).preflight['nginx']).toEqual(['/usr/local/lib/stead/nginx-check']);
    expect(Object.keys(gateway.get(checks).health)).toEqual(['nginx at port 443', 'nginx at port 80']);
    expect(text(gateway, '/etc/stead/certificates.tsv')).toContain('rack\troot\tnginx.service\t-\t');
  });

  test('an nginx.conf of the settings of the server as a whole', () => {
    const one = fleet(
      web({
        recommendedGzipSettings: false,
        recommendedTlsSettings: false,
        upstreams: {
          llms: {
            servers: { '10.42.0.10:8080': { weight: 2 }, '10.42.0.10:80': { backup: true } },
            extraConfig: 'least_conn;',
          },
        },
        appendHttpConfig: 'limit_req_zone $binary_remote_addr zone=one:10m rate=1r/s;\n',
        appendConfig: 'worker_rlimit_nofile 4096;',
        eventsConfig: 'multi_accept on;',
        streamConfig: 'server { listen 5432; proxy_pass 10.42.0.10:5432; }',
      }),
      host('framework', {
        use: [
          network({ addresses: { rack: '10.42.0.10' } }),
          ports({ listen: { a: { port: 8080 }, b: { port: 80 } } }),
        ],
      }),
    ).host('gateway');
    expect(text(one, '/etc/nginx/nginx.conf')).toBe(`\
# Written by stead for gateway; changes made here are lost at the next switch.
user www-data;
worker_processes auto;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
include /etc/nginx/modules-enabled/*.conf;
worker_rlimit_nofile 4096;

events {
    worker_connections 1024;
    multi_accept on;
}

http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log /var/log/nginx/access.log;

    sendfile on;
    tcp_nopush on;
    types_hash_max_size 4096;
    server_names_hash_bucket_size 128;
    server_tokens off;
    client_max_body_size 10m;
    proxy_read_timeout 60s;
    proxy_send_timeout 60s;

    map $http_upgrade $connection_upgrade {
        default upgrade;
        '' '';
    }

    upstream llms {
        least_conn;
        server 10.42.0.10:80 backup;
        server 10.42.0.10:8080 weight=2;
        keepalive 16;
    }
    limit_req_zone $binary_remote_addr zone=one:10m rate=1r/s;

    include /etc/nginx/conf.d/*.conf;
    include /etc/nginx/sites-enabled/*;
}

stream {
    server { listen 5432; proxy_pass 10.42.0.10:5432; }
}
`);
  });

  test('addresses of its own, where it may start before they are there', () => {
    const one = fleet(
      web(sites({ 'a.wildelab.com': { listenAddresses: ['10.9.9.2'], root: '/srv/a site', default: true } })),
    ).host('gateway');
    expect(text(one, `${SITES}/a.wildelab.com.conf`)).toContain(
      'listen 10.9.9.2:80 default_server;\n    server_name a.wildelab.com;\n    root "/srv/a site";\n',
    );
    expect(text(one, `${SITES}/default`)).not.toContain('server {');
    expect(one.get(ports).listen).toEqual({
      'nginx http at 10.9.9.2': { port: 80, protocol: 'tcp', address: '10.9.9.2', openTo: [] },
    });
    expect(text(one, '/etc/sysctl.d/60-stead.conf')).toContain('ip_nonlocal_bind');
  });

  test('proofs for an issuer of certificates at port 80, beside whatever else is there', () => {
    const one = fleet(web(llm, wildcard, certificates({ webroot: '/var/lib/proofs' })), framework).host(
      'gateway',
    );
    expect(text(one, `${SITES}/llm.wildelab.com.conf`)).toContain(`\
    listen [::]:80;
    server_name llm.wildelab.com;

    location ^~ /.well-known/acme-challenge/ {
        root /var/lib/proofs;
        auth_basic off;
        allow all;
        default_type text/plain;
    }

    location / {
        return 301 https://$host$request_uri;
    }
`);
  });
});

describe('what is wrong', () => {
  const proxy = (proxyPass: string) => sites({ 'llm.wildelab.com': { locations: { '/': { proxyPass } } } });

  test('a proxy to a port nobody listens on, of any host of the fleet', () => {
    expect(mistakes(web(proxy('http://10.42.0.10:8081')), framework)).toEqual([
      'llm.wildelab.com passes / on to http://10.42.0.10:8081, and nothing listens on tcp port 8081 of framework (llama-server does on 8080) = Mend the port, or define the service there; one that no module knows is said with `ports({ listen: … })`.',
    ]);
    expect(mistakes(web(proxy('http://framework')), framework)).toEqual([
      'llm.wildelab.com passes / on to http://framework, and nothing listens on tcp port 80 of framework = Mend the port, or define the service there; one that no module knows is said with `ports({ listen: … })`.',
    ]);
    expect(mistakes(web(proxy('http://localhost:3000/chat/')))).toEqual([
      'llm.wildelab.com passes / on to http://localhost:3000/chat/, and nothing listens on tcp port 3000 of gateway = Mend the port, or define the service there; one that no module knows is said with `ports({ listen: … })`.',
    ]);
    expect(mistakes(web({ upstreams: { llms: { servers: { '10.9.9.5:9': {} } } } }), framework)).toEqual([
      'the upstream llms passes requests on to 10.9.9.5:9, and nothing listens on tcp port 9 of framework = Mend the port, or define the service there; one that no module knows is said with `ports({ listen: … })`.',
    ]);
  });

  test('not one to a port that is listened on, nor to addresses that are not of the fleet', () => {
    fleet(web(proxy('http://10.9.9.5:8080/v1')), framework);
    fleet(web(proxy('http://framework:8080')), framework);
    fleet(web(proxy('https://api.example.org')), framework);
    fleet(web(proxy('http://$backend:1234')), framework);
    fleet(web(proxy('http://unix:/run/app.sock:/')), framework);
    fleet(web(proxy('http://127.0.0.1:80')));
    const local = (address: string) => ports({ listen: { app: { port: 3000, address } } });
    fleet(web(proxy('http://localhost:3000'), local('127.0.0.1')));
    expect(mistakes(web(proxy('http://localhost:3000'), local('10.42.0.1')))).toHaveLength(1);
    expect(mistakes(web(proxy('http://10.42.0.1:3000'), local('127.0.0.1')))).toHaveLength(1);
  });

  test('a proxy to an upstream that is not there, or without a scheme', () => {
    expect(mistakes(web(proxy('http://llmz')))).toEqual([
      'llm.wildelab.com passes / on to llmz, which is neither one of the upstreams nor a host of the fleet = Define it with `upstreams`, or write a host of the fleet, `localhost` or an address.',
    ]);
    expect(mistakes(web(proxy('10.42.0.10:8080')), framework)).toEqual([
      'llm.wildelab.com passes / on to 10.42.0.10:8080, which does not begin with http:// or https:// = Write the scheme, as in `http://localhost:3000`.',
    ]);
  });

  test('a name that two virtual hosts serve at one socket, or that two hosts do', () => {
    const twin = sites({
      one: { serverName: 'a.wildelab.com' },
      two: { serverName: 'b.wildelab.com', serverAliases: ['A.wildelab.com'] },
    });
    expect(mistakes(web(twin))).toEqual([
      'the virtual hosts one and two both serve a.wildelab.com at 0.0.0.0:80 = Take the name out of one of them, or let them listen at different addresses.',
    ]);
    const other = host('vps', { use: [nginx(sites({ 'a.wildelab.com': {} }))] });
    expect(mistakes(web(sites({ 'a.wildelab.com': {} })), other)).toEqual([
      'gateway and vps both serve the name a.wildelab.com = Leave it on one of them, or serve it by another name.',
    ]);
    expect(mistakes(web(sites({ one: { default: true }, two: { default: true } })))).toEqual([
      'the virtual hosts one and two both answer for all other names at 0.0.0.0:80 = Leave `default: true` on one of them.',
    ]);
    fleet(
      web(
        sites({
          one: { serverName: 'a.wildelab.com', listenAddresses: ['10.9.9.1'] },
          two: { serverName: 'a.wildelab.com', listenAddresses: ['10.9.9.2'] },
        }),
      ),
    );
  });

  test('a certificate that is not there, is not good for a name, or is missing', () => {
    const tls = (site: object, ...more: Parameters<typeof host>[1]['use']) =>
      mistakes(web(sites({ 'llm.wildelab.com': { onlySSL: true, ...site } }), ...more));
    expect(tls({ certificate: 'rakc' }, wildcard)).toEqual([
      'llm.wildelab.com is served with the certificate rakc, which gateway does not have = Declare it with `certificates`; there are: rack.',
    ]);
    expect(tls({ certificate: 'rack', serverAliases: ['wildelab.com'] }, wildcard)).toEqual([
      'llm.wildelab.com serves wildelab.com, which its certificate rack is not good for = Add the name to the domains of the certificate, or name another certificate.',
    ]);
    expect(tls({})).toEqual([
      'llm.wildelab.com speaks TLS and has no certificate = Give it `certificate`, or both `sslCertificate` and `sslCertificateKey`.',
    ]);
    expect(tls({ certificate: 'rack', forceSSL: true }, wildcard)).toEqual([
      'llm.wildelab.com has forceSSL and onlySSL, of which one is enough = Keep one: `forceSSL` answers on both ports, and sends everybody to https.',
    ]);
  });

  test('a port that something else on the host has', () => {
    expect(mistakes(web(sites({ a: {} }), ports({ listen: { caddy: { port: 80 } } })))).toEqual([
      'caddy and nginx http both listen on tcp port 80 of gateway = Give one of them another port, or an `address` of its own to listen on.',
    ]);
  });

  test('a location that answers by itself and does something else, too', () => {
    const location = (more: object) =>
      mistakes(
        web(
          sites({ a: { locations: { '/': { return: '200', ...more } } } }),
          ports({ listen: { b: { port: 9 } } }),
        ),
      );
    expect(location({ proxyPass: 'http://localhost:9' })).toEqual([
      '/ of a both answers by itself and passes requests on = Keep `return` or `proxyPass`.',
    ]);
    expect(location({ allow: ['10.9.9.0/24'] })).toEqual([
      '/ of a is closed to some, and its `return` answers everybody all the same = Take `return` out, or what closes it: nginx answers before it looks at who asks.',
    ]);
  });
});

test.runIf(available('shellcheck'))('the check is fit for any shell', () => {
  const script = text(fleet(web({})).host('gateway'), '/usr/local/lib/stead/nginx-check');
  expect(spawnSync('shellcheck', ['-'], { encoding: 'utf8', input: script }).stdout).toBe('');
});

describe.runIf(available('root', 'nginx', 'openssl'))('the real nginx', () => {
  const check = (use: string) =>
    run([
      'check',
      '--repo',
      repository({
        'hosts/web.ts': `import { host } from 'stead';
import { certificates } from 'stead/modules/certificates';
import { nginx } from 'stead/modules/nginx';
export default host('web', { use: [certificates({ certs: { rack: { domains: ['*.wildelab.com'], issuer: 'selfSigned', group: 'of-the-host-alone' } } }), ${use}] });
`,
      }),
    ]);
  const everything = (more: string) => `nginx({
    upstreams: { far: { servers: { 'far.example.org:8080': {} } } },
    clientMaxBodySize: '1g',
    resolver: ['10.42.0.1'],
    virtualHosts: {
      'llm.wildelab.com': {
        forceSSL: true, certificate: 'rack', listenAddresses: ['10.9.9.2', '127.0.0.1'], allow: ['10.9.9.0/24'], deny: ['10.9.9.7'],
        basicAuthFile: '/etc/nginx/users',
        locations: {
          '/': { proxyPass: 'http://far', proxyWebsockets: true, streaming: true },
          '/other/': { proxyPass: 'http://does-not-resolve.example.org:8080/' },
          '~ \\\\.php$': { return: '404', priority: 10 },
          '/files/': { alias: '/srv/my files/', index: 'index.html', tryFiles: '$uri $uri/ =404' },
        },
      },
      'old.wildelab.com': { addSSL: true, certificate: 'rack', http2: false, globalRedirect: 'llm.wildelab.com', redirectCode: 308 },
      'app.wildelab.com': { onlySSL: true, certificate: 'rack', root: '/srv/app', serverAliases: ['www.wildelab.com'], ${more} },
    },
  })`;

  test('takes everything that can be said, before certificates, names and addresses are there', async () => {
    const { code, stdout } = await check(everything(''));
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'web: 3 passed (certificates, nginx, systemd units)',
    });
  });

  test('refuses a directive that it does not know', async () => {
    const { code, stdout } = await check(everything("extraConfig: 'prxy_buffering off;'"));
    expect(code).toBe(2);
    expect(stdout).toMatch(
      /nginx FAILED[^]*unknown directive "prxy_buffering" in .*sites-enabled\/app\.wildelab\.com\.conf/,
    );
  });
});
