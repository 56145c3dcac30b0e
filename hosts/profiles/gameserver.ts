// The Raspberry Pi 5s that run game servers: a user for them, and a folder it owns.
import { files, users } from 'stead';

export const gameserver = [
  users({ users: { games: { home: '/srv/games' } } }),
  files({ paths: { '/srv/games': { kind: 'directory', owner: 'games', group: 'games', mode: '0750' } } }),
];
