// stead secrets ACTION: what is encrypted in the repository, for whom, and with what in it.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { EXIT, type ExitCode } from '../../deploy/outcome.ts';
import { repositorySecrets } from '../../deploy/secrets.ts';
import { SteadError, SteadErrors } from '../../options/error.ts';
import {
  checkSecrets,
  edited,
  generated,
  imported,
  identities,
  seal,
  SECRET_KINDS,
  secretState,
  secretStore,
  unseal,
  type AnyIdentity,
  type FleetSecrets,
  type Recipient,
  type SecretState,
  type SecretStore,
} from '../../secrets/index.ts';
import type { CliContext } from '../context.ts';
import { askSecretly, everythingFrom } from '../input.ts';
import { printTable } from '../table.ts';

const argumentsSchema = z.tuple([
  z.enum(['check', 'edit', 'generate', 'import', 'rekey', 'set']),
  z.array(z.string()),
]);

const optionsSchema = z.object({
  identity: z.array(z.string()).default([]),
  from: z.string().optional(),
  key: z.string().optional(),
  passwordFile: z.string().optional(),
  kind: z.enum(SECRET_KINDS).optional(),
  replace: z.boolean().default(false),
});

/** What the actions work with. */
interface Work {
  readonly context: CliContext;
  readonly store: SecretStore;
  readonly fleet: FleetSecrets;
  readonly names: readonly string[];
  readonly options: z.output<typeof optionsSchema>;
  identities(): readonly AnyIdentity[];
}

export async function run(context: CliContext, args: readonly unknown[], given: unknown): Promise<ExitCode> {
  const [action, names] = argumentsSchema.parse(args);
  const options = optionsSchema.parse(given);
  const { env, stdin } = context.process;
  const work: Work = {
    context,
    store: secretStore(context.repository),
    fleet: await repositorySecrets(context.repository),
    names,
    options,
    identities: () =>
      identities({
        files: options.identity.map((file) => resolve(context.process.cwd(), file)),
        homeDirectory: env['HOME'] ?? homedir(),
        ...(stdin.isTTY === true ? { ask: (question) => askSecretly(context.process, question) } : {}),
      }),
  };
  return ACTIONS[action](work);
}

const ACTIONS = { check, edit, generate, import: bringIn, rekey, set } as const;

async function check(work: Work): Promise<ExitCode> {
  const { context, store, fleet, names } = work;
  const all = await checkSecrets(store, fleet);
  const states =
    names.length === 0 ? all : await Promise.all(names.map((name) => secretState(store, fleet, name)));
  if (context.json) context.print(JSON.stringify({ secrets: states }, null, 2));
  else
    printTable(
      context,
      states.map((one) => [one.name, stateText(one), one.hosts.join(', ')]),
    );
  return states.every(({ state }) => state === 'sound' || state === 'unused') ? EXIT.done : EXIT.input;
}

function stateText({ state, lacking, tooMany }: SecretState): string {
  const differs = [
    ...(lacking.length > 0 ? [`not for ${lacking.join(', ')}`] : []),
    ...(tooMany > 0 ? [`for ${tooMany} who should not read it`] : []),
  ].join('; ');
  switch (state) {
    case 'sound':
      return 'as it should be';
    case 'unused':
      return ['no host uses it', ...(differs === '' ? [] : [differs])].join('; ');
    case 'missing':
      return 'MISSING';
    case 'unreadable':
      return 'NOT ENCRYPTED, or damaged';
    case 'recipients':
      return `WRONG RECIPIENTS: ${differs === '' ? 'not those of the fleet' : differs}`;
    default:
      return state satisfies never;
  }
}

async function set(work: Work): Promise<ExitCode> {
  const name = onlyName(work);
  const { stdin } = work.context.process;
  if (stdin.isTTY === true) work.context.note(`The content of ${name}, then Ctrl-D:`);
  const content = await everythingFrom(stdin);
  if (content.length === 0) {
    throw new SteadError({
      code: 'secrets.empty',
      message: `there is nothing on standard input for ${name}; nothing was written`,
      hint: `Pipe the content in: … | stead secrets set ${name}`,
    });
  }
  await sealed(work, name, content);
  return EXIT.done;
}

async function edit(work: Work): Promise<ExitCode> {
  const name = onlyName(work);
  const { store, context } = work;
  const before =
    store.read(name) === undefined ? new Uint8Array() : await unseal(store, name, work.identities());
  const { env } = context.process;
  const folders = [env['XDG_RUNTIME_DIR'] || '/dev/shm', '/dev/shm', '/run'];
  const after = await edited(name, before, env['VISUAL'] || env['EDITOR'] || 'vi', folders);
  if (Buffer.compare(before, after) === 0) {
    report(work, [{ name, changed: false, recipients: [] }]);
    return EXIT.done;
  }
  await sealed(work, name, after);
  return EXIT.done;
}

async function generate(work: Work): Promise<ExitCode> {
  const name = onlyName(work);
  const { store, options } = work;
  if (options.kind === undefined) {
    throw new SteadError({
      code: 'secrets.kind',
      message: 'what is to be generated?',
      hint: `Say --kind ${SECRET_KINDS.join(' | ')}.`,
    });
  }
  if (store.read(name) !== undefined && !options.replace) throw exists(name);
  const { secret, publicHalf } = await generated(options.kind, name);
  await sealed(work, name, Buffer.from(secret));
  if (publicHalf !== undefined) store.writePublicHalf(name, publicHalf);
  return EXIT.done;
}

/** What another tool encrypted. */
async function bringIn(work: Work): Promise<ExitCode> {
  const name = onlyName(work);
  const { store, context, options } = work;
  const { from, key, passwordFile } = options;
  if (from === undefined) {
    throw new SteadError({
      code: 'usage.from',
      message: 'which file is to be imported?',
      hint: 'Say --from FILE: an age file (agenix), one of sops, or an Ansible vault.',
    });
  }
  if (store.read(name) !== undefined && !options.replace) throw exists(name);
  const content = await imported(fileNamed(context, from), key, {
    identities: work.identities,
    password: async () => {
      if (passwordFile !== undefined) return Buffer.from(fileNamed(context, passwordFile)).toString().trim();
      if (context.process.stdin.isTTY === true) return askSecretly(context.process, `Password of ${from}: `);
      throw new SteadError({
        code: 'usage.password',
        message: `${from} is an Ansible vault, and nobody can be asked for its password here`,
        hint: 'Name a file that has it: --password-file FILE',
      });
    },
  });
  await sealed(work, name, content);
  return EXIT.done;
}

function fileNamed({ process }: CliContext, path: string): Uint8Array {
  try {
    return readFileSync(resolve(process.cwd(), path));
  } catch (cause) {
    throw new SteadError({
      code: 'usage.file',
      message: `${path} cannot be read: ${(cause as Error).message}`,
      cause,
    });
  }
}

function exists(name: string): SteadError {
  return new SteadError({
    code: 'secrets.exists',
    message: `there is a secret ${name} already; nothing was changed`,
    hint: 'Say --replace to have another in its place.',
  });
}

/** Each secret whose recipients are not those of its uses is encrypted again; the others stay as they are, to the byte. */
async function rekey(work: Work): Promise<ExitCode> {
  const { store, fleet, names } = work;
  const states =
    names.length === 0
      ? await checkSecrets(store, fleet)
      : await Promise.all(names.map((name) => secretState(store, fleet, name)));
  const errors: SteadError[] = [];
  const done: Sealed[] = [];
  let keys: readonly AnyIdentity[] | undefined;
  for (const { name, state, lacking, tooMany } of states) {
    if (state === 'sound' || (state === 'unused' && lacking.length === 0 && tooMany === 0)) continue;
    try {
      const plaintext = await unseal(store, name, (keys ??= work.identities()));
      done.push({ name, changed: true, recipients: await seal(store, fleet, name, plaintext) });
    } catch (error) {
      if (!(error instanceof SteadError)) throw error;
      errors.push(error);
    }
  }
  report(work, done);
  if (errors.length > 0) throw new SteadErrors(errors);
  return EXIT.done;
}

interface Sealed {
  readonly name: string;
  readonly changed: boolean;
  readonly recipients: readonly Recipient[];
}

async function sealed(work: Work, name: string, content: Uint8Array): Promise<void> {
  const recipients = await seal(work.store, work.fleet, name, content);
  report(work, [{ name, changed: true, recipients }]);
}

function report({ context, store }: Work, all: readonly Sealed[]): void {
  if (context.json) {
    const secrets = all.map(({ name, changed, recipients }) => ({
      name,
      path: store.shownPath(name),
      changed,
      recipients: recipients.map((one) => one.name),
    }));
    context.print(JSON.stringify({ secrets }, null, 2));
    return;
  }
  if (all.length === 0) context.print('nothing to do');
  for (const { name, changed, recipients } of all) {
    const readers = recipients.map((one) => one.name).join(', ');
    context.print(changed ? `${store.shownPath(name)} for ${readers}` : `${name} stays as it is`);
  }
}

function onlyName({ names }: Work): string {
  const [name, ...more] = names;
  if (name !== undefined && more.length === 0) return name;
  throw new SteadError({
    code: 'usage.secret',
    message: `name one secret, got ${names.length}`,
    hint: 'Such as wireguard/gateway, for hosts/secrets/wireguard/gateway.age.',
  });
}
