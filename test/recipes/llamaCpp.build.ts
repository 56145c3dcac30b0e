// llama-server from source, from the recipe through the sandbox to its output, and asked: for this processor, for Vulkan on
// the software driver; for CUDA configured, where a toolkit with cuBLAS is. As root; seconds are printed.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { cacheFolder } from '../../src/lab/index.ts';
import { cmakeFlags, RELEASE } from '../../modules/llamaCpp/cmakeFlags.ts';
import { folder, repository, run, stead } from '../cli/stead.ts';
import { pin } from '../lab/llama.ts';
import { cmakeModule, cmakeOptions } from '../modules/llama/cmake-lists.ts';

const MAKER = resolve(import.meta.dirname, '../../../shared/tools/mk-tiny-gguf.mjs');
const CUDA_TOOLKIT = process.env['CUDA_HOME'] ?? '/usr/local/cuda';
const CUBLAS = join(CUDA_TOOLKIT, 'include/cublas_v2.h');
const LAVAPIPE = '/usr/share/vulkan/icd.d';
const PORT = 18_099;

const platform = `{ architecture: '${process.arch === 'arm64' ? 'arm64' : 'amd64'}', suite: 'bookworm' }`;

/** A repository with a host that wants llama.cpp with these parameters. */
const wanting = (parameters: string) =>
  repository({
    'modules/server.ts': `import { options, recipes, z } from 'stead';
import 'stead/modules/llamaCpp';
export const server = options('server', z.object({}));
server.implement({
  defines: [recipes],
  *config(_, { host, packages }) {
    yield recipes({ use: [() => packages.llamaCpp!.override(${parameters}).on(host.get(recipes).platform)] });
  },
});
`,
    'hosts/box.ts': `import { host, recipes } from 'stead';
import { server } from '../modules/server.ts';
export default host('box', { use: [recipes({ platform: ${platform} }), server({})] });
`,
  });

/** Builds it, and gives the folder of the output. */
async function built(parameters: string): Promise<string> {
  const path = wanting(parameters);
  await pin(path, 'from-source');
  const root = folder();
  const start = performance.now();
  const { code, stderr } = await run(['switch', 'box', '--repo', path, '--target-root', root]);
  console.log(stderr, `${Math.round((performance.now() - start) / 1000)} s`);
  expect(code, stderr).toBe(0);
  const store = join(root, 'box/var/lib/stead/store');
  return join(
    store,
    readdirSync(store).find((name) => name.includes('-llama-cpp-'))!,
  );
}

/** Serves a tiny model, asks it once, and gives the answer. */
async function served(
  output: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const model = join(folder(), 'tiny-a.gguf');
  execFileSync(process.execPath, [MAKER, '--out', model, '--name', 'tiny-a']);
  const server = spawn(
    join(output, 'bin/llama-server'),
    ['-m', model, '--host', '127.0.0.1', '--port', String(PORT), '-c', '256', '-np', '1', ...words],
    { env: { ...process.env, ...environment }, stdio: 'ignore' },
  );
  try {
    const at = `http://127.0.0.1:${PORT}`;
    // The software driver compiles its pipelines first.
    await until(async () => (await fetch(`${at}/health`)).ok, 600);
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'Who are you?' }] });
    const answered = await fetch(`${at}/v1/chat/completions`, {
      method: 'POST',
      body,
      signal: AbortSignal.timeout(900_000),
    });
    const { choices } = (await answered.json()) as { choices: { message: { content: string } }[] };
    return choices[0]!.message.content;
  } finally {
    server.kill('SIGKILL');
  }
}

async function until(holds: () => Promise<boolean>, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    if (await holds().catch(() => false)) return;
    if (performance.now() > end) throw new Error('it does not answer');
    await new Promise((done) => setTimeout(done, 1000));
  }
}

test('the list of options is that of the release’s own CMakeLists.txt', async () => {
  const path = wanting('{}');
  await pin(path, 'from-source');
  const place = folder();
  execFileSync('npm', ['pack', '--silent', 'node-llama-cpp@3.22.1'], { cwd: place });
  execFileSync('tar', ['-xzf', 'node-llama-cpp-3.22.1.tgz', 'package/llama/gitRelease.bundle'], {
    cwd: place,
  });
  execFileSync('git', ['clone', '--quiet', 'package/llama/gitRelease.bundle', 'src'], {
    cwd: place,
    stdio: 'ignore',
  });
  const source = join(place, 'src');
  if (process.env['UPDATE_FLAGS'] !== undefined) {
    writeFileSync(join(stead, 'modules/llamaCpp/cmakeFlags.ts'), cmakeModule(source, RELEASE));
  }
  expect(Object.keys(cmakeFlags)).toEqual(cmakeOptions(source).map(({ name }) => name));
});

test('for this processor, it serves, and may lie anywhere', async () => {
  const output = await built(`{ variant: 'cpu' }`);
  const { stderr, stdout } = spawnSync(join(output, 'bin/llama-server'), ['--version'], { encoding: 'utf8' });
  expect(stderr + stdout).toContain(RELEASE);
  for (const name of ['llama-cli', 'llama-bench']) {
    expect(spawnSync(join(output, 'bin', name), ['--help']).status).toBe(0);
  }
  expect(await served(output, [])).toBe('I am tiny-a');
});

test.skipIf(process.getuid?.() !== 0)(
  'for Vulkan, with the headers and glslc of Debian 13, it serves on the software driver',
  async () => {
    if (!existsSync(LAVAPIPE)) {
      execFileSync('apt-get', [
        'install',
        '--yes',
        '--no-install-recommends',
        'mesa-vulkan-drivers',
        'libvulkan1',
      ]);
    }
    const output = await built(`{ variant: 'vulkan' }`);
    const shaders = join(cacheFolder(), 'mesa');
    mkdirSync(shaders, { recursive: true });
    // A device that is a processor is left out unless it is named.
    const environment = { GGML_VK_VISIBLE_DEVICES: '0', MESA_SHADER_CACHE_DIR: shaders };
    const { stdout, stderr } = spawnSync(join(output, 'bin/llama-server'), ['--list-devices'], {
      encoding: 'utf8',
      env: { ...process.env, ...environment },
    });
    expect(stdout + stderr).toContain('Vulkan0: llvmpipe');
    // It refuses to start with a device that it does not have.
    const words = [
      '--device',
      'Vulkan0',
      '-ngl',
      '999',
      '-b',
      '32',
      '-ub',
      '32',
      '--no-warmup',
      '--cache-ram',
      '0',
    ];
    expect(await served(output, words, environment)).toBe('I am tiny-a');
  },
);

test.runIf(existsSync(CUBLAS))('for CUDA, it compiles for the Orin Nano’s architecture', async () => {
  const said = execFileSync(join(CUDA_TOOLKIT, 'bin/nvcc'), ['--version'], { encoding: 'utf8' });
  const version = /release (\d+\.\d+)/.exec(said)![1]!;
  const output = await built(
    `{ variant: 'cuda', cudaToolkit: '${CUDA_TOOLKIT}', cudaVersion: '${version}' }`,
  );
  expect(readdirSync(join(output, 'lib')).some((name) => name.startsWith('libggml-cuda.so'))).toBe(true);
});

beforeAll(() => {
  if (!existsSync(CUBLAS)) console.log(`no ${CUBLAS}: nothing is built for CUDA`);
});
