// The picture and the page of a fleet, in a real browser.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { available } from '../setup/programs.ts';
import { topologyMermaid } from '../../src/cli/topology-mermaid.ts';
import { shortServices } from '../../src/cli/topology-layout.ts';
import { topologySvg } from '../../src/cli/topology-svg.ts';
import type { Topology } from '../../src/deploy/index.ts';
import { folder, repository, run, write } from './stead.ts';

const SMALL: Topology = {
  hosts: [
    {
      name: 'gateway',
      tags: [],
      addresses: { mesh: '10.9.9.2', rack: '10.42.0.1' },
      services: ['dns 53/udp'],
    },
    { name: 'pi', tags: [], addresses: { rack: '10.42.0.50' }, services: [], jump: 'gateway' },
    { name: 'vps', tags: [], addresses: { mesh: '10.9.9.1' }, services: [] },
  ],
  tunnels: [
    { from: 'gateway', to: 'vps' },
    { from: 'phone', to: 'vps' },
  ],
  devices: ['phone'],
};

describe('the picture of a fleet', () => {
  test('has every host, network, tunnel and device, and follows light and dark', async () => {
    const svg = await topologySvg(SMALL);
    for (const text of ['gateway', 'dns 53/udp', 'pi', 'rack 10.42.0.50', 'vps', 'phone', '>rack<']) {
      expect(svg).toContain(text);
    }
    expect(svg.match(/class="edge tunnel"/g)).toHaveLength(2);
    expect(svg.match(/class="edge jump"/g)).toHaveLength(1);
    expect(svg).toContain('prefers-color-scheme: dark');
  });

  test('says in one line what listens at several addresses or by both protocols', () => {
    expect(
      shortServices([
        'dnsmasq dns tcp 10.42.0.1 53/tcp',
        'dnsmasq dns udp 10.42.0.1 53/udp',
        'dnsmasq dns udp fd00::1 53/udp',
        'acme-dns over tcp 53/tcp',
        'acme-dns 53/udp',
        'dnsmasq dhcp 67/udp',
      ]),
    ).toEqual(['dnsmasq dns 53/tcp+udp', 'acme-dns 53/tcp+udp', 'dnsmasq dhcp 67/udp']);
  });

  test('of sixty hosts has them in columns, in their order from top to bottom', async () => {
    const hosts = Array.from({ length: 60 }, (_, index) => ({
      name: `h${index}`,
      tags: [],
      addresses: { [`site${index % 4}`]: `10.${index % 4}.0.${index + 1}` },
      services: ['ssh 22/tcp'],
    }));
    const svg = await topologySvg({ hosts, tunnels: [], devices: [] });
    const places = new Map(
      [...svg.matchAll(/<text [^>]*x="([\d.-]+)" y="([\d.-]+)"[^>]*>(h\d+)</g)].map(([, x, y, name]) => [
        name,
        { x: Number(x), y: Number(y) },
      ]),
    );
    expect(places.size).toBe(60);
    const [first, below, further, beside] = ['h0', 'h4', 'h8', 'h12'].map((name) => places.get(name)!);
    expect(first!.y).toBeLessThan(below!.y);
    expect(below!.y).toBeLessThan(further!.y);
    expect(beside!.x).toBeGreaterThan(first!.x);
    expect(svg).not.toContain('ssh');
  });

  test('of sixty hosts is no tower', async () => {
    const hosts = Array.from({ length: 60 }, (_, index) => ({
      name: `h${index}`,
      tags: [],
      addresses: { rack: `10.42.0.${index + 1}` },
      services: [],
    }));
    const svg = await topologySvg({ hosts, tunnels: [], devices: [] });
    const [, width, height] = /viewBox="0\.00 0\.00 ([\d.]+) ([\d.]+)"/.exec(svg)!.map(Number);
    expect(height! / width!).toBeLessThan(1.5);
    expect(width! / height!).toBeLessThan(3);
  });

  test('is a flowchart for Mermaid', () => {
    expect(topologyMermaid(SMALL)).toBe(`flowchart LR
  subgraph s0["rack"]
    n0["gateway<br>mesh 10.9.9.2<br>rack 10.42.0.1"]
    n1["pi<br>rack 10.42.0.50"]
    n1 ~~~ n0
  end
  n2["vps<br>mesh 10.9.9.1"]
  n3(["phone"])
  n0 -.-> n2
  n3 -.-> n2
  n1 -.->|through| n0`);
  });
});

describe.runIf(available('chromium'))('the page of a fleet', () => {
  test('shows hosts, generations and runs in a browser, from a file alone, light and dark', async () => {
    const host = (name: string, text: string): string => `import { files, host } from 'stead';
export default host('${name}', { use: [files({ etc: { motd: '${text}' } })] });`;
    const path = repository({ 'hosts/a.ts': host('a', '1'), 'hosts/b.ts': host('b', '1') });
    await run(['switch', '--all', '--repo', path]);
    write(path, 'hosts/a.ts', host('a', '2'));
    await run(['switch', '--all', '--repo', path]);
    rmSync(join(path, 'out/targets/b/etc/motd'));
    const file = join(folder(), 'fleet.html');
    const status = await run(['status', '--all', '--html', file, '--repo', path]);
    expect(status.stdout).toMatch(
      /^HOST +REACHABLE +GENERATION .*\na +yes +2 .* as it should be +-\nb +yes +1 .* 1 path /,
    );
    const page = readFileSync(file, 'utf8');
    expect(page).not.toMatch(/(?:src|href)="|@import|url\(/);
    // What the browser made of it is asked in the browser.
    const asked = `<script>document.title = JSON.stringify([
      getComputedStyle(document.body).backgroundColor,
      document.querySelectorAll('#hosts tbody tr.well').length,
      document.querySelector('#hosts .unwell + .details').textContent.trim(),
      document.querySelectorAll('#timeline circle').length,
      document.querySelectorAll('#runs tbody tr').length,
      document.querySelectorAll('figure svg .host').length,
    ])</script>`;
    writeFileSync(file, page.replace('</body>', `${asked}</body>`));
    const seen = async (scheme: number): Promise<unknown> => {
      const { stdout } = await execa('chromium', [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        `--user-data-dir=${folder()}`,
        `--blink-settings=preferredColorScheme=${scheme}`,
        '--dump-dom',
        `file://${file}`,
      ]);
      return JSON.parse(/<title>(.*)<\/title>/.exec(stdout)![1]!);
    };
    expect(await seen(1)).toEqual(['rgb(255, 255, 255)', 1, '/etc/motd is missing', 3, 2, 2]);
    expect(await seen(0)).toEqual(['rgb(13, 17, 23)', 1, '/etc/motd is missing', 3, 2, 2]);
  });
});
