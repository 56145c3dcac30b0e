import { expect, test } from 'vitest';
import type { Platform } from 'stead';
import { llamaCpp } from 'stead/modules/llamaCpp';
import { EMPTY_LOCK, Pins } from '../../../src/fleet/index.ts';

const bookworm: Platform = { architecture: 'amd64', suite: 'bookworm' };
type Changes = Readonly<Record<string, unknown>>;

/** The script that builds it, and what it is built with; nothing is pinned. */
function build(changes: Changes, platform = bookworm) {
  const pins = new Pins(EMPTY_LOCK, { lenient: true });
  const built = llamaCpp.pinnedBy(pins).override(changes).on(platform);
  const asked = [...pins.asked.values()].map(({ request }) =>
    request.kind === 'debian'
      ? `${request.name} of ${request.suite}`
      : 'request' in request
        ? request.request
        : '',
  );
  return { ...built, plan: built.plan, asked };
}

/** The steps alone. */
const steps = (changes: Changes, platform = bookworm) =>
  build(changes, platform).plan.script.replace(/^[^]*?\nstead_phase configure\n/, '');

function message(changes: Changes): string {
  try {
    build(changes);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

test('for a processor, nothing in it hangs on the machine that builds', () => {
  const { name, version, asked, plan } = build({});
  expect({ name, version, hostPaths: plan.hostPaths, keep: plan.keep.folders }).toEqual({
    name: 'llama-cpp-cpu',
    version: '0.5.0',
    hostPaths: {},
    keep: ['build'],
  });
  expect(asked).toEqual([
    'npm:node-llama-cpp@3.22.1#llama/gitRelease.bundle',
    'cmake of bookworm/amd64',
    'ninja-build of bookworm/amd64',
    'g++ of bookworm/amd64',
    'libssl-dev of bookworm/amd64',
    'ccache of bookworm/amd64',
    ' of bookworm/amd64',
  ]);
  expect(steps({})).toBe(`\
cmake -S src -B build -G Ninja '-DCMAKE_BUILD_TYPE=Release' '-DCMAKE_BUILD_WITH_INSTALL_RPATH=ON' '-DCMAKE_INSTALL_RPATH=$ORIGIN/../lib' '-DGGML_NATIVE=OFF' '-DGGML_SSE42=ON' '-DGGML_AVX=ON' '-DGGML_AVX2=ON' '-DGGML_BMI2=ON' '-DGGML_FMA=ON' '-DGGML_F16C=ON' '-DLLAMA_USE_PREBUILT_UI=OFF' '-DLLAMA_BUILD_UI=OFF' '-DLLAMA_BUILD_IS_DEV=OFF' '-DLLAMA_BUILD_TESTS=OFF' '-DLLAMA_BUILD_EXAMPLES=OFF' '-DLLAMA_BUILD_APP=OFF' '-DLLAMA_BUILD_COMMIT=v0.5.0' '-DLLAMA_BUILD_NUMBER=0'

stead_phase build
cmake --build build --target llama-server llama-cli llama-bench --parallel "$jobs"

stead_phase install
mkdir -p "$out/bin" "$out/lib"
cp build/bin/llama-server build/bin/llama-cli build/bin/llama-bench "$out/bin/"
# Backends that are loaded by name are looked for beside the program.
for file in build/bin/lib*.so*; do
  case \${file##*/} in
    libggml-cpu-*.so) cp -P "$file" "$out/bin/" ;;
    *) cp -P "$file" "$out/lib/" ;;
  esac
done
"$out/bin/llama-server" --version

cd /build
stead_settled
`);
});

test('for Vulkan, the headers and the compiler of shaders are Debian 13’s where the release has older ones', () => {
  const { asked, plan } = build({ variant: 'vulkan' });
  expect(asked).toContain('glslc of trixie/amd64');
  expect(asked).not.toContain('glslc of bookworm/amd64');
  expect(plan.resources.memoryBytes).toBe(6 * 2 ** 30);
  for (const word of [
    '-DGGML_VULKAN=ON',
    '-DVulkan_INCLUDE_DIR=/build/vulkan-headers',
    '-DVulkan_GLSLC_EXECUTABLE=/suites/trixie/bin/glslc',
    '-DSPIRV-Headers_DIR=/suites/trixie/usr/share/cmake/SPIRV-Headers',
  ]) {
    expect(steps({ variant: 'vulkan' })).toContain(word);
  }
  const trixie = build({ variant: 'vulkan' }, { ...bookworm, suite: 'trixie' });
  expect(trixie.asked).toContain('glslc of trixie/amd64');
  expect(trixie.plan.script).not.toContain('/suites/');
});

test('for CUDA, the Orin Nano is what it is made for unless another card is named', () => {
  const jetson: Platform = { architecture: 'arm64', suite: 'bookworm' };
  const orin = build({ variant: 'cuda' }, jetson);
  expect(orin.plan.hostPaths).toEqual({ '/usr/local/cuda': '12.6' });
  // Looked for before anything is sent, and not again.
  expect(orin.plan.doctor).toEqual({
    cuBLAS: {
      command: 'test -e /usr/local/cuda/include/cublas_v2.h',
      advice: 'install libcublas-dev-*, of the version of /usr/local/cuda',
    },
  });
  expect(orin.plan.script).not.toContain('cublas_v2.h');
  for (const word of [
    '-DGGML_CUDA=ON',
    '-DCMAKE_CUDA_ARCHITECTURES=87',
    '-DGGML_CUDA_NO_VMM=ON',
    "'-DCMAKE_INSTALL_RPATH=$ORIGIN/../lib;/usr/local/cuda/lib64'",
  ]) {
    expect(orin.plan.script).toContain(word);
  }
  expect(orin.plan.script).toContain('export CUDACXX=/usr/local/cuda/bin/nvcc\n');
  const cards = steps({ variant: 'cuda', cudaArchitectures: ['86', '89-real'] });
  expect(cards).toContain("'-DCMAKE_CUDA_ARCHITECTURES=86;89-real'");
  expect(cards).toContain('-DGGML_CUDA_NO_VMM=OFF');
  expect(build({ variant: 'cuda', cudaVersion: '13.0' }, jetson).hash).not.toBe(orin.hash);
});

test('Debian’s own is taken out of its packages, each with what it came with', () => {
  const { asked, name, plan } = build({ variant: 'packaged' });
  expect(name).toBe('llama-cpp-packaged');
  expect(asked).toEqual([
    'patchelf of bookworm/amd64',
    ' of bookworm/amd64',
    'llama.cpp-tools of sid/amd64',
    'libggml0-backend-vulkan of sid/amd64',
  ]);
  expect(plan.script).toContain('--set-interpreter "$out/lib/${loader##*/}"');
});

test('flags of the build are checked against the release’s own list', () => {
  expect(
    steps({ cmakeFlags: { GGML_AVX512: true, GGML_CPU_ARM_ARCH: 'armv8.2-a', GGML_SCHED_MAX_COPIES: 1 } }),
  ).toContain(" '-DGGML_AVX512=ON' '-DGGML_CPU_ARM_ARCH=armv8.2-a' '-DGGML_SCHED_MAX_COPIES=1'\n");
  expect(message({ cmakeFlags: { GGML_OPENNMP: true } })).toBe(
    'the recipe llamaCpp cannot take `cmakeFlags`: llama.cpp 0.5.0 has no option GGML_OPENNMP: did you mean GGML_OPENMP or GGML_OPENCL or GGML_OPENVINO?',
  );
  expect(message({ cmakeFlags: { GGML_NOVEL: true } })).toContain(
    'what other revisions have goes into `extraCmakeFlags`',
  );
  expect(message({ cmakeFlags: { GGML_VULKAN: true } })).toBe(
    'the recipe llamaCpp cannot take `cmakeFlags.GGML_VULKAN`: expected nothing, as it is the variant `vulkan`, got true',
  );
  expect(message({ cmakeFlags: { LLAMA_USE_PREBUILT_UI: true } })).toContain('builds have no network');
  expect(message({ cmakeFlag: {} })).toBe('the recipe llamaCpp has no parameter `cmakeFlag`');
  expect(message({ variant: 'vulcan' })).toContain('`variant`: ');
  expect(steps({ extraCmakeFlags: ['-DGGML_NOVEL=ON'] })).toContain(" '-DGGML_NOVEL=ON'\n");
});

test('a revision, or a branch that the lock follows, takes the place of the release', () => {
  const { asked, version } = build({ rev: 'v0.6.1' });
  expect([asked[0], version]).toEqual(['git:https://github.com/ggml-org/llama.cpp#v0.6.1', '0.6.1']);
  const following = build({ rev: { track: 'master' } });
  expect([following.asked[0], following.version]).toEqual([
    'git:https://github.com/ggml-org/llama.cpp#track=master',
    'master',
  ]);
});

test('how many processors and how much memory a build takes is not in its hash', () => {
  expect(build({ jobs: 2, memory: '3G' }).hash).toBe(build({}).hash);
  expect(build({ cmakeFlags: { GGML_LTO: true } }).hash).not.toBe(build({}).hash);
});
