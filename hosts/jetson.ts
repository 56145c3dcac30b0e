// A Jetson Orin Nano: small language models, on CUDA.
import { host } from 'stead';
import { hostKeys } from './profiles/hostKeys.ts';
import { smallModels } from './profiles/llm.ts';
import { rackHost } from './profiles/rack.ts';

export default host('jetson', {
  tags: ['rack', 'arm64', 'llm'],
  use: [rackHost('10.42.0.20', hostKeys.jetson), smallModels],
});
