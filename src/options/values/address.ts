// Arithmetic on IP addresses and networks, over their text: what modules compute with.
import ipaddr from 'ipaddr.js';
import { SteadError } from '../error.ts';

/** An address as a number. */
export interface Address {
  readonly version: 4 | 6;
  readonly value: bigint;
}

/** An address with a prefix length: an interface address, or a network when its host part is zero. */
export interface PrefixedAddress extends Address {
  readonly prefixLength: number;
}

/**
 * Whether an address lies inside a network: `insideNetwork('10.42.0.7', '10.42.0.0/24')`. An interface address
 * counts by its address alone. An address of the other IP version is outside.
 * Raises `value.address` for text that is neither.
 */
export function insideNetwork(address: string, network: string): boolean {
  return contains(prefixed(network), addressWithin(address));
}

/** Whether two networks share an address; `10.42.0.1/24` stands for its network. Raises `value.address`. */
export function networksOverlap(first: string, second: string): boolean {
  const a = prefixed(first);
  const b = prefixed(second);
  return a.prefixLength <= b.prefixLength ? contains(a, b) : contains(b, a);
}

/** Whether every address of `inner` is in `outer` (a network is a subnet of itself). Raises `value.address`. */
export function isSubnetOf(inner: string, outer: string): boolean {
  const a = prefixed(inner);
  const b = prefixed(outer);
  return a.prefixLength >= b.prefixLength && contains(b, a);
}

/** The network of an interface address: `10.42.0.7/24` gives `10.42.0.0/24`. Raises `value.address`. */
export function networkOf(interfaceAddress: string): string {
  return printNetwork(prefixed(interfaceAddress));
}

/** The address without its prefix length: `10.42.0.7/24` gives `10.42.0.7`, as written. Raises `value.address`. */
export function addressOf(interfaceAddress: string): string {
  prefixed(interfaceAddress);
  return interfaceAddress.slice(0, interfaceAddress.indexOf('/'));
}

/** The number of leading bits that name the network: `10.42.0.7/24` gives 24. Raises `value.address`. */
export function prefixLength(interfaceAddress: string): number {
  return prefixed(interfaceAddress).prefixLength;
}

/** The bits after the prefix, as a number: `10.42.0.7/24` gives `7n`. Raises `value.address`. */
export function hostPart(interfaceAddress: string): bigint {
  return hostBits(prefixed(interfaceAddress));
}

/**
 * The address with a given host part: `addressIn('10.42.0.0/24', 7)` gives `10.42.0.7`; IPv6 in the form of
 * RFC 5952. Raises `value.address` for text that is no network, or a host part that does not fit.
 */
export function addressIn(network: string, host: number | bigint): string {
  const parsed = prefixed(network);
  const part = BigInt(host);
  if (part < 0n || part > hostMask(parsed)) {
    throw new SteadError({
      code: 'value.address',
      message: `the host part ${part} does not fit into ${network}`,
      hint: `Use a number from 0 to ${hostMask(parsed)}.`,
    });
  }
  return printAddress({ version: parsed.version, value: networkValue(parsed) | part });
}

/**
 * Order for sorting addresses, interface addresses and networks: IPv4 before IPv6, then by number, then the shorter
 * prefix first. 0 for two spellings of one address. Raises `value.address`.
 */
export function compareAddresses(first: string, second: string): -1 | 0 | 1 {
  const a = addressWithin(first);
  const b = addressWithin(second);
  return (
    order(a.version, b.version) ||
    order(a.value, b.value) ||
    order(a.prefixLength ?? bits(a), b.prefixLength ?? bits(b))
  );
}

/** The address that a text is, or undefined: IPv4 as four decimal numbers, IPv6 by RFC 4291 without a zone. */
export function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return numeric(4, ipaddr.IPv4.parse(text));
  if (sixPattern.test(text) && ipaddr.IPv6.isValid(text)) return numeric(6, ipaddr.IPv6.parse(text));
  return undefined;
}

/** The address and prefix length that a text is, or undefined. */
export function parsePrefixed(text: string): PrefixedAddress | undefined {
  const [, head, length] = prefixPattern.exec(text) ?? [];
  const address = head === undefined ? undefined : parseAddress(head);
  if (address === undefined || Number(length) > bits(address)) return undefined;
  return { ...address, prefixLength: Number(length) };
}

/** How many bits an address of this version has. */
export function bits(address: Address): 32 | 128 {
  return address.version === 4 ? 32 : 128;
}

/** The bits after the prefix. */
export function hostBits(address: PrefixedAddress): bigint {
  return address.value & hostMask(address);
}

/** The largest host part. */
export function hostMask(address: PrefixedAddress): bigint {
  return (1n << BigInt(bits(address) - address.prefixLength)) - 1n;
}

/** The text of the network that an address with prefix lies in. */
export function printNetwork(address: PrefixedAddress): string {
  return `${printAddress({ version: address.version, value: networkValue(address) })}/${address.prefixLength}`;
}

// At most four hexadecimal digits a group: ipaddr.js takes more as long as the number fits.
const sixPattern =
  /^(?=.*:)(?:(?:[0-9A-Fa-f]{1,4}|(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2}))(?=:|$)|:)+$/;
const prefixPattern = /^([^/]+)\/(0|[1-9]\d{0,2})$/;

function prefixed(text: string): PrefixedAddress {
  const parsed = parsePrefixed(text);
  if (parsed !== undefined) return parsed;
  throw new SteadError({
    code: 'value.address',
    message: `not an address with a prefix length: ${JSON.stringify(text)}`,
    hint: 'Write one such as 10.42.0.0/24 or fd00:42::/64.',
  });
}

function addressWithin(text: string): Address & { readonly prefixLength?: number } {
  const parsed = parseAddress(text) ?? parsePrefixed(text);
  if (parsed !== undefined) return parsed;
  throw new SteadError({
    code: 'value.address',
    message: `not an IP address: ${JSON.stringify(text)}`,
    hint: 'Write one such as 10.42.0.1 or fd00:42::1.',
  });
}

function contains(network: PrefixedAddress, address: Address): boolean {
  return (
    network.version === address.version &&
    networkValue(network) === networkValue({ ...address, prefixLength: network.prefixLength })
  );
}

function networkValue(address: PrefixedAddress): bigint {
  return address.value - hostBits(address);
}

function numeric(version: 4 | 6, parsed: { toByteArray(): number[] }): Address {
  return { version, value: BigInt(`0x${Buffer.from(parsed.toByteArray()).toString('hex')}`) };
}

function printAddress(address: Address): string {
  const digits = address.value.toString(16).padStart(bits(address) / 4, '0');
  return ipaddr.fromByteArray([...Buffer.from(digits, 'hex')]).toString();
}

function order(a: number | bigint, b: number | bigint): -1 | 0 | 1 {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
