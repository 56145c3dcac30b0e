// Where the hash of an account's password is read: a secret that is there before accounts are, or a file of the host.
import {
  assert,
  didYouMean,
  nearest,
  type AnyOptionSet,
  type HostView,
  type Statement,
} from '../../options/index.ts';
import { SECRETS_FOLDER } from '../secret-path.ts';
import { files } from './files.ts';
import { secrets } from './secrets.ts';

/** That the file of each account's password can be read before any account is made. */
export function* passwordAssertions(
  users: AnyOptionSet,
  accounts: Readonly<Record<string, { readonly hashedPasswordFile?: string | undefined }>>,
) {
  for (const [name, { hashedPasswordFile: path }] of Object.entries(accounts)) {
    if (path === undefined) continue;
    const secret = nameIn(path);
    yield assert(
      ({ host }) => problemOf(host, name, path) === undefined,
      ({ host }) => problemOf(host, name, path)!,
      [users, 'users', name, 'hashedPasswordFile'],
      ...(secret === undefined ? [] : [[secrets, 'files', secret] as const]),
    );
  }
}

/** The path that holds the content: where a secret has a path of its own, what the link there leads to. */
export function passwordFile(host: HostView, path: string): string {
  const linked = Object.entries(host.get(secrets).files).find(([, one]) => one.path === path);
  return linked === undefined ? path : `${SECRETS_FOLDER}/${linked[0]}`;
}

function problemOf(host: HostView, account: string, path: string): Statement | undefined {
  const declared = host.get(secrets);
  const name = nameIn(passwordFile(host, path));
  if (name === undefined) {
    return path in fileKinds(host)
      ? {
          message: `the password of ${account} is to be in ${path}, a file of this configuration, which holds no secrets`,
          hint: 'Make it a secret, and write `hashedPasswordFile: secretPath(NAME)`.',
        }
      : undefined;
  }
  if (name in declared.templates) {
    return {
      message: `the password of ${account} is to be in ${name}, which is a template`,
      hint: 'Name the secret itself.',
    };
  }
  const secret = declared.files[name];
  if (secret === undefined) {
    const near = nearest(name, Object.keys(declared.files));
    return {
      message: `the password of ${account} is to be in the secret ${name}, which this host does not declare`,
      hint: didYouMean(near) ?? `Declare it: \`secrets({ files: { '${name}': { neededFor: 'users' } } })\`.`,
    };
  }
  return secret.neededFor === 'users'
    ? undefined
    : {
        message: `the password of ${account} is to be in the secret ${name}, which is not there before accounts are`,
        hint: "Say of the secret `neededFor: 'users'`.",
      };
}

function nameIn(path: string): string | undefined {
  return path.startsWith(`${SECRETS_FOLDER}/`) ? path.slice(SECRETS_FOLDER.length + 1) : undefined;
}

function fileKinds(host: HostView): Readonly<Record<string, unknown>> {
  const { etc, paths } = host.get(files);
  return { ...paths, ...Object.fromEntries(Object.keys(etc).map((name) => [`/etc/${name}`, true])) };
}
