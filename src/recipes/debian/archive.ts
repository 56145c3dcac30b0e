// The index of a suite of a Debian archive, fetched and checked: signature, then sums.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { SteadError, type Architecture } from '../../options/index.ts';
import { downloaded } from '../fetch/download.ts';
import { run } from '../fetch/programs.ts';
import { isReleased, parseIndex, parseRelease, type Release } from './control.ts';
import { distributionOf } from './mirrors.ts';
import { packageIndex, type PackageIndex } from './resolve.ts';

/** Where an index comes from. */
export interface ArchiveSource {
  readonly suite: string;
  readonly architecture: Architecture;
  /** To be tried in this order. */
  readonly mirrors: readonly string[];
  /** Takes what a person should know: that a signature was not checked. */
  readonly note: (text: string) => void;
  /** Keys that archives are signed with, in place of the distribution's own. */
  readonly keyring?: string;
}

/**
 * The packages of a suite.
 * @throws SteadError `debian.archive` where no mirror has it, `debian.signature`, `debian.index` where sums do not hold
 */
export async function suiteIndex(source: ArchiveSource): Promise<PackageIndex> {
  const { suite, architecture, mirrors } = source;
  const failures: string[] = [];
  for (const mirror of mirrors) {
    let release: Buffer;
    try {
      release = await downloaded(`${mirror}/dists/${suite}/InRelease`);
    } catch (error) {
      failures.push((error as Error).message);
      continue;
    }
    const checked = parseRelease(await verified(release.toString('utf8'), mirror, source));
    const texts = [];
    for (const component of distributionOf(suite).components) {
      texts.push(await indexText(`${mirror}/dists/${suite}`, `${component}/binary-${architecture}`, checked));
    }
    return packageIndex(`${suite}/${architecture}`, checked.date, texts.flatMap(parseIndex));
  }
  throw new SteadError({
    code: 'debian.archive',
    message: `no archive has the suite ${suite}:\n${failures.map((failure) => `  ${failure}`).join('\n')}`,
    hint: 'Check the name of the suite, and the network; `recipes.mirrors` names other archives.',
  });
}

/** The text that a good signature stands under. Where there is nothing to check it with, that is said. */
async function verified(
  release: string,
  mirror: string,
  { suite, note, keyring: given }: ArchiveSource,
): Promise<string> {
  const distribution = distributionOf(suite);
  const keyring = given ?? distribution.keyring;
  if (!existsSync(keyring)) {
    note(`the signature of ${suite} is not checked: install ${distribution.keyringPackage} for ${keyring}`);
    return release;
  }
  const work = mkdtempSync(join(tmpdir(), 'stead-release-'));
  try {
    const [signed, plain] = [join(work, 'InRelease'), join(work, 'Release')];
    writeFileSync(signed, release);
    await run(['gpgv', '--quiet', '--keyring', keyring, '--output', plain, signed]);
    return readFileSync(plain, 'utf8');
  } catch (cause) {
    if (cause instanceof SteadError && cause.message.startsWith('there is no program')) {
      note(`the signature of ${suite} is not checked: install gpgv`);
      return release;
    }
    throw new SteadError({
      code: 'debian.signature',
      message: `the release file of ${suite} at ${mirror} has no good signature:\n${(cause as Error).message.split('\n').slice(1).join('\n')}`,
      hint: `A newer release may need newer keys: upgrade ${distribution.keyringPackage}. Otherwise use another mirror.`,
      cause,
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function indexText(base: string, folder: string, release: Release): Promise<string> {
  const path = `${folder}/Packages.gz`;
  const file = release.files.get(path);
  if (file === undefined) {
    throw new SteadError({
      code: 'debian.index',
      message: `${base} has no ${path}`,
      hint: 'Check the architecture: archives of other machines are elsewhere.',
    });
  }
  const bytes = await downloaded(
    release.byHash ? `${base}/${folder}/by-hash/SHA256/${file.sha256}` : `${base}/${path}`,
  );
  if (isReleased(bytes, file)) return (await promisify(gunzip)(bytes)).toString('utf8');
  throw new SteadError({
    code: 'debian.index',
    message: `${base}/${path} is not what its release file says`,
    hint: 'The mirror is just being renewed, or broken: try again later, or another one.',
  });
}
