import { expect, test } from 'vitest';
import { nearest } from '../../src/options/nearest.ts';

test.each([
  ['prot', ['address', 'port', 'role'], ['port']],
  ['addr', ['address', 'port'], ['address']],
  ['adress', ['address', 'port'], ['address']],
  ['tsl', ['tls'], ['tls']],
  ['Port', ['port'], ['port']],
  ['listenPort', ['port', 'listen_port'], ['listen_port']],
  ['wiregard', ['wireguard', 'dnsmasq'], ['wireguard']],
  ['x', ['a', 'b'], []],
  ['gateway', ['framework', 'jetson'], []],
  ['anything', [], []],
])('%j among %j may have meant %j', (name, known, expected) => {
  expect(nearest(name, known)).toEqual(expected);
});

test('at most three are named, best first, and each once', () => {
  expect(nearest('pi5-9', ['pi5-3', 'pi5-1', 'pi5-0', 'pi5-2', 'pi5-99', 'pi5-1'])).toEqual([
    'pi5-0',
    'pi5-1',
    'pi5-2',
  ]);
  expect(nearest('aaaa', ['aabb', 'aaab'])).toEqual(['aaab', 'aabb']);
});
