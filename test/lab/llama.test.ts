// Language models served for real: Debian's own llama-server as a recipe of its packages, tiny models, nginx and TLS.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { RELEASE, serverFlags } from '../../modules/llama/flags.ts';
import { repository, stead } from '../cli/stead.ts';
import { flagsModule, helpFlags, keyOf } from '../modules/llama/server-help.ts';
import { describeLab, useLab, type Host } from './driver.ts';
import { ADDRESS, ask, bringModels, declare, hasModels, KEY, listen, makeModels, pin } from './llama.ts';
import { hostKeyOf, keyPair, runSecrets } from './secrets.ts';

describe.runIf(hasModels)('with tiny models', () => {
  describeLab('a server of language models', () => {
    const lab = useLab({
      networks: { rack: '10.42.0.254/24' },
      hosts: {
        box: {
          interfaces: { eth0: { network: 'rack', address: `${ADDRESS}/24` } },
          packages: ['nginx', 'curl', 'age', 'openssl', 'python3'],
        },
      },
    });
    const path = repository({});
    const administrator = keyPair();
    const catalogue = hasModels ? makeModels() : '';
    let box: Host;
    let hostKey = '';

    const switchTo = (server: string, more = '') => {
      declare(path, catalogue, server, more, hostKey, administrator.publicKey);
      return lab.stead(['switch', 'box', '--repo', path]);
    };
    const one = (activeModel: string, more = '') =>
      `llama({ recipe: { variant: 'packaged' }, activeModel: '${activeModel}', apiKeyFile: secretPath('llm/key'), flags: { 'ctx-size': 512, parallel: 1 }, ${more} }),`;
    const many = (more = '') =>
      `llamaOnDemand({ recipe: { variant: 'packaged' }, apiKeyFile: secretPath('llm/key'), flags: { 'ctx-size': 512, parallel: 1 }, ${more} }),`;
    const pids = () => Promise.all(['nginx', 'llama-server'].map((name) => box.pid(`${name}.service`)));

    beforeAll(async () => {
      box = await lab.host('box');
      hostKey = await hostKeyOf(box);
      await bringModels(box);
      declare(path, catalogue, one('tiny-a'), '', hostKey, administrator.publicKey);
      expect(await runSecrets(path, administrator, ['set', 'llm/key'], KEY)).toMatchObject({ code: 0 });
      await pin(path);
      const switched = await switchTo(one('tiny-a'));
      expect(switched, switched.stderr).toMatchObject({ code: 0 });
      await box.waitForUnit('llama-server.service');
    }, 900_000);

    test('answers over TLS those who have the key, which no list of processes shows', async () => {
      expect(await ask(lab)).toEqual({ status: 200, text: 'I am tiny-a' });
      for (const key of ['', 'another-key']) expect((await ask(lab, { key })).status).toBe(401);
      expect((await ask(lab, { key: '', path: '/health' })).status).toBe(200);
      expect((await ask(lab, { path: '/metrics' })).text).toContain('llamacpp:');
      const shown = await box.succeed('cat /proc/[0-9]*/cmdline | tr "\\0" " "');
      expect(shown).toContain('llama-server --model ');
      expect(shown).not.toContain(KEY);
    });

    test('an answer streams, token by token', async () => {
      const switched = await switchTo(one('tiny-endless'));
      expect(switched, switched.stderr).toMatchObject({ code: 0 });
      // A proxy that gathers 4 KiB before it passes them on never makes more than some twenty parts of them; on a busy
      // machine the one that listens finds several at once, too.
      let most = 0;
      for (let tries = 0; tries < 10 && most <= 33; tries++) {
        const { parts, all } = await listen(lab, '', 300);
        expect(all).toBeGreaterThanOrEqual(300);
        most = Math.max(most, parts);
      }
      expect(most).toBeGreaterThan(33);
    });

    test('another model is one restart, with nothing built and nothing fetched; a rollback brings the former back', async () => {
      expect(await switchTo(one('tiny-a'))).toMatchObject({ code: 0 });
      const files =
        'find /var/lib/stead/downloads /var/lib/stead/build/outputs /var/lib/stead/build/logs -type f ! -name .lock -printf "%p %i %T@\\n" | sort';
      const [before, kept] = [await pids(), await box.succeed(files)];
      const switched = await switchTo(one('tiny-b'));
      expect(switched, switched.stderr).toMatchObject({ code: 0 });
      expect(await ask(lab)).toEqual({ status: 200, text: 'I am tiny-b' });
      const after = await pids();
      expect(after[0]).toBe(before[0]);
      expect(after[1]).not.toBe(before[1]);
      expect(await box.succeed(files)).toBe(kept);
      await lab.steadSucceeds(['rollback', 'box', '--repo', path]);
      expect(await ask(lab)).toEqual({ status: 200, text: 'I am tiny-a' });
    });

    test('may do little: a user of its own for the time that it runs, no devices, nothing to write but its cache', async () => {
      const pid = await box.pid('llama-server.service');
      expect(await box.succeed(`stat -c %u /proc/${pid}`)).toMatch(/^6[1-5]\d{3}$/);
      await box.succeed('systemd-analyze security --no-pager --threshold=25 llama-server.service');
      await box.fail(`nsenter -t ${pid} -m touch /etc/x`);
      expect(
        await box.succeed(`ls /run/stead/secrets/llm && stat -c '%a %U' /run/stead/secrets/llm/key`),
      ).toContain('400 root');
    });

    test('arguments that this llama-server does not take are found before anything changes', async () => {
      const before = await pids();
      const { code, stderr } = await switchTo(
        one('tiny-a', `newFlags: ['--think-harder'], extraFlags: ['--think-harder']`),
      );
      expect(code).toBe(1);
      expect(stderr).toContain('error: invalid argument: --think-harder');
      expect(await pids()).toEqual(before);
    });

    test('starts once the GPU is there', async () => {
      await box.succeed('systemd-run --quiet --on-active=3 ln -s null /dev/stead-gpu');
      const switched = await switchTo(
        one('tiny-a', `gpuDevice: '/dev/stead-gpu', devices: ['/dev/stead-gpu rw']`),
      );
      expect(switched, switched.stderr).toMatchObject({ code: 0 });
      expect(await ask(lab)).toEqual({ status: 200, text: 'I am tiny-a' });
      expect(await box.succeed('systemctl show --value -p ExecStartPre llama-server.service')).toContain(
        '/dev/stead-gpu',
      );
    });

    test('models on demand load when a request names them, and are let go when idle', async () => {
      const switched = await switchTo(
        many(
          `idleSeconds: 2, models: { 'tiny-a': { aliases: ['gpt-4o-mini'] }, 'tiny-b': { idleSeconds: 0 } }`,
        ),
      );
      expect(switched, switched.stderr).toMatchObject({ code: 0 });
      await box.fail('systemctl is-active llama-server.service');
      for (const [model, text] of [
        ['tiny-a', 'I am tiny-a'],
        ['tiny-b', 'I am tiny-b'],
        ['gpt-4o-mini', 'I am tiny-a'],
      ] as const) {
        expect(await ask(lab, { model })).toEqual({ status: 200, text });
      }
      // One at a time.
      expect(await states()).toMatchObject({ 'tiny-b': 'unloaded' });
      await until(async () => (await states())['tiny-a'] === 'sleeping');
      expect(await ask(lab, { model: 'tiny-a' })).toEqual({ status: 200, text: 'I am tiny-a' });
      expect((await ask(lab, { model: 'tiny-c' })).status).toBe(400);
      expect((await ask(lab, { model: 'tiny-a', key: '' })).status).toBe(401);
      expect(await box.succeed('cat /proc/[0-9]*/cmdline | tr "\\0" " "')).not.toContain(KEY);
    });

    test('llama-swap gets its whole file and the key, and takes a change in by one reload', async () => {
      expect(await switchTo(many(`backend: 'llama-swap'`))).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('there is no /usr/local/bin/llama-swap on this host') as unknown,
      });
      await box.succeed(
        `cat >/usr/local/bin/llama-swap <<'END'\n${STAND_IN}END\nchmod 755 /usr/local/bin/llama-swap`,
      );
      const swapping = (more: string) =>
        switchTo(many(`backend: 'llama-swap', ${more}`), `packages({ install: ['python3'] }),`);
      const first = await swapping('');
      expect(first, first.stderr).toMatchObject({ code: 0 });
      const seen = 'cat /var/cache/private/llama/seen';
      expect(await box.succeed(seen)).toBe(`started with tiny-a tiny-b tiny-endless, key ${KEY.length}`);
      const pid = await box.pid('llama-on-demand.service');
      expect(
        await swapping(`models: { 'tiny-a': { aliases: ['gpt-4o-mini'] }, 'tiny-b': { idleSeconds: 60 } }`),
      ).toMatchObject({ code: 0 });
      await box.waitUntilSucceeds(`${seen} | grep -q reloaded`);
      expect((await box.succeed(seen)).split('\n').slice(1)).toEqual(['reloaded, 1 alias']);
      expect(await box.pid('llama-on-demand.service')).toBe(pid);
      expect(
        await box.succeed('cat /etc/llama-swap/config.yaml /proc/[0-9]*/cmdline | tr "\\0" " "'),
      ).not.toContain(KEY);
    });

    test('the list of flags is what this llama-server says of itself, where it is the release of the list', async () => {
      const program = await box.succeed(
        'ls -d /var/lib/stead/store/*-llama-cpp-packaged-sid/bin/llama-server',
      );
      const version = /version: (\S+)/.exec(await box.succeed(`${program} --version 2>&1`))?.[1] ?? '';
      const help = await box.succeed(`${program} --help`);
      if (process.env['UPDATE_FLAGS'] !== undefined) {
        writeFileSync(join(stead, 'modules/llama/flags.ts'), flagsModule(help, version));
      } else if (version === RELEASE) {
        expect(Object.entries(serverFlags).map(([key, { names, off }]) => ({ key, names, off }))).toEqual(
          helpFlags(help).map((flag) => ({ key: keyOf(flag), names: flag.names, off: flag.off })),
        );
      } else {
        console.log(
          `llama-server is ${version} by now: UPDATE_FLAGS=1 renews the list of ${RELEASE}, then prettier`,
        );
      }
      expect(helpFlags(help).length).toBeGreaterThan(200);
    });

    async function states(): Promise<Record<string, string>> {
      const { text } = await ask(lab, { path: '/models' });
      const { data } = JSON.parse(text) as { data: { id: string; status: { value: string } }[] };
      return Object.fromEntries(data.map(({ id, status }) => [id, status.value]));
    }
  });
});

/** Stands for llama-swap, which Debian has not: says what it was started with, and what each SIGHUP had it read. */
const STAND_IN = `#!/usr/bin/python3
import http.server, os, re, signal, sys
config = sys.argv[sys.argv.index('-config') + 1]
address, port = sys.argv[sys.argv.index('-listen') + 1].rsplit(':', 1)
def note(text, mode='a'):
    with open('/var/cache/llama/seen', mode) as file:
        file.write(text + chr(10))
def reload(*_):
    note('reloaded, %d alias' % open(config).read().count('gpt-4o-mini'))
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'OK')
models = re.findall(r'^  (tiny-[a-z]+):', open(config).read(), re.M)
note('started with %s, key %d' % (' '.join(models), len(re.search(r'^apiKeys:\\n  - .(.*).$', open(config).read(), re.M).group(1))), 'w')
signal.signal(signal.SIGHUP, reload)
http.server.HTTPServer((address, int(port)), Answer).serve_forever()
`;

async function until(holds: () => Promise<boolean>, tries = 60): Promise<void> {
  for (let left = tries; !(await holds()); left--) {
    if (left === 0) throw new Error('it does not come to hold');
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
