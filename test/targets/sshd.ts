// A real sshd on the loopback, with keys, configuration and port of its own; nothing of the machine's is used.

import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../host/host.ts';

export interface Server {
  readonly port: number;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
  /** Ends the server and every connection that it serves. */
  stop(): Promise<void>;
  /** Ends the connections alone. */
  cut(): void;
  /** What it has logged. */
  log(): string;
}

/** A folder that stands for a person's home, with a key that the servers let in. */
export interface Home {
  readonly folder: string;
  readonly identity: string;
  readonly user: string;
  /** A server that lets the key in. */
  startServer(options?: readonly string[]): Promise<Server>;
  remove(): void;
}

export function makeHome(): Home {
  const folder = mkdtempSync(join(tmpdir(), 'stead-ssh-'));
  // Users other than this one log in with the key in here, too.
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, '.ssh'));
  const identity = join(folder, '.ssh', 'id_ed25519');
  makeKey(identity);
  writeFileSync(join(folder, 'authorized_keys'), readFileSync(`${identity}.pub`));
  let servers = 0;
  return {
    folder,
    identity,
    user: userInfo().username,
    startServer: (options = []) => startServer(folder, join(folder, `server-${servers++}`), options),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A new ed25519 key pair; gives the public half without its comment. */
export function makeKey(path: string, passphrase = ''): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', '', '-f', path]);
  return readFileSync(`${path}.pub`, 'utf8').trim();
}

async function startServer(home: string, folder: string, options: readonly string[]): Promise<Server> {
  mkdirSync(folder);
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const hostKey = makeKey(join(folder, 'host_key'));
  const port = await freePort();
  const config = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(folder, 'host_key')}`,
    `AuthorizedKeysFile ${join(home, 'authorized_keys')}`,
    `PidFile ${join(folder, 'pid')}`,
    'PermitRootLogin yes',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    // Bash then takes itself for a nested shell, and leaves this machine's own profile unread.
    'SetEnv SHLVL=2',
    ...options,
  ];
  writeFileSync(join(folder, 'config'), `${config.join('\n')}\n`);
  const program = findProgram('sshd') ?? 'sshd';
  const child = spawn(program, ['-D', '-e', '-f', join(folder, 'config')], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await listening(child, () => said);
  return {
    log: () => said,
    port,
    hostKey,
    cut: () => cutConnections(child.pid ?? 0),
    stop: () => stopServer(child),
  };
}

function listening(child: ChildProcess, said: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', () => {
      if (said().includes('Server listening')) resolve();
    });
    child.once('close', () => reject(new Error(`sshd ended: ${said()}`)));
  });
}

/** sshd gives each connection a session of its own, so that its group does not reach them. */
function cutConnections(server: number): void {
  for (const pid of below(server)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Those that serve come before what they serve, or they would still tell how that ended. */
function below(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...below(child)]);
}

function childrenOf(pid: number): number[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number);
}

async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  cutConnections(child.pid ?? 0);
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await closed;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
