// Names on a network: ports, MAC addresses, host and domain names, interfaces, URLs.
import { domainToASCII } from 'node:url';
import { z } from 'zod';
import { SteadError } from '../error.ts';
import { parseAddress } from './address.ts';
import { byPattern, mismatch, textOf } from './build.ts';
import { valueNames } from './name.ts';

/** A TCP or UDP port as a number from 1 to 65535. */
export function port(): z.ZodNumber {
  const expected = 'a port, an integer from 1 to 65535';
  return z
    .number({ error: () => expected })
    .check((context) => {
      if (isPort(context.value)) return;
      context.issues.push({ code: 'custom', message: expected, input: context.value });
    })
    .meta({ type: 'integer', minimum: 1, maximum: 65535 })
    .register(valueNames, { name: 'port', example: '51820' });
}

/** Ports from one to another, both included: `27015-27020`. Read it with `portsOf`. */
export function portRange(): z.ZodString {
  return textOf({
    name: 'port range',
    expected: 'a port range, such as 27015-27020',
    example: '27015-27020',
    pattern: rangePattern,
    problem: rangeProblem,
  });
}

/** The two ends of a port range, both included. Raises `value.port-range`. */
export function portsOf(range: string): { readonly first: number; readonly last: number } {
  const problem = rangeProblem(range);
  if (problem === undefined) {
    const [first, last] = range.split('-').map(Number) as [number, number];
    return { first, last };
  }
  throw new SteadError({
    code: 'value.port-range',
    message: `not a port range: ${JSON.stringify(range)}${problem === mismatch ? '' : `: ${problem}`}`,
    hint: 'Write one such as 27015-27020.',
  });
}

/** A 48-bit MAC address with colons, in either case: `d8:3a:dd:01:02:03`. */
export function macAddress(): z.ZodString {
  const pattern = /^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$/;
  return textOf({
    name: 'MAC address',
    expected: 'a MAC address, such as d8:3a:dd:01:02:03',
    example: 'd8:3a:dd:01:02:03',
    pattern,
    problem: byPattern(pattern, (text) => {
      const digits = text.replaceAll(/[-.:]/g, '');
      return /^[0-9A-Fa-f]{12}$/.test(digits) ? `write ${digits.match(/../g)?.join(':')}` : undefined;
    }),
  });
}

/** The name of a host without its domain: one label of letters, digits and hyphens (RFC 1123), at most 63 long. */
export function hostName(): z.ZodString {
  return textOf({
    name: 'host name',
    expected: 'a host name of letters, digits and hyphens, such as gateway',
    example: 'gateway',
    pattern: /^[0-9A-Za-z]([0-9A-Za-z-]{0,61}[0-9A-Za-z])?$/,
    problem: (text) => {
      if (parseAddress(text) !== undefined) return 'this is an IP address';
      const user = /^[^@]*@/.exec(text)?.[0];
      if (user !== undefined) return `leave out ${user}`;
      if (text.includes('.')) return 'leave out the domain: a host name has no dot';
      return labelProblem(text, hostLabel);
    },
  });
}

/** Whether a name may begin with `*.`. */
export interface FqdnOptions {
  /** Accept also `*.wildelab.com`, as certificates name it (RFC 6125). False by default. */
  readonly wildcard?: boolean;
}

/** A fully qualified domain name of a host: two labels or more, without the last dot: `vpn.wildelab.com`. */
export function fqdn(options: FqdnOptions = {}): z.ZodString {
  const wildcard = options.wildcard === true;
  return textOf({
    name: wildcard ? 'domain name or wildcard' : 'fully qualified domain name',
    expected: wildcard
      ? 'a fully qualified domain name or wildcard, such as vpn.wildelab.com or *.wildelab.com'
      : 'a fully qualified domain name, such as vpn.wildelab.com',
    example: 'vpn.wildelab.com',
    pattern: wildcard ? /^(\*\.)?[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+$/ : /^[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+$/,
    problem: (text) => {
      const name = wildcard && text.startsWith('*.') ? text.slice(2) : text;
      if (!wildcard && text.startsWith('*.')) return 'a wildcard is not possible here';
      return (
        nameProblem(name, hostLabel) ?? (name.includes('.') ? undefined : 'it has no dot: add the domain')
      );
    },
  });
}

/**
 * A domain name of one label or more: `lan`, `wildelab.com`, `_acme-challenge.wildelab.com`. Labels may begin with an
 * underscore, as the names of services do (RFC 8552).
 */
export function domainName(): z.ZodString {
  return textOf({
    name: 'domain name',
    expected: 'a domain name, such as wildelab.com',
    example: 'wildelab.com',
    pattern: /^[0-9A-Za-z_-]+(\.[0-9A-Za-z_-]+)*$/,
    problem: (text) => nameProblem(text, serviceLabel),
  });
}

/**
 * The name of a network interface: at most 15 letters, digits, `.`, `_` and `-`. Narrower than the kernel
 * (dev_valid_name), so that the name is safe in file names and in shell; names that systemd or sysctl refuse are too.
 */
export function interfaceName(): z.ZodString {
  const pattern = /^[0-9A-Za-z_.-]{1,15}$/;
  return textOf({
    name: 'interface name',
    expected: 'a network interface name, such as wg0',
    example: 'wg0',
    pattern,
    problem: (text) => {
      if (text.length > 15 && /^[0-9A-Za-z_.-]+$/.test(text)) {
        return `it has ${text.length} characters, the kernel takes 15 at most`;
      }
      if (!pattern.test(text))
        return 'it holds something else than letters, digits, dots, underscores and hyphens';
      if (/^\d+$/.test(text)) return 'a number alone is read as an interface index';
      if (['.', '..', 'all', 'default'].includes(text)) return `"${text}" has another meaning to the kernel`;
      return text.startsWith('-') ? 'it begins with a hyphen' : undefined;
    },
  });
}

/** Which URLs are accepted. */
export interface UrlOptions {
  /** Schemes without the colon; `http` and `https` by default. */
  readonly protocols?: readonly [string, ...string[]];
}

/** An absolute URL (WHATWG) with a host and without a password in it: `https://wildelab.com/`. Kept as written. */
export function url(options: UrlOptions = {}): z.ZodString {
  const protocols = options.protocols ?? ['http', 'https'];
  const listed =
    protocols.length === 1 ? protocols[0] : `${protocols.slice(0, -1).join(', ')} or ${protocols.at(-1)}`;
  const example = `${protocols.at(-1)}://wildelab.com/`;
  return textOf({
    name: 'URL',
    expected: `a URL of protocol ${listed}, such as ${example}`,
    example,
    pattern: /^[A-Za-z][0-9A-Za-z+.-]*:\/\/[^\s/?#]+\S*$/,
    problem: (text) => urlProblem(text, protocols),
  });
}

const rangePattern = /^([1-9]\d{0,4})-([1-9]\d{0,4})$/;
const hostLabel = { pattern: /^[0-9A-Za-z-]+$/, holds: 'letters, digits and hyphens' };
const serviceLabel = {
  pattern: /^_?[0-9A-Za-z-]+$/,
  holds: 'letters, digits and hyphens, after one underscore at most',
};

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65535;
}

function rangeProblem(text: string): string | undefined {
  const [, first, last] = rangePattern.exec(text) ?? [];
  if (first === undefined || last === undefined) {
    return /^\d+:\d+$/.test(text) ? `write ${text.replace(':', '-')}` : mismatch;
  }
  const outside = [first, last].find((number) => !isPort(Number(number)));
  if (outside !== undefined) return `${outside} is not a port, an integer from 1 to 65535`;
  return Number(first) > Number(last) ? `it runs backwards: write ${last}-${first}` : undefined;
}

function nameProblem(name: string, label: typeof hostLabel): string | undefined {
  if (parseAddress(name) !== undefined) return 'this is an IP address';
  if (name.includes('://')) return 'leave out the protocol and the path';
  const user = /^[^@]*@/.exec(name)?.[0];
  if (user !== undefined) return `leave out ${user}`;
  const beforePort = /^(.+):\d+$/.exec(name)?.[1];
  if (beforePort !== undefined) return `leave out the port: write ${beforePort}`;
  if (name.length > 1 && name.endsWith('.')) return `leave out the last dot: write ${name.slice(0, -1)}`;
  if (name.length > 253) return `it has ${name.length} characters, a name has 253 at most`;
  const labels = name.split('.');
  if (/^\d+$/.test(labels.at(-1) ?? '')) return 'the last part is a number';
  if (labels.length > 1 && labels.includes('')) return 'a part between dots is empty';
  for (const one of labels) {
    const problem = labelProblem(one, label);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function labelProblem(text: string, label: typeof hostLabel): string | undefined {
  if (text === '') return mismatch;
  if (/[^\0-\x7f]/.test(text) && domainToASCII(text) !== '')
    return `write "${text}" as ${domainToASCII(text)}`;
  if (!label.pattern.test(text)) return `"${text}" holds something else than ${label.holds}`;
  if (text.length > 63) return `"${text}" has ${text.length} characters, 63 is the most`;
  if (text.startsWith('-') || text.endsWith('-')) return `"${text}" begins or ends with a hyphen`;
  return undefined;
}

function urlProblem(text: string, protocols: readonly string[]): string | undefined {
  if (/\s/.test(text)) return 'it holds white space';
  const [, scheme, host] = /^([A-Za-z][0-9A-Za-z+.-]*):\/\/([^/?#]*)/.exec(text) ?? [];
  if (scheme === undefined) {
    return URL.canParse(`${protocols.at(-1)}://${text}`) && /^[\w.-]+\.[a-z]+([:/]|$)/i.test(text)
      ? `the protocol is missing: write ${protocols.at(-1)}://${text}`
      : mismatch;
  }
  if (!protocols.includes(scheme.toLowerCase())) return `its protocol is ${scheme}`;
  if (host === '') return 'the host is missing';
  if (!URL.canParse(text)) return 'the host or port is not valid';
  const { password } = new URL(text);
  return password === '' ? undefined : 'a password in a URL would be readable by all: keep it in a secret';
}
