// The verbs, as data: how each is called, and where its code is, loaded when it runs.
import type { Command } from 'commander';
import type { ExitCode } from '../deploy/outcome.ts';
import { days, positiveInteger, type CliContext } from './context.ts';
import {
  bringing,
  choosing,
  collected,
  connecting,
  HOSTS,
  looking,
  paced,
  reaching,
  watched,
} from './flags.ts';

/** A verb's code. */
export interface VerbModule {
  /** @param args what stands behind the verb @param options what commander made of the flags */
  run(context: CliContext, args: readonly unknown[], options: unknown): Promise<ExitCode>;
}

export interface Verb {
  readonly usage: string;
  readonly summary: string;
  declare(command: Command): Command;
  load(): Promise<VerbModule>;
}

export const VERBS: readonly Verb[] = [
  {
    usage: 'init',
    summary: 'make a new fleet repository that builds at once',
    declare: (command) =>
      command
        .argument('[dir]', 'where to make it (default: the working directory)')
        .option('--host <name=address>', 'a real host: NAME=[USER@]ADDRESS[:PORT]', collected)
        .option('--yes', 'take the keys that the hosts show for their own'),
    load: () => import('./verbs/init.ts'),
  },
  {
    usage: 'build',
    summary: 'evaluate, render, write out/, print host and hash',
    declare: choosing,
    load: () => import('./verbs/build.ts'),
  },
  {
    usage: 'check',
    summary: 'evaluate everything, and run every check whose program is installed here',
    declare: choosing,
    load: () => import('./verbs/check.ts'),
  },
  {
    usage: 'update',
    summary: 'look up what recipes and models are made from now, into stead.lock: of all, or of those named',
    declare: (command) => command.argument('[name...]', 'recipes, models, or lines of stead.lock'),
    load: () => import('./verbs/update.ts'),
  },
  {
    usage: 'diff',
    summary: 'what switch would change, against what the hosts run; or what differs between any two',
    declare: (command) =>
      looking(command)
        .option('--from <n>', 'a generation, instead of the one that runs', positiveInteger('--from'))
        .option('--to <n>', 'a generation, instead of a build', positiveInteger('--to'))
        .option('--commits <a..b>', 'builds of two commits; of one and the repository as it stands: a..'),
    load: () => import('./verbs/diff.ts'),
  },
  {
    usage: 'switch',
    summary: 'build, copy, activate, confirm',
    declare: (command) => paced(watched(bringing(command))),
    load: () => import('./verbs/switch.ts'),
  },
  {
    usage: 'test',
    summary: 'as switch, but only until the next boot',
    declare: (command) => watched(bringing(command)),
    load: () => import('./verbs/test.ts'),
  },
  {
    usage: 'boot',
    summary: 'build and copy; the next shutdown commits it, and a boot that fails takes it back',
    declare: bringing,
    load: () => import('./verbs/boot.ts'),
  },
  {
    usage: 'dry-activate',
    summary: 'what switch would do on the hosts, step by step, and the hash of that plan',
    declare: reaching,
    load: () => import('./verbs/dry-activate.ts'),
  },
  {
    usage: 'adopt',
    summary: 'what the first switch of a host would take over, and how it differs',
    declare: reaching,
    load: () => import('./verbs/adopt.ts'),
  },
  {
    usage: 'reconcile',
    summary: 'pull, build, switch what changed or drifted, and tell how it went; for every night',
    declare: (command) =>
      looking(command)
        .option(
          '--settings <file>',
          'whom to trust, how patient to be, whom to tell: what the module `reconcile` writes',
        )
        .option('--no-pull', 'with the commit that is checked out')
        .option('--retry', 'also what hosts were taken back from before')
        .addOption(command.createOption('--pulled', 'the lock is held, and the commit is there').hideHelp()),
    load: () => import('./verbs/reconcile.ts'),
  },
  {
    usage: 'upgrade',
    summary:
      'upgrade Debian packages host by host, restart where that asks for it, stop where a host is not well',
    declare: (command) =>
      reaching(command)
        .option('--no-restart', 'restart no host, whatever its packages ask for')
        .option(
          '--return-seconds <n>',
          'how long a host may take to come back from a restart (default: 600)',
          positiveInteger('--return-seconds'),
        )
        .option('--settings <file>', 'whom to tell: what the module `reconcile` writes'),
    load: () => import('./verbs/upgrade.ts'),
  },
  {
    usage: 'rollback',
    summary: 'back to the generation before, to the one named, or to what ran at a time',
    declare: (command) =>
      reaching(command)
        .option('--to <n|commit>', 'the number of a generation, or the commit that it was built from')
        .option('--as-of <time>', 'what ran then: 12h or 2d ago, 22:00, 2026-11-20T22:00'),
    load: () => import('./verbs/rollback.ts'),
  },
  {
    usage: 'generations',
    summary: 'the generations of hosts, with commit, time, and which is current',
    declare: looking,
    load: () => import('./verbs/generations.ts'),
  },
  {
    usage: 'log',
    summary:
      'what was switched on hosts, by whom, from which commit, how long, which units were touched; of the hash of a recipe, what its build said',
    declare: looking,
    load: () => import('./verbs/log.ts'),
  },
  {
    usage: 'status',
    summary: 'current generation, commit, age, drift, health and pending restarts of hosts',
    declare: (command) =>
      looking(command)
        .option('--watch', 'look again every five seconds')
        .option('--html <file>', 'write one page with all of it, and the history'),
    load: () => import('./verbs/status.ts'),
  },
  {
    usage: 'verify',
    summary: 'every file of the store and every managed path, against hash, mode and owner',
    declare: (command) =>
      reaching(command)
        .option('--repair', 'put right what differs, with the bundle in out/')
        .option('--downloads', 'hash downloads, too, which takes a while'),
    load: () => import('./verbs/verify.ts'),
  },
  {
    usage: 'gc',
    summary: 'drop old generations, and what only they used',
    declare: (command) =>
      reaching(command)
        .option('--keep <n>', 'drop all but the newest n generations', positiveInteger('--keep'))
        .option('--older-than <time>', 'drop generations older than this: 30d, 8w', days('--older-than'))
        .option('--packages', 'remove packages that stead installed and no generation wants any more'),
    load: () => import('./verbs/gc.ts'),
  },
  {
    usage: 'remove',
    summary: 'take everything of stead from hosts; what was there before comes back',
    declare: (command) => reaching(command).option('--yes', 'do it'),
    load: () => import('./verbs/remove.ts'),
  },
  {
    usage: 'lab',
    summary: 'boot hosts of the fleet on this machine and switch them there; as root on Debian',
    declare: (command) =>
      command
        .addArgument(command.createArgument('<action>').choices(['up', 'down', 'status']))
        .argument(HOSTS, 'hosts, or @tags (default: all that have an SSH address)'),
    load: () => import('./verbs/lab.ts'),
  },
  {
    usage: 'wireguard',
    summary: 'the configuration of a roaming device of the mesh, and a QR code for its camera',
    declare: (command) =>
      command
        .addArgument(command.createArgument('<action>').choices(['peer']))
        .argument('<device>', 'its name on the hub: phone')
        .option('--private-key-file <file>', 'the private key of the device; - reads standard input')
        .option('--preshared-key-file <file>', 'the key that it shares with the hub besides'),
    load: () => import('./verbs/wireguard.ts'),
  },
  {
    usage: 'secrets',
    summary: 'make, change and check secrets, and encrypt them for those who use them',
    declare: (command) =>
      connecting(command)
        .addArgument(
          command
            .createArgument('<action>')
            .choices(['check', 'edit', 'generate', 'import', 'rekey', 'rotate', 'set']),
        )
        .argument(
          '[name...]',
          'such as wireguard/gateway, for hosts/secrets/wireguard/gateway.age; rotate: the folder wireguard',
        )
        .option('--identity <file...>', 'private keys to decrypt with: of age, or SSH keys')
        .option('--kind <kind>', 'generate: wireguard, preshared, password, token or ssh')
        .option('--from <file>', 'import: an age file (agenix), one of sops, or an Ansible vault')
        .option('--key <path>', 'import: which value of a YAML or JSON file: db.password')
        .option('--password-file <file>', 'import: the password of an Ansible vault')
        .option('--replace', 'generate, import: in place of the one that is there'),
    load: () => import('./verbs/secrets.ts'),
  },
  {
    usage: 'eval',
    summary: "a host's final values as JSON, or those of one option set",
    declare: (command) => command.argument('<host>').argument('[set]'),
    load: () => import('./verbs/eval.ts'),
  },
  {
    usage: 'why',
    summary: 'every definition of a value, with place and priority, and which one won',
    declare: (command) => command.argument('<host>').argument('<option.path>'),
    load: () => import('./verbs/why.ts'),
  },
  {
    usage: 'facts',
    summary: 'read what hosts are (addresses, host keys, memory, disks) into hosts/facts/',
    declare: reaching,
    load: () => import('./verbs/facts.ts'),
  },
  {
    usage: 'topology',
    summary: 'the fleet as an SVG: networks, hosts, tunnels, what listens',
    declare: (command) => command.option('--mermaid', 'as a Mermaid flowchart'),
    load: () => import('./verbs/topology.ts'),
  },
  {
    usage: 'options',
    summary: 'the option reference, whole or of one set',
    declare: (command) => command.argument('[set]').option('--markdown', 'as Markdown'),
    load: () => import('./verbs/options.ts'),
  },
  {
    usage: 'completion',
    summary: 'the completion script for a shell: bash, zsh or fish',
    declare: (command) => command.argument('<shell>'),
    load: () => import('./verbs/completion.ts'),
  },
  {
    usage: 'schema',
    summary: 'the JSON Schema of a format: manifest',
    declare: (command) => command.argument('<format>'),
    load: () => import('./verbs/schema.ts'),
  },
];
