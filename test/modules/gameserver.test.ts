import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { host } from 'stead';
import { gameserver } from 'stead/modules/gameserver';
import { minetest } from 'stead/modules/minetest';
import { ports } from 'stead/modules/ports';
import { packages, systemd, users } from '../../src/bundle/sets/index.ts';
import { available } from '../setup/programs.ts';
import { fleet, mistakes, text } from './rack.ts';

const script = resolve(import.meta.dirname, '../../modules/gameserver/gameserver.sh');
const box = fleet(
  host('box', {
    use: [
      minetest({ motd: 'Hello', openTo: ['rack', 'mesh'], settings: { creative_mode: true } }),
      gameserver({
        servers: {
          minetest: {
            environment: { GREETING: 'a "b" $c 50%' },
            limits: { memory: '2G', cpuPercent: 150 },
            serviceConfig: { UMask: '0077' },
          },
        },
      }),
    ],
  }),
).host('box');

describe('a game server', () => {
  test('is a unit with limits, that may write to its own folder alone', () => {
    expect(text(box, '/etc/systemd/system/gameserver-minetest.service')).toBe(`\
[Service]
AmbientCapabilities=
CPUQuota=150%
CapabilityBoundingSet=
Environment=HOME=/srv/games/minetest
Environment="GREETING=a \\"b\\" $c 50%%"
ExecStart=/usr/lib/minetest/minetestserver --config /etc/minetest/stead.conf --world /srv/games/minetest/world --gameid minetest
Group=game-minetest
KillSignal=SIGINT
LockPersonality=yes
MemoryMax=2G
Nice=0
NoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
ReadWritePaths=/srv/games/minetest
RemoveIPC=yes
Restart=on-failure
RestartSec=5
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
TasksMax=512
TimeoutStopSec=90
UMask=0077
User=game-minetest
WorkingDirectory=/srv/games/minetest

[Unit]
After=network-online.target
Description=Game server minetest
RequiresMountsFor=/srv/games/minetest
StartLimitBurst=5
StartLimitIntervalSec=10min
Wants=network-online.target
`);
  });

  test('has a user, its packages, its port, and a timer for backups; the packaged unit may not start', () => {
    expect(box.get(users).users['game-minetest']).toMatchObject({
      home: '/srv/games/minetest',
      system: true,
    });
    expect(box.get(packages).install).toEqual(['minetest-server']);
    expect(box.get(ports).listen).toEqual({
      'minetest game': { port: 30000, protocol: 'udp', openTo: ['rack', 'mesh'] },
    });
    const { units } = box.get(systemd);
    expect(units['minetest-server.service']).toMatchObject({ masked: true });
    expect(units['gameserver-minetest.service']?.readBy).toEqual(['/etc/minetest/stead.conf']);
    expect(text(box, '/etc/systemd/system/gameserver-backup-minetest.timer')).toContain(
      'OnCalendar=*-*-* 04:00\nPersistent=yes\nRandomizedDelaySec=15min\n',
    );
    expect(text(box, '/etc/stead/gameserver/minetest')).toBe(
      'unit gameserver-minetest.service\ndata /srv/games/minetest\nbackups /srv/backups/minetest\nkeep 7\nmethod stop\n',
    );
    expect(text(box, '/etc/minetest/stead.conf')).toBe(
      'port=30000\nmotd=Hello\nmax_users=15\ndefault_game=minetest\nserver_announce=false\ncreative_mode=true\n',
    );
  });

  test('may not share a folder or a port with another, nor keep its backups in what they are of', () => {
    const one = { command: ['/usr/games/x'] };
    const shared = { ...one, user: 'players', dataDir: '/srv/x' };
    const of = (servers: Parameters<typeof gameserver>[0]['servers'] & object) =>
      mistakes(host('box', { use: [gameserver({ servers })] }));
    expect(of({ a: shared, b: shared })).toEqual([
      'a and b have the same folder, /srv/x = Give each a `dataDir` of its own.',
    ]);
    expect(of({ a: { ...one, backup: { directory: '/srv/games/a/backups' } } })).toEqual([
      'the backups of a would be in the folder that they are of, /srv/games/a = Set `backup.directory` to a folder beside it.',
    ]);
    const game = { port: 30000 };
    expect(of({ a: { ...one, ports: { game } }, b: { ...one, ports: { game } } })).toEqual([
      'a game and b game both listen on udp port 30000 of box = Give one of them another port, or an `address` of its own to listen on.',
    ]);
    expect(mistakes(host('box', { use: [minetest({ settings: { port: 1 } })] }))).toEqual([
      'port has an option of its own = Set that option instead: `stead options minetest` lists them.',
    ]);
  });
});

describe('the program that backs up and restores', () => {
  test.runIf(available('shellcheck'))('is one in which shellcheck finds nothing', () => {
    expect(spawnSync('shellcheck', [script], { encoding: 'utf8' }).stdout).toBe('');
  });

  test('has the server run again where a backup fails, and restores nothing that is no archive', () => {
    const folder = mkdtempSync(join(tmpdir(), 'stead-game-'));
    try {
      const [data, backups] = [join(folder, 'data'), join(folder, 'backups')];
      for (const path of [data, backups]) mkdirSync(path);
      writeFileSync(join(data, 'world'), 'treasure');
      writeFileSync(
        join(folder, 'game'),
        `unit game.service\ndata ${data}\nbackups ${backups}\nkeep 2\nmethod stop\n`,
      );
      // Stands for systemctl: notes what it is asked for.
      writeFileSync(join(folder, 'systemctl'), `#!/bin/sh\necho "$1" >>${folder}/asked\n`, { mode: 0o755 });
      writeFileSync(join(folder, 'tar'), '#!/bin/sh\nexit 2\n', { mode: 0o755 });
      const run = (path: string, ...words: string[]) =>
        spawnSync('sh', [script, ...words], {
          encoding: 'utf8',
          env: { PATH: `${path}${folder}/bin:${process.env['PATH']}`, GAMESERVER_CONFIGURATION: folder },
        });
      mkdirSync(join(folder, 'bin'));
      writeFileSync(join(folder, 'bin/systemctl'), readFileSync(join(folder, 'systemctl')), { mode: 0o755 });
      expect(run(`${folder}:`, 'backup', 'game').status).not.toBe(0);
      expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('is-active\nstop\nstart\n');
      expect(run('', 'list', 'game').stdout).toBe('');
      writeFileSync(join(backups, 'game-x.tar.gz'), 'no archive');
      expect(run('', 'restore', 'game', 'game-x.tar.gz')).toMatchObject({ status: 1 });
      expect(readdirSync(data)).toEqual(['world']);
      expect(run('', 'backup', 'other').stderr).toBe('gameserver: there is no server other here\n');
      expect(run('', 'backup').stderr).toContain('usage: gameserver backup NAME');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
