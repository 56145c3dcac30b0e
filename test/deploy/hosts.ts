// Sessions to folders that count what goes through them, and bundles to copy there.
import { readFileSync, readlinkSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { bundle, sha256Hex, type Bundle, type FileSource } from '../../src/bundle/index.ts';
import { runtimeFiles } from '../../src/host/index.ts';
import { directoryTarget, type Session } from '../../src/targets/index.ts';

export interface Counted {
  readonly session: Session;
  /** Commands that were run. */
  calls: number;
  /** Streams of bundles among them. */
  streams: number;
  /** Bytes of commands, inputs and outputs. */
  bytes: number;
}

/** A session to a folder that counts; `change` may tamper with an input that is a stream. */
export async function counted(
  directory: string,
  change: (stream: Readable) => Readable = (stream) => stream,
): Promise<Counted> {
  const session = await directoryTarget({ name: 'gateway', directory }).open();
  const counts: Counted = {
    calls: 0,
    streams: 0,
    bytes: 0,
    session: {
      ...session,
      run: async (argv, options = {}) => {
        counts.calls += 1;
        if (argv.includes('receive')) counts.streams += 1;
        counts.bytes += Buffer.byteLength(argv.join(' '));
        const { stdin } = options;
        if (typeof stdin === 'string') counts.bytes += Buffer.byteLength(stdin);
        const input =
          typeof stdin === 'object'
            ? counting(argv.includes('receive') ? change(stdin) : stdin, counts)
            : stdin;
        const result = await session.run(argv, {
          ...options,
          ...(input === undefined ? {} : { stdin: input }),
        });
        counts.bytes += Buffer.byteLength(result.stdout) + Buffer.byteLength(result.stderr);
        return result;
      },
    },
  };
  return counts;
}

function counting(stream: Readable, counts: Counted): Readable {
  return stream.pipe(
    new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        counts.bytes += chunk.length;
        done(null, chunk);
      },
    }),
  );
}

export type Files = Readonly<Record<string, Omit<FileSource, 'path'> | string>>;

/** The bundle of a host with these files, with the real host script. */
export function bundleOf(files: Files, commit: string | null = null): Promise<Bundle> {
  const sources = Object.entries(files).map(([path, file]): FileSource => {
    if (typeof file !== 'string') return { path, ...file } as FileSource;
    return { path, kind: 'link', mode: '0644', owner: 'root', group: 'root', content: file };
  });
  return bundle(
    {
      host: 'gateway',
      files: sources,
      units: [],
      packages: [],
      users: [],
      groups: [],
      secrets: [],
      downloads: [],
      recipes: [],
      kernel: { add: [], remove: [], modules: [], sysctl: {} },
      checks: [],
      health: [],
      manual: [],
      settings: {},
    },
    { runtime: runtimeFiles(), provenance: { commit, dirty: false, stead: '0.1.0' } },
  );
}

/** Everything in a host's store, or in one of its bundles: kind, and content or target by path. */
export function stored(directory: string, below = ''): Record<string, string> {
  const top = join(directory, 'var/lib/stead/store', below);
  const entries = readdirSync(top, { withFileTypes: true, recursive: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const what = entry.isSymbolicLink()
      ? `link ${readlinkSync(path)}`
      : entry.isDirectory()
        ? 'folder'
        : `file ${sha256Hex(readFileSync(path))}`;
    return [path.slice(top.length), what] as const;
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
