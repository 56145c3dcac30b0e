// Recipes made by hand as FORMAT.md says, whose tools are busybox alone, and hosts that are given them.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { base32, sha256 } from './bundle.ts';
import { findProgram, type Host, type Result } from './host.ts';

/** What a recipe is made from. */
export interface RecipeInput {
  readonly name?: string;
  readonly version?: string;
  /** The commands, in the sandbox. */
  readonly script: string;
  /** Files of the source, by path. */
  readonly source?: Readonly<Record<string, string>>;
  /** Second names of files of the source. */
  readonly links?: Readonly<Record<string, string>>;
  /** Packages besides busybox, as files. */
  readonly tools?: readonly string[];
  readonly beside?: readonly { readonly suite: string; readonly file: string }[];
  readonly hostPaths?: Readonly<Record<string, string>>;
  readonly resources?: readonly (readonly [name: string, value: string])[];
  /** Name, command, advice. */
  readonly checks?: readonly (readonly string[])[];
  readonly architecture?: string;
}

/** A recipe in a folder. */
export interface Recipe {
  readonly hash: string;
  /** Its output's name in the store. */
  readonly name: string;
  /** As the deployer has it: `derivation.json`, `build`, tables, `inputs/`. */
  readonly folder: string;
}

/** What of a recipe is sent first. */
export const RECIPE_FILES = [
  'derivation.json',
  'build',
  'inputs.tsv',
  'hostPaths.tsv',
  'resources.tsv',
  'checks.tsv',
] as const;

const base = mkdtempSync(join(tmpdir(), 'stead-recipes-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Whether this machine can build at all: as root, in namespaces, with a busybox that needs no library. */
export function canBuild(): boolean {
  if (process.getuid?.() !== 0 || busybox() === undefined || findProgram('dpkg-deb') === undefined)
    return false;
  try {
    execFileSync('unshare', ['--mount', '--pid', '--net', '--fork', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function busybox(): string | undefined {
  const path = findProgram('busybox');
  if (path === undefined) return undefined;
  return execFileSync('busybox', ['--help'], { encoding: 'utf8' }) && path;
}

let boxPackage: string | undefined;

/** A package that is busybox, under the names that scripts know its tools by. */
export function busyboxPackage(): string {
  if (boxPackage !== undefined) return boxPackage;
  const folder = join(base, 'busybox');
  mkdirSync(join(folder, 'DEBIAN'), { recursive: true });
  mkdirSync(join(folder, 'usr/bin'), { recursive: true });
  writeFileSync(
    join(folder, 'DEBIAN/control'),
    'Package: box\nVersion: 1\nArchitecture: all\nMaintainer: test <test@example.org>\nDescription: busybox alone\n',
  );
  copyFileSync(busybox()!, join(folder, 'usr/bin/busybox'));
  for (const name of execFileSync('busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
    if (name !== 'busybox') linkSync(join(folder, 'usr/bin/busybox'), join(folder, 'usr/bin', name));
  }
  boxPackage = join(base, 'box.deb');
  execFileSync('dpkg-deb', ['--root-owner-group', '-Znone', '--build', folder, boxPackage]);
  return boxPackage;
}

let counter = 0;

/** Writes a recipe's folder; equal input gives an equal hash. */
export function makeRecipe(input: RecipeInput): Recipe {
  const { name = 'thing', version = '1.0' } = input;
  const folder = join(base, `recipe-${counter++}`);
  mkdirSync(join(folder, 'inputs'), { recursive: true });
  const rows: string[][] = [];
  const take = (kind: string, file: string, label: string, place: string): void => {
    const sum = createHash('sha256').update(readFileSync(file)).digest('hex');
    copyFileSync(file, join(folder, 'inputs', sum));
    rows.push([kind, sum, String(statSync(file).size), label, place]);
  };
  if (input.source !== undefined) take('source', sourceArchive(input.source, input.links), 'source', '.');
  for (const file of input.tools ?? [busyboxPackage()]) take('tool', file, file.split('/').at(-1)!, '-');
  for (const { suite, file } of input.beside ?? []) take('beside', file, file.split('/').at(-1)!, suite);
  const unpack = rows.filter(([kind]) => kind === 'source').map(([, sum]) => `tar -x -f /inputs/${sum}\n`);
  const script = `set -eu
unpack() {
  echo "@stead phase unpack"
  ${unpack.join('')}}
[ "\${1-}" != unpack ] || { unpack; : >/tmp/stead-unpacked; exit; }
[ -e /recipe/unpacked ] || unpack
${input.script}
`;
  const derivation = JSON.stringify({
    build: sha256(script),
    hostPaths: input.hostPaths ?? {},
    inputs: rows.map(([kind, sum]) => ({ kind, sha256: sum })),
    name,
    platform: { architecture: input.architecture ?? debianArchitecture(), suite: 'bookworm' },
    version,
  });
  const files: Record<(typeof RECIPE_FILES)[number], string> = {
    'derivation.json': derivation,
    build: script,
    'inputs.tsv': table(rows),
    'hostPaths.tsv': table(Object.entries(input.hostPaths ?? {})),
    'resources.tsv': table(input.resources ?? []),
    'checks.tsv': table(input.checks ?? []),
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  const hash = base32(sha256(derivation));
  return { hash, name: `${hash}-${name}-${version}`, folder };
}

function table(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.join('\t')}\n`).join('');
}

export function debianArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

function sourceArchive(
  files: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>> = {},
): string {
  const folder = mkdtempSync(join(base, 'source-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  for (const [path, first] of Object.entries(links)) linkSync(join(folder, first), join(folder, path));
  const file = `${folder}.tar`;
  const fixed = ['--sort=name', '--owner=0', '--group=0', '--mtime=@0'];
  execFileSync('tar', ['-c', '-f', file, '-C', folder, ...fixed, '.']);
  return file;
}

/** The tar of the named files of a folder, each below a prefix. */
export function tarOf(folder: string, names: readonly string[], prefix = ''): Buffer {
  const rename = prefix === '' ? [] : [`--transform=s|^|${prefix}/|`];
  return execFileSync('tar', ['-c', '-f', '-', '-C', folder, ...rename, ...names], { maxBuffer: 2 ** 30 });
}

/** Sends a recipe and what the host lacks of its inputs. */
export async function giveRecipe(host: Host, recipe: Recipe): Promise<Result> {
  const asked = await host.verb(['recipe', recipe.hash], tarOf(recipe.folder, RECIPE_FILES));
  const missing = [...asked.stdout.matchAll(/^missing\t(.*)$/gm)].map((match) => match[1]!);
  if (asked.code !== 0 || missing.length === 0) return asked;
  const incoming = `.incoming-in${counter++}`;
  const stream = tarOf(join(recipe.folder, 'inputs'), missing, incoming);
  const sent = await host.verb(['inputs', incoming, 'none', String(stream.length)], stream);
  return sent.code === 0 ? asked : sent;
}

/** Sends a recipe and has it built. */
export async function buildOn(host: Host, recipe: Recipe, path?: string): Promise<Result> {
  const given = await giveRecipe(host, recipe);
  return given.code === 0 ? host.verb(['build', recipe.name], '', path) : given;
}

/** Whether a process of this machine has such a text on its command line. */
export function isRunning(text: string): boolean {
  try {
    execFileSync('pgrep', ['-f', '--', text]);
    return true;
  } catch {
    return false;
  }
}
