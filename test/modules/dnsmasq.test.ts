import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { host } from 'stead';
import { dnsmasq } from 'stead/modules/dnsmasq';
import { network } from 'stead/modules/network';
import { systemd } from '../../src/bundle/sets/index.ts';
import { available } from '../setup/programs.ts';
import { fleet, rack, text } from './rack.ts';

const CONF = '/etc/dnsmasq.d/stead.conf';
const HOSTS = '/etc/stead/dnsmasq.hosts';

describe('what the servers of the rack get', () => {
  test('the gateway answers for the domain itself', async () => {
    const gateway = (await rack()).host('gateway');
    expect(text(gateway, CONF)).toBe(`\
# Written by stead for gateway; changes made here are lost at the next switch.
port=53
bind-dynamic
domain-needed
bogus-priv
no-hosts
addn-hosts=/etc/stead/dnsmasq.hosts
cache-size=1000
interface=eth0
interface=wg0
domain=wildelab.com
local=/wildelab.com/
no-resolv
server=9.9.9.9
server=1.1.1.1
`);
    expect(text(gateway, HOSTS)).toBe(`\
10.42.0.10 framework.wildelab.com framework
10.42.0.1 gateway.wildelab.com gateway
10.42.0.20 jetson.wildelab.com jetson
10.42.0.50 pi5-0.wildelab.com pi5-0
10.42.0.51 pi5-1.wildelab.com pi5-1
10.42.0.52 pi5-2.wildelab.com pi5-2
10.42.0.53 pi5-3.wildelab.com pi5-3
10.9.9.1 vps.wildelab.com vps
10.42.0.10 llm.wildelab.com
`);
  });

  test('the VPS passes the domain on to the address that the gateway says it has', async () => {
    const vps = text((await rack()).host('vps'), CONF);
    expect(vps).toContain('interface=wg0\ndomain=wildelab.com\nserver=/wildelab.com/10.9.9.2\nno-resolv\n');
    expect(vps).not.toContain('local=');
    expect(text((await rack()).host('vps'), HOSTS)).toBe('');
  });

  test('a change of its configuration restarts the server, one of the names is read on a reload', async () => {
    expect((await rack()).host('gateway').get(systemd).units['dnsmasq.service']).toMatchObject({
      readBy: [CONF, { reload: HOSTS }],
      onChange: 'stop-start',
      start: true,
    });
  });
});

describe('settings', () => {
  test('aliases, the preferred network and free settings are written out', () => {
    const evaluation = fleet(
      host('dns', {
        use: [
          network({ addresses: { lab: '10.1.0.1' } }),
          dnsmasq({
            domain: 'lab.example',
            publish: ['fast', 'lab'],
            port: 5353,
            settings: {
              'log-queries': true,
              'dhcp-range': ['10.1.0.50,10.1.0.99', '10.2.0.50,10.2.0.99'],
              'dns-forward-max': 10,
            },
          }),
        ],
      }),
      host('nas', {
        use: [network({ addresses: { lab: '10.1.0.2', fast: '10.2.0.2' }, aliases: ['files'] })],
      }),
      host('elsewhere', { use: [network({ addresses: { other: '10.3.0.1' } })] }),
    );
    expect(text(evaluation.host('dns'), HOSTS)).toBe(
      '10.1.0.1 dns.lab.example dns\n10.2.0.2 nas.lab.example nas files.lab.example files\n',
    );
    expect(text(evaluation.host('dns'), CONF)).toContain(
      'dhcp-range=10.1.0.50,10.1.0.99\ndhcp-range=10.2.0.50,10.2.0.99\ndns-forward-max=10\nlog-queries\n',
    );
    expect(text(evaluation.host('dns'), CONF)).not.toContain('no-resolv');
  });
});

describe.runIf(available('dnsmasq'))('the real dnsmasq', () => {
  test.each(['gateway', 'vps'])('takes the configuration of %s, and refuses a broken one', async (name) => {
    const folder = mkdtempSync(join(tmpdir(), 'stead-dnsmasq-'));
    try {
      const conf = join(folder, 'stead.conf');
      writeFileSync(conf, text((await rack()).host(name), CONF));
      const options = {
        encoding: 'utf8',
        env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
      } as const;
      expect(spawnSync('dnsmasq', ['--test', `--conf-file=${conf}`], options)).toMatchObject({ status: 0 });
      writeFileSync(conf, 'no-such-setting\n');
      expect(spawnSync('dnsmasq', ['--test', `--conf-file=${conf}`], options)).toMatchObject({ status: 1 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
