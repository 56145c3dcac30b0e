// stead init: a new fleet repository that builds at once.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { EXIT, type ExitCode } from '../../deploy/index.ts';
import { SteadError } from '../../options/index.ts';
import { template } from '../../render/index.ts';
import type { CliContext } from '../context.ts';
import { askedHosts, namedHosts, type NewHost } from '../new-hosts.ts';
import { reachOptions } from '../reach.ts';

/** Files of every new repository, and the templates they come from. */
const STARTER = {
  'package.json': 'package.json.hbs',
  'tsconfig.json': 'tsconfig.json.hbs',
  '.gitignore': 'gitignore.hbs',
  '.vscode/settings.json': 'vscode.json.hbs',
  '.github/workflows/stead.yml': 'workflow.yml.hbs',
} as const;

const stead = resolve(import.meta.dirname, '../../..');

const optionsSchema = z.object({ host: z.array(z.string()).default([]), yes: z.boolean().default(false) });

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const given = z.string().optional().parse(args[0]);
  const { host: words, yes } = optionsSchema.parse(options);
  const folder = given === undefined ? context.repository : resolve(context.process.cwd(), given);
  refuseTaken(folder, Object.keys(STARTER));
  const isAsked = words.length === 0 && !yes && !context.json && context.process.stdin.isTTY === true;
  const hosts = isAsked ? await askedHosts(context) : await namedHosts(context, words, yes);
  const hostFiles = hosts.length === 0 ? ['hosts/example.ts'] : hosts.map(({ name }) => `hosts/${name}.ts`);
  refuseTaken(folder, hostFiles);
  const origin = await originOfStead();
  writeStarter(folder, origin);
  if (hosts.length === 0) writeFile(folder, hostFiles[0]!, 'host.ts.hbs', { name: 'example' });
  for (const host of hosts) {
    const { user = null, port = null } = host;
    writeFile(folder, `hosts/${host.name}.ts`, 'real-host.ts.hbs', { ...host, user, port });
  }
  const without = hosts.length === 0 ? [] : await readFacts({ ...context, repository: folder }, options);
  const files = [...Object.keys(STARTER), ...hostFiles];
  if (context.json) context.print(JSON.stringify({ path: folder, files }, null, 2));
  else context.print(nextSteps(context, { folder, hosts, without, origin }));
  return EXIT.done;
}

function refuseTaken(folder: string, paths: readonly string[]): void {
  const taken = paths.filter((path) => existsSync(join(folder, path)));
  if (taken.length === 0) return;
  throw new SteadError({
    code: 'usage.init',
    message: `${folder} has ${taken.join(', ')} already; nothing was written`,
    hint: 'Name a new folder: stead init my-fleet',
  });
}

/** Where others get this stead from; nothing where it was not cloned from anywhere. */
interface Origin {
  readonly url: string | null;
  readonly commit: string | null;
}

async function originOfStead(): Promise<Origin> {
  const said = (...words: string[]): Promise<string | null> =>
    new Promise((done) => {
      execFile('git', ['-C', stead, ...words], (error, stdout) => {
        done(error === null && stdout.trim() !== '' ? stdout.trim() : null);
      });
    });
  const url = await said('remote', 'get-url', 'origin');
  return { url: url === null ? null : publicUrl(url), commit: await said('rev-parse', 'HEAD') };
}

/** A URL that others can use, too, without a password or token in it; nothing for a folder of this machine. */
function publicUrl(url: string): string | null {
  if (!/^(https?:\/\/|ssh:\/\/|[^/\s]+@[^/\s]+:)/.test(url)) return null;
  return url.replace(/^(https?:\/\/)[^/@]*@/, '$1');
}

function writeStarter(folder: string, origin: Origin): void {
  const values = {
    // npm's rule for names; the folder's name is the person's own.
    name:
      basename(folder)
        .toLowerCase()
        .replaceAll(/[^a-z0-9-]+/g, '-')
        .replace(/^-+|-+$/g, '') || 'fleet',
    stead: relative(folder, stead) || '.',
    ...origin,
  };
  for (const [path, source] of Object.entries(STARTER)) writeFile(folder, path, source, values);
}

function writeFile(folder: string, path: string, source: string, values: object): void {
  const name = join(import.meta.dirname, '../starter', source);
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), template({ name, text: readFileSync(name, 'utf8') }, values), {
    flag: 'wx',
  });
}

/** Reads what the hosts are into the new repository; gives those that let nobody in yet, with the reason said. */
async function readFacts(context: CliContext, options: unknown): Promise<readonly string[]> {
  const { writeFacts } = await import('./facts.ts');
  const reach = reachOptions(context, [[]], { ...Object(options), all: true });
  return (await writeFacts(context, reach)).flatMap((answer) => {
    if ('value' in answer) return [];
    context.note(`${answer.host}: its facts were not read: ${answer.error.message}`);
    return [answer.host];
  });
}

interface Made {
  readonly folder: string;
  readonly hosts: readonly NewHost[];
  /** Hosts whose facts are still to be read. */
  readonly without: readonly string[];
  readonly origin: Origin;
}

function nextSteps(context: CliContext, { folder, hosts, without, origin }: Made): string {
  const where = relative(context.process.cwd(), folder) || '.';
  const real = hosts.length > 0;
  const steps: readonly (readonly [string, string])[] = [
    ['build --all', `writes ${join(where, 'out')}`],
    ...(without.length > 0
      ? [[`facts ${without.join(' ')}`, 'what they are, once they let you in'] as const]
      : []),
    ...(real ? [['adopt --all', 'what a first switch would take over'] as const] : []),
    ['switch --all', real ? 'switches the hosts' : 'switches the host, a folder for now'],
  ];
  const commands = steps.map(([verb, does]) => [`  npx stead ${verb} --repo ${where}`, does] as const);
  const width = Math.max(...commands.map(([command]) => command.length));
  return [
    real
      ? `A fleet of ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'} is in ${where}.`
      : `A fleet of one host is in ${where}: hosts/example.ts.`,
    '',
    ...commands.map(([command, does]) => `${command.padEnd(width)}    ${does}`),
    '',
    `For completion in the editor: cd ${where} && npm install`,
    ...(origin.url === null
      ? ['For checks at GitHub: set the variable STEAD_REPOSITORY there to where stead can be cloned from']
      : []),
  ].join('\n');
}
