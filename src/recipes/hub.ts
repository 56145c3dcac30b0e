// What a hub says of a model's files: their commit, hashes and sizes, so that `stead.lock` can pin them.
// Addresses and answers are those of the Hub API of huggingface.co: `/api/models/REPO/refs` and `/tree/COMMIT`.
import { z } from 'zod';
import { didYouMean, nearest, SteadError, type LockedModel } from '../options/index.ts';

/** Files of a repository on a hub. */
export interface ModelRequest {
  /** The hub's address: `https://huggingface.co`. */
  readonly hub: string;
  readonly repo: string;
  /** A commit, a branch or a tag. */
  readonly revision: string;
  /** Paths in the repository. */
  readonly files: readonly string[];
}

const requestSchema = z.strictObject({
  hub: z.string(),
  repo: z.string(),
  revision: z.string(),
  files: z.array(z.string()).min(1),
});
const ref = z.object({ name: z.string(), targetCommit: z.string().regex(/^[0-9a-f]{40}$/) });
const refsSchema = z.object({ branches: z.array(ref), tags: z.array(ref).default([]) });
const treeSchema = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().min(0) }).optional(),
  }),
);

const PATIENCE_MILLISECONDS = 60_000;

/**
 * Pins files of a model: the commit that the revision is at now, and what each file is in it.
 * @param request as evaluation asks the lock for it
 * @param token a token of the hub; sent to the hub alone, and over http to this machine only
 * @throws SteadError `hub.revision`, `hub.file`, `hub.refused`, `hub.answer`, `hub.unreachable`
 */
export async function resolveModel(
  request: Readonly<Record<string, unknown>>,
  token?: string,
): Promise<LockedModel> {
  const { hub, repo, revision, files } = requestSchema.parse(request);
  const base = `${hub.replace(/\/$/, '')}/api/models/${repo}`;
  const commit = /^[0-9a-f]{40}$/.test(revision)
    ? revision
    : await commitOf(base, { hub, repo, revision, files }, token);
  const tree = await wholeTree(`${base}/tree/${commit}?recursive=true`, token);
  const found = files.map((path) => {
    const entry = tree.find((one) => one.path === path);
    if (entry?.lfs !== undefined) return { path, sha256: entry.lfs.oid, size: entry.lfs.size };
    const known = tree.filter(({ lfs }) => lfs !== undefined).map((one) => one.path);
    throw new SteadError({
      code: 'hub.file',
      message:
        entry === undefined
          ? `${repo} has no file ${path} at ${commit}`
          : `${path} of ${repo} is no large file, so that the hub does not say its sha256`,
      hint: knownText(path, known),
    });
  });
  return { hub, repo, revision, commit, files: found };
}

async function commitOf(base: string, { repo, revision }: ModelRequest, token?: string): Promise<string> {
  const { branches, tags } = read(refsSchema, await asked(`${base}/refs`, token), `${base}/refs`);
  const all = [...branches, ...tags];
  const found = all.find(({ name }) => name === revision);
  if (found !== undefined) return found.targetCommit;
  throw new SteadError({
    code: 'hub.revision',
    message: `${repo} has no branch and no tag ${revision}`,
    hint: knownText(
      revision,
      all.map(({ name }) => name),
    ),
  });
}

/** All pages of a listing. */
async function wholeTree(first: string, token?: string): Promise<z.output<typeof treeSchema>> {
  const entries: z.output<typeof treeSchema> = [];
  const { origin } = new URL(first);
  for (let url: string | undefined = first; url !== undefined;) {
    const answer = await asked(url, token);
    entries.push(...read(treeSchema, answer, url));
    const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(answer.link ?? '')?.[1];
    url = next === undefined ? undefined : new URL(next, url).href;
    // The token is the hub's.
    if (url !== undefined && new URL(url).origin !== origin)
      throw unreadable(url, 'it leads to another server');
  }
  return entries;
}

interface Answer {
  readonly text: string;
  readonly link: string | null;
}

/** What fetch follows to another origin goes without the token (Fetch Standard, HTTP-redirect fetch). */
async function asked(url: string, token?: string): Promise<Answer> {
  const { protocol, hostname } = new URL(url);
  const mayKnow = protocol === 'https:' || hostname === 'localhost' || hostname.startsWith('127.');
  const headers = token === undefined || !mayKnow ? {} : { authorization: `Bearer ${token}` };
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { headers, signal: AbortSignal.timeout(PATIENCE_MILLISECONDS) });
    text = await response.text();
  } catch (cause) {
    const { message, cause: deeper } = cause as Error;
    throw new SteadError({
      code: 'hub.unreachable',
      message: `${url} cannot be asked: ${deeper instanceof Error ? deeper.message : message}`,
      hint: 'Check the network, and the hub that `models` names; or give sha256 and size in the catalogue.',
      cause,
    });
  }
  if (response.ok) return { text, link: response.headers.get('link') };
  throw new SteadError({
    code: 'hub.refused',
    message: `${url} answers ${response.status} ${response.statusText}`.trimEnd(),
    hint:
      response.status === 401 || response.status === 403
        ? 'It asks for a token that may read it: set HF_TOKEN, and agree to the terms of the model on its page.'
        : response.status === 404
          ? 'Check the name of the repository; one that is private answers so, too, where HF_TOKEN is not set.'
          : 'Try again later.',
  });
}

function read<T>(schema: z.core.$ZodType<T>, { text }: Answer, url: string): T {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw unreadable(url, 'it is not JSON');
  }
  const parsed = z.safeParse(schema, data);
  if (parsed.success) return parsed.data;
  throw unreadable(url, parsed.error.issues[0]?.path.join('.') ?? '');
}

function unreadable(url: string, why: string): SteadError {
  return new SteadError({
    code: 'hub.answer',
    message: `what ${url} answers is not what a hub says: ${why}`,
    hint: 'Check the hub that `models` names; or give sha256 and size in the catalogue.',
  });
}

function knownText(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return (
    didYouMean(near) ??
    (known.length === 0 ? 'There are none.' : `There are ${known.slice(0, 20).join(', ')}.`)
  );
}
