// A game server on a Raspberry Pi 5: Minetest, for the people at home and those who roam.
import { gameserver } from 'stead/modules/gameserver';
import { minetest } from 'stead/modules/minetest';

export const gameserverHost = [
  minetest({ motd: 'Welcome to Wildelab', openTo: ['rack'] }),
  gameserver({ servers: { minetest: { limits: { memory: '2G' }, backup: { keep: 7 } } } }),
];
