// The machines that serve language models: llama-server from source, a catalogue, one model at a time.
import { recipes, secretPath, secrets } from 'stead';
import { llama } from 'stead/modules/llama';
import { models } from 'stead/modules/models';

/** By name; each with the commit of its repository, what it must be, and how large it is. */
const catalogue = {
  'gpt-oss-120b': {
    repo: 'ggml-org/gpt-oss-120b-GGUF',
    file: 'gpt-oss-120b-MXFP4.gguf',
    sha256: '582bd40f6886200101f4c4ed9f25f3fe80cc14c86e9e2b37746cd8904a0c622d',
    size: 63_387_346_208,
  },
  'gpt-oss-20b': {
    repo: 'ggml-org/gpt-oss-20b-GGUF',
    revision: 'ef9b12f2ff56c69cf32153a02784e7a3c88bf524',
    file: 'gpt-oss-20b-MXFP4.gguf',
    sha256: '27cd6c432c7672cb812a92f611cf3ba7bbc35928262bb1e1253ff4ee6ae35901',
    size: 12_109_566_624,
  },
  'qwen3-coder-30b': {
    repo: 'unsloth/Qwen3-Coder-30B-A3B-Instruct-GGUF',
    file: 'Qwen3-Coder-30B-A3B-Instruct-Q4_K_M.gguf',
    sha256: 'fadc3e5f8d42bf7e894a785b05082e47daee4df26680389817e2093056f088ad',
    size: 18_556_689_568,
  },
  'devstral-small-2': {
    repo: 'unsloth/Devstral-Small-2-24B-Instruct-2512-GGUF',
    file: 'Devstral-Small-2-24B-Instruct-2512-Q4_K_M.gguf',
    sha256: 'd14ba9edee1bb4c4996a726deb81e49ae81800a3216f0774634238c380aee496',
    size: 14_334_446_752,
  },
  'ministral-3-8b': {
    repo: 'ggml-org/Ministral-3-8B-Instruct-2512-GGUF',
    revision: '711997ebd75d80288650bf86a91c80ac73a7e529',
    file: 'Ministral-3-8B-Instruct-2512-Q8_0.gguf',
    sha256: '9f1f46ca2f659105e9fbbce630be190ffeaf4f4f746b2f9b716ddcf82e1802b4',
    size: 9_028_867_840,
  },
  'qwen3-4b': {
    repo: 'Qwen/Qwen3-4B-GGUF',
    revision: 'bc640142c66e1fdd12af0bd68f40445458f3869b',
    file: 'Qwen3-4B-Q4_K_M.gguf',
    sha256: '7485fe6f11af29433bc51cab58009521f205840f5b4ae3a32fa7f92e8534fdf5',
    size: 2_497_280_256,
  },
  'gemma-3-1b': {
    repo: 'ggml-org/gemma-3-1b-it-GGUF',
    revision: 'f9c28bcd85737ffc5aef028638d3341d49869c27',
    file: 'gemma-3-1b-it-Q4_K_M.gguf',
    sha256: '8ccc5cd1f1b3602548715ae25a66ed73fd5dc68a210412eea643eb20eb75a135',
    size: 806_058_240,
  },
};

/** Who asks shows this key, as the gateway's page does. */
const key = [secrets({ files: { 'llm/key': {} } }), llama({ apiKeyFile: secretPath('llm/key') })];

/** A machine with 128 GB that its GPU shares: every model, and one of them at a time. */
export const largeModels = [
  recipes({ platform: { architecture: 'amd64', suite: 'trixie' } }),
  models({ catalogue }),
  key,
  llama({
    recipe: { variant: 'vulkan' },
    activeModel: 'gpt-oss-120b',
    openTo: ['rack'],
    flags: { 'flash-attn': 'on', 'gpu-layers': 'all', jinja: true },
    models: {
      'gpt-oss-120b': { flags: { 'ctx-size': 131_072, 'reasoning-effort': 'medium' } },
      'gpt-oss-20b': { flags: { 'ctx-size': 131_072 } },
      'qwen3-coder-30b': { flags: { 'ctx-size': 65_536, 'cache-type-k': 'q8_0', 'cache-type-v': 'q8_0' } },
      'devstral-small-2': { flags: { 'ctx-size': 65_536 } },
      'ministral-3-8b': { flags: { 'ctx-size': 32_768 } },
      'qwen3-4b': { flags: { 'ctx-size': 32_768, 'reasoning-budget': 0 } },
      'gemma-3-1b': { flags: { 'ctx-size': 32_768 } },
    },
  }),
];

/** A Jetson with 8 GB in all: two small models, little memory for what was said before. */
export const smallModels = [
  // What Debian 12's programs build runs on the Ubuntu of a Jetson, whose C library is of the same age.
  recipes({ platform: { architecture: 'arm64', suite: 'bookworm' } }),
  models({ catalogue: { 'qwen3-4b': catalogue['qwen3-4b'], 'gemma-3-1b': catalogue['gemma-3-1b'] } }),
  key,
  llama({
    recipe: { variant: 'cuda', jobs: 2 },
    activeModel: 'qwen3-4b',
    openTo: ['rack'],
    flags: { 'flash-attn': 'on', 'gpu-layers': 'all', jinja: true, 'cache-ram': 512, parallel: 1 },
    models: {
      'qwen3-4b': { flags: { 'ctx-size': 8192, 'cache-type-k': 'q8_0', 'cache-type-v': 'q8_0' } },
      'gemma-3-1b': { flags: { 'ctx-size': 32_768 } },
    },
  }),
];
