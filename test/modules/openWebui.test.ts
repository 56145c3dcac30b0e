import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { host } from 'stead';
import { certificates } from 'stead/modules/certificates';
import { network } from 'stead/modules/network';
import { openWebui } from 'stead/modules/openWebui';
import { ports } from 'stead/modules/ports';
import { repository, run } from '../cli/stead.ts';
import { available } from '../setup/programs.ts';
import { fleet, mistakes, text } from './rack.ts';

const PREPARE = '/usr/local/lib/stead/open-webui-environment';
const llmHost = (name: string, address: string, port: number) =>
  host(name, { use: [network({ addresses: { rack: address } }), ports({ listen: { llm: { port } } })] });
const models = [llmHost('framework', '10.42.0.10', 8080), llmHost('jetson', '10.42.0.20', 8081)];
const endpoints = {
  large: { url: 'http://10.42.0.10:8080/v1' },
  small: { url: 'http://10.42.0.20:8081/v1', keyFile: '/run/stead/secrets/jetson' },
};
const page = (more: object) =>
  host('gateway', {
    use: [
      certificates({ certs: { rack: { domains: ['*.wildelab.com'], issuer: 'selfSigned' } } }),
      openWebui({ endpoints, ...more }),
      ports({ serves: ['www.wildelab.com'] }),
    ],
  });

describe('what a host with Open WebUI gets', () => {
  const one = fleet(
    page({
      hostName: 'chat.wildelab.com',
      certificate: 'rack',
      environment: { ENABLE_SIGNUP: false, WEBUI_NAME: 'Wilde' },
    }),
    ...models,
  ).host('gateway');

  test('every endpoint in one page, whose settings are those of the fleet', () => {
    expect(text(one, '/etc/open-webui/environment')).toBe(`\
ANONYMIZED_TELEMETRY=False
CORS_ALLOW_ORIGIN=https://chat.wildelab.com
ENABLE_OLLAMA_API=False
ENABLE_OPENAI_API=True
ENABLE_PERSISTENT_CONFIG=False
ENABLE_SIGNUP=False
ENABLE_VERSION_UPDATE_CHECK=False
OPENAI_API_BASE_URLS=http://10.42.0.10:8080/v1;http://10.42.0.20:8081/v1
WEBUI_NAME=Wilde
WEBUI_URL=https://chat.wildelab.com
`);
  });

  test('a unit that runs the container, which only the host itself reaches', () => {
    expect(text(one, '/etc/systemd/system/open-webui.service')).toBe(`\
[Service]
ExecStart=/usr/bin/docker run --rm --name=open-webui --log-driver=none --publish=127.0.0.1:3000:8080 --volume=/var/lib/open-webui:/app/backend/data --env-file=/etc/open-webui/environment --env-file=/run/open-webui/environment ghcr.io/open-webui/open-webui:v0.6.36
ExecStartPre=/usr/local/lib/stead/open-webui-environment /var/lib/open-webui.key - /run/stead/secrets/jetson
ExecStartPre=-/usr/bin/docker rm --force open-webui
ExecStop=/usr/bin/docker stop --time=20 open-webui
Restart=on-failure
RestartSec=10s
RuntimeDirectory=open-webui
RuntimeDirectoryMode=0700
SuccessExitStatus=143
TimeoutStopSec=30s
Type=exec

[Unit]
After=network-online.target
After=docker.service
Description=Open WebUI
Documentation=https://docs.openwebui.com
Requires=docker.service
Wants=network-online.target
`);
    expect(one.get(ports).listen['open-webui']).toEqual({
      port: 3000,
      protocol: 'tcp',
      address: '127.0.0.1',
      openTo: [],
    });
  });

  test('a site of nginx that passes tokens on as they come', () => {
    const site = text(one, '/etc/nginx/sites-enabled/chat.wildelab.com.conf');
    for (const directive of [
      'proxy_pass http://127.0.0.1:3000;',
      'proxy_buffering off;',
      'client_max_body_size 512m;',
      'ssl_certificate /var/lib/stead-certificates/rack/fullchain.pem;',
    ]) {
      expect(site).toContain(directive);
    }
  });
});

test('an endpoint that nobody is, an image that is another one each time, a page without TLS are errors', () => {
  const wrong = (more: object) => mistakes(page(more), ...models);
  expect(wrong({ endpoints: { third: { url: 'http://10.42.0.10:9/v1' } } })).toEqual([
    'the endpoint third is http://10.42.0.10:9/v1, and nothing listens on tcp port 9 of framework = Mend the port, or define the service there; one that no module knows is said with `ports({ listen: … })`.',
  ]);
  expect(wrong({ image: 'ghcr.io/open-webui/open-webui:main' })).toEqual([
    'the image ghcr.io/open-webui/open-webui:main is another one each time = Name a version, `ghcr.io/open-webui/open-webui:v0.6.36`, or a digest.',
  ]);
  expect(wrong({ image: 'ghcr.io/open-webui/open-webui' })).toHaveLength(1);
  expect(wrong({ image: `ghcr.io/open-webui/open-webui@sha256:${'a'.repeat(64)}` })).toEqual([]);
  expect(wrong({ endpoints: { own: { url: 'http://localhost:3000/v1' } } })).toEqual([
    'the endpoint own is http://localhost:3000/v1, which is the container itself in there = Name an address of the host.',
  ]);
  expect(wrong({ hostName: 'chat.wildelab.com' })).toContain(
    'a page that is served by a name needs `certificate` = Give the name of one of `certificates.certs`.',
  );
});

test.runIf(available('shellcheck'))(
  'keys go into a file that root alone reads, and the one of sessions is made once',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'stead-open-webui-'));
    try {
      const at = (name: string): string => join(folder, name);
      const script = text(fleet(page({}), ...models).host('gateway'), PREPARE);
      expect(spawnSync('shellcheck', ['-'], { input: script, encoding: 'utf8' }).stdout).toBe('');
      writeFileSync(at('prepare'), script.replaceAll('/run/open-webui', at('run')), { mode: 0o755 });
      writeFileSync(at('jetson'), 'sk-jetson\n');
      mkdirSync(at('run'));
      const prepare = () => spawnSync(at('prepare'), [at('secret'), '-', at('jetson')], { encoding: 'utf8' });
      expect(prepare()).toMatchObject({ status: 0, stderr: '' });
      const first = readFileSync(at('run/environment'), 'utf8');
      expect(first).toMatch(/^WEBUI_SECRET_KEY=[0-9a-f]{64}\nOPENAI_API_KEYS=none;sk-jetson\n$/);
      expect(statSync(at('run/environment')).mode & 0o777).toBe(0o600);
      prepare();
      expect(readFileSync(at('run/environment'), 'utf8')).toBe(first);
      rmSync(at('jetson'));
      expect(prepare().status).toBe(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test.runIf(available('root', 'systemd-analyze'))(
  'systemd takes its unit, with docker and with podman',
  async () => {
    for (const backend of ['docker', 'podman']) {
      const path = repository({
        'hosts/one.ts': `import { host } from 'stead';
import { openWebui } from 'stead/modules/openWebui';
export default host('one', { use: [openWebui({ backend: '${backend}', endpoints: { a: { url: 'https://api.example.org/v1' } } })] });
`,
      });
      const { code, stdout } = await run(['check', '--repo', path]);
      expect({ code, stdout }).toEqual({ code: 0, stdout: 'one: 1 passed (systemd units)' });
    }
  },
);
