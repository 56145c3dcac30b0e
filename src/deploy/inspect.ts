// Asking hosts how they are: what runs, what would change, what has drifted.
import { diffManifests, parseManifest, textDiff, type Manifest, type ManifestDiff } from '../bundle/index.ts';
import { SteadError } from '../options/index.ts';
import {
  generations,
  status,
  type Generation,
  type HostStatus,
  type Session,
  type Target,
} from '../targets/index.ts';
import type { BuiltHost } from './build.ts';

/** What a host answered, or why it did not. */
export type Answer<T> =
  { readonly host: string; readonly value: T } | { readonly host: string; readonly error: SteadError };

/** What a switch would change on a host. */
export interface HostDiff {
  readonly manifest: ManifestDiff;
  /** Unified diffs of changed text files, by path. */
  readonly texts: Readonly<Record<string, string>>;
}

export function hostGenerations(
  host: string,
  target: Target,
): Promise<Answer<{ readonly generations: readonly Generation[] }>> {
  return ask(host, target, async (session) => ({ generations: await generations(session) }));
}

export function hostStatus(host: string, target: Target): Promise<Answer<HostStatus>> {
  return ask(host, target, status);
}

/** Compares what a host runs with a built bundle. */
export function hostDiff(built: BuiltHost, target: Target): Promise<Answer<HostDiff>> {
  return ask(built.host.name, target, async (session) => {
    const before = await currentManifest(session);
    const manifest = diffManifests(before, built.bundle.manifest);
    const texts: Record<string, string> = {};
    for (const { path, change, before: old } of manifest.files) {
      const oldText = change === 'added' || !isFile(old) ? null : await fileText(session, path);
      const newText = change === 'removed' ? null : bundleText(built, path);
      const text = await textDiff(oldText, newText, { before: path, after: path });
      if (text !== '') texts[path] = text;
    }
    return { manifest, texts };
  });
}

async function ask<T>(
  host: string,
  target: Target,
  question: (session: Session) => Promise<T>,
): Promise<Answer<T>> {
  try {
    const session = await target.open();
    try {
      return { host, value: await question(session) };
    } finally {
      await session.close();
    }
  } catch (error) {
    if (error instanceof SteadError) return { host, error };
    throw error;
  }
}

/** The manifest of the generation that runs; null on an untouched host. */
async function currentManifest(session: Session): Promise<Manifest | null> {
  const path = onTarget(session, '/var/lib/stead/current/manifest.json');
  const { code, stdout } = await session.run(['cat', '--', path]);
  return code === 0 ? parseManifest(stdout, path) : null;
}

/** A file of the running generation; null where it is not text. */
async function fileText(session: Session, path: string): Promise<string | null> {
  const { code, stdout } = await session.run([
    'cat',
    '--',
    onTarget(session, `/var/lib/stead/current/root${path}`),
  ]);
  return code === 0 && !stdout.includes('\0') ? stdout : null;
}

function bundleText({ bundle }: BuiltHost, path: string): string | null {
  const content = bundle.entries.find((entry) => entry.file.path === path)?.content;
  if (!(content instanceof Uint8Array)) return null;
  const text = Buffer.from(content).toString('utf8');
  return text.includes('\0') ? null : text;
}

function isFile(file: { readonly kind: string } | null): boolean {
  return file?.kind === 'link' || file?.kind === 'copy';
}

function onTarget(session: Session, path: string): string {
  return session.root === '/' ? path : session.root + path;
}
