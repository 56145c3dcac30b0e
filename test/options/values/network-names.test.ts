import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  domainName,
  fqdn,
  hostName,
  interfaceName,
  macAddress,
  port,
  portRange,
  portsOf,
  url,
} from '../../../src/options/values/index.ts';
import { table } from './table.ts';

const long = 'a'.repeat(64);

describe('names on a network', () => {
  table('port', port(), {
    name: { name: 'port', example: '51820' },
    expected: 'a port, an integer from 1 to 65535',
    accepted: [1, 22, 51820, 65535],
    refused: [[0], [-1], [65536], [70000], [22.5], [1e20], [Infinity], ['22'], ['ssh'], [22n], [undefined]],
  });

  table('portRange', portRange(), {
    name: { name: 'port range', example: '27015-27020' },
    expected: 'a port range, such as 27015-27020',
    accepted: ['27015-27020', '1-65535', '80-80'],
    refused: [
      [''],
      ['80'],
      [80],
      ['-80'],
      ['80-'],
      ['80 - 90'],
      ['80-90-100'],
      ['080-90'],
      ['0-10'],
      ['80..90'],
      ['80:90', 'write 80-90'],
      ['1-65536', '65536 is not a port, an integer from 1 to 65535'],
      ['70000-80000', '70000 is not a port, an integer from 1 to 65535'],
      ['90-80', 'it runs backwards: write 80-90'],
    ],
  });

  test('portsOf reads what portRange accepts', () => {
    const ports = fc.integer({ min: 1, max: 65535 });
    fc.assert(
      fc.property(ports, ports, (a, b) => {
        const [first, last] = [Math.min(a, b), Math.max(a, b)];
        expect(portsOf(`${first}-${last}`)).toEqual({ first, last });
      }),
    );
    expect(() => portsOf('90-80')).toThrow(
      expect.objectContaining({
        code: 'value.port-range',
        message: 'not a port range: "90-80": it runs backwards: write 80-90',
      }),
    );
    expect(() => portsOf('80')).toThrow('not a port range: "80"');
  });

  table('macAddress', macAddress(), {
    name: { name: 'MAC address', example: 'd8:3a:dd:01:02:03' },
    expected: 'a MAC address, such as d8:3a:dd:01:02:03',
    accepted: ['d8:3a:dd:01:02:03', 'D8:3A:DD:01:02:03', 'ff:ff:ff:ff:ff:ff'],
    refused: [
      [''],
      ['d8:3a:dd:01:02'],
      ['d8:3a:dd:01:02:03:04'],
      ['d8:3a:dd:01:02:0g'],
      ['d:3a:dd:01:02:03'],
      [' d8:3a:dd:01:02:03'],
      ['d8-3a-dd-01-02-03', 'write d8:3a:dd:01:02:03'],
      ['D83A.DD01.0203', 'write D8:3A:DD:01:02:03'],
      ['d83add010203', 'write d8:3a:dd:01:02:03'],
    ],
  });

  table('hostName', hostName(), {
    name: { name: 'host name', example: 'gateway' },
    expected: 'a host name of letters, digits and hyphens, such as gateway',
    accepted: ['gateway', 'pi5-0', 'a', '3com', 'Box', long.slice(1), 'xn--bcher-kva'],
    refused: [
      [''],
      ['vpn.wildelab.com', 'leave out the domain: a host name has no dot'],
      ['gateway.', 'leave out the domain: a host name has no dot'],
      ['10.42.0.1', 'this is an IP address'],
      ['::1', 'this is an IP address'],
      ['pi_5', '"pi_5" holds something else than letters, digits and hyphens'],
      ['my host', '"my host" holds something else than letters, digits and hyphens'],
      ['-pi', '"-pi" begins or ends with a hyphen'],
      ['pi-', '"pi-" begins or ends with a hyphen'],
      [long, `"${long}" has 64 characters, 63 is the most`],
      ['bücher', 'write "bücher" as xn--bcher-kva'],
      [5],
    ],
  });

  table('fqdn', fqdn(), {
    name: { name: 'fully qualified domain name', example: 'vpn.wildelab.com' },
    expected: 'a fully qualified domain name, such as vpn.wildelab.com',
    accepted: ['vpn.wildelab.com', 'wildelab.com', 'a.b.c.d.e', '1.wildelab.com', 'x.xn--p1ai'],
    refused: [
      [''],
      ['gateway', 'it has no dot: add the domain'],
      ['vpn.wildelab.com.', 'leave out the last dot: write vpn.wildelab.com'],
      ['*.wildelab.com', 'a wildcard is not possible here'],
      ['vpn..com', 'a part between dots is empty'],
      ['.com', 'a part between dots is empty'],
      ['10.42.0.1', 'this is an IP address'],
      ['10.42.0', 'the last part is a number'],
      ['vpn.wildelab.5', 'the last part is a number'],
      ['https://wildelab.com', 'leave out the protocol and the path'],
      ['wildelab.com/x', '"com/x" holds something else than letters, digits and hyphens'],
      ['_dmarc.wildelab.com', '"_dmarc" holds something else than letters, digits and hyphens'],
      ['-vpn.wildelab.com', '"-vpn" begins or ends with a hyphen'],
      ['bücher.de', 'write "bücher" as xn--bcher-kva'],
      [`${'a.'.repeat(126)}ab`, 'it has 254 characters, a name has 253 at most'],
      [`${long}.com`, `"${long}" has 64 characters, 63 is the most`],
    ],
  });

  table('fqdn with wildcards', fqdn({ wildcard: true }), {
    name: { name: 'domain name or wildcard', example: 'vpn.wildelab.com' },
    expected: 'a fully qualified domain name or wildcard, such as vpn.wildelab.com or *.wildelab.com',
    accepted: ['*.wildelab.com', 'vpn.wildelab.com', '*.a.b'],
    refused: [
      ['*', '"*" holds something else than letters, digits and hyphens'],
      ['*.com', 'it has no dot: add the domain'],
      ['vpn.*.com', '"*" holds something else than letters, digits and hyphens'],
      ['*.*.com', '"*" holds something else than letters, digits and hyphens'],
      ['*a.wildelab.com', '"*a" holds something else than letters, digits and hyphens'],
      ['*.'],
    ],
  });

  table('domainName', domainName(), {
    name: { name: 'domain name', example: 'wildelab.com' },
    expected: 'a domain name, such as wildelab.com',
    accepted: ['wildelab.com', 'lan', '_acme-challenge.wildelab.com', '_sip._tcp.wildelab.com', 'home.arpa'],
    refused: [
      [''],
      ['.', 'a part between dots is empty'],
      ['lan.', 'leave out the last dot: write lan'],
      [
        'a__b.lan',
        '"a__b" holds something else than letters, digits and hyphens, after one underscore at most',
      ],
      [
        '__a.lan',
        '"__a" holds something else than letters, digits and hyphens, after one underscore at most',
      ],
      ['42', 'the last part is a number'],
      ['fd00::1', 'this is an IP address'],
      [
        'a b.lan',
        '"a b" holds something else than letters, digits and hyphens, after one underscore at most',
      ],
    ],
  });

  table('interfaceName', interfaceName(), {
    name: { name: 'interface name', example: 'wg0' },
    expected: 'a network interface name, such as wg0',
    accepted: ['wg0', 'enp3s0f1', 'br0.10', 'veth_a-b', 'a'.repeat(15), 'l', '10g'],
    refused: [
      ['', 'it holds something else than letters, digits, dots, underscores and hyphens'],
      ['a'.repeat(16), 'it has 16 characters, the kernel takes 15 at most'],
      ['eth 0', 'it holds something else than letters, digits, dots, underscores and hyphens'],
      ['eth/0', 'it holds something else than letters, digits, dots, underscores and hyphens'],
      ['eth0:1', 'it holds something else than letters, digits, dots, underscores and hyphens'],
      ['ethé', 'it holds something else than letters, digits, dots, underscores and hyphens'],
      ['0', 'a number alone is read as an interface index'],
      ['.', '"." has another meaning to the kernel'],
      ['..', '".." has another meaning to the kernel'],
      ['all', '"all" has another meaning to the kernel'],
      ['default', '"default" has another meaning to the kernel'],
      ['-a', 'it begins with a hyphen'],
    ],
  });

  table('url', url(), {
    name: { name: 'URL', example: 'https://wildelab.com/' },
    expected: 'a URL of protocol http or https, such as https://wildelab.com/',
    accepted: [
      'https://wildelab.com',
      'http://10.42.0.10:8080/v1?x=1#top',
      'https://[fd00::1]:443/',
      'HTTPS://Wildelab.com/',
      'https://user@wildelab.com/',
    ],
    refused: [
      [''],
      ['/path'],
      ['http:wildelab.com'],
      ['mailto:me@wildelab.com'],
      ['gateway'],
      ['wildelab.com', 'the protocol is missing: write https://wildelab.com'],
      ['wildelab.com:8080/x', 'the protocol is missing: write https://wildelab.com:8080/x'],
      ['ftp://wildelab.com', 'its protocol is ftp'],
      ['https://', 'the host is missing'],
      ['https:///etc', 'the host is missing'],
      ['https://wildelab.com/a b', 'it holds white space'],
      [' https://wildelab.com', 'it holds white space'],
      ['https://wildelab.com:99999', 'the host or port is not valid'],
      ['https://10.42.0.300/', 'the host or port is not valid'],
      ['https://me:pw@wildelab.com', 'a password in a URL would be readable by all: keep it in a secret'],
    ],
  });

  table('url of another protocol', url({ protocols: ['tcp'] }), {
    name: { name: 'URL', example: 'tcp://wildelab.com/' },
    expected: 'a URL of protocol tcp, such as tcp://wildelab.com/',
    accepted: ['tcp://10.42.0.1:1883'],
    refused: [
      ['https://wildelab.com', 'its protocol is https'],
      ['tcp:///x', 'the host is missing'],
    ],
  });
});
