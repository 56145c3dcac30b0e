// Game servers: a user, a folder, a unit that may do no more than it must, ports, and backups that can be restored.
import {
  assert,
  files,
  hardening,
  packages,
  readSource,
  systemd,
  systemdCommand,
  systemdEnvironment,
  users,
  type HostView,
} from 'stead';
import type { z } from 'zod';
import { ports } from '../ports/index.ts';
import { gameserver } from './options.ts';

export { gameserver } from './options.ts';

type Server = z.output<typeof gameserver.schema>['servers'][string];

const script = readSource('./gameserver.sh');
const PROGRAM = '/usr/local/sbin/gameserver';

gameserver.implement({
  defines: [files, packages, ports, systemd, users],
  *config({ servers }, { host }) {
    const names = Object.keys(servers);
    if (names.length === 0) return;
    yield files({ paths: { [PROGRAM]: { source: script.name, mode: '0755' } } });
    for (const [name, server] of Object.entries(servers)) {
      const { user, dataDir } = server;
      yield packages({ install: [...server.packages] });
      // One that several share has a home of its own.
      yield users({ users: { [user]: user === `game-${name}` ? { home: dataDir } : {} } });
      yield files({ paths: { [dataDir]: { kind: 'directory', mode: '0750', owner: user, group: user } } });
      yield systemd({ units: { [`gameserver-${name}.service`]: unit(name, server) } });
      for (const replaced of server.replaces) yield systemd({ units: { [replaced]: { masked: true } } });
      for (const [what, one] of Object.entries(server.ports)) {
        yield ports({ listen: { [`${name} ${what}`]: { ...one, openTo: [...server.openTo] } } });
      }
      if (server.backup.enable) yield* backupUnits(name, server);
      yield* consistency(name, host);
    }
  },
});

function unit(name: string, server: Server) {
  const { limits } = server;
  const environment = { HOME: server.dataDir, ...server.environment };
  return {
    sections: {
      Unit: {
        Description: `Game server ${name}`,
        After: 'network-online.target',
        Wants: 'network-online.target',
        RequiresMountsFor: server.dataDir,
        StartLimitIntervalSec: '10min',
        StartLimitBurst: 5,
      },
      Service: {
        ExecStart: systemdCommand(server.command),
        User: server.user,
        Group: server.user,
        WorkingDirectory: server.dataDir,
        ReadWritePaths: server.dataDir,
        Environment: systemdEnvironment(environment),
        Restart: server.restart,
        RestartSec: server.restartSeconds,
        KillSignal: server.stopSignal,
        TimeoutStopSec: server.stopSeconds,
        TasksMax: limits.tasks,
        Nice: limits.nice,
        ...(limits.memory === undefined ? {} : { MemoryMax: limits.memory }),
        ...(limits.cpuPercent === undefined ? {} : { CPUQuota: `${limits.cpuPercent}%` }),
        ...hardening,
        PrivateDevices: true,
        UMask: '0027',
        ...server.serviceConfig,
      },
    },
    wantedBy: ['multi-user.target'],
    readBy: [...server.readBy],
  };
}

/** A timer, what it starts, and what the program needs to know of the server. */
function* backupUnits(name: string, { backup, dataDir }: Server) {
  const settings = {
    unit: `gameserver-${name}.service`,
    data: dataDir,
    backups: backup.directory,
    keep: backup.keep,
    method: backup.method,
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} ${value}\n`);
  yield files({
    paths: {
      [`/etc/stead/gameserver/${name}`]: lines.join(''),
      [backup.directory]: { kind: 'directory', mode: '0700' },
    },
  });
  yield systemd({
    units: {
      [`gameserver-backup-${name}.service`]: {
        sections: {
          Unit: { Description: `Backup of the game server ${name}`, RequiresMountsFor: backup.directory },
          Service: {
            Type: 'oneshot',
            ExecStart: systemdCommand([PROGRAM, 'backup', name]),
            Nice: 10,
            IOSchedulingClass: 'idle',
          },
        },
      },
      [`gameserver-backup-${name}.timer`]: {
        sections: {
          Unit: { Description: `When the game server ${name} is backed up` },
          Timer: { OnCalendar: backup.schedule, RandomizedDelaySec: '15min', Persistent: true },
        },
        wantedBy: ['timers.target'],
      },
    },
  });
}

function* consistency(name: string, host: HostView) {
  const { servers } = host.get(gameserver);
  const { dataDir, backup } = servers[name]!;
  const at = (...keys: string[]) => [gameserver, 'servers', name, ...keys] as const;
  const twin = Object.entries(servers).find(([other, one]) => other > name && one.dataDir === dataDir)?.[0];
  yield assert(
    twin === undefined,
    {
      message: `${name} and ${twin} have the same folder, ${dataDir}`,
      hint: 'Give each a `dataDir` of its own.',
    },
    at('dataDir'),
    [gameserver, 'servers', twin ?? name, 'dataDir'],
  );
  yield assert(
    !`${backup.directory}/`.startsWith(`${dataDir}/`),
    {
      message: `the backups of ${name} would be in the folder that they are of, ${dataDir}`,
      hint: 'Set `backup.directory` to a folder beside it.',
    },
    at('backup', 'directory'),
    at('dataDir'),
  );
}
