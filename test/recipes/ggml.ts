// A recipe for tests: the library that llama.cpp computes with, from llama.cpp's own source, in a few minutes.
/** `modules/ggml.ts` of a repository, for this machine's processor: the option set `ggml`, and what it builds. */
export const GGML = ggmlOf(
  `source.npm('node-llama-cpp', '3.22.1', { gitBundle: 'llama/gitRelease.bundle' })`,
);

/** The same from another source, as a module writes it. */
export function ggmlOf(source: string): string {
  return `import { files, options, recipe, recipes, source, z } from 'stead';
recipe('ggmlLibrary', {
  describe: 'The library that llama.cpp computes with.',
  parameters: z.object({ flags: z.array(z.string()).default([]), patch: z.string().default('true') }),
  build: ({ flags, patch }) => ({
    name: 'ggml',
    version: '0.5.0',
    sources: { src: ${source} },
    tools: ['cmake', 'ninja-build', 'g++', 'ccache'],
    phases: {
      patch,
      configure: 'ccache -z; cmake -S src -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$out" -DGGML_NATIVE=OFF ' +
        ['COMMON', 'TESTS', 'TOOLS', 'EXAMPLES', 'SERVER', 'APP'].map((part) => '-DLLAMA_BUILD_' + part + '=OFF').join(' ') +
        ' -DLLAMA_OPENSSL=OFF -DLLAMA_USE_PREBUILT_UI=OFF ' + flags.join(' '),
      build: 'cmake --build build --target ggml',
      install: 'cmake --install build/ggml; ccache --print-stats',
    },
    resources: { timeLimit: '1h', memory: '2G', nice: 0 },
    keep: ['build'],
  }),
});
export const ggml = options('ggml', z.object({
  flags: z.array(z.string()).default([]),
  patch: z.string().default('true'),
}));
ggml.implement({
  defines: [files, recipes],
  *config(self, { packages }) {
    const built = packages.ggmlLibrary.override({ flags: self.flags, patch: self.patch }).on({ architecture: '${process.arch === 'arm64' ? 'arm64' : 'amd64'}', suite: 'bookworm' });
    yield recipes({ use: [built] });
    yield files({ etc: { ggml: built.path + '\\n' } });
  },
});
`;
}
