// How configuration speaks of a secret: by the path that its content has on the host, or, in a template, by a text that
// the host replaces by the content. Neither says anything of the content.
import { SteadError } from '../options/error.ts';

/** Where secrets stand on a host: in memory, in folders that nobody but root can list. */
export const SECRETS_FOLDER = '/run/stead/secrets';

/** Where ciphertexts and templates of a generation stand. */
export const SEALED_FOLDER = '/etc/stead/secrets';

/** A name of a secret: `wireguard/gateway`. */
export const SECRET_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

/**
 * The file on the host that holds a secret, or a template with secrets in it, for any option that takes a path:
 * `privateKeyFile: secretPath('wireguard/gateway')`. A build fails where the host does not declare it.
 */
export function secretPath(name: string): string {
  return `${SECRETS_FOLDER}/${named(name)}`;
}

/**
 * Stands for the content of a secret in the text of a template of `secrets`; line ends at its end are left out. The
 * host puts it in when it is switched. It is put in as it is: quote it as the file around it wants.
 */
export function secretContent(name: string): string {
  return `${OPENING}${named(name)}${CLOSING}`;
}

const OPENING = '%%stead:secret:';
const CLOSING = '%%';

/** Names of the secrets whose content a text asks for. */
export function contentsIn(text: string): string[] {
  return namesAfter(text, OPENING);
}

/** Names of the secrets whose path a text holds. */
export function pathsIn(text: string): string[] {
  return namesAfter(text, `${SECRETS_FOLDER}/`);
}

function namesAfter(text: string, before: string): string[] {
  return text
    .split(before)
    .slice(1)
    .flatMap((rest) => /^[A-Za-z0-9][A-Za-z0-9._/-]*/.exec(rest)?.[0].replace(/[./-]+$/, '') ?? []);
}

function named(name: string): string {
  if (SECRET_NAME.test(name)) return name;
  throw new SteadError({
    code: 'secrets.name',
    message: `${JSON.stringify(name)} is no name of a secret`,
    hint: 'Names are letters, digits, "-", "_" and ".", with "/" between folders: wireguard/gateway.',
  });
}
