// What can be set about a Minetest (Luanti) server.
import { absolutePath, line, options, packageName, port, uniqueList, z } from 'stead';

export const minetest = options(
  'minetest',
  z.object({
    package: packageName()
      .default('minetest-server')
      .describe('The Debian package; since Debian 13 it is called `luanti-server`.'),
    program: absolutePath()
      .default('/usr/lib/minetest/minetestserver')
      .describe('Its server, as that package has it.'),
    port: port().default(30000).describe('The UDP port.'),
    openTo: uniqueList(line()).describe('Zones of the firewall from which it may be reached.'),
    game: line()
      .default('minetest')
      .describe('The game: one that the package brings, or that is in ~/.minetest/games.'),
    motd: line().default('').describe('What players are greeted with.'),
    maxUsers: z.int().min(1).default(15).describe('The most players at once.'),
    settings: z
      .record(z.string().regex(/^[a-z0-9_.]+$/), z.union([line(), z.number(), z.boolean()]))
      .describe('Further settings of minetest.conf: `{ creative_mode: true }`.'),
  }),
);
