// IP addresses, networks, interface addresses: text that ipaddr.js reads, kept as written.
import type { z } from 'zod';
import { SteadError } from '../error.ts';
import {
  addressIn,
  bits,
  hostBits,
  hostMask,
  insideNetwork,
  isSubnetOf,
  parseAddress,
  parsePrefixed,
  printNetwork,
  type PrefixedAddress,
} from './address.ts';
import { mismatch, textOf } from './build.ts';

/** Where an address or network must lie. */
export interface InsideOptions {
  /** A network in CIDR form, `10.42.0.0/24`. */
  readonly inside?: string;
}

/** An IPv4 address as four decimal numbers: `10.42.0.1`. Raises `value.address` when `inside` is no network. */
export function ipv4(options: InsideOptions = {}): z.ZodString {
  return address([4], options);
}

/** An IPv6 address (RFC 4291) without a zone: `fd00:42::1`. Kept as written. Raises as `ipv4`. */
export function ipv6(options: InsideOptions = {}): z.ZodString {
  return address([6], options);
}

/** An IPv4 or IPv6 address. Raises as `ipv4`. */
export function ip(options: InsideOptions = {}): z.ZodString {
  return address([4, 6], options);
}

/** An IPv4 network in CIDR form (RFC 4632) with a zero host part: `10.42.0.0/24`. Raises as `ipv4`. */
export function ipv4Network(options: InsideOptions = {}): z.ZodString {
  return networkIn([4], options);
}

/** An IPv6 network in CIDR form with a zero host part: `fd00:42::/64`. Raises as `ipv4`. */
export function ipv6Network(options: InsideOptions = {}): z.ZodString {
  return networkIn([6], options);
}

/** An IPv4 or IPv6 network in CIDR form with a zero host part. Raises as `ipv4`. */
export function network(options: InsideOptions = {}): z.ZodString {
  return networkIn([4, 6], options);
}

/**
 * An address with the prefix length of its network, as an interface has it: `10.42.0.1/24`, `fd00:42::1/64`. In IPv4
 * the first and the last address of a network wider than /31 are refused: they name the network and its broadcast.
 * `inside` speaks of the address, not of the whole network. Raises as `ipv4`.
 */
export function interfaceAddress(options: InsideOptions = {}): z.ZodString {
  const place = placeOf(options, [4, 6]);
  return textOf({
    name: `interface address${place?.text ?? ''}`,
    expected: `an address with its prefix length${place?.text ?? ', such as 10.42.0.1/24'}`,
    example: place === undefined ? '10.42.0.1/24' : `${place.firstHost}/${place.prefixLength}`,
    pattern: patterns.prefixed,
    problem: (text) => {
      const parsed = parsePrefixed(text);
      if (parsed === undefined) return prefixProblem(text, [4, 6]);
      if (options.inside !== undefined && !insideNetwork(text, options.inside)) return mismatch;
      return unusableProblem(text, parsed);
    },
  });
}

type Versions = readonly [4] | readonly [6] | readonly [4, 6];

const patterns = {
  4: /^\d{1,3}(\.\d{1,3}){3}$/,
  6: /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/,
  either: /^[0-9A-Fa-f:.]+$/,
  network4: /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/,
  network6: /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\/\d{1,3}$/,
  prefixed: /^[0-9A-Fa-f:.]+\/\d{1,3}$/,
} as const;

function address(versions: Versions, options: InsideOptions): z.ZodString {
  const place = placeOf(options, versions);
  const { kind, example, pattern } = addressWords(versions);
  return textOf({
    name: `${kind}${place?.text ?? ''}`,
    expected: `an ${kind}${place?.text ?? `, such as ${example}`}`,
    example: place?.firstHost ?? example,
    pattern,
    problem: (text) => {
      const parsed = parseAddress(text);
      if (parsed === undefined) return addressProblem(text);
      if (!includes(versions, parsed.version)) return `this is an IPv${parsed.version} address`;
      return options.inside !== undefined && !insideNetwork(text, options.inside) ? mismatch : undefined;
    },
  });
}

function addressWords(versions: Versions) {
  if (versions.length === 2) return { kind: 'IP address', example: '10.42.0.1', pattern: patterns.either };
  return versions[0] === 4
    ? { kind: 'IPv4 address', example: '10.42.0.1', pattern: patterns[4] }
    : { kind: 'IPv6 address', example: 'fd00:42::1', pattern: patterns[6] };
}

function networkIn(versions: Versions, options: InsideOptions): z.ZodString {
  const place = placeOf(options, versions);
  const { kind, example, pattern } = networkWords(versions);
  return textOf({
    name: `${kind}${place?.text ?? ''}`,
    expected: `an ${kind}${place?.text ?? `, such as ${example}`}`,
    example: options.inside ?? example,
    pattern,
    problem: (text) => {
      const parsed = parsePrefixed(text);
      if (parsed === undefined) return prefixProblem(text, versions);
      if (!includes(versions, parsed.version)) return `this is an IPv${parsed.version} network`;
      if (hostBits(parsed) !== 0n)
        return `the host part of ${text} is not zero: write ${printNetwork(parsed)}`;
      return options.inside !== undefined && !isSubnetOf(text, options.inside) ? mismatch : undefined;
    },
  });
}

function networkWords(versions: Versions) {
  if (versions.length === 2)
    return { kind: 'IP network', example: '10.42.0.0/24', pattern: patterns.prefixed };
  return versions[0] === 4
    ? { kind: 'IPv4 network', example: '10.42.0.0/24', pattern: patterns.network4 }
    : { kind: 'IPv6 network', example: 'fd00:42::/64', pattern: patterns.network6 };
}

/** What `inside` adds to the words of a kind, and an address in it for the example. */
interface InsidePlace {
  readonly text: string;
  readonly firstHost: string;
  readonly prefixLength: number;
}

function placeOf({ inside }: InsideOptions, versions: Versions): InsidePlace | undefined {
  if (inside === undefined) return undefined;
  const parsed = parsePrefixed(inside);
  if (parsed === undefined) throw insideError('not a network', inside, 'Write one such as 10.42.0.0/24.');
  if (hostBits(parsed) !== 0n) throw insideError('not a network', inside, `Write ${printNetwork(parsed)}.`);
  if (!includes(versions, parsed.version)) {
    throw insideError(
      `not an IPv${versions[0]} network`,
      inside,
      'Use `ip` or `network` for both versions of IP.',
    );
  }
  const firstHost = addressIn(inside, hostMask(parsed) === 0n ? 0 : 1);
  return { text: ` inside ${inside}`, firstHost, prefixLength: parsed.prefixLength };
}

function insideError(what: string, inside: string, hint: string): SteadError {
  return new SteadError({
    code: 'value.address',
    message: `inside: ${what}: ${JSON.stringify(inside)}`,
    hint,
  });
}

function addressProblem(text: string): string {
  const [, user, bare] = /^([^@]*@)?(.+?)(?:[:#]\d+)?$/.exec(text) ?? [];
  if (user !== undefined) return `leave out ${user}`;
  if (bare !== undefined && bare !== text && parseAddress(bare)?.version === 4)
    return `leave out the port: write ${bare}`;
  if (parsePrefixed(text) !== undefined) return `leave out the prefix length: write ${text.split('/')[0]}`;
  if (text !== text.trim() && parseAddress(text.trim()) !== undefined)
    return 'there is white space around it';
  if (text.includes('%')) return 'leave out the zone after %';
  const numbers = /^\d+(\.\d+){3}$/.test(text) ? text.split('.') : [];
  const large = numbers.find((number) => Number(number) > 255);
  if (large !== undefined) return `${large} is over 255`;
  const octal = numbers.find((number) => /^0\d/.test(number));
  return octal === undefined ? mismatch : `${octal} has a leading zero, which some programs read as octal`;
}

function prefixProblem(text: string, versions: Versions): string {
  const bare = parseAddress(text);
  if (bare !== undefined) {
    if (!includes(versions, bare.version)) return `this is an IPv${bare.version} address`;
    return `the prefix length is missing: write ${text}/${bits(bare)} for this one address`;
  }
  const [head = '', length = '', ...more] = text.split('/');
  const headAddress = parseAddress(head);
  if (headAddress === undefined || more.length > 0) return addressProblem(head);
  const prefix = maskLength(length);
  if (prefix !== undefined) return `write the prefix length, not the mask: ${head}/${prefix}`;
  if (/^0\d+$/.test(length)) return `the prefix length ${length} has a leading zero`;
  if (/^\d+$/.test(length)) return `the prefix length ${length} is over ${bits(headAddress)}`;
  return `the prefix length is an integer from 0 to ${bits(headAddress)}`;
}

function maskLength(mask: string): number | undefined {
  const parsed = parseAddress(mask);
  if (parsed?.version !== 4) return undefined;
  const [, ones] = /^(1*)0*$/.exec(parsed.value.toString(2).padStart(32, '0')) ?? [];
  return ones?.length;
}

function unusableProblem(text: string, parsed: PrefixedAddress): string | undefined {
  if (parsed.version === 6 || parsed.prefixLength > 30) return undefined;
  if (hostBits(parsed) === 0n) return `${text} is the network itself, not an address in it`;
  if (hostBits(parsed) === hostMask(parsed))
    return `${text} is the broadcast address of ${printNetwork(parsed)}`;
  return undefined;
}

function includes(versions: Versions, version: 4 | 6): boolean {
  return versions.some((one) => one === version);
}
