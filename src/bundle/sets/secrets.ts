// The option set `secrets`: what is encrypted in the repository, and decrypted into memory on the hosts that use it.
import { join } from 'node:path';
import { z } from 'zod';
import { assert, entries, explain, options, uniqueList, type HostEvaluation } from '../../options/index.ts';
import {
  absolutePath,
  fileMode,
  groupName,
  sshPublicKey,
  unitName,
  userName,
} from '../../options/values/index.ts';
import { SEALED_FOLDER, SECRET_NAME, SECRETS_FOLDER } from '../secret-path.ts';
import type { FileSource, SecretSource } from '../source.ts';
import { files } from './files.ts';
import { packages } from './packages.ts';

const secretName = () =>
  z
    .string()
    .regex(SECRET_NAME, 'expected a name of letters, digits, "-", "_" and ".", with "/" between folders');

const recipient = z.union([
  z
    .string()
    .regex(/^age1[02-9ac-hj-np-z]{58}$/, 'an age recipient, age1… with 62 characters, or an SSH Ed25519 key'),
  sshPublicKey().refine(
    (key) => key.startsWith('ssh-ed25519 '),
    'expected an SSH key of the type ssh-ed25519',
  ),
]);

const delivered = {
  owner: userName().default('root').describe('The user who owns it.'),
  group: groupName().default('root').describe('The group that owns it.'),
  mode: fileMode().default('0400').describe('Permission bits.'),
  path: absolutePath().optional().describe('Where else it is to be found: a link there leads to it.'),
  restart: uniqueList(unitName()).describe(
    'Units that are restarted when its content changes, each as its `onChange` says. Units that name its path, in their own text or in a file that they read (`readBy`), need not be listed.',
  ),
  reload: uniqueList(unitName()).describe('Units that a reload is enough for.'),
};

const EARLY =
  '`boot`: units that read it start before the basic system is up (`DefaultDependencies=no`), and are ordered after the secrets.';

const secret = z.object({
  ...delivered,
  neededFor: z
    .enum(['boot', 'users', 'services'])
    .default('services')
    .describe(
      `${EARLY} \`users\`: the hash of a password (\`hashedPasswordFile\`), decrypted before accounts are made, and thus root's.`,
    ),
});

const template = z.object({
  text: z
    .string()
    .describe('The file, with `secretContent(NAME)` where the content of a secret is to stand.'),
  ...delivered,
  neededFor: z.enum(['boot', 'services']).default('services').describe(EARLY),
});

export const secrets = options(
  'secrets',
  z.object({
    hostKey: sshPublicKey()
      .optional()
      .describe(
        "The host's own SSH Ed25519 public key (/etc/ssh/ssh_host_ed25519_key.pub), which its secrets are encrypted for: that of `target.ssh.hostKeys` where nothing is said.",
      ),
    administrators: z
      .record(z.string(), recipient)
      .default({})
      .describe(
        'Who may read and change the secrets of this host, by name: an age recipient (age1…) or an SSH Ed25519 public key.',
      ),
    files: entries(secret, undefined, secretName()).describe(
      'Secrets by name. Each is `hosts/secrets/NAME.age` in the repository and `secretPath(NAME)` on the host.',
    ),
    templates: entries(template, undefined, secretName()).describe(
      'Files with secrets in them, put together on the host, by name: `secretPath(NAME)` there.',
    ),
  }),
);

secrets.implement({
  defines: [files, packages],
  *config(self) {
    const all = [...delivery(self)];
    if (all.length === 0) return;
    yield packages({ install: ['age'] });
    const byPath = new Map<string, readonly [string, string]>();
    for (const [kind, name, one] of all) {
      const { path } = one;
      yield* ownedByRoot(kind, name, one);
      const above = all.find(([, other]) => name.startsWith(`${other}/`));
      yield assert(
        above === undefined,
        {
          message: `the secret ${above?.[1]} is a file, so that ${name} cannot be in a folder of that name`,
          hint: 'Rename one of them.',
        },
        [secrets, above?.[0] ?? kind, above?.[1] ?? name],
        [secrets, kind, name],
      );
      if (path === undefined) continue;
      const other = byPath.get(path);
      yield assert(
        other === undefined,
        {
          message: `the secrets ${other?.[1]} and ${name} have the same path, ${path}`,
          hint: 'Give each a path of its own.',
        },
        [secrets, other?.[0] ?? kind, other?.[1] ?? name, 'path'],
        [secrets, kind, name, 'path'],
      );
      byPath.set(path, [kind, name]);
      if (other === undefined) {
        yield files({ paths: { [path]: { target: `${SECRETS_FOLDER}/${name}` } } });
      }
    }
    for (const name of Object.keys(self.templates)) {
      yield assert(
        !(name in self.files),
        { message: `${name} is both a secret and a template`, hint: 'Rename one of them.' },
        [secrets, 'files', name],
        [secrets, 'templates', name],
      );
    }
  },
});

type Delivered = z.output<typeof secret> | z.output<typeof template>;

/** Nobody else is sure to be there when it is decrypted. */
function* ownedByRoot(kind: string, name: string, { owner, group, neededFor }: Delivered) {
  if (neededFor !== 'users') return;
  for (const [key, value] of Object.entries({ owner, group })) {
    yield assert(
      value === 'root',
      {
        message: `the secret ${name} is decrypted before users and groups are made, so that it cannot belong to ${value}`,
        hint: 'Leave `owner` and `group` out, or `neededFor`.',
      },
      [secrets, kind, name, key],
      [secrets, kind, name, 'neededFor'],
    );
  }
}

function* delivery(self: {
  readonly files: Readonly<Record<string, Delivered>>;
  readonly templates: Readonly<Record<string, Delivered>>;
}): Generator<readonly ['files' | 'templates', string, Delivered]> {
  for (const kind of ['files', 'templates'] as const) {
    for (const [name, one] of Object.entries(self[kind])) yield [kind, name, one];
  }
}

/**
 * The secrets of a host for the bundle, and the files that carry them there: ciphertexts and templates.
 * @param folder where the ciphertexts are on this machine
 */
export function secretSources(
  host: HostEvaluation,
  folder: string,
): { readonly secrets: SecretSource[]; readonly sealed: FileSource[] } {
  const self = host.get(secrets);
  const found: SecretSource[] = [];
  const sealed: FileSource[] = [];
  for (const [set, name, one] of delivery(self)) {
    const kind = set === 'files' ? 'secret' : 'template';
    const source = `${SEALED_FOLDER}/${name}.${kind === 'secret' ? 'age' : 'template'}`;
    const content = kind === 'secret' ? { file: join(folder, `${name}.age`) } : self.templates[name]!.text;
    const origin = {
      get origin() {
        return explain(host, secrets, [set, name]).map(({ place }) => place);
      },
    };
    sealed.push(
      Object.assign(origin, {
        path: source,
        kind: 'link',
        mode: '0400',
        owner: 'root',
        group: 'root',
        content,
      } as const),
    );
    const { owner, group, mode, path, neededFor, restart, reload } = one;
    found.push({
      name,
      kind,
      source,
      owner,
      group,
      mode,
      link: path ?? null,
      neededFor,
      restart,
      reload,
    });
  }
  return { secrets: found, sealed };
}
