// stead beside Ansible and a Nix script: the same files to the same hosts, in seconds of all processors together.
// Needs root and Debian, as all labs do. Hosts are real: systemd, sshd and a disk of their own (src/lab).
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLab, type LabMachine } from '../../src/lab/index.ts';
import { FLAGS } from './flags.ts';
import { ansible } from './peers/ansible.ts';
import { Meter, type Cost } from './peers/cost.ts';
import { nix, nixShared } from './peers/nix.ts';
import { expectedText, FILES, HOSTS, type Member, type Peer, type Place } from './peers/peer.ts';
import { forgetHere, stead } from './peers/stead.ts';

const SCENARIOS = ['first run', 'no change', 'one change'] as const;
type Scenario = (typeof SCENARIOS)[number];
type Costs = Readonly<Record<Scenario, Cost>>;

/** How many times less than others stead is to cost. */
const BARS: Readonly<Record<string, Readonly<Record<Scenario, number>>>> = {
  Ansible: { 'first run': 20, 'no change': 30, 'one change': 20 },
  Nix: { 'first run': 3, 'no change': 2, 'one change': 3 },
};

const members: readonly Member[] = Array.from({ length: HOSTS }, (_, index) => ({
  name: `h${index + 1}`,
  address: `10.42.0.${index + 1}`,
}));
const ROUNDS = 3;
const base = mkdtempSync(join(tmpdir(), 'stead-peers-'));
const lab = await startLab(
  {
    networks: { lan: '10.42.0.254/24' },
    hosts: Object.fromEntries(
      members.map(({ name, address }) => [
        name,
        {
          interfaces: { eth0: { network: 'lan', address: `${address}/24` } },
          packages: ['python3', 'rsync'],
        },
      ]),
    ),
  },
  { note: console.error },
);
try {
  const hosts = await Promise.all(members.map(({ name }) => lab.host(name)));
  await Promise.all(hosts.map(prepared));
  const meter = new Meter(
    lab.id,
    members.map(({ name }) => name),
  );
  await compared(meter, hosts);
} finally {
  await lab.down();
  rmSync(base, { recursive: true, force: true });
}

async function compared(meter: Meter, hosts: readonly LabMachine[]): Promise<void> {
  const idle = await meter.cost({ argv: ['sleep', '2'] });
  console.log(`${HOSTS} hosts, ${FILES} files each, seconds of processors: deployer + hosts`);
  console.log(
    `idle hosts meanwhile: ${idle.hosts.toFixed(2)} in ${(idle.wall + 3).toFixed(0)} s, not subtracted`,
  );
  const sshConfig = sshConfigHere();
  const ssh = await best(ROUNDS, () => meter.cost({ argv: ['ssh', '-F', sshConfig, 'h1', 'true'] }));
  line('one `ssh HOST true`, cold', ssh);
  line('the same to each host', await best(ROUNDS, () => meter.cost({ argv: loginsTo(sshConfig) })));
  // What a deployer in Node costs that does nothing else: a switch that changes something is confirmed over a new
  // connection, and so logs in twice.
  for (const times of [1, 2]) {
    const name =
      times === 1 ? 'each host by ssh2 alone, once' : '... twice, as a switch that changes something';
    line(name, await best(ROUNDS, () => meter.cost({ argv: bareLogins(sshConfig, times) })));
  }
  const own = await measured(stead, meter, hosts, ROUNDS);
  for (const peer of [nix, nixShared, ansible]) {
    const missing = peer.missing();
    if (missing !== undefined) {
      console.log(`${peer.name}: not measured, ${missing}`);
      continue;
    }
    const costs = await measured(peer, meter, hosts, peer === ansible ? 2 : ROUNDS);
    for (const scenario of SCENARIOS) {
      const bar = BARS[peer.name]?.[scenario];
      const times = total(costs[scenario]) / total(own[scenario]);
      row(`${peer.name}: ${scenario}, times stead`, times, bar === undefined ? '' : `at least ${bar}`);
    }
  }
  row('no change, wall time against one cold ssh', own['no change'].wall / ssh.wall, 'at most 3');
}

/** One cold login on each host, all at once. */
function loginsTo(sshConfig: string): readonly string[] {
  const script = 'for host do ssh -F "$0" "$host" true & done; wait';
  return ['sh', '-c', script, sshConfig, ...members.map(({ name }) => name)];
}

/** Logins by the library that stead uses, and nothing else of it. */
function bareLogins(sshConfig: string, times: number): readonly string[] {
  const program = join(import.meta.dirname, 'peers/logins.mjs');
  const names = members.map(({ name }) => name);
  return [process.execPath, ...FLAGS, program, sshConfig, String(times), ...names];
}

async function measured(
  peer: Peer,
  meter: Meter,
  hosts: readonly LabMachine[],
  rounds: number,
): Promise<Costs> {
  const place: Place = {
    folder: join(base, peer.name.toLowerCase().replaceAll(/[^a-z]/g, '')),
    members,
    sshConfig: sshConfigHere(),
  };
  const deploy = (): Promise<Cost> => meter.cost(peer.deploy(place));
  let value = 'before';
  // Once unmeasured: caches of programs are warm on a machine that deploys every day.
  peer.write(place, value);
  await deploy();
  const first = await best(rounds, async () => {
    await Promise.all(hosts.map((host) => succeeded(host, peer.forget)));
    if (peer === stead) forgetHere(place.folder);
    return deploy();
  });
  await checked(peer, hosts, value);
  const none = await best(rounds, deploy);
  let count = 0;
  const one = await best(rounds, async () => {
    value = `changed ${(count += 1)}`;
    peer.write(place, value);
    return deploy();
  });
  await checked(peer, hosts, value);
  const costs: Costs = { 'first run': first, 'no change': none, 'one change': one };
  for (const scenario of SCENARIOS) line(`${peer.name}, ${scenario}`, costs[scenario]);
  return costs;
}

/** The least of some rounds, in which the machine did least beside. */
async function best(rounds: number, measure: () => Promise<Cost>): Promise<Cost> {
  const all: Cost[] = [];
  for (let round = 0; round < rounds; round++) all.push(await measure());
  const least = all.reduce((a, b) => (total(b) < total(a) ? b : a));
  return { ...least, wall: Math.min(...all.map(({ wall }) => wall)) };
}

/** All three bring about the same bytes, or the comparison is none. */
async function checked(peer: Peer, hosts: readonly LabMachine[], value: string): Promise<void> {
  for (const [number, host] of hosts.entries()) {
    for (const index of [0, FILES / 2, FILES - 1]) {
      const text = readFileSync(
        join(host.root, (await succeeded(host, `readlink -f ${peer.files}${index}.conf`)).trim()),
        'utf8',
      );
      if (text !== expectedText(members[number]!, index, members, value)) {
        throw new Error(`${peer.name} left another text on ${host.name}:\n${text}`);
      }
    }
  }
}

/** With what Ansible and rsync need there. */
async function prepared(host: LabMachine): Promise<void> {
  await succeeded(
    host,
    'apt-get -qq update && apt-get -qq install -y --no-install-recommends python3 rsync',
    600,
  );
}

async function succeeded(host: LabMachine, command: string, seconds?: number): Promise<string> {
  const { code, stdout, stderr } = await host.run(command, seconds);
  if (code !== 0) throw new Error(`${host.name}: ${command}\n${stdout}\n${stderr}`);
  return stdout;
}

/** The lab's own leads into its networks by a program for each connection; the deployer is in them already. */
function sshConfigHere(): string {
  const file = join(base, 'ssh_config');
  mkdirSync(base, { recursive: true });
  writeFileSync(file, readFileSync(lab.sshConfig, 'utf8').replace(/^ *ProxyCommand .*\n/m, ''));
  return file;
}

function total({ deployer, hosts }: Cost): number {
  return deployer + hosts;
}

function line(name: string, cost: Cost): void {
  const parts = `${cost.deployer.toFixed(2)} + ${cost.hosts.toFixed(2)}`;
  console.log(
    `${name.padEnd(44)}${total(cost).toFixed(2).padStart(12)}   = ${parts}, wall ${cost.wall.toFixed(2)}`,
  );
}

function row(name: string, value: number, bar: string): void {
  console.log(`${name.padEnd(44)}${value.toFixed(1).padStart(12)}   ${bar}`);
}
