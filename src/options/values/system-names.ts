// Names a Linux system gives things: paths, modes, units, users, packages, environment variables.
import type { z } from 'zod';
import { byPattern, mismatch, textOf } from './build.ts';

/** One line of text: no line break and no other control character but the tab; it may be empty. */
export function line(): z.ZodString {
  return textOf({
    name: 'line of text',
    expected: 'one line of text',
    example: 'Rack gateway',
    pattern: /^(\t|\P{Cc})*$/u,
    problem: (text) => {
      if (/[\n\r]/.test(text)) return 'it holds a line break';
      return textProblem(text.replaceAll('\t', ''));
    },
  });
}

/**
 * An absolute path in its shortest form: no `.`, `..`, empty part or slash at the end, no control character, at most
 * 4095 bytes with 255 a part (Linux limits).
 */
export function absolutePath(): z.ZodString {
  return textOf({
    name: 'absolute path',
    expected: 'an absolute path, such as /etc/motd',
    example: '/etc/motd',
    pattern: /^\/\P{Cc}*$/u,
    problem: (text) => {
      if (text.startsWith('~')) return '~ stands for nothing here: write the whole path';
      if (!text.startsWith('/')) return 'it does not begin with /';
      return textProblem(text) ?? partsProblem(text);
    },
  });
}

/** A file mode as four octal digits in text: `0644`, `0755`, `1777`. A number is refused: it loses its zero. */
export function fileMode(): z.ZodString {
  const pattern = /^[0-7]{4}$/;
  return textOf({
    name: 'file mode',
    expected: "a file mode of four octal digits in quotes, such as '0644'",
    example: '0644',
    pattern,
    problem: byPattern(pattern, (text) => {
      const [, digits] = /^(?:0o)?0*([0-7]{3,4})$/.exec(text) ?? [];
      return digits === undefined ? undefined : `write '${digits.padStart(4, '0')}'`;
    }),
    wrongType: (input) => {
      if (typeof input !== 'number' || !Number.isInteger(input) || input < 0 || input > 0o7777)
        return undefined;
      const octal = input.toString(8);
      const asWritten = /^[0-7]{3,4}$/.test(String(input))
        ? `, and ${input} is '${String(input).padStart(4, '0')}'`
        : '';
      return `a number loses its octal form: 0o${octal} is '${octal.padStart(4, '0')}'${asWritten}`;
    },
  });
}

/** The name of an environment variable (POSIX): letters, digits and underscores, not beginning with a digit. */
export function environmentName(): z.ZodString {
  const pattern = /^[A-Za-z_][0-9A-Za-z_]*$/;
  return textOf({
    name: 'environment variable name',
    expected: 'an environment variable name, such as LLAMA_CACHE',
    example: 'LLAMA_CACHE',
    pattern,
    problem: byPattern(pattern, (text) => {
      if (text.startsWith('$')) return 'leave out the $';
      if (text.includes('=')) return 'leave out the value';
      if (/^\d/.test(text)) return 'it begins with a digit';
      return text === '' ? undefined : 'it holds something else than letters, digits and underscores';
    }),
  });
}

/** The kinds of systemd unit. */
export const unitTypes = [
  'service',
  'socket',
  'device',
  'mount',
  'automount',
  'swap',
  'target',
  'path',
  'timer',
  'slice',
  'scope',
] as const;

/** Which units are accepted. */
export interface UnitNameOptions {
  /** Any by default. */
  readonly type?: (typeof unitTypes)[number];
}

/** The full name of a systemd unit (systemd.unit(5)), instances and templates included: `wg-quick@wg0.service`. */
export function unitName(options: UnitNameOptions = {}): z.ZodString {
  const { type } = options;
  const example = `backup.${type ?? 'service'}`;
  return textOf({
    name: type === undefined ? 'unit name' : `${type} unit name`,
    expected: `the name of a systemd ${type === undefined ? '' : `${type} `}unit, such as ${example}`,
    example,
    pattern: new RegExp(`^[0-9A-Za-z:_.\\\\-][0-9A-Za-z:_.\\\\@-]*\\.(${type ?? unitTypes.join('|')})$`),
    problem: (text) => unitProblem(text, type),
  });
}

/** The name of a user that useradd and systemd both take: lower case, at most 31 characters. */
export function userName(): z.ZodString {
  return accountName('user name', 'a user name, such as caddy', 'caddy');
}

/** The name of a group, by the same rules as `userName`. */
export function groupName(): z.ZodString {
  return accountName('group name', 'a group name, such as www-data', 'www-data');
}

/** The name of a Debian package (Debian Policy 5.6.1), without architecture and version: `wireguard-tools`. */
export function packageName(): z.ZodString {
  const pattern = /^[0-9a-z][0-9a-z+.-]+$/;
  return textOf({
    name: 'Debian package name',
    expected: 'the name of a Debian package, such as wireguard-tools',
    example: 'wireguard-tools',
    pattern,
    problem: byPattern(pattern, (text) => {
      if (/^[^=/:]+[=/]/.test(text)) return `leave out the version: write ${text.split(/[=/]/)[0]}`;
      if (/^[^:]+:/.test(text)) return `leave out the architecture: write ${text.split(':')[0]}`;
      if (text.includes(' ')) return 'it holds a blank: each package is an item of its own';
      if (/[A-Z]/.test(text)) return `write it in lower case: ${text.toLowerCase()}`;
      if (text.includes('_')) return 'it holds no underscore';
      return text.length === 1 ? 'it has two characters at least' : undefined;
    }),
  });
}

/**
 * A version of a Debian package (Debian Policy 5.6.12), or the beginning of one before a `*`, as apt takes it:
 * `1.22.1-9+deb12u3`, `1.22.*`.
 */
export function packageVersion(): z.ZodString {
  const pattern = /^[0-9][0-9A-Za-z.+:~-]*\*?$/;
  return textOf({
    name: 'Debian package version',
    expected: 'a version of a Debian package, such as 1.22.*',
    example: '1.22.*',
    pattern,
    problem: byPattern(pattern, (text) => {
      if (/^[<>=]/.test(text)) return 'leave out the comparison: a * at the end stands for all that follows';
      if (/\*./.test(text)) return 'a * stands at the end only';
      return /^[^0-9]/.test(text) ? 'it begins with a digit' : undefined;
    }),
  });
}

/** The name of a kernel module, as modules-load.d(5) takes it: `br_netfilter`. */
export function moduleName(): z.ZodString {
  const pattern = /^[0-9A-Za-z_][0-9A-Za-z_-]*$/;
  return textOf({
    name: 'kernel module name',
    expected: 'the name of a kernel module, such as br_netfilter',
    example: 'br_netfilter',
    pattern,
    problem: byPattern(pattern, (text) => {
      if (text.endsWith('.ko')) return 'leave out .ko';
      return text.includes(' ') ? 'parameters of a module belong into /etc/modprobe.d' : undefined;
    }),
  });
}

/** A word of the kernel command line: no white space, quote, `$`, backslash or backquote. */
export function kernelParameter(): z.ZodString {
  const pattern = /^[^\s"'`$\\\p{Cc}]+$/u;
  return textOf({
    name: 'kernel parameter',
    expected: 'one word of the kernel command line, such as cgroup_enable=memory',
    example: 'cgroup_enable=memory',
    pattern,
    problem: byPattern(pattern, (text) => {
      if (/\s/.test(text)) return 'it holds white space: each word is an element of its own';
      return /["'`$\\]/.test(text) ? 'it holds a quote, $, backslash or backquote' : undefined;
    }),
  });
}

/** The name of a kernel setting, as sysctl.d(5) takes it: `net.ipv4.ip_forward`, `net/ipv4/conf/eth0.1/rp_filter`. */
export function sysctlName(): z.ZodString {
  const pattern = /^[0-9A-Za-z_-]+([./][0-9A-Za-z_.@:-]+)+$/;
  return textOf({
    name: 'sysctl name',
    expected: 'the name of a kernel setting, such as net.ipv4.ip_forward',
    example: 'net.ipv4.ip_forward',
    pattern,
    problem: (text) => {
      if (text.startsWith('/proc/sys/')) return `write ${text.slice('/proc/sys/'.length)}`;
      if (text.startsWith('-')) return 'leave out the -';
      if (/[*?[]/.test(text)) return 'it is a pattern: name each setting';
      if (!pattern.test(text) || /\.\.|[./]$/.test(text)) return mismatch;
      return undefined;
    },
  });
}

function accountName(name: string, expected: string, example: string): z.ZodString {
  const pattern = /^[a-z_][0-9a-z_-]{0,30}$/;
  return textOf({
    name,
    expected,
    example,
    pattern,
    problem: byPattern(pattern, (text) => {
      if (text === '') return undefined;
      if (/[A-Z]/.test(text)) return `write it in lower case: ${text.toLowerCase()}`;
      if (!/^[0-9a-z_-]*$/.test(text))
        return 'it holds something else than letters, digits, underscores and hyphens';
      if (!/^[a-z_]/.test(text)) return 'it begins with a letter or an underscore';
      return `it has ${text.length} characters, 31 is the most`;
    }),
  });
}

function unitProblem(text: string, type: UnitNameOptions['type']): string | undefined {
  const dot = text.lastIndexOf('.');
  const suffix = text.slice(dot + 1);
  const prefix = text.slice(0, Math.max(dot, 0));
  if (text === '') return mismatch;
  if (text.includes('/')) return 'a unit name is not a path';
  if (dot < 0 || !unitTypes.some((one) => one === suffix)) {
    return `it does not end in ${type === undefined ? 'a unit type such as .service' : `.${type}`}`;
  }
  if (type !== undefined && suffix !== type) return `it ends in .${suffix}, not .${type}`;
  if (prefix === '' || prefix.startsWith('@'))
    return `nothing stands before ${prefix === '' ? `.${type ?? suffix}` : '@'}`;
  const wrong = /[^0-9A-Za-z:_.\\@-]/u.exec(prefix)?.[0];
  if (wrong !== undefined) return `"${wrong}" must be escaped, see systemd-escape(1)`;
  return text.length > 255 ? `it has ${text.length} characters, 255 is the most` : undefined;
}

function textProblem(text: string): string | undefined {
  if (/\p{Cc}/u.test(text)) return 'it holds a control character';
  return text.isWellFormed() ? undefined : 'it holds half of a surrogate pair, which UTF-8 cannot write';
}

function partsProblem(path: string): string | undefined {
  if (path === '/') return undefined;
  const parts = path.slice(1).split('/');
  if (parts.some((part) => ['', '.', '..'].includes(part))) return `write ${shortest(parts)}`;
  if (parts.some((part) => Buffer.byteLength(part) > 255)) return 'a part of it is longer than 255 bytes';
  return Buffer.byteLength(path) > 4095 ? 'it is longer than 4095 bytes' : undefined;
}

function shortest(parts: readonly string[]): string {
  const kept: string[] = [];
  for (const part of parts) {
    if (part === '..') kept.pop();
    else if (part !== '' && part !== '.') kept.push(part);
  }
  return `/${kept.join('/')}`;
}
