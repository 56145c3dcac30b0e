// Looking after hosts' stores: finding and mending what is not as it should be, dropping what is not wanted.
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest, storeName, type Digest, type Manifest } from '../bundle/index.ts';
import { SteadError } from '../options/index.ts';
import {
  collect,
  discardOutput,
  fetchDownloads,
  generations,
  mend,
  switchTo,
  verify,
  type Collected,
  type Generation,
  type Session,
  type Target,
  type Verification,
} from '../targets/index.ts';
import type { Watch } from './events.ts';
import { ask, type Answer } from './inspect.ts';

/** What is wrong on a host, after mending where that was asked for. */
export interface VerifyReport extends Verification {
  /** Paths, objects, bundles and downloads that were wrong before and are right now. */
  readonly repaired: readonly string[];
}

/** Compares a host with what it should be; downloads by their hash where `hashDownloads`. */
export function hostVerify(
  host: string,
  target: Target,
  hashDownloads: boolean,
): Promise<Answer<VerifyReport>> {
  return ask(host, target, async (session) => ({ ...(await verify(session, hashDownloads)), repaired: [] }));
}

/**
 * Puts right what a comparison finds: broken files of the store from `out/<host>`, where that is the very bundle
 * that runs; links, copies and modes as a switch would; downloads of the bundle that runs are fetched again. @param out the folder `out/` of the repository
 */
export function hostRepair(
  host: string,
  target: Target,
  hashDownloads: boolean,
  out: string,
  watch: Watch,
): Promise<Answer<VerifyReport>> {
  return ask(host, target, async (session) => {
    const before = await verify(session, hashDownloads);
    const running = (await generations(session)).find((one) => one.current);
    if (isSound(before) || running === undefined) return { ...before, repaired: [] };
    if (!isSound({ ...before, outputs: [] })) {
      await repair(session, host, before, running, join(out, host), hashDownloads, watch);
    }
    for (const { name, kind } of before.outputs) if (kind === 'changed') await discardOutput(session, name);
    const after = await verify(session, hashDownloads);
    const still = new Set(names(after));
    return { ...after, repaired: [...new Set(names(before))].filter((name) => !still.has(name)) };
  });
}

/** Removes a host's generations as asked, and whatever nothing refers to. */
export function hostCollect(
  host: string,
  target: Target,
  wanted: { readonly keep?: number; readonly olderThanDays?: number; readonly packages?: boolean },
): Promise<Answer<Collected>> {
  return ask(host, target, (session) => collect(session, wanted));
}

/** Whether nothing was found. */
export function isSound({ bundles, objects, paths, downloads, outputs }: Verification): boolean {
  return bundles.length + objects.length + paths.length + downloads.length + outputs.length === 0;
}

function names({ bundles, objects, paths, downloads, outputs }: Verification): string[] {
  return [
    ...downloads.map(({ name }) => `the download ${name.slice(33)}`),
    ...outputs.map(({ name }) => name),
    ...paths.map(({ path }) => path),
    ...objects.map(({ name }) => name),
    ...bundles.map(({ name }) => name),
  ];
}

async function repair(
  session: Session,
  host: string,
  found: Verification,
  running: Generation,
  built: string,
  hashDownloads: boolean,
  watch: Watch,
): Promise<void> {
  const onStderr = (line: string): void => watch({ kind: 'output', host, line });
  const bundle = `${running.hash}-${host}`;
  const broken = new Set(found.objects.filter(({ kind }) => kind !== 'mode').map(({ name }) => name));
  const isBroken = found.bundles.some(({ name }) => name === bundle);
  if (broken.size > 0 || isBroken) {
    const manifest = builtManifest(host, running, built);
    if (isBroken) {
      for (const member of ownMembers(manifest)) {
        await mend(session, bundle, member, createReadStream(join(built, member)));
      }
    }
    for (const file of manifest.files) {
      if (!('object' in file)) continue;
      const name = storeName(file.object as Digest, file.path);
      if (broken.delete(name)) {
        await mend(session, bundle, name, createReadStream(join(built, 'root', file.path)));
      }
    }
  }
  if (found.downloads.length > 0) await fetchDownloads(session, bundle, { hashAll: hashDownloads, onStderr });
  const { code, output } = await switchTo(session, bundle, {
    onStderr,
  });
  if (code !== 0) {
    throw new SteadError({
      code: 'verify.repair',
      host,
      message: `what is wrong could not be put right: ${output.trim().replaceAll(/^stead-host: /gm, '')}`,
      hint: 'Roll the host back, or switch it to a new generation.',
    });
  }
}

/** The manifest of the bundle in `out/<host>`, which must be the one that runs. */
function builtManifest(host: string, { hash, commit }: Generation, built: string): Manifest {
  const path = join(built, 'manifest.json');
  const manifest = existsSync(path) ? readManifest(path) : undefined;
  if (manifest?.hash === hash) return manifest;
  throw new SteadError({
    code: 'verify.not-built',
    host,
    message: `files of its store are broken, and ${built} is not the bundle ${hash} that they are in`,
    hint:
      commit === undefined
        ? 'Build what runs there, then run this again; or switch the host to a new generation.'
        : `Check out commit ${commit}, build ${host}, then run this again; or switch the host to a new generation.`,
  });
}

/** Files of a bundle beside its tree: identity.json first, which vouches for the others. */
function ownMembers({ tables, runtime }: Manifest): string[] {
  return ['identity.json', ...Object.keys(tables), ...Object.keys(runtime).map((name) => `runtime/${name}`)];
}
