// Where an SSH server is and how to log in there: what the caller says, completed from an ssh_config file.

import { SteadError } from '../options/error.ts';

/** What a caller says about one SSH server. */
export interface SshEndpoint {
  /** An address, a name, or a `Host` of the ssh_config file. */
  readonly host: string;
  /** By default what the ssh_config file says, else 22. */
  readonly port?: number;
  /** By default what the ssh_config file says, else the environment's. */
  readonly user?: string;
  /** Private keys to try, `~/` being the home folder; with any, none of the usual places is looked at. */
  readonly identityFiles?: readonly string[];
  /** The host's public keys, `ssh-ed25519 AAAA…`; with any, no known_hosts file is asked. */
  readonly hostKeys?: readonly string[];
  /** Servers to go through, the first one first; with any, the ssh_config file's own ways are not taken. */
  readonly jump?: readonly SshEndpoint[];
  /** A `Host` of the ssh_config file that, where the file gives it a `HostName`, stands for all of this. */
  readonly alias?: string;
}

/** The caller's machine, as far as SSH cares. */
export interface SshEnvironment {
  readonly homeDirectory: string;
  readonly user: string;
  /** SSH_AUTH_SOCK. */
  readonly agentSocket?: string;
  /** An ssh_config file; by default `~/.ssh/config` where there is one. */
  readonly configFile?: string;
}

/** An endpoint with nothing left open. */
export interface ResolvedEndpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly identityFiles: readonly string[];
  readonly hostKeys: readonly string[] | undefined;
  /** The name under which known_hosts files know it. */
  readonly knownAs: string;
  readonly knownHostsFiles: readonly string[];
  readonly jump: readonly SshEndpoint[];
  readonly proxyCommand: string | undefined;
}

/** One `Host`'s settings of an ssh_config file, keys in lower case (ssh_config(5)). */
export type SshSettings = Readonly<Record<string, string | readonly string[]>>;

const defaultIdentities = ['~/.ssh/id_ed25519', '~/.ssh/id_ecdsa', '~/.ssh/id_rsa'];

/** Completes an endpoint: what the caller says wins over the settings, and those over OpenSSH's defaults. */
export function resolveEndpoint(
  endpoint: SshEndpoint,
  settings: SshSettings,
  environment: SshEnvironment,
): ResolvedEndpoint {
  const host = first(settings['hostname'])?.replaceAll('%h', endpoint.host) ?? endpoint.host;
  const port = endpoint.port ?? Number(first(settings['port']) ?? 22);
  const user = endpoint.user ?? first(settings['user']) ?? environment.user;
  const tokens = { h: host, p: String(port), r: user, n: endpoint.host, d: environment.homeDirectory };
  const alias = first(settings['hostkeyalias']);
  const proxyCommand = first(settings['proxycommand']);
  return {
    host,
    port,
    user,
    identityFiles: (some(endpoint.identityFiles) ?? list(settings['identityfile'] ?? defaultIdentities)).map(
      (path) => expandPath(path, tokens),
    ),
    hostKeys: some(endpoint.hostKeys),
    knownAs: alias ?? (port === 22 ? host : `[${host}]:${port}`),
    knownHostsFiles: [
      ...words(settings['userknownhostsfile'], ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']),
      ...words(settings['globalknownhostsfile'], ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']),
    ].map((path) => expandPath(path, tokens)),
    jump: some(endpoint.jump) ?? parseProxyJump(first(settings['proxyjump'])),
    proxyCommand:
      some(endpoint.jump) || proxyCommand === undefined || proxyCommand === 'none'
        ? undefined
        : expandTokens(proxyCommand, tokens),
  };
}

/** `[user@]host[:port],…` or `ssh://…` (ssh_config(5), ProxyJump); `none` and nothing are no jump. */
export function parseProxyJump(value: string | undefined): SshEndpoint[] {
  if (value === undefined || value === '' || value.toLowerCase() === 'none') return [];
  return value.split(',').map((hop) => {
    const match = /^(?:ssh:\/\/)?(?:([^@]+)@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(hop.trim());
    if (!match?.[2]) {
      throw new SteadError({
        code: 'target.ssh-config',
        message: `the jump host \`${hop.trim()}\` is not of the form user@host:port`,
        hint: 'Write it as ssh_config(5) says under ProxyJump.',
      });
    }
    return {
      host: match[2].replace(/^\[(.*)\]$/, '$1'),
      ...(match[1] === undefined ? {} : { user: match[1] }),
      ...(match[3] === undefined ? {} : { port: Number(match[3]) }),
    };
  });
}

function first(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.join(' ');
}

function some<T>(values: readonly T[] | undefined): readonly T[] | undefined {
  return values && values.length > 0 ? values : undefined;
}

function list(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

function words(
  value: string | readonly string[] | undefined,
  fallback: readonly string[],
): readonly string[] {
  if (value === undefined) return fallback;
  return list(value)
    .flatMap((text) => text.split(/\s+/))
    .filter((word) => word !== '' && word !== 'none');
}

type Tokens = Readonly<Record<string, string>>;

function expandPath(path: string, tokens: Tokens): string {
  return expandTokens(path.replace(/^~(?=\/|$)/, '%d'), tokens);
}

function expandTokens(text: string, tokens: Tokens): string {
  return text.replaceAll(/%(.)/g, (whole, letter: string) =>
    letter === '%' ? '%' : (tokens[letter] ?? whole),
  );
}
