// Lines of authorized_keys: a public key, and before it what sshd lets it do.
import type { z } from 'zod';
import { mismatch, textOf } from './build.ts';
import { sshPublicKey } from './keys.ts';

/** What may stand before a key (sshd(8), AUTHORIZED_KEYS FILE FORMAT); with `=`, it has a quoted value. */
const OPTIONS = [
  'agent-forwarding',
  'cert-authority',
  'command=',
  'environment=',
  'expiry-time=',
  'from=',
  'no-agent-forwarding',
  'no-port-forwarding',
  'no-pty',
  'no-touch-required',
  'no-user-rc',
  'no-x11-forwarding',
  'permitlisten=',
  'permitopen=',
  'port-forwarding',
  'principals=',
  'pty',
  'restrict',
  'tunnel=',
  'user-rc',
  'verify-required',
  'x11-forwarding',
];

const example =
  'from="10.9.9.0/24",no-pty ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKKplJM6YWqGkbD//AoH0rkVuzPzqnCkJHUXP7EqrUxF me@laptop';

/**
 * A line of authorized_keys: an SSH public key, with or without options before it. An option that sshd does not know is
 * refused: it would ignore the whole line.
 */
export function authorizedKey(): z.ZodString {
  return textOf({
    name: 'line of authorized_keys',
    expected:
      'an SSH public key, such as ssh-ed25519 AAAA… name@host, with or without options of sshd(8) before it',
    example,
    pattern: /^(\P{Cc}+ )?(ssh|ecdsa|sk)-[0-9a-z@.-]+ [0-9A-Za-z+/]+={0,2}( \P{Cc}*)?$/u,
    problem: (text) => {
      const options = optionsBefore(text);
      return optionsProblem(options) ?? keyProblem(text.slice(options === '' ? 0 : options.length + 1));
    },
  });
}

/** What stands before the key: up to the first blank outside quotes, unless the key's type is there already. */
function optionsBefore(text: string): string {
  const [, options = ''] = /^((?:[^\s"]|"(?:\\"|[^"])*")+) /.exec(text) ?? [];
  return /^(ssh|ecdsa|sk)-|^AAAA|^-----BEGIN/.test(options) ? '' : options;
}

function optionsProblem(options: string): string | undefined {
  if (options === '') return undefined;
  for (const option of options.match(/(?:[^,"]|"(?:\\"|[^"])*")+/g) ?? []) {
    const [, name = '', value] = /^([^=]*)(=.*)?$/s.exec(option) ?? [];
    const known = OPTIONS.find((one) => one.replace('=', '') === name.toLowerCase());
    if (known === undefined) return `sshd knows no option ${name}`;
    if (known.endsWith('=') && !/^="(\\"|[^"])*"$/.test(value ?? '')) {
      return `the option ${name} is written ${name}="…"`;
    }
    if (!known.endsWith('=') && value !== undefined) return `the option ${name} has no value`;
  }
  return undefined;
}

function keyProblem(key: string): string | undefined {
  const { error } = sshPublicKey().safeParse(key);
  if (error === undefined) return undefined;
  return error.issues[0]?.message.split('; ').slice(1).join('; ') ?? mismatch;
}
