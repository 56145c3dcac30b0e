// A Framework Desktop: the rack's big language models, on Vulkan.
import { host } from 'stead';
import { hostKeys } from './profiles/hostKeys.ts';
import { largeModels } from './profiles/llm.ts';
import { rackHost } from './profiles/rack.ts';

export default host('framework', {
  tags: ['rack', 'amd64', 'llm'],
  use: [rackHost('10.42.0.10', hostKeys.framework), largeModels],
});
