// stead init: a new fleet repository that builds at once.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { z } from 'zod';
import { EXIT, type ExitCode } from '../../deploy/index.ts';
import { SteadError } from '../../options/index.ts';
import { template } from '../../render/index.ts';
import type { CliContext } from '../context.ts';
import { shownKeys } from '../host-keys.ts';

/** Files of every new repository, and the templates they come from. */
const STARTER = {
  'package.json': 'package.json.hbs',
  'tsconfig.json': 'tsconfig.json.hbs',
  '.gitignore': 'gitignore.hbs',
  '.vscode/settings.json': 'vscode.json.hbs',
  '.github/workflows/stead.yml': 'workflow.yml.hbs',
} as const;

const optionsSchema = z.object({ host: z.array(z.string()).default([]), yes: z.boolean().default(false) });

/** A file to write, as a template and its values. */
interface StarterFile {
  readonly path: string;
  readonly source: string;
  readonly values: object;
}

/** A host as it is named on the command line: `NAME=[USER@]ADDRESS[:PORT]`. */
interface NewHost {
  readonly name: string;
  readonly user: string | undefined;
  readonly address: string;
  readonly port: number | undefined;
}

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const given = z.string().optional().parse(args[0]);
  const { host, yes } = optionsSchema.parse(options);
  const folder = given === undefined ? context.repository : resolve(context.process.cwd(), given);
  const hosts = host.map(newHost);
  const files = starterFiles(folder, hosts);
  const taken = files.map(({ path }) => path).filter((path) => existsSync(join(folder, path)));
  if (taken.length > 0) {
    throw new SteadError({
      code: 'usage.init',
      message: `${folder} has ${taken.join(', ')} already; nothing was written`,
      hint: 'Name a new folder: stead init my-fleet',
    });
  }
  const keys = new Map<string, readonly string[]>();
  for (const one of hosts) keys.set(one.name, await vouchedFor(context, one, yes));
  for (const { path, source, values } of files) {
    const name = join(import.meta.dirname, '../starter', source);
    const more = { ...values, hostKeys: keys.get(basename(path, '.ts')) ?? [] };
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), template({ name, text: readFileSync(name, 'utf8') }, more), {
      flag: 'wx',
    });
  }
  const written = files.map(({ path }) => path);
  if (context.json) context.print(JSON.stringify({ path: folder, files: written }, null, 2));
  else context.print(nextSteps(context, folder, hosts));
  return EXIT.done;
}

function newHost(text: string): NewHost {
  const [, name, user, address, port] =
    /^([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)=(?:([^@=:]+)@)?([^@:]+)(?::([1-9][0-9]{0,4}))?$/.exec(text) ?? [];
  if (name !== undefined && address !== undefined) {
    return { name, user, address, port: port === undefined ? undefined : Number(port) };
  }
  throw new SteadError({
    code: 'usage.init',
    message: `"${text}" names no host`,
    hint: 'Write NAME=ADDRESS or NAME=USER@ADDRESS:PORT, such as gateway=admin@192.0.2.10',
  });
}

function starterFiles(folder: string, hosts: readonly NewHost[]): StarterFile[] {
  const values = {
    // npm's rule for names; the folder's name is the person's own.
    name:
      basename(folder)
        .toLowerCase()
        .replaceAll(/[^a-z0-9-]+/g, '-')
        .replace(/^-+|-+$/g, '') || 'fleet',
    stead: relative(folder, resolve(import.meta.dirname, '../../..')) || '.',
  };
  return [
    ...Object.entries(STARTER).map(([path, source]) => ({ path, source, values })),
    ...(hosts.length === 0
      ? [{ path: 'hosts/example.ts', source: 'host.ts.hbs', values: { name: 'example' } }]
      : hosts.map(({ name, user, address, port }) => ({
          path: `hosts/${name}.ts`,
          source: 'real-host.ts.hbs',
          values: { name, address, user: user ?? null, port: port ?? null },
        }))),
  ];
}

/** The keys that a server shows, once a person has compared them. */
async function vouchedFor(
  context: CliContext,
  { name, address, port = 22 }: NewHost,
  yes: boolean,
): Promise<readonly string[]> {
  const keys = await shownKeys(name, address, port);
  context.note(`${name}: the server at ${address} shows`);
  for (const { key, fingerprint } of keys) context.note(`  ${key.split(' ')[0]} ${fingerprint}`);
  if (!yes && !(await isAgreed('Are these its own? Compare with `ssh-keygen -lf` there. [y/N] '))) {
    throw new SteadError({
      code: 'usage.init',
      host: name,
      message: 'nobody vouches for its keys; nothing was written',
      hint: 'Answer y, or pass --yes where the way to the host is sure.',
    });
  }
  return keys.map(({ key }) => key);
}

async function isAgreed(question: string): Promise<boolean> {
  if (process.stdin.isTTY !== true) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim());
  } finally {
    terminal.close();
  }
}

function nextSteps(context: CliContext, folder: string, hosts: readonly NewHost[]): string {
  const where = relative(context.process.cwd(), folder) || '.';
  const real = hosts.length > 0;
  return [
    real
      ? `A fleet of ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'} is in ${where}.`
      : `A fleet of one host is in ${where}: hosts/example.ts.`,
    '',
    `  npx stead build --all --repo ${where}     writes ${join(where, 'out')}`,
    ...(real
      ? [
          `  npx stead facts --all --repo ${where}     reads what the hosts are into hosts/facts/`,
          `  npx stead adopt --all --repo ${where}     what a first switch would take over`,
        ]
      : []),
    `  npx stead switch --all --repo ${where}    ${real ? 'switches the hosts' : 'switches the host, a folder for now'}`,
    '',
    `For completion in the editor: cd ${where} && npm install`,
  ].join('\n');
}
