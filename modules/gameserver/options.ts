// What can be set about game servers: a template for any program that serves a game from a folder of its own.
import {
  absolutePath,
  calendar,
  entries,
  environmentName,
  line,
  options,
  packageName,
  port,
  size,
  uniqueList,
  unitName,
  userName,
  z,
} from 'stead';

const backup = z.object({
  enable: z.boolean().default(true).describe('Whether its folder is backed up.'),
  schedule: calendar().default('*-*-* 04:00').describe('When, as OnCalendar of systemd.time(7).'),
  keep: z.int().min(1).default(7).describe('How many backups are kept, the newest ones.'),
  directory: absolutePath().describe('Where they are: /srv/backups/NAME, where nothing is said.'),
  method: z
    .enum(['stop', 'snapshot'])
    .default('stop')
    .describe(
      '`stop`: the server is down while the archive is written. `snapshot`: only while its folder is copied, which takes no time on file systems that share blocks (btrfs, xfs), and the room of a copy elsewhere.',
    ),
});

const server = z.object({
  packages: uniqueList(packageName()).describe('Debian packages that bring it.'),
  replaces: uniqueList(unitName()).describe(
    'Units of these packages that would run it in their own way: they are masked.',
  ),
  command: z.array(line()).min(1).describe('The program by its absolute path, and its arguments.'),
  user: userName().describe('The user that it runs as: `game-NAME`, where nothing is said.'),
  dataDir: absolutePath().describe(
    'The one folder that it may write to, and where it runs: /srv/games/NAME, where nothing is said.',
  ),
  environment: z.record(environmentName(), line()).describe('Environment variables; HOME is its folder.'),
  readBy: uniqueList(absolutePath()).describe('Files that it reads: it starts again when one changes.'),
  ports: entries(
    z.object({
      port: port().describe('The port.'),
      protocol: z.enum(['tcp', 'udp']).default('udp').describe('The protocol.'),
    }),
    undefined,
    line(),
  ).describe('What it listens on, by a name that says what for: `{ game: { port: 30000 } }`.'),
  openTo: uniqueList(line()).describe('Zones of the firewall from which it may be reached.'),
  restart: z
    .enum(['on-failure', 'always', 'no'])
    .default('on-failure')
    .describe('When it is started again by itself, five times in ten minutes at most.'),
  restartSeconds: z.int().min(0).default(5).describe('How long that waits, in seconds.'),
  stopSignal: z
    .enum(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'])
    .default('SIGTERM')
    .describe('What asks it to save and to end.'),
  stopSeconds: z.int().min(1).default(90).describe('How long it has to do so, in seconds.'),
  limits: z
    .object({
      memory: size().optional().describe('The most memory that it may take; beyond, it is ended.'),
      cpuPercent: z.int().min(1).optional().describe('The most of the processors: 200 are two of them.'),
      tasks: z.int().min(1).default(512).describe('The most processes and threads.'),
      nice: z.int().min(-20).max(19).default(0).describe('How it stands back behind others.'),
    })
    .describe('What it may use.'),
  serviceConfig: z
    .record(z.string(), z.union([line(), z.number(), z.boolean()]))
    .describe(
      'Further settings of systemd.exec(5) and systemd.service(5), over those that this module makes.',
    ),
  backup: backup.describe('Copies of its folder.'),
});

/** `game-NAME` has to be the name of a user. */
const name = () => z.string().regex(/^[a-z][a-z0-9-]{0,25}$/);

export const gameserver = options(
  'gameserver',
  z.object({
    servers: entries(
      server,
      (_self, name) => ({
        user: `game-${name}`,
        dataDir: `/srv/games/${name}`,
        backup: { directory: `/srv/backups/${name}` },
      }),
      name(),
    ).describe('Game servers by name. Each is a unit `gameserver-NAME.service`.'),
  }),
);
