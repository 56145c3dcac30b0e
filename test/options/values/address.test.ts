import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addressIn,
  addressOf,
  compareAddresses,
  hostPart,
  insideNetwork,
  ipv4Network,
  isSubnetOf,
  network,
  networkOf,
  networksOverlap,
  prefixLength,
} from '../../../src/options/values/index.ts';

const v4 = fc
  .tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }))
  .map(([address, length]) => `${address}/${length}`);
const v6 = fc
  .tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }))
  .map(([address, length]) => `${address}/${length}`);
const prefixed = fc.oneof(v4, v6);
// Few bits vary, so that networks often meet.
const near = fc
  .tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 24, max: 32 }))
  .map(([last, length]) => `10.42.0.${last * 16}/${length}`);
const pair = fc.oneof(fc.tuple(near, near), fc.tuple(prefixed, prefixed));

describe('arithmetic on addresses', () => {
  test('tells what lies inside a network', () => {
    expect(insideNetwork('10.42.0.7', '10.42.0.0/24')).toBe(true);
    expect(insideNetwork('10.42.1.7', '10.42.0.0/24')).toBe(false);
    expect(insideNetwork('10.42.0.7/16', '10.42.0.0/24')).toBe(true);
    expect(insideNetwork('fd00::1', 'fd00::/8')).toBe(true);
    expect(insideNetwork('::ffff:10.42.0.7', '10.42.0.0/24')).toBe(false);
    expect(insideNetwork('255.255.255.255', '0.0.0.0/0')).toBe(true);
  });

  test('takes an interface address apart and puts it together', () => {
    expect(networkOf('10.42.0.7/24')).toBe('10.42.0.0/24');
    expect(networkOf('fd00:42::7:1/112')).toBe('fd00:42::7:0/112');
    expect(addressOf('FD00::7/64')).toBe('FD00::7');
    expect(prefixLength('10.42.0.7/24')).toBe(24);
    expect(hostPart('10.42.0.7/24')).toBe(7n);
    expect(hostPart('10.42.1.7/16')).toBe(263n);
    expect(addressIn('10.42.0.0/24', 53)).toBe('10.42.0.53');
    expect(addressIn('fd00:42::/64', 2n ** 64n - 1n)).toBe('fd00:42::ffff:ffff:ffff:ffff');
  });

  test('sorts IPv4 before IPv6, by number, the wider network first', () => {
    const sorted = [
      '9.0.0.0/8',
      '10.9.9.2',
      '10.42.0.0/16',
      '10.42.0.0/24',
      '10.42.0.3',
      '10.42.0.20',
      '::1',
      'fd00::1',
    ];
    expect([...sorted].reverse().sort(compareAddresses)).toEqual(sorted);
    expect(compareAddresses('fd00::1', 'FD00:0:0::1')).toBe(0);
  });

  test('refuses text that is no address, or a host part that does not fit', () => {
    const failures = [
      [() => insideNetwork('rack', '10.42.0.0/24'), 'not an IP address: "rack"'],
      [() => insideNetwork('10.42.0.1', '10.42.0.0'), 'not an address with a prefix length: "10.42.0.0"'],
      [() => networkOf('10.42.0.1'), 'not an address with a prefix length: "10.42.0.1"'],
      [() => addressOf('x/1'), 'not an address with a prefix length: "x/1"'],
      [() => compareAddresses('1.1.1.1', ''), 'not an IP address: ""'],
      [() => addressIn('10.42.0.0/24', 256), 'the host part 256 does not fit into 10.42.0.0/24'],
      [() => addressIn('10.42.0.0/24', -1), 'the host part -1 does not fit into 10.42.0.0/24'],
    ] as const;
    for (const [attempt, message] of failures) {
      expect(attempt).toThrow(expect.objectContaining({ code: 'value.address', message }));
    }
  });

  test('network and host part make the address again', () => {
    fc.assert(
      fc.property(prefixed, (one) => {
        const again = addressIn(networkOf(one), hostPart(one));
        expect(compareAddresses(again, addressOf(one))).toBe(0);
        expect(hostPart(`${again}/${prefixLength(one)}`)).toBe(hostPart(one));
      }),
    );
  });

  test('the network of an address is a network that holds it, and its own network', () => {
    fc.assert(
      fc.property(prefixed, (one) => {
        const whole = networkOf(one);
        expect(network().safeParse(whole).success).toBe(true);
        expect(networkOf(whole)).toBe(whole);
        expect(insideNetwork(one, whole)).toBe(true);
        expect(hostPart(whole)).toBe(0n);
      }),
    );
  });

  test('inside is overlap with the network of one address', () => {
    fc.assert(
      fc.property(pair, ([one, other]) => {
        const single = `${addressOf(one)}/${one.includes(':') ? 128 : 32}`;
        expect(insideNetwork(one, other)).toBe(networksOverlap(single, other));
      }),
    );
  });

  test('networks overlap just when one is a subnet of the other, in either order', () => {
    fc.assert(
      fc.property(pair, ([one, other]) => {
        const overlap = networksOverlap(one, other);
        expect(networksOverlap(other, one)).toBe(overlap);
        expect(isSubnetOf(one, other) || isSubnetOf(other, one)).toBe(overlap);
        expect(networksOverlap(one, one)).toBe(true);
      }),
    );
  });

  test('a schema with inside accepts just the subnets', () => {
    fc.assert(
      fc.property(near, near, (one, other) => {
        const [inner, inside] = [networkOf(one), networkOf(other)];
        expect(ipv4Network({ inside }).safeParse(inner).success).toBe(isSubnetOf(inner, inside));
      }),
    );
  });

  test('comparing is a total order', () => {
    fc.assert(
      fc.property(prefixed, prefixed, prefixed, (a, b, c) => {
        expect(compareAddresses(a, b)).toBe(-compareAddresses(b, a) + 0);
        const [x, y, z] = [a, b, c].sort(compareAddresses) as [string, string, string];
        expect([compareAddresses(x, y), compareAddresses(y, z), compareAddresses(x, z)]).not.toContain(1);
      }),
    );
  });
});
