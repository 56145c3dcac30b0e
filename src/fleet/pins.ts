// `stead.lock`: what moving requests (a branch, a version of a package) stand for, until `stead update` moves them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { SteadError, type ErrorFields, type LockedModel, type LockView } from '../options/index.ts';
import { z } from 'zod';
import { SourceFile } from './source/file.ts';
import { jsonError, jsonReason } from './source/json.ts';

/** The file's name in a repository. */
export const LOCK_FILE = 'stead.lock';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const size = z.int().min(0);

const source = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('url'), sha256, size }),
  z.strictObject({
    kind: z.literal('git'),
    commit: z.string().regex(/^[0-9a-f]{40,64}$/),
    tree: z.string().regex(/^[0-9a-f]{40,64}$/),
    sha256,
    size,
  }),
  z.strictObject({
    kind: z.literal('npm'),
    version: z.string(),
    integrity: z.string().regex(/^sha512-/),
    tree: z
      .string()
      .regex(/^[0-9a-f]{40,64}$/)
      .optional(),
    sha256,
    size,
  }),
]);

const debianPackage = z.strictObject({
  version: z.string(),
  sha256,
  size,
  path: z.string(),
  depends: z.array(z.string()),
});

const suite = z.strictObject({
  /** When the archive's Release file was made. */
  date: z.string(),
  /** What a system of this suite never lacks; none where only single packages of it are used. */
  essential: z.array(z.string()),
  /** What was asked for. */
  roots: z.array(z.string()),
  packages: z.record(z.string(), debianPackage),
});

const model = z.strictObject({
  hub: z.string(),
  repo: z.string(),
  revision: z.string(),
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  files: z.array(z.strictObject({ path: z.string(), sha256, size })).readonly(),
});

const lock = z.strictObject({
  version: z.literal(1),
  sources: z.record(z.string(), source),
  debian: z.record(z.string().regex(/^[a-z-]+\/[a-z0-9]+$/), suite),
  models: z.record(z.string(), model),
});

export type LockedSource = z.output<typeof source>;
export type LockedPackage = z.output<typeof debianPackage>;
export type LockedSuite = z.output<typeof suite>;
export type Lock = z.output<typeof lock>;

/** What something asks the lock for. */
export type PinRequest =
  | { readonly kind: 'source'; readonly request: string }
  | { readonly kind: 'debian'; readonly suite: string; readonly name: string }
  | { readonly kind: 'model'; readonly name: string; readonly request: Readonly<Record<string, unknown>> };

/** A lock that holds nothing. */
export const EMPTY_LOCK: Lock = { version: 1, sources: {}, debian: {}, models: {} };

/** The lock as evaluation sees it. */
export class Pins implements LockView {
  readonly lock: Lock;
  /** Whether what is not in it gets a stand-in, so that all of it can be found out. */
  readonly lenient: boolean;
  /** What was asked for, by the text that says so, with the names of those who asked. */
  readonly asked = new Map<string, { readonly request: PinRequest; readonly by: Set<string> }>();

  constructor(content: Lock, { lenient = false }: { readonly lenient?: boolean } = {}) {
    this.lock = content;
    this.lenient = lenient;
  }

  source(request: string, by: string): LockedSource | undefined {
    this.#note({ kind: 'source', request }, by);
    return own(this.lock.sources, request);
  }

  /** @param suite with the architecture: `bookworm/amd64` */
  debian(suiteName: string, name: string, by: string): LockedSuite | undefined {
    this.#note({ kind: 'debian', suite: suiteName, name }, by);
    const found = own(this.lock.debian, suiteName);
    return found !== undefined && (found.roots.includes(name) || name === '') ? found : undefined;
  }

  /** Of another repository, revision or files than are asked for there is no entry. */
  model(name: string, request: Readonly<Record<string, unknown>>): LockedModel | undefined {
    this.#note({ kind: 'model', name, request }, name);
    const found = own(this.lock.models, name);
    if (found === undefined) return undefined;
    const { commit: _commit, files, ...rest } = found;
    return isDeepStrictEqual({ ...rest, files: files.map(({ path }) => path) }, request) ? found : undefined;
  }

  #note(request: PinRequest, by: string): void {
    if (!this.lenient) return;
    const text = JSON.stringify(request);
    let entry = this.asked.get(text);
    if (entry === undefined) this.asked.set(text, (entry = { request, by: new Set() }));
    entry.by.add(by);
  }
}

/** The lock of a repository; an empty one where there is none. @throws SteadError `lock.invalid` */
export function readLock(repository: string): Lock {
  const file = join(repository, LOCK_FILE);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY_LOCK;
    throw cause;
  }
  const broken = (
    what: string,
    more: Partial<Pick<ErrorFields, 'places' | 'cause' | 'hint'>> = {},
  ): SteadError =>
    new SteadError({
      code: 'lock.invalid',
      message: `${LOCK_FILE} is not what \`stead update\` writes: ${what}`,
      places: [{ place: { file, line: 1, column: 1 } }],
      hint: 'Take it from git again, or remove it and run `stead update`.',
      ...more,
    });
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    const conflict = /^<{7} /m.exec(text);
    const source = new SourceFile(file, text);
    if (conflict !== null) {
      const places = [source.spot({ start: conflict.index, end: conflict.index + 7 })];
      throw broken('it holds the conflicts of a merge', {
        places,
        cause,
        hint: 'Solve them, or take one side whole and run `stead update`.',
      });
    }
    const found = jsonError(source)!;
    throw broken(jsonReason(found), { places: found.places, cause });
  }
  const version = (data as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > 1) {
    throw broken(`it has the version ${version}, and this stead knows version 1`, {
      hint: 'A later stead wrote it: install that one, or take the file from git as it was.',
    });
  }
  const parsed = lock.safeParse(data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw broken(`${issue!.path.join('.') || 'the whole'}: ${issue!.message.replace(/^I/, 'i')}`);
}

/** The lock's text: names sorted, one to a line, so that a change of one is a change of few lines. */
export function lockText(content: Lock): string {
  return `${JSON.stringify(sorted(content), null, 2)}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
