// Recipes on real hosts: built in the sandbox of one, passed on signed to another, in services; the real ggml of llama.cpp.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { recipeOutputs } from '../../src/bundle/sets/recipes.ts';
import { checkFleet, loadFleet } from '../../src/fleet/index.ts';
import { fetchInputs } from '../../src/recipes/index.ts';
import { repository, run, write } from '../cli/stead.ts';
import { canBuild } from '../host/recipes.ts';
import { GGML } from '../recipes/ggml.ts';
import { fetchTiny, tinyFiles } from '../recipes/tiny.ts';
import { describeLab, useLab, type Host } from './driver.ts';

const ADDRESS = { alpha: '10.42.0.1', beta: '10.42.0.2' } as const;
const keys = mkdtempSync(join(tmpdir(), 'stead-recipes-keys-'));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(keys, { recursive: true, force: true });
});
const MINUTES = 60_000;
/** Of ggml, in the release that is built. */
const OBJECTS = 27;

/** Words that a service writes down, from the output of a recipe. */
const SERVICE = `
export const served = options('served', z.object({ word: z.string(), build: z.string().default('true') }));
served.implement({
  defines: [files, recipes, systemd],
  *config(self, { packages }) {
    const built = packages.thing.override({ word: self.word, build: self.build }).on(PLATFORM);
    yield recipes({ use: [built] });
    yield files({ etc: { thing: built.path + '\\n' } });
    yield systemd({ units: { 'thing.service': { wantedBy: ['multi-user.target'], sections: { Service: {
      ExecStart: \`/bin/sh -c 'cat \${built.path}/word >/run/thing.seen; exec sleep infinity'\`,
    } } } } });
  },
});
`;

describeLab('hosts that build', () => {
  const lab = useLab({
    networks: { lan: '10.42.0.254/24' },
    hosts: {
      alpha: {
        interfaces: { eth0: { network: 'lan', address: `${ADDRESS.alpha}/24` } },
        // No overlay by itself, so that builds can lay one over sources that stay unpacked.
        disk: 'image',
        diskMebibytes: 6144,
      },
      beta: { interfaces: { eth0: { network: 'lan', address: `${ADDRESS.beta}/24` } } },
    },
  });
  let alpha: Host;
  let beta: Host;
  let path: string;
  let signer: string;

  const host = (name: keyof typeof ADDRESS, use: string, imports: string): void =>
    write(
      path,
      `hosts/${name}.ts`,
      `import { files, host, recipes, signers, target } from 'stead';
${imports}
export default host('${name}', { use: [target({ ssh: { address: '${ADDRESS[name]}' } }), ${use}] });
`,
    );
  const thing = (word: string, build = 'true'): string =>
    `served({ word: '${word}', build: ${JSON.stringify(build)} })`;
  const FROM_THING = `import { served } from '../modules/thing.ts';`;
  const stead = (...args: string[]): ReturnType<typeof lab.stead> => lab.stead([...args, '--repo', path]);

  beforeAll(async () => {
    [alpha, beta] = [await lab.host('alpha'), await lab.host('beta')];
    const key = join(keys, '.ssh/id_ed25519');
    mkdirSync(join(keys, '.ssh'));
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key]);
    signer = readFileSync(`${key}.pub`, 'utf8').trim();
    // Whose keys the command line signs with; npm goes on by what is said of it at home.
    vi.stubEnv('NPM_CONFIG_USERCONFIG', process.env['NPM_CONFIG_USERCONFIG'] ?? join(homedir(), '.npmrc'));
    vi.stubEnv('HOME', keys);
    vi.stubEnv('SSH_AUTH_SOCK', '');
    const files = tinyFiles();
    path = repository({
      ...files,
      'modules/thing.ts': `${files['modules/thing.ts']!.replace('recipes, source', 'recipes, source, systemd')}${SERVICE}`,
    });
    fetchTiny(path);
    host('alpha', thing('first'), FROM_THING);
    host('beta', `files({ etc: { motd: 'x' } })`, '');
  });

  test.runIf(canBuild())(
    'a service starts from what was built, and anew from what was built next',
    async () => {
      const first = await stead('switch', 'alpha');
      expect(first, first.stderr).toMatchObject({ code: 0 });
      await alpha.waitUntilSucceeds('grep -qx first /run/thing.seen');
      host('alpha', thing('second'), FROM_THING);
      expect(await stead('switch', 'alpha')).toMatchObject({ code: 0 });
      await alpha.waitUntilSucceeds('grep -qx second /run/thing.seen');
      const back = await stead('rollback', 'alpha');
      expect(back).toMatchObject({ code: 0 });
      expect(back.stderr).not.toContain('building');
      await alpha.waitUntilSucceeds('grep -qx first /run/thing.seen');
    },
  );

  test.runIf(canBuild())(
    'a build that fails, and a power cut in one, leave the service as it runs',
    async () => {
      const running = await alpha.pid('thing.service');
      host('alpha', thing('third', 'echo no such register; exit 3'), FROM_THING);
      const failed = await stead('switch', 'alpha');
      expect(failed.code).toBe(1);
      expect(failed.stderr).toContain('no such register');
      expect(await alpha.pid('thing.service')).toBe(running);
      host('alpha', thing('third', 'sleep 600'), FROM_THING);
      const cut = lab.startStead(['switch', 'alpha', '--repo', path]);
      await alpha.waitForProcess('sleep 600');
      await alpha.crash();
      await cut;
      await alpha.boot();
      expect(await alpha.succeed('cat /run/thing.seen')).toBe('first');
      const outputs = await alpha.succeed('ls -A /var/lib/stead/store | grep -- -thing-1.0 | wc -l');
      expect(outputs).toBe('2');
      host('alpha', thing('third'), FROM_THING);
      expect(await stead('switch', 'alpha')).toMatchObject({ code: 0 });
      expect(await alpha.succeed('ls -A /var/lib/stead/build/work')).toBe('');
    },
  );

  test.runIf(canBuild())('what one host builds for another is signed on its way', async () => {
    const signed = `signers({ keys: { me: ${JSON.stringify(signer)} } })`;
    host('beta', signed, '');
    expect(await stead('switch', 'beta')).toMatchObject({ code: 0 });
    expect(await beta.file('/var/lib/stead/allowed_signers')).toContain('ssh-ed25519');
    host('beta', `${signed}, recipes({ buildOn: 'alpha' }), ${thing('third')}`, FROM_THING);
    const taken = await stead('switch', 'beta');
    expect(taken, taken.stderr).toMatchObject({ code: 0 });
    await beta.waitUntilSucceeds('grep -qx third /run/thing.seen');
    const name = (await beta.succeed('xargs basename </etc/thing')).trim();
    const record = (of: Host): Promise<string> =>
      of.succeed(`grep tree /var/lib/stead/build/outputs/${name.slice(0, 32)}`);
    expect(await record(beta)).toBe(await record(alpha));
    expect(await beta.succeed('ls -A /var/lib/stead/build/tools')).toBe('');
    // Without what vouches for it, it is not taken.
    await beta.succeed(
      `rm -rf /var/lib/stead/store/${name} /var/lib/stead/build/outputs/${name.slice(0, 32)}`,
    );
    const refused = await beta.fail(
      `stead-host receive-output ${name} ${'a'.repeat(64)} 1 1 alpha none 0 </dev/null`,
    );
    expect(refused).toContain('has no signature; nothing was changed');
    expect(await stead('switch', 'beta')).toMatchObject({ code: 0 });
    expect(await beta.succeed(`cat /var/lib/stead/store/${name}/word`)).toBe('third');
  });

  // The one build of the suite that takes minutes: a machine that others use needs several times as many.
  test.runIf(canBuild())(
    'the real ggml is built, killed, built on, changed in part at the cost of that part, passed on and rolled back',
    async () => {
      const real = await realFleet();
      const use = (name: keyof typeof ADDRESS, definitions: string): void =>
        write(real, `hosts/${name}.ts`, realHost(name, definitions));
      const there = (...args: string[]): ReturnType<typeof lab.stead> => lab.stead([...args, '--repo', real]);
      use('alpha', 'ggml({})');
      await fetchAll(real);

      const killed = lab.startStead(['switch', 'alpha', '--repo', real]);
      await alpha.waitUntilSucceeds(
        `grep -h 'Building C' /var/lib/stead/build/logs/*.log | grep -q '^.4/'`,
        600,
      );
      await alpha.kill();
      await killed;
      await alpha.boot();
      expect(await alpha.succeed('ls -A /var/lib/stead/store | grep -c -- -ggml-0.5.0$ || :')).toBe('0');

      const first = await there('switch', 'alpha');
      expect(first, first.stderr).toMatchObject({ code: 0 });
      const plain = await builtBy(alpha);
      // What was compiled before the kill is in its folder still, or in the cache.
      expect(plain.compiled - plain.hits).toBeLessThan(OBJECTS);
      expect(plain.libraries).toContain('lib/libggml-base.so');

      const again = await there('switch', 'alpha');
      expect(again.stderr).not.toContain('building');
      expect(await builtBy(alpha)).toEqual(plain);

      const treeOf = (one: Host, path: string): Promise<string> =>
        one.succeed(`grep ^tree /var/lib/stead/build/outputs/${path.split('/').at(-1)!.slice(0, 32)}`);
      const scratch = await treeOf(alpha, plain.path);
      const patch = 'echo "int stead_neighbour(void) { return 1; }" >>src/ggml/src/ggml-quants.c';
      use('alpha', `ggml({ patch: '${patch}' })`);
      expect(await there('switch', 'alpha')).toMatchObject({ code: 0 });
      const patched = await builtBy(alpha);
      expect(patched).toMatchObject({ compiled: 1, hits: 0, unpacked: false });
      expect(await treeOf(alpha, patched.path)).not.toBe(scratch);

      // Once more what was built from nothing, now from what that left.
      await alpha.succeed(`stead-host discard-output ${plain.path.split('/').at(-1)!}`);
      use('alpha', 'ggml({})');
      expect(await there('switch', 'alpha')).toMatchObject({ code: 0 });
      expect(await builtBy(alpha)).toEqual({ ...plain, compiled: 1, hits: 1, unpacked: false });
      expect(await treeOf(alpha, plain.path)).toBe(scratch);

      use('alpha', `ggml({ flags: ['-DCMAKE_INSTALL_LIBDIR=lib64'] })`);
      expect(await there('switch', 'alpha')).toMatchObject({ code: 0 });
      const moved = await builtBy(alpha);
      expect(moved).toMatchObject({ compiled: 0 });
      expect(moved.path).not.toBe(plain.path);
      expect(moved.libraries).toContain('lib64/libggml-base.so');

      use(
        'beta',
        `signers({ keys: { me: ${JSON.stringify(signer)} } }), recipes({ buildOn: 'alpha' }), ggml({})`,
      );
      const taken = await there('switch', 'beta');
      expect(taken, taken.stderr).toMatchObject({ code: 0 });
      expect(taken.stderr).not.toContain('building');
      expect(await treeOf(beta, plain.path)).toBe(scratch);

      const back = await there('rollback', 'alpha');
      expect(back).toMatchObject({ code: 0 });
      expect(back.stderr).not.toContain('building');
      expect((await alpha.file('/etc/ggml')).trim()).toBe(plain.path);
      expect(await there('verify', 'alpha')).toMatchObject({ code: 0 });
    },
    60 * MINUTES,
  );
});

interface Built {
  readonly path: string;
  /** Whether it unpacked its sources. */
  readonly unpacked: boolean;
  /** Objects that were compiled, and those of them that the cache had. */
  readonly compiled: number;
  readonly hits: number;
  readonly libraries: readonly string[];
}

/** What the last build of the output in use did. */
async function builtBy(host: Host): Promise<Built> {
  const path = (await host.file('/etc/ggml')).trim();
  const log = await host.file(`/var/lib/stead/build/logs/${path.split('/').at(-1)!.slice(0, 32)}.log`);
  const libraries = await host.succeed(`cd ${path} && find . -name '*.so' -printf '%P\\n' | sort`);
  return {
    path,
    unpacked: log.includes('@stead phase unpack\n'),
    compiled: log.match(/^\[\d+\/\d+\] Building C/gm)?.length ?? 0,
    hits: [...log.matchAll(/^(?:direct|preprocessed)_cache_hit\t(\d+)$/gm)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    ),
    libraries: libraries.split('\n'),
  };
}

/** A fleet whose recipe is the ggml target of llama.cpp's release, with its lock made anew. */
async function realFleet(): Promise<string> {
  const real = repository({ 'modules/ggml.ts': GGML, 'hosts/alpha.ts': realHost('alpha', 'ggml({})') });
  const sources = join(process.env['STEAD_LAB_CACHE'] ?? '/var/cache/stead-lab', 'sources');
  mkdirSync(sources, { recursive: true });
  mkdirSync(join(real, 'out'));
  // Fetched once for all runs of the tests.
  symlinkSync(sources, join(real, 'out/sources'));
  const updated = await run(['update', '--repo', real]);
  expect(updated, updated.stderr).toMatchObject({ code: 0 });
  return real;
}

/** A lab has no way out: what is to be fetched is fetched before. */
async function fetchAll(real: string): Promise<void> {
  const { evaluation } = checkFleet(await loadFleet(real));
  for (const one of recipeOutputs(evaluation.host('alpha')))
    await fetchInputs(one, { out: join(real, 'out') });
}

function realHost(name: keyof typeof ADDRESS, use: string): string {
  return `import { host, recipes, signers, target } from 'stead';
import { ggml } from '../modules/ggml.ts';
export default host('${name}', { use: [target({ ssh: { address: '${ADDRESS[name]}' } }), ${use}] });
`;
}
