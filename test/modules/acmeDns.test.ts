import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { host } from 'stead';
import { acmeDns } from 'stead/modules/acmeDns';
import { ports } from 'stead/modules/ports';
import { checks } from '../../src/bundle/sets/index.ts';
import { available } from '../setup/programs.ts';
import { fleet, mistakes, text } from './rack.ts';

const CONFIGURATION = '/etc/acme-dns/config.cfg';
const settings = { domain: 'acme.wildelab.com', address: '198.51.100.10', openTo: ['outside'] };
const vps = (more: object = {}) => host('vps', { use: [acmeDns({ ...settings, ...more })] });

describe('what a host with acme-dns gets', () => {
  const one = fleet(vps({ resolver: '9.9.9.9', api: { ip: '10.9.9.1', openTo: ['mesh'] } })).host('vps');

  test('its configuration, whose API is not for everyone', () => {
    expect(text(one, CONFIGURATION)).toBe(`\
# Written by stead; changes made here are lost at the next switch.
[api]
corsorigins = []
disable_registration = false
header_name = "X-Forwarded-For"
ip = "10.9.9.1"
port = "8053"
tls = "none"
use_header = false

[database]
connection = "/var/lib/acme-dns/acme-dns.db"
engine = "sqlite3"

[general]
debug = false
domain = "acme.wildelab.com"
listen = "198.51.100.10:53"
nsadmin = "hostmaster.acme.wildelab.com"
nsname = "acme.wildelab.com"
protocol = "both"
records = [ "acme.wildelab.com. A 198.51.100.10", "acme.wildelab.com. NS acme.wildelab.com." ]

[logconfig]
logformat = "text"
loglevel = "info"
logtype = "stdout"
`);
    expect(parse(text(one, CONFIGURATION))).toMatchObject({ api: { port: '8053' } });
  });

  test('its ports, each for the zones that are named', () => {
    expect(one.get(ports).listen).toEqual({
      'acme-dns': { port: 53, protocol: 'udp', address: '198.51.100.10', openTo: ['outside'] },
      'acme-dns over tcp': { port: 53, protocol: 'tcp', address: '198.51.100.10', openTo: ['outside'] },
      'acme-dns api': { port: 8053, protocol: 'tcp', address: '10.9.9.1', openTo: ['mesh'] },
    });
  });

  test('the records of the delegation, as a file and as a step for whoever keeps the zone above', () => {
    const records = ['acme.wildelab.com. NS acme.wildelab.com.', 'acme.wildelab.com. A 198.51.100.10'];
    expect(text(one, '/etc/acme-dns/delegation.zone')).toBe(records.map((record) => `${record}\n`).join(''));
    const { 'delegation of acme.wildelab.com': step, 'acme-dns program': program } = one.get(checks).manual;
    expect(step!.instruction).toBe(
      `Where the zone above acme.wildelab.com is kept, at the registrar mostly, make these records: ${records.join('; ')}`,
    );
    expect(step!.command.slice(3)).toEqual(['acme.wildelab.com.', '@9.9.9.9', 'acme.wildelab.com', 'NS']);
    expect(program!.command).toEqual(['test', '-x', '/usr/local/bin/acme-dns']);
  });

  test('a name server of another name needs no glue, and IPv6 is written as such', () => {
    const other = fleet(vps({ nsname: 'vpn.wildelab.com', address: '2001:db8::1' })).host('vps');
    expect(text(other, '/etc/acme-dns/delegation.zone')).toBe('acme.wildelab.com. NS vpn.wildelab.com.\n');
    expect(parse(text(other, CONFIGURATION))).toMatchObject({
      general: {
        listen: '[2001:db8::1]:53',
        records: ['vpn.wildelab.com. AAAA 2001:db8::1', 'acme.wildelab.com. NS vpn.wildelab.com.'],
      },
    });
  });
});

test('what cannot be, or is for everyone by mistake, is an error', () => {
  expect(
    mistakes(vps(), host('other', { use: [acmeDns({ ...settings, address: '198.51.100.11' })] })),
  ).toEqual([
    'other and vps both answer for acme.wildelab.com = Delegate a domain of its own to each, or keep one of them.',
  ]);
  expect(mistakes(vps({ api: { tls: 'cert' } }))).toEqual([
    'with `api.tls: "cert"` both `api.tls_cert_privkey` and `api.tls_cert_fullchain` are needed = Give the paths of both files, as the host has them.',
  ]);
  expect(mistakes(vps({ api: { openTo: ['outside'] } }))).toEqual([
    'the API of acme-dns takes passwords, and is open to the zone outside without TLS = Set `api.tls`, or open the API to inner zones alone.',
  ]);
});

test.runIf(available('systemd-analyze'))('systemd takes its units, and finds little that they may do', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stead-acme-dns-'));
  try {
    const put = (path: string, content: string, mode = 0o644): void => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content, { mode });
    };
    const one = fleet(vps()).host('vps');
    const names = ['acme-dns.service', 'acme-dns.path'].map((name) => `/etc/systemd/system/${name}`);
    for (const path of names) put(path, text(one, path));
    put('/usr/local/bin/acme-dns', '#!/bin/sh\n', 0o755);
    const analyze = (...args: string[]) =>
      spawnSync('systemd-analyze', [...args, `--root=${folder}`], { encoding: 'utf8' });
    const verified = analyze('verify', '--man=no', '--recursive-errors=no', ...names);
    expect(verified.stderr).not.toMatch(/acme-dns\.(service|path):.*(Unknown|Invalid|Failed)/);
    const exposure = analyze('security', '--offline=true', 'acme-dns.service').stdout;
    expect(Number(/exposure level for acme-dns.service: ([\d.]+)/.exec(exposure)?.[1])).toBeLessThan(2.5);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
