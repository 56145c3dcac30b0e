// Flags and arguments that several verbs share.
import type { Command } from 'commander';
import { positiveInteger } from './context.ts';

/** How a usage names the hosts that a verb is for. */
export const HOSTS = '[host...]';

/** Options of verbs that are about all hosts where none is named: what they do not say is as if `--all` were said. */
export function choosing(command: Command): Command {
  return ofHosts(command, 'hosts, or @tags (default: all)').hook('preAction', ({ args }) => {
    if (args.length === 0) command.setOptionValue('all', true);
  });
}

/** The same of verbs that reach hosts. */
export function looking(command: Command): Command {
  return connecting(choosing(command));
}

/** Options of verbs that do something on hosts: on all of them only where that is said. */
export function reaching(command: Command): Command {
  return connecting(ofHosts(command, 'hosts, or @tags'));
}

function ofHosts(command: Command, description: string): Command {
  return command.argument(HOSTS, description).option('--all', 'every host of the fleet');
}

/** How hosts are reached. */
export function connecting(command: Command): Command {
  return command
    .option('--target-root <dir>', "use folders <dir>/<host> instead of the hosts' own targets")
    .option('--ssh-config <file>', 'read this ssh_config(5) for addresses, users, keys and jump hosts')
    .option('--jobs <n>', 'hosts at a time (default: 8)', positiveInteger('--jobs'));
}

/** Options of verbs that bring hosts to a build. */
export function bringing(command: Command): Command {
  return reaching(command)
    .option('--allow-older', 'go back to a commit from before the one that runs')
    .option('--new-machine', 'the machine was replaced, or installed again')
    .option('--plan <hash>', 'only if the host would do what this plan says; `stead dry-activate` prints it');
}

export function watched(command: Command): Command {
  return command.option(
    '--no-watchdog',
    'the host does not take itself back when it cannot be reached any more',
  );
}

/** Options of the verb that goes over many hosts every day. */
export function paced(command: Command): Command {
  return command
    .option('--atomic', 'all of them or none: where one fails, all go back')
    .option('--rolling', 'one host after the other, each when the one before is well')
    .option('--canary <host>', 'this host first; the others when it is well (may be given again)', collected)
    .option('--stop-on-failure', 'begin no further host once one has failed');
}

export function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
