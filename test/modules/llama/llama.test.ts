import { expect, test } from 'vitest';
import { checks, systemd } from 'stead';
import { ports } from 'stead/modules/ports';
import { fleet, mistakes, text } from '../rack.ts';
import { serving } from './models.ts';
import { told } from '../../told.ts';

const MODEL_A = '/var/lib/stead/downloads/lqbv7cy82wn9pgasxqdf8cajgqhbba68-tiny-a/tiny-a.gguf';

const unit = (more: Parameters<typeof serving>[0]) =>
  text(fleet(serving(more)).host('box'), '/etc/systemd/system/llama-server.service');
const started = (more: Parameters<typeof serving>[0]) => /^ExecStart=(.*)$/m.exec(unit(more))?.[1];

test('a model of the catalogue is served by a unit that may do little, with the key in its own folder of credentials', () => {
  const one = fleet(
    serving({
      apiKeyFile: '/run/stead/secrets/llm/key',
      openTo: ['rack'],
      flags: {
        'ctx-size': 8192,
        'flash-attn': 'on',
        'gpu-layers': 'all',
        jinja: true,
        'reasoning-budget': 0,
      },
      models: {
        'tiny-a': {
          flags: { 'ctx-size': 512, slots: false },
          extraFlags: ['-ctk', 'q8_0'],
          aliases: ['gpt-4o-mini'],
        },
      },
      memory: '8G',
      environment: { GGML_VK_VISIBLE_DEVICES: 0 },
    }),
  ).host('box');
  expect(text(one, '/etc/systemd/system/llama-server.service')).toBe(`\
[Service]
AmbientCapabilities=
CacheDirectory=llama
CacheDirectoryMode=0700
CapabilityBoundingSet=
DevicePolicy=closed
DynamicUser=yes
Environment=HOME=/var/cache/llama
Environment=LLAMA_CACHE=/var/cache/llama
Environment=XDG_CACHE_HOME=/var/cache/llama
Environment=MESA_SHADER_CACHE_DIR=/var/cache/llama
Environment=CUDA_CACHE_PATH=/var/cache/llama/cuda
Environment=GGML_VK_VISIBLE_DEVICES=0
ExecStart=/opt/llama/bin/llama-server --model ${MODEL_A} --alias tiny-a,gpt-4o-mini --ctx-size 512 --flash-attn on --gpu-layers all --jinja --reasoning-budget 0 --no-slots -ctk q8_0 --host 0.0.0.0 --port 8080 --cors-origins localhost --metrics --offline --api-key-file \${CREDENTIALS_DIRECTORY}/api-key
LimitMEMLOCK=infinity
LoadCredential=api-key:/run/stead/secrets/llm/key
LockPersonality=yes
MemoryMax=8G
NoNewPrivileges=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
Restart=on-failure
RestartSec=5s
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
TimeoutStopSec=30s
Type=exec
UMask=0077
WorkingDirectory=/var/cache/llama

[Unit]
After=network-online.target
Description=llama-server with the model tiny-a
Documentation=https://github.com/ggml-org/llama.cpp/tree/master/tools/server
StartLimitBurst=5
StartLimitIntervalSec=10min
Wants=network-online.target
`);
  expect(one.get(ports).listen['llama-server']).toEqual({
    port: 8080,
    protocol: 'tcp',
    address: '0.0.0.0',
    openTo: ['rack'],
  });
  expect(one.get(checks).health['llama-server']).toEqual({
    command: [
      'curl',
      '--silent',
      '--show-error',
      '--fail',
      '--max-time',
      '5',
      'http://127.0.0.1:8080/health',
    ],
    tries: 150,
    everySeconds: 2,
  });
});

test('the active model is one word, and another one changes the unit alone', () => {
  const rendered = (activeModel: string) => {
    const one = fleet(serving({ activeModel, models: { 'tiny-a': {}, 'tiny-b': {} } })).host('box');
    const { units } = one.get(systemd);
    return {
      unit: units['llama-server.service']?.sections?.['Service']?.['ExecStart'],
      checks: one.get(checks),
    };
  };
  const [before, after] = [rendered('tiny-a'), rendered('tiny-b')];
  expect(after.unit).toBe(
    String(before.unit)
      .replaceAll('tiny-a', 'tiny-b')
      .replace('lqbv7cy82wn9pgasxqdf8cajgqhbba68', '38gbbs13yxlw90ykxk1rhq1zcpymbzww'),
  );
  expect(after.checks).toEqual(before.checks);
});

test('the service gets the devices of a GPU, and starts once they are there', () => {
  const vulkan = unit({ gpu: 'dri', devices: ['char-kfd rw'] });
  for (const line of [
    'DevicePolicy=closed',
    'DeviceAllow=char-drm rw',
    'DeviceAllow=char-kfd rw',
    'SupplementaryGroups=render video',
    'ExecStartPre=+/usr/local/bin/stead-host wait file /dev/dri/renderD128 --tries 30 --every 2',
  ]) {
    expect(vulkan).toContain(`${line}\n`);
  }
  expect(unit({ gpu: 'nvidia' })).toContain('wait file /dev/nvidia0 ');
  expect(unit({ gpu: 'nvidia', gpuDevice: '/dev/nvmap' })).toContain('wait file /dev/nvmap ');
  expect(unit({})).not.toMatch(/ExecStartPre|DeviceAllow|SupplementaryGroups/);
});

test('flags are typed by llama-server’s own list, of which -fa needs a value', () => {
  const wrong = (more: object) => mistakes(serving(more));
  expect(wrong({ extraFlags: ['-fa'] })).toEqual(['-fa needs a value = It takes on, off or auto.']);
  expect(wrong({ extraFlags: ['-fa', '--no-warmup'] })).toEqual([
    '-fa needs a value, and would take --no-warmup for it, which follows = It takes on, off or auto.',
  ]);
  expect(wrong({ extraFlags: ['--flash-attn', 'maybe'] })).toEqual([
    '--flash-attn cannot be maybe = It takes on, off or auto.',
  ]);
  expect(wrong({ extraFlags: ['--flash-atn', 'on'] })).toEqual([
    'llama-server 0.7.0 has no flag --flash-atn = Did you mean --flash-attn?',
  ]);
  expect(wrong({ extraFlags: ['8192'] })).toEqual([
    '8192 is no flag, and no flag before it takes it = Take it out, or write its flag before it.',
  ]);
  expect(wrong({ models: { 'tiny-b': { extraFlags: ['-c'] } } })).toEqual([
    '-c needs a value = Write the value after it.',
  ]);
  expect(wrong({ flags: { 'flash-attn': true } })).toEqual(['expected "on", "off" or "auto", got true']);
  expect(wrong({ flags: { 'ctx-size': '8k' } })).toEqual(['expected a number, got "8k"']);
  expect(wrong({ flags: { 'ctx-sise': 8192 } })).toEqual([
    'llama.flags has no option `ctx-sise` = Did you mean `ctx-size`?',
  ]);
  expect(
    wrong({ extraFlags: ['-fa', 'on', '--temp', '-1', '--control-vector-layer-range', '1', '4', '-v'] }),
  ).toEqual([]);
});

test('a flag of a newer llama-server may be used once it is named', () => {
  expect(mistakes(serving({ extraFlags: ['--think-harder', '9', '-v'] }))).toEqual([
    'llama-server 0.7.0 has no flag --think-harder = One that a newer release brought is named in `newFlags`.',
  ]);
  expect(started({ newFlags: ['--think-harder'], extraFlags: ['--think-harder', '9', '-v'] })).toContain(
    ' --think-harder 9 -v ',
  );
});

test('what has an option of its own, gives the key away or fetches by itself is no flag', () => {
  const wrong = (more: object) => mistakes(serving(more));
  expect(wrong({ flags: { port: 80 } })).toEqual(['--port is not said as a flag = It is the option `port`.']);
  expect(wrong({ flags: { 'api-key': 'abc' } })).toEqual([
    '--api-key is not said as a flag = Everybody on the host could read the key among its processes; give `apiKeyFile`.',
  ]);
  expect(wrong({ models: { 'tiny-a': { extraFlags: ['-hf', 'ggml-org/gemma-3-1b-it-GGUF'] } } })).toEqual([
    '--hf-repo is not said as a flag = It would be fetched unchecked, at every start: name the model in the catalogue `models`.',
  ]);
  expect(wrong({ extraFlags: ['--gpt-oss-20b-default'] })).toHaveLength(1);
});

test('a model named by a service but not in the catalogue is an error', () => {
  expect(mistakes(serving({ activeModel: 'tiny-c' }))).toEqual([
    'the model tiny-c is not in the catalogue = Did you mean tiny-a or tiny-b?',
  ]);
  expect(mistakes(serving({ models: { 'huge-one': {} } }))).toEqual([
    'the model huge-one is not in the catalogue = There are tiny-a, tiny-b.',
  ]);
});

test('a server that is open to others and asks for no key is told of', () => {
  const { warnings } = fleet(serving({ openTo: ['rack'] })).check();
  expect(warnings.map(told)).toEqual([
    'llama-server answers everybody in rack = With `apiKeyFile` it asks for a key.',
  ]);
  expect(fleet(serving({ openTo: ['rack'], apiKeyFile: '/etc/llama.key' })).check().warnings).toEqual([]);
});
