import { expect, test } from 'vitest';
import { host } from 'stead';
import { ports } from 'stead/modules/ports';
import { fleet, mistakes } from './rack.ts';

type Listener = { port: number; protocol?: 'tcp' | 'udp'; address?: string };

const listening = (listen: Record<string, Listener>) => host('web', { use: [ports({ listen })] });

test('a port that is taken twice on one host is an error that names both', () => {
  expect(mistakes(listening({ nginx: { port: 443 }, caddy: { port: 443 } }))).toEqual([
    'caddy and nginx both listen on tcp port 443 of web = Give one of them another port, or an `address` of its own to listen on.',
  ]);
  expect(mistakes(listening({ nginx: { port: 443 }, caddy: { port: 443, address: '10.0.0.1' } }))).toEqual([
    'caddy and nginx both listen on tcp port 443 of web = Give one of them another port, or an `address` of its own to listen on.',
  ]);
});

test('one port may be taken by two protocols, and by two at addresses of their own', () => {
  fleet(listening({ quic: { port: 443, protocol: 'udp' }, tls: { port: 443 } }));
  fleet(listening({ a: { port: 53, address: '10.0.0.1' }, b: { port: 53, address: '10.0.0.2' } }));
});

test('a name that two hosts serve is an error that names both', () => {
  const serving = (name: string) => host(name, { use: [ports({ serves: ['llm.example.org'] })] });
  expect(mistakes(serving('one'), serving('two'))).toEqual([
    'one and two both serve the name llm.example.org = Leave it on one of them, or serve it by another name.',
  ]);
});
