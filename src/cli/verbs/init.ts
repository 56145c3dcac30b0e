// stead init: a new fleet repository that builds at once.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { EXIT, type ExitCode } from '../../deploy/index.ts';
import { SteadError } from '../../options/index.ts';
import { template } from '../../render/index.ts';
import type { CliContext } from '../context.ts';

/** Files of the new repository, and the templates they come from. */
const STARTER = {
  'hosts/example.ts': 'host.ts.hbs',
  'package.json': 'package.json.hbs',
  'tsconfig.json': 'tsconfig.json.hbs',
  '.gitignore': 'gitignore.hbs',
} as const;

export async function run(context: CliContext, args: readonly unknown[]): Promise<ExitCode> {
  const given = z.string().optional().parse(args[0]);
  const folder = given === undefined ? context.repository : resolve(context.process.cwd(), given);
  const taken = Object.keys(STARTER).filter((name) => existsSync(join(folder, name)));
  if (taken.length > 0) {
    throw new SteadError({
      code: 'usage.init',
      message: `${folder} has ${taken.join(', ')} already; nothing was written`,
      hint: 'Name a new folder: stead init my-fleet',
    });
  }
  const stead = resolve(import.meta.dirname, '../../..');
  for (const [name, source] of Object.entries(STARTER)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, starterText(source, folder, stead), { flag: 'wx' });
  }
  if (context.json) context.print(JSON.stringify({ path: folder, files: Object.keys(STARTER) }, null, 2));
  else context.print(nextSteps(context, folder));
  return EXIT.done;
}

function starterText(source: string, folder: string, stead: string): string {
  const name = join(import.meta.dirname, '../starter', source);
  const values: Readonly<Record<string, object>> = {
    'host.ts.hbs': { name: 'example' },
    'package.json.hbs': {
      // npm's rule for names; the folder's name is the person's own.
      name:
        basename(folder)
          .toLowerCase()
          .replaceAll(/[^a-z0-9-]+/g, '-')
          .replace(/^-+|-+$/g, '') || 'fleet',
      stead: relative(folder, stead) || '.',
    },
  };
  return template({ name, text: readFileSync(name, 'utf8') }, values[source] ?? {});
}

function nextSteps(context: CliContext, folder: string): string {
  const where = relative(context.process.cwd(), folder) || '.';
  return [
    `A fleet of one host is in ${where}: hosts/example.ts.`,
    '',
    `  npx stead build --all --repo ${where}     writes ${join(where, 'out')}`,
    `  npx stead switch --all --repo ${where}    switches the host, a folder for now`,
    '',
    `For completion in the editor: cd ${where} && npm install`,
  ].join('\n');
}
