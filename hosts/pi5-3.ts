// A Raspberry Pi 5 for game servers.
import { host } from 'stead';
import { gameserver } from './profiles/gameserver.ts';
import { rackHost } from './profiles/rack.ts';

export default host('pi5-3', {
  tags: ['rack', 'arm64', 'games'],
  use: [rackHost('10.42.0.53'), gameserver],
});
