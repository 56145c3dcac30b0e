// What of llama.cpp's build can be overridden.
import { absolutePath, line, nearest, size, url, z } from 'stead';
import { cmakeFlags, RELEASE } from './cmakeFlags.ts';

/** Flags that the recipe itself sets, so that a build does not hang on its machine, or has what a service needs. */
const OWN: Readonly<Record<string, string>> = {
  GGML_VULKAN: 'it is the variant `vulkan`',
  GGML_CUDA: 'it is the variant `cuda`',
  BUILD_SHARED_LIBS: 'programs and libraries of an output lie in folders of their own',
  LLAMA_BUILD_SERVER: 'llama-server is what it is built for',
  LLAMA_BUILD_TOOLS: 'llama-server is what it is built for',
  LLAMA_BUILD_COMMON: 'llama-server is what it is built for',
  LLAMA_USE_PREBUILT_UI:
    'it would fetch something nobody has pinned while it builds, and builds have no network',
  LLAMA_BIN_INSTALL_DIR: 'services look for programs in bin/',
  LLAMA_LIB_INSTALL_DIR: 'programs look for libraries in lib/',
};

const flags = z
  .strictObject(cmakeFlags, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? unknown(issue.keys[0] ?? '') : undefined),
  })
  .superRefine((given, context) => {
    for (const [name, why] of Object.entries(OWN)) {
      if (given[name as keyof typeof given] === undefined) continue;
      context.addIssue({ code: 'custom', path: [name], message: `nothing, as ${why}` });
    }
  });

export const parameters = z.object({
  variant: z
    .enum(['cpu', 'vulkan', 'cuda', 'packaged'])
    .default('cpu')
    .describe(
      '`cpu`, `vulkan`, `cuda`: built from source for these. `packaged`: not built, but taken from the packages of Debian unstable, with all their libraries; it has Vulkan, too. What is built for amd64 needs a processor with AVX2 (since 2013), unless `cmakeFlags` take that back.',
    ),
  rev: z
    .union([
      line().min(1),
      z.object({ track: line().min(1).describe('A branch, which `stead update llamaCpp` follows.') }),
    ])
    .optional()
    .describe(
      `A tag or commit of \`repository\`, or \`{ track: 'master' }\`. The release ${RELEASE} as the npm registry has it, where nothing is said.`,
    ),
  repository: url()
    .default('https://github.com/ggml-org/llama.cpp')
    .describe('The git repository that `rev` is of.'),
  cmakeFlags: flags
    .default({})
    .describe(
      "Options of llama.cpp's build, checked against its own list: `{ GGML_CPU_ARM_ARCH: 'armv8.2-a+dotprod' }`.",
    ),
  extraCmakeFlags: z
    .array(z.string().regex(/^-[DUW]\P{Cc}+$/u, 'an argument of cmake such as -DGGML_NEW=ON'))
    .default([])
    .describe('Further arguments of cmake: options of other revisions, of CMake itself.'),
  cudaArchitectures: z
    .array(z.string().regex(/^\d{2,3}[af]?(-real|-virtual)?$/, 'an architecture such as 87 or 120a-real'))
    .default(['87'])
    .describe(
      'What `cuda` is compiled for: 87 is the Orin Nano, 86 an RTX 3090, 89 an RTX 4090, 120 an RTX 5090.',
    ),
  cudaToolkit: absolutePath()
    .default('/usr/local/cuda')
    .describe(
      'Where the building host has its CUDA toolkit, with cuBLAS. It comes from NVIDIA, not from Debian.',
    ),
  cudaVersion: z
    .string()
    .regex(/^\d+\.\d+(\.\d+)?$/, 'a version such as 12.6')
    .default('12.6')
    .describe('Its version, which the hash covers and the host has to have: JetPack 6.2 brings 12.6.'),
  jobs: z
    .int()
    .min(1)
    .optional()
    .describe('How many files are compiled at once: as many as there are processors, where nothing is said.'),
  memory: size()
    .optional()
    .describe(
      'What the build may take: for Vulkan, one file of which takes 3.6 GB, 6G where nothing is said.',
    ),
});

export type Parameters = z.output<typeof parameters>;

function unknown(name: string): string {
  const near = nearest(name, Object.keys(cmakeFlags));
  const hint =
    near.length > 0
      ? `: did you mean ${near.join(' or ')}?`
      : '; what other revisions have goes into `extraCmakeFlags`';
  return `llama.cpp ${RELEASE} has no option ${name}${hint}`;
}

/** The parameters as options that follow the package set where nothing is said. */
export const overrides = z
  .object(overrideShape())
  .describe(
    "What is other than in the package set's llamaCpp, by the names of the recipe's parameters: `{ variant: 'vulkan' }`.",
  );

type Shape = typeof parameters.shape;

function overrideShape(): { [Name in keyof Shape]: z.ZodOptional<Undefaulted<Shape[Name]>> } {
  // The compiler takes long to compare types of optional schemas with each other, and to infer from them.
  const shape: Record<string, z.core.$ZodType> = {};
  for (const [name, schema] of Object.entries<z.core.$ZodType>(parameters.shape)) {
    const inner = schema instanceof z.ZodDefault ? schema.unwrap() : schema;
    shape[name] = z.optional(inner).describe(z.globalRegistry.get(schema)!.description!);
  }
  return shape as ReturnType<typeof overrideShape>;
}

type Undefaulted<S> = S extends { removeDefault(): infer Inner } ? Inner : S;
