// stead secrets rotate: new WireGuard keys for all that is in a folder of secrets, on all hosts at once.
import { execa } from 'execa';
import { EXIT, type ExitCode } from '../../deploy/outcome.ts';
import { buildHosts, type BuiltHost } from '../../deploy/index.ts';
import { SteadError } from '../../options/error.ts';
import {
  generated,
  rotationFiles,
  seal,
  unseal,
  type SecretKind,
  type SecretStore,
} from '../../secrets/index.ts';
import { evaluated } from '../evaluated.ts';
import { refuseCutOff } from '../rotation.ts';
import type { Work } from './work.ts';

/** A secret that gets another key. */
interface Rotated {
  readonly name: string;
  readonly kind: SecretKind;
  readonly publicHalf: string | undefined;
}

/** What ends a process at somebody's wish; here only what it has begun, so that keys are never left between. */
const ENDINGS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/**
 * Makes new keys and has another `stead switch --atomic` bring them to every host that they are of any concern to. It
 * is another process, since this one has read the public halves of before. Where it fails or is ended, the old keys are
 * back; where nobody is left to do that, the next run that would bring the new ones anywhere says so.
 */
export async function rotate(work: Work): Promise<ExitCode> {
  const { context } = work;
  refuseCutOff(context);
  const chosen = await rotatedSecrets(work);
  const hosts = await concerned(work, chosen);
  context.note(`new keys for ${chosen.map(({ name }) => name).join(', ')}, on ${hosts.join(', ')}`);
  const files = rotationFiles(context.repository);
  files.clear();
  await makeKeys(work, files.made, chosen);
  files.begin({ folder: work.names[0]!, began: new Date().toISOString(), hosts: [...hosts] });
  const code = await switchAll(work, hosts);
  if (code === EXIT.done) {
    files.end();
    return code;
  }
  files.takeBack();
  context.note('the keys of before are in the repository again');
  return code;
}

/** @throws SteadError `secrets.rotate` where there is nothing to rotate, or something that is no WireGuard key */
async function rotatedSecrets({ names, store, identities }: Work): Promise<readonly Rotated[]> {
  const [folder, ...more] = names;
  const found = store.names().filter((name) => name.startsWith(`${folder}/`));
  if (folder === undefined || more.length > 0 || found.length === 0) {
    throw new SteadError({
      code: 'secrets.rotate',
      message: folder === undefined ? 'what is to be rotated?' : `there are no secrets in ${folder}/`,
      hint: 'Name the folder of secrets that has the keys of the mesh: stead secrets rotate wireguard',
    });
  }
  return Promise.all(
    found.map(async (name): Promise<Rotated> => {
      const publicHalf = store.publicHalf(name);
      const known = publicHalf ?? Buffer.from(await unseal(store, name, identities())).toString();
      if (!/^[A-Za-z0-9+/]{43}=\s*$/.test(known)) {
        throw new SteadError({
          code: 'secrets.rotate',
          message: `${name} is no WireGuard key; nothing was changed`,
          hint: 'Keep the keys of the mesh in a folder of their own.',
        });
      }
      const kind = publicHalf === undefined ? 'preshared' : 'wireguard';
      return { name, kind, publicHalf };
    }),
  );
}

/** Hosts that have one of the secrets, or a public half of one in a file. */
async function concerned(work: Work, chosen: readonly Rotated[]): Promise<readonly string[]> {
  const names = new Set(chosen.map(({ name }) => name));
  const keys = chosen.flatMap(({ publicHalf }) => (publicHalf === undefined ? [] : [publicHalf.trim()]));
  const built = await buildHosts(await evaluated(work.context), [], { all: true });
  return built
    .filter(
      ({ bundle }) => bundle.manifest.secrets.some(({ name }) => names.has(name)) || holds(bundle, keys),
    )
    .map(({ host }) => host.name);
}

function holds({ entries }: BuiltHost['bundle'], keys: readonly string[]): boolean {
  return entries.some(
    ({ content }) => content instanceof Uint8Array && keys.some((key) => Buffer.from(content).includes(key)),
  );
}

async function makeKeys({ fleet }: Work, made: SecretStore, chosen: readonly Rotated[]): Promise<void> {
  for (const { name, kind } of chosen) {
    const { secret, publicHalf } = await generated(kind, name);
    await seal(made, fleet, name, Buffer.from(secret));
    if (publicHalf !== undefined) made.writePublicHalf(name, publicHalf);
  }
}

async function switchAll({ context, options }: Work, hosts: readonly string[]): Promise<ExitCode> {
  const { targetRoot, sshConfig } = options;
  const words = [
    'switch',
    '--atomic',
    ...hosts,
    '--repo',
    context.repository,
    ...(targetRoot === undefined ? [] : ['--target-root', targetRoot]),
    ...(sshConfig === undefined ? [] : ['--ssh-config', sshConfig]),
    ...(context.json ? ['--json'] : []),
  ];
  const running = execa(process.execPath, [context.process.argv[1]!, ...words], {
    reject: false,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const end = (signal: NodeJS.Signals): void => void running.kill(signal);
  for (const signal of ENDINGS) process.on(signal, end);
  const { exitCode } = await running;
  for (const signal of ENDINGS) process.off(signal, end);
  return (Object.values(EXIT) as number[]).includes(exitCode ?? -1) ? (exitCode as ExitCode) : EXIT.failed;
}
