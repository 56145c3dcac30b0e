// One connection to an SSH server, through jump hosts or a proxy command, with the host key checked.

import { once } from 'node:events';
import { createConnection } from 'node:net';
import type { Duplex } from 'node:stream';
import type { NodeSSH } from 'node-ssh';
import type { Client } from 'ssh2';
import { SteadError } from '../options/error.ts';
import { readSshConfig } from './sshConfig.ts';
import { resolveEndpoint } from './sshEndpoint.ts';
import type { ResolvedEndpoint, SshEndpoint, SshEnvironment, SshSettings } from './sshEndpoint.ts';
import { judgeHostKey, noKnownKeyType, trustedKeys } from './sshHostKeys.ts';
import { planLogin } from './sshLogin.ts';

/** An open connection; closing it closes those it goes through. */
export interface Connection {
  readonly client: Client;
  readonly endpoint: ResolvedEndpoint;
  /** Why it broke, once it has. */
  readonly broken: () => Error | undefined;
  close(): void;
}

const keepaliveSeconds = 5;
const keepaliveTries = 4;

/**
 * Connects to an endpoint.
 * @throws SteadError `target.unreachable`, `target.host-key-unknown`, `target.host-key-changed`, `target.authentication`
 */
export async function connect(
  endpoint: SshEndpoint,
  environment: SshEnvironment,
  timeoutSeconds: number,
): Promise<Connection> {
  const settings = await readSshConfig(environment);
  return connectThrough(endpoint, { settings, environment, timeoutSeconds, depth: 0 });
}

interface Way {
  readonly settings: (host: string) => SshSettings;
  readonly environment: SshEnvironment;
  readonly timeoutSeconds: number;
  readonly depth: number;
}

async function connectThrough(asked: SshEndpoint, way: Way): Promise<Connection> {
  const aliased = asked.alias !== undefined && way.settings(asked.alias)['hostname'] !== undefined;
  const endpoint = aliased ? { host: asked.alias! } : asked;
  const resolved = resolveEndpoint(endpoint, way.settings(endpoint.host), way.environment);
  if (way.depth > 8) throw unreachable(resolved, 'its jump hosts lead in a circle');
  const jump = await connectJumps(resolved.jump, way);
  try {
    const passage = jump
      ? await forward(jump, resolved)
      : resolved.proxyCommand === undefined
        ? await direct(resolved, way.timeoutSeconds)
        : await startProxy(resolved.proxyCommand);
    return await login(resolved, way, passage, jump);
  } catch (error) {
    jump?.close();
    throw error;
  }
}

/** The connection to the last of some jump hosts, each reached through the one before. */
async function connectJumps(hops: readonly SshEndpoint[], way: Way): Promise<Connection | undefined> {
  const last = hops.at(-1);
  if (!last) return undefined;
  const before = hops.slice(0, -1);
  return connectThrough(before.length > 0 ? { ...last, jump: before } : last, {
    ...way,
    depth: way.depth + 1,
  });
}

interface Passage {
  readonly stream: Duplex;
  close(): void;
}

/** Small packets go at once: else every message waits for a delayed acknowledgement (RFC 896, RFC 1122 4.2.3.2). */
async function direct(to: ResolvedEndpoint, timeoutSeconds: number): Promise<Passage> {
  const stream = createConnection({ host: to.host, port: to.port, noDelay: true });
  const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
  try {
    await once(stream, 'connect', { signal: timeout });
  } catch (cause) {
    stream.destroy();
    throw unreachable(to, timeout.aborted ? noAnswer(timeoutSeconds) : messageOf(cause), cause as Error);
  }
  return { stream, close: () => void stream.destroy() };
}

function forward(jump: Connection, to: ResolvedEndpoint): Promise<Passage> {
  return new Promise((resolve, reject) => {
    jump.client.forwardOut('127.0.0.1', 0, to.host, to.port, (error, stream) => {
      if (error)
        reject(unreachable(to, `${jump.endpoint.knownAs} cannot connect to it: ${error.message}`, error));
      else resolve({ stream, close: () => stream.destroy() });
    });
  });
}

async function startProxy(command: string): Promise<Passage> {
  const { execa } = await import('execa');
  const child = execa('sh', ['-c', `exec ${command}`], {
    reject: false,
    buffer: false,
    stdin: 'pipe',
    stderr: 'ignore',
  });
  return { stream: child.duplex(), close: () => void child.kill() };
}

async function login(
  endpoint: ResolvedEndpoint,
  way: Way,
  passage: Passage,
  jump: Connection | undefined,
): Promise<Connection> {
  const trusted = trustedKeys(endpoint);
  const { methods, notes } = planLogin(endpoint, way.environment.agentSocket);
  sendTogether(passage.stream);
  const { NodeSSH: Ssh } = await import('node-ssh');
  const ssh = new Ssh();
  let refusal: SteadError | undefined;
  try {
    const connecting = ssh.connect({
      sock: passage.stream,
      username: endpoint.user,
      authHandler: [...methods],
      readyTimeout: way.timeoutSeconds * 1000,
      keepaliveInterval: keepaliveSeconds * 1000,
      keepaliveCountMax: keepaliveTries,
      hostVerifier: (key: Buffer) => {
        refusal = judgeHostKey(key, trusted, endpoint);
        return refusal === undefined;
      },
      ...(trusted.algorithms.length > 0
        ? { algorithms: { serverHostKey: [...trusted.algorithms] as never } }
        : {}),
    });
    leaveHostKeysUnproved(ssh.connection);
    await connecting;
  } catch (cause) {
    passage.close();
    if (refusal) throw refusal;
    throw explain(cause as Error & { level?: string }, endpoint, way, notes, () =>
      noKnownKeyType(trusted, endpoint),
    );
  }
  return watch(ssh, endpoint, passage, jump);
}

/**
 * Has what is written in one go leave in one piece: ssh2 writes each of its messages in three, and every one of them
 * would be sent, received and woken up for by itself on both sides.
 */
function sendTogether(stream: Duplex): void {
  const write = stream.write.bind(stream) as Duplex['write'];
  stream.write = ((...piece: Parameters<Duplex['write']>) => {
    if (stream.writableCorked === 0) {
      stream.cork();
      process.nextTick(() => stream.uncork());
    }
    return write(...piece);
  }) as Duplex['write'];
}

/**
 * After each login OpenSSH names all its host keys, and ssh2 has it prove every one, for an event that nobody here hears:
 * as many signatures there as verifications here, in every connection. No option of ssh2 says otherwise.
 */
function leaveHostKeysUnproved(client: Client | null): void {
  const { _protocol: protocol } = client as unknown as { readonly _protocol?: Protocol };
  const answer = protocol?._handlers?.GLOBAL_REQUEST;
  if (answer === undefined) return;
  protocol!._handlers!.GLOBAL_REQUEST = (self, name, wantsReply, data) => {
    if (name !== 'hostkeys-00@openssh.com' || wantsReply) answer(self, name, wantsReply, data);
  };
}

/** Of ssh2's inside, what answers requests that are about a connection as a whole. */
interface Protocol {
  readonly _handlers?: {
    GLOBAL_REQUEST?: (self: unknown, name: string, wantsReply: boolean, data: unknown) => void;
  };
}

function explain(
  cause: Error & { level?: string },
  endpoint: ResolvedEndpoint,
  way: Way,
  notes: readonly string[],
  keyType: () => SteadError,
): SteadError {
  if (cause.level === 'client-authentication') {
    return new SteadError({
      code: 'target.authentication',
      message: `${endpoint.knownAs} lets ${endpoint.user} not log in: ${notes.join('; ')}`,
      hint: `Put a key of yours into ${endpoint.user}'s authorized_keys there, or name another user or key.`,
      cause,
    });
  }
  if (/no matching host key/.test(cause.message)) return keyType();
  const timedOut = cause.level === 'client-timeout' || /ETIMEDOUT|timed out/i.test(cause.message);
  return unreachable(endpoint, timedOut ? noAnswer(way.timeoutSeconds) : messageOf(cause), cause);
}

/** A name with several addresses fails with an error that has a code and no text. */
function messageOf(cause: unknown): string {
  const { message, code } = cause as NodeJS.ErrnoException;
  return message || (code ?? 'it cannot be connected to');
}

function noAnswer(seconds: number): string {
  return `no answer in ${seconds} s`;
}

function unreachable(endpoint: ResolvedEndpoint, why: string, cause?: Error): SteadError {
  return new SteadError({
    code: 'target.unreachable',
    message: `${endpoint.host} port ${endpoint.port} cannot be reached: ${why}`,
    hint: 'See that the host is on, that the address and port are right, and that a firewall lets you in.',
    ...(cause ? { cause } : {}),
  });
}

function watch(
  ssh: NodeSSH,
  endpoint: ResolvedEndpoint,
  passage: Passage,
  jump: Connection | undefined,
): Connection {
  const client = ssh.connection;
  if (!client) throw unreachable(endpoint, 'the connection broke at once');
  let broken: Error | undefined;
  // node-ssh stops listening once it is connected, and an `error` that nobody hears ends the process.
  client.on('error', (error: Error) => (broken ??= error));
  client.on('close', () => (broken ??= new Error('the connection was closed')));
  return {
    client,
    endpoint,
    broken: () => broken,
    close: () => {
      client.end();
      passage.close();
      jump?.close();
    },
  };
}
