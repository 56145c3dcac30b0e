// A Raspberry Pi 5 that serves Minetest.
import { host } from 'stead';
import { gameserverHost } from './profiles/gameserver.ts';
import { raspberryPi } from './profiles/hardware.ts';
import { hostKeys } from './profiles/hostKeys.ts';
import { rackHost } from './profiles/rack.ts';

export default host('pi5-0', {
  tags: ['rack', 'arm64', 'games'],
  use: [rackHost('10.42.0.50', hostKeys['pi5-0']), raspberryPi, gameserverHost],
});
