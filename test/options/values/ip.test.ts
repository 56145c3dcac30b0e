import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  interfaceAddress,
  ip,
  ipv4,
  ipv4Network,
  ipv6,
  ipv6Network,
  network,
} from '../../../src/options/values/index.ts';
import { table } from './table.ts';

describe('addresses', () => {
  table('ipv4', ipv4(), {
    name: { name: 'IPv4 address', example: '10.42.0.1' },
    expected: 'an IPv4 address, such as 10.42.0.1',
    accepted: ['10.42.0.1', '0.0.0.0', '255.255.255.255', '127.0.0.1', '1.2.3.4', '192.168.100.200'],
    refused: [
      [''],
      ['10.42.0'],
      ['10.42.0.1.2'],
      ['10.42.0.'],
      ['.10.42.0'],
      ['10..42.0'],
      ['1'],
      ['0x0a.1.1.1'],
      ['167772161'],
      ['localhost'],
      ['10.42.0.-1'],
      ['10.42.0.1:53', 'leave out the port: write 10.42.0.1'],
      [167772161],
      [10.42],
      ['10.42.0.256', '256 is over 255'],
      ['300.1.1.1', '300 is over 255'],
      ['10.42.0.99999999999', '99999999999 is over 255'],
      ['010.42.0.1', '010 has a leading zero, which some programs read as octal'],
      ['10.42.0.00', '00 has a leading zero, which some programs read as octal'],
      ['10.42.0.1/24', 'leave out the prefix length: write 10.42.0.1'],
      [' 10.42.0.1', 'there is white space around it'],
      ['10.42.0.1\n', 'there is white space around it'],
      ['fd00:42::1', 'this is an IPv6 address'],
      ['::', 'this is an IPv6 address'],
      ['::ffff:10.42.0.1', 'this is an IPv6 address'],
    ],
  });

  table('ipv4 inside a network', ipv4({ inside: '10.42.0.0/24' }), {
    name: { name: 'IPv4 address inside 10.42.0.0/24', example: '10.42.0.1' },
    expected: 'an IPv4 address inside 10.42.0.0/24',
    accepted: ['10.42.0.0', '10.42.0.1', '10.42.0.255'],
    refused: [
      ['10.42.1.0'],
      ['10.41.255.255'],
      ['0.0.0.0'],
      ['10.42'],
      ['::1', 'this is an IPv6 address'],
      ['10.42.0.7/24', 'leave out the prefix length: write 10.42.0.7'],
    ],
  });

  table('ipv6', ipv6(), {
    name: { name: 'IPv6 address', example: 'fd00:42::1' },
    expected: 'an IPv6 address, such as fd00:42::1',
    accepted: [
      'fd00:42::1',
      '::',
      '::1',
      '1::',
      'FD00:42::1',
      '2001:db8:0:0:0:0:0:1',
      '2001:0db8:0000:0000:0000:0000:0000:0001',
      '::ffff:10.42.0.1',
      '64:ff9b::10.42.0.1',
      '1:2:3:4:5:6:10.42.0.1',
      'fe80::1',
    ],
    refused: [
      [''],
      [':'],
      [':::'],
      ['1::2::3'],
      ['fd00:42'],
      ['1:2:3:4:5:6:7'],
      ['1:2:3:4:5:6:7:8:9'],
      ['12345::'],
      ['00001::'],
      ['g::1'],
      ['[::1]'],
      [':1:2:3:4:5:6:7'],
      ['::1:'],
      ['::ffff:10.42.0.256'],
      ['::ffff:010.42.0.1'],
      ['::ffff:10.42.1'],
      ['fe80::1%eth0', 'leave out the zone after %'],
      ['fd00:42::1/64', 'leave out the prefix length: write fd00:42::1'],
      ['10.42.0.1', 'this is an IPv4 address'],
    ],
  });

  table('ip', ip(), {
    name: { name: 'IP address', example: '10.42.0.1' },
    expected: 'an IP address, such as 10.42.0.1',
    accepted: ['10.42.0.1', 'fd00:42::1', '::'],
    refused: [
      [''],
      ['gateway'],
      ['1.2.3'],
      ['1.2.3.999', '999 is over 255'],
      ['::1 ', 'there is white space around it'],
    ],
  });

  table('ip inside an IPv6 network', ip({ inside: 'fd00:42::/64' }), {
    name: { name: 'IP address inside fd00:42::/64', example: 'fd00:42::1' },
    expected: 'an IP address inside fd00:42::/64',
    accepted: ['fd00:42::', 'fd00:42::ffff:ffff:ffff:ffff', 'FD00:0042::7'],
    refused: [['fd00:42:0:1::'], ['10.42.0.1'], ['fd00:43::']],
  });

  test('inside takes a network only, and says what to write', () => {
    expect(() => ipv4({ inside: '10.42.0.1/24' })).toThrow(
      expect.objectContaining({
        code: 'value.address',
        message: 'inside: not a network: "10.42.0.1/24"',
        hint: 'Write 10.42.0.0/24.',
      }),
    );
    expect(() => network({ inside: 'rack' })).toThrow(
      expect.objectContaining({
        message: 'inside: not a network: "rack"',
        hint: 'Write one such as 10.42.0.0/24.',
      }),
    );
    expect(() => ipv4({ inside: 'fd00::/8' })).toThrow('inside: not an IPv4 network: "fd00::/8"');
    expect(() => ipv6({ inside: '10.0.0.0/8' })).toThrow('inside: not an IPv6 network: "10.0.0.0/8"');
  });

  test('agrees with the addresses that Node accepts, but for zones', () => {
    const pieces = fc.array(
      fc.constantFrom(':', '::', '.', '0', '1', '00', 'a', 'F', '255', '256', '12345', 'fe80'),
      {
        maxLength: 16,
      },
    );
    const text = fc.oneof(
      pieces.map((parts) => parts.join('')),
      fc.ipV4(),
      fc.ipV6(),
      fc.ipV4Extended(),
    );
    fc.assert(
      fc.property(text, (one) => {
        expect(ipv4().safeParse(one).success).toBe(isIPv4(one));
        expect(ipv6().safeParse(one).success).toBe(isIPv6(one));
        expect(ip().safeParse(one).success).toBe(isIPv4(one) || isIPv6(one));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('networks', () => {
  table('ipv4Network', ipv4Network(), {
    name: { name: 'IPv4 network', example: '10.42.0.0/24' },
    expected: 'an IPv4 network, such as 10.42.0.0/24',
    accepted: ['10.42.0.0/24', '0.0.0.0/0', '10.42.0.1/32', '10.42.0.0/31', '128.0.0.0/1'],
    refused: [
      [''],
      ['/24'],
      ['10.42/16'],
      ['rack/24'],
      ['10.42.0.5/24', 'the host part of 10.42.0.5/24 is not zero: write 10.42.0.0/24'],
      ['10.42.255.255/1', 'the host part of 10.42.255.255/1 is not zero: write 0.0.0.0/1'],
      ['10.42.0.0', 'the prefix length is missing: write 10.42.0.0/32 for this one address'],
      ['10.42.0.0/33', 'the prefix length 33 is over 32'],
      ['10.42.0.0/024', 'the prefix length 024 has a leading zero'],
      ['10.42.0.0/', 'the prefix length is an integer from 0 to 32'],
      ['10.42.0.0/-1', 'the prefix length is an integer from 0 to 32'],
      ['10.42.0.0/24.5', 'the prefix length is an integer from 0 to 32'],
      ['10.42.0.0/255.255.255.0', 'write the prefix length, not the mask: 10.42.0.0/24'],
      ['10.42.0.0/0.0.0.0', 'write the prefix length, not the mask: 10.42.0.0/0'],
      ['10.42.0.0/255.0.255.0', 'the prefix length is an integer from 0 to 32'],
      ['10.42.0.0/24/8'],
      ['10.42.0.300/24', '300 is over 255'],
      ['fd00:42::/64', 'this is an IPv6 network'],
      ['fd00:42::', 'this is an IPv6 address'],
    ],
  });

  table('ipv6Network', ipv6Network(), {
    name: { name: 'IPv6 network', example: 'fd00:42::/64' },
    expected: 'an IPv6 network, such as fd00:42::/64',
    accepted: ['fd00:42::/64', '::/0', '::1/128', 'FD00::/8'],
    refused: [
      ['fd00:42::1/64', 'the host part of fd00:42::1/64 is not zero: write fd00:42::/64'],
      ['fd00:42::/129', 'the prefix length 129 is over 128'],
      ['fd00:42::', 'the prefix length is missing: write fd00:42::/128 for this one address'],
      ['10.42.0.0/24', 'this is an IPv4 network'],
      ['fe80::%eth0/64', 'leave out the zone after %'],
    ],
  });

  table('network', network(), {
    name: { name: 'IP network', example: '10.42.0.0/24' },
    expected: 'an IP network, such as 10.42.0.0/24',
    accepted: ['10.42.0.0/24', 'fd00:42::/64'],
    refused: [
      ['any'],
      ['10.9.9.2/24', 'the host part of 10.9.9.2/24 is not zero: write 10.9.9.0/24'],
      ['::1', 'the prefix length is missing: write ::1/128 for this one address'],
    ],
  });

  table('network inside another', network({ inside: '10.42.0.0/16' }), {
    name: { name: 'IP network inside 10.42.0.0/16', example: '10.42.0.0/16' },
    expected: 'an IP network inside 10.42.0.0/16',
    accepted: ['10.42.0.0/24', '10.42.0.0/16', '10.42.255.255/32'],
    refused: [['10.0.0.0/8'], ['10.43.0.0/24'], ['fd00::/64'], ['0.0.0.0/0']],
  });

  table('interfaceAddress', interfaceAddress(), {
    name: { name: 'interface address', example: '10.42.0.1/24' },
    expected: 'an address with its prefix length, such as 10.42.0.1/24',
    accepted: [
      '10.42.0.1/24',
      '10.42.0.254/24',
      '10.9.9.2/32',
      '10.0.0.0/31',
      '10.0.0.1/31',
      'fd00:42::/64',
      '::1/128',
    ],
    refused: [
      [''],
      ['10.42.0.1', 'the prefix length is missing: write 10.42.0.1/32 for this one address'],
      ['10.42.0.0/24', '10.42.0.0/24 is the network itself, not an address in it'],
      ['10.42.0.255/24', '10.42.0.255/24 is the broadcast address of 10.42.0.0/24'],
      ['10.42.0.3/30', '10.42.0.3/30 is the broadcast address of 10.42.0.0/30'],
      ['10.42.0.1/255.255.255.0', 'write the prefix length, not the mask: 10.42.0.1/24'],
      ['10.42.0.1/40', 'the prefix length 40 is over 32'],
      ['fd00:42::1', 'the prefix length is missing: write fd00:42::1/128 for this one address'],
      ['fd00:42::1/200', 'the prefix length 200 is over 128'],
    ],
  });

  table('interfaceAddress inside a network', interfaceAddress({ inside: '10.9.9.0/24' }), {
    name: { name: 'interface address inside 10.9.9.0/24', example: '10.9.9.1/24' },
    expected: 'an address with its prefix length inside 10.9.9.0/24',
    accepted: ['10.9.9.2/24', '10.9.9.2/32', '10.9.9.2/16'],
    refused: [
      ['10.42.0.1/24'],
      ['fd00::1/64'],
      ['10.9.9.0/24', '10.9.9.0/24 is the network itself, not an address in it'],
    ],
  });
});
