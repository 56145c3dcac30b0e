// Where the sources of a recipe come from, as data: nothing is fetched when a recipe is evaluated.
import { folderAt } from '../fleet/index.ts';
import { shown, Site, SteadError } from '../options/index.ts';

interface Archive {
  /** Whether an archive is unpacked (as it is unless this says no), or put there as the file that it is. */
  readonly unpack?: boolean;
  /** How many folders around the content of an archive are left out. */
  readonly strip?: number;
}

/** Made by `source.npm`, `source.git`, `source.url` and `source.folder`. */
export type Source =
  | (Archive & {
      readonly kind: 'npm';
      readonly name: string;
      readonly version: string;
      readonly gitBundle?: string;
    })
  | { readonly kind: 'git'; readonly url: string; readonly revision: string; readonly tracks: boolean }
  | (Archive & { readonly kind: 'url'; readonly url: string; readonly sha256?: string })
  | { readonly kind: 'folder'; readonly path: string };

const made = new WeakSet<object>();

/** Whether `source` made it. */
export function isSource(value: unknown): value is Source {
  return typeof value === 'object' && value !== null && made.has(value);
}

export const source = {
  /**
   * A package of the npm registry.
   * @param version a version, or a tag such as `latest`, which the lock pins
   * @param more `gitBundle`: a git bundle inside of the package, whose tree is meant instead
   */
  npm(name: string, version: string, more: Archive & { readonly gitBundle?: string } = {}): Source {
    const call = { called: 'source.npm', site: new Site(source.npm) };
    text(call, 0, 'the name of a package', name, /^(@[a-z0-9-~][a-z0-9-._~]*\/)?[a-z0-9-~][a-z0-9-._~]*$/);
    text(call, 1, 'a version or tag', version, /^[A-Za-z0-9][A-Za-z0-9.+-]*$/);
    return remembered({ kind: 'npm', name, version, ...more });
  },

  /**
   * The tree of a revision of a git repository, with its submodules.
   * @param revision a commit, or a tag, which the lock pins; `{ track: 'master' }` follows a branch at `stead update`
   */
  git(url: string, revision: string | { readonly track: string }): Source {
    const call = { called: 'source.git', site: new Site(source.git) };
    text(call, 0, 'the URL of a repository', url, /^(https?|ssh|git|file):\/\/[^\s#]+$/);
    const tracks = typeof revision !== 'string';
    const name = typeof revision === 'string' ? revision : revision?.track;
    text(call, 1, 'a commit, a tag or { track: BRANCH }', name, /^(?!-)[^\s~^:?*[\\\p{Cc}]+$/u);
    return remembered({ kind: 'git', url, revision: name, tracks });
  },

  /**
   * A file of the web.
   * @param more `sha256`: what its content must be; the lock says so where nothing is said here
   */
  url(url: string, more: Archive & { readonly sha256?: string } = {}): Source {
    const call = { called: 'source.url', site: new Site(source.url) };
    text(call, 0, 'a URL', url, /^(https?|file):\/\/[^\s#]+$/);
    if (more.sha256 !== undefined) {
      text(call, 1, 'the sha256 as 64 hexadecimal digits', more.sha256, /^[0-9a-f]{64}$/);
    }
    return remembered({ kind: 'url', url, ...more });
  },

  /**
   * A folder of the repository, less what its `.steadignore` names (dockerignore rules).
   * @param path relative to the file that calls
   */
  folder(path: string): Source {
    return remembered({ kind: 'folder', path: folderAt(new Site(source.folder), 'source.folder', path) });
  },
};

/** What the lock knows a source by; undefined for one that it does not pin. */
export function requestOf(from: Source): string | undefined {
  switch (from.kind) {
    case 'npm':
      return `npm:${from.name}@${from.version}${from.gitBundle === undefined ? '' : `#${from.gitBundle}`}`;
    case 'git':
      return `git:${from.url}#${from.tracks ? 'track=' : ''}${from.revision}`;
    case 'url':
      return from.sha256 === undefined ? `url:${from.url}` : undefined;
    case 'folder':
      return undefined;
    default:
      return from satisfies never;
  }
}

/** What a request of the lock asks for; `fixed` where that can never be something else. */
export type ParsedRequest =
  | {
      readonly kind: 'npm';
      readonly name: string;
      readonly version: string;
      readonly gitBundle: string | null;
      readonly fixed: boolean;
    }
  | { readonly kind: 'git'; readonly url: string; readonly revision: string; readonly fixed: boolean }
  | { readonly kind: 'url'; readonly url: string; readonly fixed: boolean };

/** Reads what `requestOf` writes. */
export function parseRequest(request: string): ParsedRequest {
  const kind = request.slice(0, request.indexOf(':'));
  const rest = request.slice(kind.length + 1);
  const hash = rest.indexOf('#');
  const [before, after] = hash === -1 ? [rest, null] : [rest.slice(0, hash), rest.slice(hash + 1)];
  switch (kind) {
    case 'npm': {
      const at = before.lastIndexOf('@');
      const version = before.slice(at + 1);
      return {
        kind,
        name: before.slice(0, at),
        version,
        gitBundle: after,
        fixed: /^\d+\.\d+\.\d+/.test(version),
      };
    }
    case 'git': {
      const revision = (after ?? '').replace(/^track=/, '');
      return { kind, url: before, revision, fixed: /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(after ?? '') };
    }
    case 'url':
      return { kind, url: rest, fixed: false };
    default:
      throw new TypeError(`no request for a source: ${request}`);
  }
}

function remembered(from: Source): Source {
  const frozen = Object.freeze(from);
  made.add(frozen);
  return frozen;
}

function text(
  call: { readonly called: string; readonly site: Site },
  argument: number,
  what: string,
  given: unknown,
  pattern: RegExp,
): void {
  if (typeof given === 'string' && pattern.test(given)) return;
  throw new SteadError({
    code: 'call.argument',
    message: `${call.called}(…) takes ${what}, got ${shown(given)}`,
    places: [{ place: call.site.place(), keys: [], argument }],
    hint: "Write source.npm('name', '1.2.3'), source.git('https://…', 'v1.2.3'), source.url('https://…') or source.folder('./app').",
  });
}
