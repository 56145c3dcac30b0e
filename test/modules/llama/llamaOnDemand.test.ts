import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { checks, systemd } from 'stead';
import { folder } from '../../cli/stead.ts';
import { available } from '../../setup/programs.ts';
import { fleet, mistakes, text } from '../rack.ts';
import { onDemand } from './models.ts';

const MODEL_A = '/var/lib/stead/downloads/lqbv7cy82wn9pgasxqdf8cajgqhbba68-tiny-a/tiny-a.gguf';
const MODEL_B = '/var/lib/stead/downloads/38gbbs13yxlw90ykxk1rhq1zcpymbzww-tiny-b/tiny-b.gguf';
const SCHEMA = resolve(import.meta.dirname, '../../../../shared/schemas/llama-swap/config-schema.json');

type Settings = Parameters<typeof onDemand>[0];

const host = (more: Settings) => fleet(onDemand(more)).host('box');
const commandLine = (more: Settings) =>
  host(more).get(systemd).units['llama-on-demand.service']?.sections?.['Service']?.['ExecStart'];
const wrong = (more: Settings) => mistakes(onDemand(more));

const both: Settings = {
  apiKeyFile: '/run/stead/secrets/llm/key',
  flags: { 'flash-attn': 'on', jinja: true, slots: false },
  models: {
    'tiny-a': {
      flags: { 'ctx-size': 512 },
      extraFlags: ['-ctk', 'q8_0', '--no-warmup', '--chat-template-kwargs', '{"a": 1}'],
      aliases: ['gpt-4o-mini', 'chat'],
      idleSeconds: 0,
      loadOnStartup: true,
    },
    'tiny-b': { stopSeconds: 30, idleSeconds: 60 },
  },
};

test('the router has a preset for each model, and frees one that nobody asked for in five minutes', () => {
  expect(text(host(both), '/etc/llama/models.ini')).toBe(`\
version=1

[*]
sleep-idle-seconds=300
flash-attn=on
slots=false
jinja=true

[tiny-a]
model=${MODEL_A}
alias=gpt-4o-mini,chat
load-on-startup=true
stop-timeout=10
sleep-idle-seconds=-1
ctx-size=512
cache-type-k=q8_0
warmup=false
chat-template-kwargs={"a": 1}

[tiny-b]
model=${MODEL_B}
stop-timeout=30
sleep-idle-seconds=60
`);
  expect(commandLine(both)).toBe(
    '/opt/llama/bin/llama-server --models-preset /etc/llama/models.ini --models-max 1 --host 127.0.0.1 --port 8080 --cors-origins localhost --metrics --offline --api-key-file ${CREDENTIALS_DIRECTORY}/api-key',
  );
});

test('llama-swap has a command for each model, and the keys where nobody else reads them', () => {
  const swapping: Settings = { ...both, backend: 'llama-swap' };
  expect(text(host(swapping), '/etc/llama-swap/config.yaml')).toBe(`\
apiKeys:
  - stead-keys
globalTTL: 300
hooks:
  on_startup:
    preload:
      - tiny-a
models:
  tiny-a:
    aliases:
      - gpt-4o-mini
      - chat
    cmd: "/opt/llama/bin/llama-server --host 127.0.0.1 --port \${PORT} --model ${MODEL_A} --flash-attn on --no-slots --jinja --ctx-size 512 -ctk q8_0 --no-warmup --chat-template-kwargs '{\\"a\\": 1}' --metrics --offline"
    proxy: http://127.0.0.1:\${PORT}
    ttl: 0
    unloadTimeout: 10
  tiny-b:
    cmd: /opt/llama/bin/llama-server --host 127.0.0.1 --port \${PORT} --model ${MODEL_B} --flash-attn on --no-slots --jinja --metrics --offline
    proxy: http://127.0.0.1:\${PORT}
    ttl: 60
    unloadTimeout: 30
`);
  expect(commandLine(swapping)).toBe(
    '/usr/local/lib/stead/llama-swap-start run /usr/local/bin/llama-swap /etc/llama-swap/config.yaml -listen 127.0.0.1:8080',
  );
  const unit = host(swapping).get(systemd).units['llama-on-demand.service'];
  // A reload takes it in, once, whatever changed in it.
  expect(unit?.readBy).toContainEqual({ reload: '/etc/llama-swap/config.yaml' });
});

const everything: Settings = {
  ...both,
  backend: 'llama-swap',
  maxModels: 0,
  models: {
    'tiny-a': {
      aliases: ['chat'],
      llamaSwap: {
        name: 'Tiny A',
        description: 'The small one',
        macros: { size: 512, quick: true },
        cmdStop: '/bin/kill ${PID}',
        useModelName: 'tiny',
        filters: {
          stripParams: 'temperature, top_k',
          setParams: { top_p: 0.9 },
          setParamsByID: { chat: { n: 1 } },
        },
        metadata: { owner: 'rack', tags: ['small'] },
        concurrencyLimit: 4,
        sendLoadingState: true,
        unlisted: false,
        timeouts: {
          connect: 5,
          responseHeader: 60,
          keepalive: 30,
          tlsHandshake: 10,
          expectContinue: 1,
          idleConn: 90,
        },
        compat: { ignoreWebsockets: true },
        capabilities: { in: ['text', 'image'], out: ['text'], tools: true, reranker: false, context: 4096 },
      },
    },
  },
  llamaSwap: {
    healthCheckTimeout: 300,
    logLevel: 'debug',
    logTimeFormat: 'rfc3339',
    logToStdout: 'both',
    metricsMaxInMemory: 100,
    captureBuffer: 1,
    store: { path: '/var/cache/llama/activity.db' },
    ui: { activity: { session_id: ['X-Session-ID'] } },
    performance: { disabled: false, every: '30s' },
    startPort: 6000,
    sendLoadingState: false,
    includeAliasesInList: true,
    macros: { models: '/srv/models' },
    profiles: { night: { description: 'Less noise', pins: { 'tiny-b': 'tiny-a', chat: null } } },
    selectors: { any: { strategy: 'spillover', targets: ['tiny-a', 'tiny-b'], settings: { spillover: 2 } } },
    peers: {
      jetson: {
        proxy: 'http://10.42.0.20:8080',
        models: ['small'],
        filters: { stripParams: 'seed' },
        timeouts: { connect: 5 },
      },
    },
    upstream: { ignorePaths: ['\\.js$'] },
    routing: { scheduler: { use: 'fifo', settings: { fifo: { priority: { 'tiny-a': 1 } } } } },
  },
};

test.runIf(existsSync(SCHEMA))(
  'every key of llama-swap’s file is one of its JSON schema, closed where that is open',
  () => {
    const schema = JSON.parse(readFileSync(SCHEMA, 'utf8')) as Record<string, unknown>;
    schema['$schema'] = 'http://json-schema.org/draft-07/schema#';
    close(schema);
    const valid = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
    for (const settings of [{ ...both, backend: 'llama-swap' } satisfies Settings, everything]) {
      const config: unknown = parse(text(host(settings), '/etc/llama-swap/config.yaml'));
      valid(config);
      expect(valid.errors).toBeNull();
    }
    // It finds what is wrong.
    expect(valid({ models: { a: { cmd: 'x', tttl: 5 } } })).toBe(false);
  },
);

/** Forbids keys that it does not name, where it names some and nothing says otherwise. */
function close(part: unknown): void {
  if (typeof part !== 'object' || part === null) return;
  if ('properties' in part && 'type' in part && part.type === 'object' && !('additionalProperties' in part)) {
    Object.assign(part, { additionalProperties: false });
  }
  for (const value of Object.values(part)) close(value);
}

test('what a back end cannot do is an error', () => {
  expect(wrong({ backend: 'llama-swap', maxModels: 2 })).toEqual([
    'llama-swap does not count models: `maxModels` is 1 or 0 there = Say which run beside one another with `llamaSwap.groups` or `llamaSwap.matrix`.',
  ]);
  const group = { members: ['tiny-a', 'tiny-x'] };
  expect(
    wrong({ backend: 'llama-swap', llamaSwap: { groups: { one: group, two: { members: ['tiny-a'] } } } }),
  ).toEqual([
    'the group one has the member tiny-x, which is not offered = Add it to `models`, or take it out of the group.',
    'the model tiny-a is in two groups, one and two = Leave it in one of them.',
  ]);
  expect(wrong({ flags: { samplers: 'top_k;temperature' } })).toEqual([
    '--samplers cannot be said for a model on demand: a comment would begin at the ; or # in its value = Leave it out there; a model that needs it can have a server of its own, with `llama`.',
  ]);
  expect(wrong({ backend: 'llama-swap', flags: { samplers: 'top_k;temperature' } })).toEqual([]);
  expect(wrong({ models: { 'tiny-b': { flags: { 'control-vector-layer-range': [1, 4] } } } })).toEqual([
    '--control-vector-layer-range cannot be said for a model on demand: a preset takes one value for a flag = Leave it out there; a model that needs it can have a server of its own, with `llama`.',
  ]);
  expect(
    wrong({ backend: 'llama-swap', models: { 'tiny-a': { extraFlags: ['--grammar', '${x}'] } } }),
  ).toEqual(['llama-swap would put something in the place of ${x} = Write the words without `${`.']);
});

test('a name leads to one model, which the catalogue has', () => {
  expect(wrong({ models: { 'tiny-a': { aliases: ['tiny-b'] } } })).toEqual([
    'tiny-a has the alias tiny-b, which is the name of another model = Choose another alias.',
  ]);
  expect(wrong({ models: { 'tiny-a': { aliases: ['chat'] }, 'tiny-b': { aliases: ['chat'] } } })).toEqual([
    'tiny-b has the alias chat, which is one of tiny-a, too = Choose another alias.',
  ]);
  expect(wrong({ offer: ['tiny-c'] })).toEqual([
    'the model tiny-c is not in the catalogue = Did you mean tiny-a or tiny-b?',
  ]);
  expect(wrong({ flags: { 'models-max': 3 } })).toEqual([
    '--models-max is not said as a flag = It is the option `maxModels`.',
  ]);
});

test('only those that are offered are there', () => {
  const one = host({ offer: ['tiny-b'] });
  expect(text(one, '/etc/llama/models.ini')).not.toContain('tiny-a');
  expect(Object.keys(one.get(checks).preflight)).toEqual(['llama-server with tiny-b, on demand']);
});

test.runIf(available('shellcheck'))(
  'llama-swap’s file gets its keys where it is read, and one that is not there is told of before',
  () => {
    const script = resolve(import.meta.dirname, '../../../modules/llamaOnDemand/llama-swap.sh');
    expect(spawnSync('shellcheck', [script], { encoding: 'utf8' }).stdout).toBe('');
    const place = folder();
    writeFileSync(join(place, 'api-key'), '# of the rack\nit\'s "the" first\n\nsecond\n');
    writeFileSync(
      join(place, 'given'),
      text(host({ ...both, backend: 'llama-swap' }), '/etc/llama-swap/config.yaml'),
    );
    const run = (...words: string[]) =>
      spawnSync('sh', [script, ...words], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], RUNTIME_DIRECTORY: place, CREDENTIALS_DIRECTORY: place },
      });
    expect(run('run', '/bin/echo', join(place, 'given'), '-listen', ':1').stdout).toBe(
      `-config ${place}/config.yaml -listen :1\n`,
    );
    const config = parse(readFileSync(join(place, 'config.yaml'), 'utf8')) as {
      apiKeys: string[];
      models: object;
    };
    expect(config.apiKeys).toEqual(['it\'s "the" first', 'second']);
    expect(Object.keys(config.models)).toEqual(['tiny-a', 'tiny-b']);
    expect(statSync(join(place, 'config.yaml')).mode & 0o777).toBe(0o600);
    expect(run('check', '/bin/echo').status).toBe(0);
    expect(run('check', '/nowhere/llama-swap')).toMatchObject({
      status: 1,
      stderr:
        'there is no /nowhere/llama-swap on this host; Debian has none: put one there, or have the backend be the router\n',
    });
  },
);
