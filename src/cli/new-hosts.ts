// Hosts that a new fleet begins with: named on the command line or asked for, each with keys that a person vouches for.
import { SteadError } from '../options/index.ts';
import type { CliContext } from './context.ts';
import { shownKeys } from './host-keys.ts';
import { conversation, type Ask } from './input.ts';

/** A host that a new fleet has from its first day. */
export interface NewHost {
  readonly name: string;
  readonly user: string | undefined;
  readonly address: string;
  readonly port: number | undefined;
  /** Its public keys, `ssh-ed25519 AAAA…`. */
  readonly hostKeys: readonly string[];
}

/** Where a host is, before anybody has looked at its keys. */
type Address = Omit<NewHost, 'hostKeys'>;

/**
 * The hosts of words `NAME=[USER@]ADDRESS[:PORT]`, with the keys that they show.
 * @param isTrusted whether they are taken for their own without a question
 * @throws SteadError `usage.init`, `init.unreachable`
 */
export async function namedHosts(
  context: CliContext,
  words: readonly string[],
  isTrusted: boolean,
): Promise<readonly NewHost[]> {
  const addresses = words.map(addressOf);
  const names = addresses.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw unusable(`there are two hosts ${twice}`, 'Give each a name of its own.');
  if (isTrusted) return inTurn(addresses, (one) => withKeys(context, one, async () => true));
  return conversing(context, (ask) => inTurn(addresses, (one) => withKeys(context, one, agreement(ask))));
}

/** Asks a person on the terminal for hosts until there is no further one. What cannot be is said, and asked again. */
export function askedHosts(context: CliContext): Promise<readonly NewHost[]> {
  context.note('The hosts of the new fleet. With none, it begins with a folder that stands for one.');
  return conversing(context, async (ask) => {
    const hosts: NewHost[] = [];
    for (;;) {
      const name = await ask(hosts.length === 0 ? 'Name of a host: ' : 'Name of a further host: ');
      if (name === '') return hosts;
      try {
        if (hosts.some((host) => host.name === name)) throw unusable(`there is a host ${name} already`, '');
        checkName(name);
        const where = await ask('Its address, such as 192.0.2.10 or admin@192.0.2.10:22 : ');
        hosts.push(await withKeys(context, addressOf(`${name}=${where}`), agreement(ask)));
      } catch (error) {
        if (!(error instanceof SteadError) || !ASKED_AGAIN.has(error.code)) throw error;
        context.note(`${error.message}. Once more:`);
      }
    }
  });
}

/** What another answer mends. */
const ASKED_AGAIN: ReadonlySet<string> = new Set(['usage.init', 'init.unreachable']);

function addressOf(text: string): Address {
  const [, name = '', rest = ''] = /^([^=]*)=(.*)$/.exec(text) ?? [];
  const [, user, address, port] =
    /^(?:([^@=:\s']+)@)?([^@:\s']+|[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:]*)(?::([1-9][0-9]{0,4}))?$/.exec(rest) ??
    [];
  if (name === '' || address === undefined || Number(port ?? 1) > 65_535) {
    throw unusable(
      `"${text}" names no host`,
      'Write NAME=ADDRESS or NAME=USER@ADDRESS:PORT, such as gateway=admin@192.0.2.10',
    );
  }
  checkName(name);
  return { name, user, address, port: port === undefined ? undefined : Number(port) };
}

function checkName(name: string): void {
  if (/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(name)) return;
  throw unusable(`"${name}" is no name for a host`, 'A name is of a to z, 0 to 9 and -.');
}

/** Shows a server's keys, and takes them where a person says that they are its own. */
async function withKeys(
  context: CliContext,
  host: Address,
  isAgreed: (question: string) => Promise<boolean>,
): Promise<NewHost> {
  const { name, address, port = 22 } = host;
  const keys = await shownKeys(name, address, port);
  context.note(`${name}: the server at ${address} shows`);
  for (const { key, fingerprint } of keys) context.note(`  ${key.split(' ')[0]} ${fingerprint}`);
  if (
    await isAgreed(
      'Are these its own? Compare with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` there. [y/N] ',
    )
  ) {
    return { ...host, hostKeys: keys.map(({ key }) => key) };
  }
  throw new SteadError({
    code: 'init.disowned',
    host: name,
    message: 'nobody vouches for its keys; nothing was written',
    hint: 'Answer y, or pass --yes where the way to the host is sure.',
  });
}

function agreement(ask: Ask): (question: string) => Promise<boolean> {
  return async (question) => /^y(es)?$/i.test(await ask(question));
}

/** Without a terminal nobody answers, which is no. */
async function conversing<T>(context: CliContext, talk: (ask: Ask) => Promise<T>): Promise<T> {
  if (context.process.stdin.isTTY !== true) return talk(async () => '');
  await using open = conversation(context.process);
  return await talk(open.ask);
}

async function inTurn<T, R>(values: readonly T[], work: (value: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (const value of values) results.push(await work(value));
  return results;
}

function unusable(message: string, hint: string): SteadError {
  return new SteadError({ code: 'usage.init', message, hint });
}
