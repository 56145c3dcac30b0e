// Reads an ssh_config file, with the files that it includes.

import { globSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type SSHConfig from 'ssh-config';
import { SteadError } from '../options/error.ts';
import type { SshEnvironment, SshSettings } from './sshEndpoint.ts';

const deepestInclude = 16;

type SettingsOf = (host: string) => SshSettings;

/** Read once for all hosts that are reached from an environment. */
const known = new WeakMap<SshEnvironment, Promise<SettingsOf>>();

/**
 * The settings for a host in an environment's ssh_config file, as it stands when the first one is asked for.
 * @throws SteadError `target.ssh-config` when a file that was named cannot be read
 */
export function readSshConfig(environment: SshEnvironment): Promise<SettingsOf> {
  const settings = known.get(environment) ?? settingsIn(environment);
  known.set(environment, settings);
  return settings;
}

async function settingsIn(environment: SshEnvironment): Promise<SettingsOf> {
  const folder = join(environment.homeDirectory, '.ssh');
  const text = readNamed(
    environment.configFile ?? join(folder, 'config'),
    environment.configFile === undefined,
  );
  if (text === undefined) return () => ({});
  const config = await parse(text, folder, 0);
  return (host) => config.compute(host, { ignoreCase: true });
}

function readNamed(path: string, optional: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (optional && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SteadError({
      code: 'target.ssh-config',
      message: `the ssh_config file ${path} cannot be read: ${(cause as Error).message}`,
      hint: 'Name another file with --ssh-config.',
      cause,
    });
  }
}

/** `Include` lines are replaced by what they name; relative names are below `~/.ssh` (ssh_config(5)). */
async function parse(text: string, folder: string, depth: number): Promise<SSHConfig> {
  const { default: Config } = await import('ssh-config');
  const config = Config.parse(text);
  await expandIncludes(config, folder, depth);
  return config;
}

async function expandIncludes(config: SSHConfig, folder: string, depth: number): Promise<void> {
  for (let index = config.length - 1; index >= 0; index--) {
    const line = config[index];
    if (!line || !('param' in line)) continue;
    if ('config' in line) await expandIncludes(line.config, folder, depth);
    if (!/^include$/i.test(line.param)) continue;
    const patterns = typeof line.value === 'string' ? [line.value] : line.value.map(({ val }) => val);
    const included = await Promise.all(patterns.flatMap((pattern) => filesOf(pattern, folder)).map(load));
    config.splice(index, 1, ...included.flatMap((lines) => [...lines]));
  }

  async function load(path: string): Promise<SSHConfig> {
    if (depth >= deepestInclude) {
      throw new SteadError({
        code: 'target.ssh-config',
        message: `the ssh_config file ${path} is included ${deepestInclude} files deep`,
        hint: 'Look for a file that includes itself.',
      });
    }
    return parse(readNamed(path, false) ?? '', folder, depth + 1);
  }
}

function filesOf(pattern: string, folder: string): string[] {
  const home = pattern.replace(/^~(?=\/)/, join(folder, '..'));
  return globSync(isAbsolute(home) ? home : join(folder, home)).sort();
}
