// A Raspberry Pi 5 with room for another game server.
import { host } from 'stead';
import { raspberryPi } from './profiles/hardware.ts';
import { hostKeys } from './profiles/hostKeys.ts';
import { rackHost } from './profiles/rack.ts';

export default host('pi5-2', {
  tags: ['rack', 'arm64', 'games'],
  use: [rackHost('10.42.0.52', hostKeys['pi5-2']), raspberryPi],
});
