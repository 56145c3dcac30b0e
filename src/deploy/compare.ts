// What differs between two bundles, wherever they are: built here, or generations of a host.
import {
  diffManifests,
  parseManifest,
  textDiff,
  type Bundle,
  type Manifest,
  type ManifestDiff,
} from '../bundle/index.ts';
import { SteadError } from '../options/index.ts';
import type { Session, Target } from '../targets/index.ts';
import { ask, type Answer } from './inspect.ts';
import { planOn, type HostPlan } from './plan.ts';
import { textsOfBundle, textsOn } from './texts.ts';

/** What differs on a host. */
export interface HostDiff {
  readonly manifest: ManifestDiff;
  /** Unified diffs of changed text files, by path. */
  readonly texts: Readonly<Record<string, string>>;
  /** Bytes of all files together. */
  readonly size: { readonly before: number; readonly after: number };
  /** What the host would do, where a build is compared with what runs there. */
  readonly plan?: HostPlan;
}

/** One of the two that are compared. */
interface Side {
  /** Null for a host that has no generation yet. */
  readonly manifest: Manifest | null;
  /** Contents of those files that are text, and not too large to be read by a person. */
  texts(paths: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** Compares a generation of a host, or the one that runs, with another one or with a build. */
export function compareHost(
  host: string,
  target: Target,
  from: number | undefined,
  to: number | Bundle,
): Promise<Answer<HostDiff>> {
  return ask(host, target, async (session) => {
    const before = await generationSide(session, host, from);
    if (typeof to === 'number') return compare(before, await generationSide(session, host, to));
    const difference = await compare(before, bundleSide(to));
    return from === undefined ? { ...difference, plan: await planOn(session, to) } : difference;
  });
}

/** Compares two builds of a host. */
export function compareBuilds(before: Bundle, after: Bundle): Promise<HostDiff> {
  return compare(bundleSide(before), bundleSide(after));
}

async function compare(before: Side, after: Side): Promise<HostDiff> {
  // The later one is a build or a generation that was asked for, which is there.
  const manifest = diffManifests(before.manifest, after.manifest!);
  const changed = manifest.files.filter(
    ({ change, aspects }) => change !== 'changed' || aspects.includes('content') || aspects.includes('kind'),
  );
  const pathsOf = (side: 'before' | 'after'): string[] =>
    changed.flatMap((file) => (hasContent(file[side]) ? [file.path] : []));
  const [old, current] = await Promise.all([before.texts(pathsOf('before')), after.texts(pathsOf('after'))]);
  const texts: Record<string, string> = {};
  for (const { path, before: was, after: is } of changed) {
    // Beside bytes that are no text a text says nothing.
    if ((hasContent(was) && !old.has(path)) || (hasContent(is) && !current.has(path))) continue;
    const text = await textDiff(old.get(path) ?? null, current.get(path) ?? null, {
      before: path,
      after: path,
    });
    if (text !== '') texts[path] = text;
  }
  return { manifest, texts, size: { before: sizeOf(before.manifest), after: sizeOf(after.manifest) } };
}

function bundleSide(bundle: Bundle): Side {
  return {
    manifest: bundle.manifest,
    texts: (paths) => textsOfBundle(bundle, paths),
  };
}

async function generationSide(session: Session, host: string, number: number | undefined): Promise<Side> {
  const state = `${session.root === '/' ? '' : session.root}/var/lib/stead`;
  const folder = `${state}/${number === undefined ? 'current' : `generations/${number}`}`;
  const { code, stdout } = await session.run(['cat', '--', `${folder}/manifest.json`]);
  if (code !== 0 && number !== undefined) {
    throw new SteadError({
      code: 'host.generation',
      host,
      message: `there is no generation ${number}`,
      hint: `\`stead generations ${host}\` lists those that are there.`,
    });
  }
  return {
    manifest: code === 0 ? parseManifest(stdout, `${folder}/manifest.json`) : null,
    texts: (paths) => textsOn(session, `${folder}/root`, paths),
  };
}

function hasContent(file: Manifest['files'][number] | null): boolean {
  return file?.kind === 'link' || file?.kind === 'copy';
}

function sizeOf(manifest: Manifest | null): number {
  return (manifest?.files ?? []).reduce((sum, file) => sum + ('size' in file ? file.size : 0), 0);
}
