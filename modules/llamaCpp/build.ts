// How llama.cpp is built from its source: CMake with nothing in it that hangs on the machine.
import { shellCommand, source, type Derivation, type Platform } from 'stead';
import { RELEASE } from './cmakeFlags.ts';
import type { Parameters } from './parameters.ts';

/** The npm package that carries the release as a git bundle. */
const CARRIER = '3.22.1';

/** Releases whose Vulkan headers and compiler of shaders are too old for llama.cpp; Debian 13's work. */
const OLD_VULKAN = ['focal', 'bullseye', 'jammy', 'bookworm'];

/** Where Debian 13's packages lie beside the others. */
const TRIXIE = '/suites/trixie/usr';

const PROGRAMS = ['llama-server', 'llama-cli', 'llama-bench'];

/**
 * What llama.cpp itself takes for granted of a processor that it is not built on, but not where SOURCE_DATE_EPOCH is
 * set (ggml/CMakeLists.txt): Intel's since 2013, AMD's since 2015. Without it, models run many times slower.
 */
const HASWELL = {
  GGML_SSE42: true,
  GGML_AVX: true,
  GGML_AVX2: true,
  GGML_BMI2: true,
  GGML_FMA: true,
  GGML_F16C: true,
};

export function fromSource(parameters: Parameters, platform: Platform): Derivation {
  const { variant, rev, repository, cudaToolkit, cudaVersion, jobs, memory } = parameters;
  const borrowed = variant === 'vulkan' && OLD_VULKAN.includes(platform.suite);
  const vulkanTools = borrowed ? ['libvulkan-dev'] : ['libvulkan-dev', 'glslc', 'spirv-headers'];
  const configure = [
    'cmake',
    '-S',
    'src',
    '-B',
    'build',
    '-G',
    'Ninja',
    ...defines(parameters, platform, borrowed),
  ];
  const limit = memory ?? (variant === 'cpu' ? undefined : '6G');
  return {
    name: `llama-cpp-${variant}`,
    version: versionOf(rev),
    sources: {
      src:
        rev === undefined
          ? source.npm('node-llama-cpp', CARRIER, { gitBundle: 'llama/gitRelease.bundle' })
          : source.git(repository, rev),
    },
    tools: [
      'cmake',
      'ninja-build',
      'g++',
      'libssl-dev',
      'ccache',
      ...(variant === 'vulkan' ? vulkanTools : []),
    ],
    beside: borrowed ? { trixie: ['libvulkan-dev', 'glslc', 'spirv-headers'] } : {},
    hostPaths: variant === 'cuda' ? { [cudaToolkit]: cudaVersion } : {},
    doctor: variant === 'cuda' ? cublas(cudaToolkit) : {},
    environment: variant === 'cuda' ? { CUDACXX: `${cudaToolkit}/bin/nvcc` } : {},
    phases: {
      configure: `${borrowed ? HEADERS : ''}${shellCommand(configure)}\n`,
      build: `${shellCommand(['cmake', '--build', 'build', '--target', ...PROGRAMS])} --parallel "$jobs"\n`,
      install: install(variant),
    },
    resources: {
      timeLimit: variant === 'cuda' ? '6h' : '3h',
      ...(limit === undefined ? {} : { memory: limit }),
      ...(jobs === undefined ? {} : { jobs }),
    },
    keep: ['build'],
  };
}

/** Debian 13's headers alone: not those of its C library, which lie in the same folder. */
const HEADERS = `\
mkdir -p vulkan-headers
for name in vulkan vk_video spirv; do
  [ ! -e ${TRIXIE}/include/$name ] || ln -s -f -n ${TRIXIE}/include/$name vulkan-headers/$name
done
`;

function defines(parameters: Parameters, platform: Platform, borrowed: boolean): string[] {
  const { variant, rev, cmakeFlags, extraCmakeFlags, cudaArchitectures, cudaToolkit } = parameters;
  const ours: Record<string, string | number | boolean | undefined> = {
    CMAKE_BUILD_TYPE: 'Release',
    // An output may be run from anywhere; what it needs of CUDA is the host's.
    CMAKE_BUILD_WITH_INSTALL_RPATH: true,
    CMAKE_INSTALL_RPATH: `$ORIGIN/../lib${variant === 'cuda' ? `;${cudaToolkit}/lib64` : ''}`,
    // Else the machine that builds decides what runs it.
    GGML_NATIVE: false,
    ...(platform.architecture === 'amd64' ? HASWELL : {}),
    LLAMA_USE_PREBUILT_UI: false,
    LLAMA_BUILD_UI: false,
    LLAMA_BUILD_IS_DEV: false,
    LLAMA_BUILD_TESTS: false,
    LLAMA_BUILD_EXAMPLES: false,
    LLAMA_BUILD_APP: false,
    LLAMA_BUILD_COMMIT: typeof rev === 'string' ? rev : rev === undefined ? `v${RELEASE}` : rev.track,
    LLAMA_BUILD_NUMBER: 0,
    ...(variant === 'vulkan' ? { GGML_VULKAN: true } : {}),
    ...(borrowed
      ? {
          Vulkan_INCLUDE_DIR: '/build/vulkan-headers',
          Vulkan_GLSLC_EXECUTABLE: '/suites/trixie/bin/glslc',
          'SPIRV-Headers_DIR': `${TRIXIE}/share/cmake/SPIRV-Headers`,
        }
      : {}),
    ...(variant === 'cuda'
      ? {
          GGML_CUDA: true,
          CMAKE_CUDA_ARCHITECTURES: cudaArchitectures.join(';'),
          CUDAToolkit_ROOT: cudaToolkit,
          // On the 8 GB of an Orin Nano the reservation of 32 GiB that it makes otherwise fails.
          GGML_CUDA_NO_VMM: cudaArchitectures.some((one) => one.startsWith('87')),
        }
      : {}),
  };
  const all = { ...ours, ...cmakeFlags };
  return [
    ...Object.entries(all)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `-D${name}=${typeof value === 'boolean' ? (value ? 'ON' : 'OFF') : value}`),
    ...extraCmakeFlags,
  ];
}

/** A toolkit without it configures far and then fails, in CMake's own words. */
function cublas(toolkit: string): NonNullable<Derivation['doctor']> {
  const command = shellCommand(['test', '-e', `${toolkit}/include/cublas_v2.h`]);
  return { cuBLAS: { command, advice: `install libcublas-dev-*, of the version of ${toolkit}` } };
}

function install(variant: Parameters['variant']): string {
  // The driver of a card is not here, and without it no program for CUDA starts.
  const tried = variant === 'cuda' ? '' : `"$out/bin/llama-server" --version\n`;
  return `\
mkdir -p "$out/bin" "$out/lib"
cp ${PROGRAMS.map((name) => `build/bin/${name}`).join(' ')} "$out/bin/"
# Backends that are loaded by name are looked for beside the program.
for file in build/bin/lib*.so*; do
  case \${file##*/} in
    libggml-cpu-*.so) cp -P "$file" "$out/bin/" ;;
    *) cp -P "$file" "$out/lib/" ;;
  esac
done
${tried}`;
}

function versionOf(rev: Parameters['rev']): string {
  if (rev === undefined) return RELEASE;
  const name = typeof rev === 'string' ? rev.replace(/^v(?=\d)/, '') : rev.track;
  return (/^[0-9a-f]{40}$/.test(name) ? name.slice(0, 12) : name).replaceAll(/[^A-Za-z0-9+.~_-]/g, '-');
}
