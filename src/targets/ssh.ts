// The ssh target: a real host, over one connection that carries all commands.

import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { SteadError } from '../options/error.ts';
import { collectLines } from './lines.ts';
import { shellCommand } from '../render/shell.ts';
import { connect } from './sshConnection.ts';
import type { Connection } from './sshConnection.ts';
import type { SshEndpoint, SshEnvironment } from './sshEndpoint.ts';
import type { CommandResult, RunOptions, Session, Target } from './target.ts';

export interface SshTargetOptions extends SshEndpoint {
  /** The host's name in the fleet. */
  readonly name: string;
  readonly environment: SshEnvironment;
  /** A folder there that stands for `/`; commands then run as the user who logs in. Default `/`. */
  readonly root?: string;
  /** For each connection on the way. Default 20. */
  readonly connectTimeoutSeconds?: number;
}

/** A host behind an SSH server. Commands run as root: through `sudo` when another user logs in. */
export function sshTarget(options: SshTargetOptions): Target {
  const { name, environment, root = '/', connectTimeoutSeconds = 20, ...endpoint } = options;
  const user = endpoint.user === undefined ? '' : `${endpoint.user}@`;
  const port = endpoint.port === undefined ? '' : `:${endpoint.port}`;
  return {
    name,
    description: `ssh ${user}${endpoint.host}${port}${root === '/' ? '' : ` ${root}`}`,
    open: async (signal) => {
      signal?.throwIfAborted();
      const connection = await connect(endpoint, environment, connectTimeoutSeconds);
      signal?.addEventListener('abort', () => connection.close(), { once: true });
      return openSession(connection, root);
    },
  };
}

async function openSession(connection: Connection, root: string): Promise<Session> {
  const prefix = root === '/' && connection.endpoint.user !== 'root' ? ['sudo', '-n', '--'] : [];
  if (prefix.length > 0) await checkSudo(connection, prefix);
  return {
    root,
    run: (argv, options) => runThere(connection, shellCommand([...prefix, ...argv]), options ?? {}),
    close: async () => connection.close(),
  };
}

async function checkSudo(connection: Connection, prefix: readonly string[]): Promise<void> {
  const result = await runThere(connection, shellCommand([...prefix, 'true']), {});
  if (result.code === 0) return;
  connection.close();
  const { user, knownAs } = connection.endpoint;
  throw new SteadError({
    code: 'target.sudo',
    message: `${user} cannot become root on ${knownAs}: ${result.stderr.trim() || `sudo ended with ${result.code}`}`,
    hint: `Give it \`${user} ALL=(ALL) NOPASSWD: ALL\` in /etc/sudoers.d there, or log in as root.`,
  });
}

function runThere(
  connection: Connection,
  command: string,
  { stdin, onStderr, stdout }: RunOptions,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const { client } = connection;
    const fail = (cause: unknown): void => {
      client.off('close', onClose);
      reject(disconnected(connection, cause));
    };
    const onClose = (): void => fail(connection.broken());
    const broken = connection.broken();
    if (broken) return fail(broken);
    client.once('close', onClose);
    client.exec(command, (error, channel) => {
      if (error) return fail(error);
      follow(channel, stdin, onStderr, stdout).then(
        (result) => {
          client.off('close', onClose);
          if (result) resolve(result);
          else fail(connection.broken());
        },
        (cause: unknown) => {
          client.off('close', onClose);
          reject(cause as Error);
        },
      );
    });
  });
}

/** The result of a command on a channel; nothing when the channel closed before the command ended. */
function follow(
  channel: ClientChannel,
  stdin: string | Readable | undefined,
  onStderr: ((line: string) => void) | undefined,
  stdout: Writable | undefined,
): Promise<CommandResult | undefined> {
  return new Promise((resolve, reject) => {
    const output = collectLines();
    const errors = collectLines(onStderr);
    let code: number | undefined;
    if (stdout === undefined) channel.on('data', (chunk: Buffer) => output.push(chunk));
    else {
      channel.pipe(stdout);
      stdout.once('error', () => channel.close());
    }
    channel.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    channel.on('exit', (status: number | null, signal?: string) => {
      code = status ?? 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);
    });
    channel.on('close', () => {
      if (typeof stdin === 'object') stdin.destroy();
      // What a broken connection leaves is no end.
      if (code === undefined) stdout?.destroy();
      const result = { stdout: output.end(), stderr: errors.end() };
      resolve(code === undefined ? undefined : { code, ...result });
    });
    // A command may end without reading its input; what is still being written is then of no use.
    channel.on('error', () => {});
    if (typeof stdin !== 'object') {
      channel.end(stdin);
      return;
    }
    stdin.once('error', (cause) => {
      channel.close();
      reject(cause);
    });
    stdin.pipe(channel);
  });
}

function disconnected(connection: Connection, cause: unknown): SteadError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new SteadError({
    code: 'target.disconnected',
    message: `the connection to ${connection.endpoint.knownAs} broke before the command ended${why}`,
    hint: 'A switch under way goes on there by itself; `stead status` says what came of it.',
    cause,
  });
}
