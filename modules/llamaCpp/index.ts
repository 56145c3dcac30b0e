// llama.cpp as a recipe: llama-server, llama-cli and llama-bench for processors, Vulkan or CUDA.
import { recipe } from 'stead';
import { fromSource } from './build.ts';
import { packaged } from './packaged.ts';
import { parameters } from './parameters.ts';

export { overrides } from './parameters.ts';

export const llamaCpp = recipe('llamaCpp', {
  describe: 'llama-server, llama-cli and llama-bench of llama.cpp',
  parameters,
  build: (given, { platform }) => (given.variant === 'packaged' ? packaged : fromSource(given, platform)),
});
