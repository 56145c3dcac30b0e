// A Minetest (Luanti) server: one world, by the template for game servers, which also backs it up.
import { assert, files, ini } from 'stead';
import { gameserver } from '../gameserver/index.ts';
import { minetest } from './options.ts';

export { minetest } from './options.ts';

const FILE = '/etc/minetest/stead.conf';

minetest.implement({
  defines: [files, gameserver],
  *config(self) {
    const typed = {
      port: self.port,
      motd: self.motd,
      max_users: self.maxUsers,
      default_game: self.game,
      // Nobody is told of it: who is let in by the firewall knows.
      server_announce: false,
    };
    for (const name of Object.keys(self.settings)) {
      yield assert(
        !['port', 'motd', 'max_users', 'default_game'].includes(name),
        {
          message: `${name} has an option of its own`,
          hint: 'Set that option instead: `stead options minetest` lists them.',
        },
        [minetest, 'settings', name],
      );
    }
    yield files({ paths: { [FILE]: ini({ '': { ...typed, ...self.settings } }) } });
    yield gameserver({
      servers: {
        minetest: {
          packages: [self.package],
          replaces: [`${self.package}.service`],
          command: [
            self.program,
            '--config',
            FILE,
            '--world',
            '/srv/games/minetest/world',
            '--gameid',
            self.game,
          ],
          readBy: [FILE],
          ports: { game: { port: self.port, protocol: 'udp' } },
          openTo: [...self.openTo],
          // It saves the world on this one.
          stopSignal: 'SIGINT',
        },
      },
    });
  },
});
