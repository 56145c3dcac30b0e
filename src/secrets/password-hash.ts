// What a host takes for the hash of a password: as lib-account-plan.sh has it.
import { randomBytes } from 'node:crypto';

const STRONG = [
  // yescrypt, and gost-yescrypt
  /^\$g?y\$[./0-9A-Za-z]+\$[./0-9A-Za-z]+\$[./0-9A-Za-z]{43}$/,
  // scrypt
  /^\$7\$[./0-9A-Za-z]{12,}\$[./0-9A-Za-z]{43}$/,
  // bcrypt
  /^\$2[aby]\$[0-9]{2}\$[./0-9A-Za-z]{53}$/,
  // SHA-256 and SHA-512
  /^\$5\$(rounds=[1-9][0-9]*\$)?[./0-9A-Za-z]+\$[./0-9A-Za-z]{43}$/,
  /^\$6\$(rounds=[1-9][0-9]*\$)?[./0-9A-Za-z]+\$[./0-9A-Za-z]{86}$/,
];

/** Whether a text is one line with a hash that crypt(5) calls strong; or `!` or `*`, which no password has. */
export function isPasswordHash(text: string): boolean {
  const line = text.replace(/\n$/, '');
  return line === '!' || line === '*' || STRONG.some((one) => one.test(line));
}

/** A hash that no password has, as nobody can tell. */
export function hashOfNothing(): string {
  const digits = (count: number): string =>
    randomBytes(count).toString('base64url').replaceAll('-', '.').replaceAll('_', '/').slice(0, count);
  return `$6$${digits(16)}$${digits(85)}.`;
}
