// `npm run demo`: the worked fleet from TypeScript to switched folders and back, each step a real command.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { execa } from 'execa';

const stead = resolve(import.meta.dirname, '../..');
const demo = join(stead, 'out/demo');
const fleet = join(demo, 'fleet');
const hosts = join(demo, 'hosts');
const shown = (path: string): string => relative(process.cwd(), path) || '.';

rmSync(demo, { recursive: true, force: true });
mkdirSync(demo, { recursive: true });
for (const folder of ['hosts', 'overlays'])
  cpSync(join(stead, folder), join(fleet, folder), { recursive: true });

// What builds llama.cpp and fetches models takes a network and a while.
writeFileSync(
  join(fleet, 'hosts/profiles/llm.ts'),
  `import { ports } from 'stead/modules/ports';
const listening = [ports({ listen: { 'llama-server': { port: 8080, openTo: ['rack'] } } })];
export const largeModels = listening;
export const smallModels = listening;
`,
);

say(`The rack "Wildelab" is eight hosts in TypeScript. A copy to play with: ${shown(fleet)}/hosts`);

say(
  '1. Build: every host is evaluated, with each other’s settings, and rendered. Same input, same hash, anywhere.',
);
await run('build', '--all', '--repo', fleet);
look('a rendered host', join(fleet, 'out/gateway/root/etc/wireguard/wg0.conf'));

say(
  '2. Switch: each host is a folder that stands for / here; over SSH it is the same code. One rename commits.',
);
await run('switch', '--all', '--repo', fleet, '--target-root', hosts);
look('what the gateway has now', join(hosts, 'gateway/etc/wireguard/wg0.conf'));
show(join(hosts, 'gateway/etc/wireguard/wg0.conf'));

say('3. Change one setting: the VPS shall listen on port 443. Nobody edits the gateway.');
change(
  join(fleet, 'hosts/vps.ts'),
  "      endpoint: 'vpn.wildelab.com',",
  "      endpoint: 'vpn.wildelab.com',\n      port: 443,",
);
await run('diff', '--all', '--repo', fleet, '--target-root', hosts);

say(
  '4. Switch again: two hosts change, since the gateway reads the port from the VPS; six have nothing to do.',
);
await run('switch', '--all', '--repo', fleet, '--target-root', hosts);

say('5. That was a bad idea. Back to the generation before, on those two hosts:');
await run('rollback', 'vps', 'gateway', '--repo', fleet, '--target-root', hosts);
await run('generations', 'vps', 'gateway', '--repo', fleet, '--target-root', hosts);
show(join(hosts, 'gateway/etc/wireguard/wg0.conf'));

say(`Done. Everything is in ${shown(demo)}; nothing else on this machine was touched.`);

function say(text: string): void {
  process.stdout.write(`\n${text}\n`);
}

function look(what: string, path: string): void {
  process.stdout.write(`  (${what}: ${shown(path)})\n`);
}

function show(path: string): void {
  const text = readFileSync(path, 'utf8').trimEnd();
  process.stdout.write(`  ${shown(path)}\n${text.replaceAll(/^/gm, '  | ')}\n`);
}

function change(path: string, before: string, after: string): void {
  const text = readFileSync(path, 'utf8');
  if (!text.includes(before)) throw new Error(`${path} no longer holds ${before.trim()}`);
  writeFileSync(path, text.replace(before, after));
}

async function run(...args: string[]): Promise<void> {
  process.stdout.write(
    `$ npx stead ${args.map((arg) => (arg.startsWith('/') ? shown(arg) : arg)).join(' ')}\n`,
  );
  const command = join(stead, 'src/cli/stead.mjs');
  // Progress goes to standard error; here it would drown what is to be seen. execa shows it when a step fails.
  await execa(process.execPath, [command, ...args], { stdin: 'ignore', stdout: 'inherit' });
}
