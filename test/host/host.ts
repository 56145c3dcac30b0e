// A folder that stands for a host, and its verbs run by a given shell.

import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { existsSync, lstatSync, readdirSync, readlinkSync, statSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { hostScript } from '../../src/host/index.ts';
import { bundleEntries, streamOf } from './bundle.ts';
import type { Bundle, Entry } from './bundle.ts';

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Host {
  readonly root: string;
  /** Runs a verb; `path` is put before PATH. */
  verb(args: readonly string[], stdin?: string | Buffer, path?: string): Promise<Result>;
  /** Brings a bundle into the store. */
  receive(bundle: Bundle): Promise<Result>;
  receiveEntries(bundle: Bundle, entries: (incoming: string) => readonly Entry[]): Promise<Result>;
  switchTo(bundle: Bundle): Promise<Result>;
  read(path: string): string;
  write(path: string, content: string): void;
  /** What stands at each path outside stead's own folder: content, link target or folder, with the mode. */
  tree(): Record<string, string>;
}

let counter = 0;

// Tests that run side by side share their file's end.
const bases: string[] = [];
afterAll(() => {
  execFileSync('rm', ['-rf', ...bases]);
}, 60_000);

/** A new host whose `sh` is the given shell: `dash`, `bash`, or `busybox` for its ash. */
export function makeHost(shell = 'sh'): Host {
  return hostIn(newRoot(), shell);
}

/** An empty folder that stands for `/`; it goes when the file's tests have ended. */
export function newRoot(): string {
  const base = mkdtempSync(join(scratchFolder(), 'stead-host-'));
  bases.push(base);
  const root = join(base, 'root of a host');
  mkdirSync(root);
  return root;
}

/** In memory where there is room, since a host waits for its disk often. */
export function scratchFolder(): string {
  const memory = '/dev/shm';
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > 2 ** 30 ? memory : tmpdir();
}

/** A namespace in which a host's verbs run: the start of their command line, and where its `/` is seen from here. */
export interface Inside {
  readonly argv: readonly string[];
  readonly slash: string;
}

/** The host that stands in a folder of `newRoot`. */
export function hostIn(path: string, shell = 'sh', inside: Inside = { argv: [], slash: '' }): Host {
  const base = join(path, '..');
  const root = inside.slash + path;
  // The whole of it is too long for an argument.
  const script = join(base, 'stead-host');
  writeFileSync(script, hostScript());
  const bin = join(base, 'bin');
  mkdirSync(bin);
  if (shell !== 'sh') symlinkSync(findProgram(shell) ?? shell, join(bin, 'sh'));

  const verb: Host['verb'] = (args, stdin = '', toolFolder) =>
    runProcess([...inside.argv, 'sh', script, '--root', path, ...args], {
      stdin,
      path: [...(toolFolder === undefined ? [] : [toolFolder]), bin, process.env['PATH'] ?? ''].join(':'),
    });
  const receiveEntries: Host['receiveEntries'] = async (bundle, entries) => {
    const incoming = `.incoming-test${counter++}`;
    const members = entries(incoming);
    const limit = Math.max(10_000_000, 4096 * members.length);
    return verb(['receive', bundle.name, incoming, 'gzip', String(limit)], await streamOf(members));
  };
  const receive: Host['receive'] = async (bundle) => {
    const names = bundle.rows.map((row) => row.object).filter((name) => name !== '-');
    const probe = await verb(['probe', bundle.name], names.map((name) => `${name}\n`).join(''));
    const missing = new Set([...probe.stdout.matchAll(/^missing\t(.*)$/gm)].map((match) => match[1] ?? ''));
    return receiveEntries(bundle, (incoming) => bundleEntries(bundle, incoming, missing));
  };
  return {
    root,
    verb,
    receive,
    receiveEntries,
    switchTo: async (bundle) => {
      const received = await receive(bundle);
      return received.code === 0 ? verb(['switch', bundle.name]) : received;
    },
    read: (name) => readFileSync(root + name, 'utf8'),
    write: (name, content) => {
      mkdirSync(join(root + name, '..'), { recursive: true });
      writeFileSync(root + name, content);
    },
    tree: () => Object.fromEntries(walk(root, '')),
  };
}

/** Runs a process in a group of its own and waits for its end. */
export function runProcess(
  argv: readonly string[],
  options: { readonly stdin?: string | Buffer; readonly path?: string },
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const [file = '', ...rest] = argv;
    const child = spawn(file, rest, {
      detached: true,
      env: { PATH: options.path ?? process.env['PATH'], LANG: 'C.UTF-8', SHLVL: '2' },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    // A command that does not read its input closes it early.
    child.stdin.on('error', () => {});
    child.stdin.end(options.stdin ?? '');
  });
}

/** Where a program lies on PATH, if it does. */
export function findProgram(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(':')
    .concat('/usr/sbin', '/sbin')
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

/** The shells that the host's scripts are made for, as far as they are here. */
export function shells(): string[] {
  return ['dash', 'busybox', 'bash'].filter((shell) => findProgram(shell) !== undefined);
}

/** An executable script. */
export function writeScript(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

function walk(root: string, path: string): [string, string][] {
  return readdirSync(root + path).flatMap((name): [string, string][] => {
    const full = `${path}/${name}`;
    if (full === '/var/lib/stead') return [];
    const stat = lstatSync(root + full);
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isDirectory()) return [[full, `folder ${mode}`], ...walk(root, full)];
    if (!stat.isSymbolicLink()) return [[full, `file ${mode} ${readFileSync(root + full, 'utf8')}`]];
    const target = readlinkSync(root + full);
    if (!target.includes('var/lib/stead/current/')) return [[full, `link ${target}`]];
    const alive = existsSync(root + full);
    if (!alive) return [[full, 'ours, dangling']];
    return [
      [
        full,
        statSync(root + full).isDirectory() ? 'ours, a folder' : `ours ${readFileSync(root + full, 'utf8')}`,
      ],
    ];
  });
}
