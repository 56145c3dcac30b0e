// Packages of the npm registry as sources, fetched by npm itself: it knows registries, proxies and tokens.
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SteadError } from '../../options/index.ts';
import { bundleArchive } from './git.ts';
import { run } from './programs.ts';

/** A package as it was fetched. */
export interface NpmSource {
  readonly version: string;
  /** sha512 of the package, as a lock of npm has it. */
  readonly integrity: string;
  /** Of the git bundle inside of it, where that was asked for. */
  readonly tree: string | undefined;
}

/**
 * Writes a package, or the archive of the tree of a git bundle inside of it.
 * @param cache takes what comes in between
 * @throws SteadError `fetch.npm`
 */
export async function npmSource(
  name: string,
  version: string,
  gitBundle: string | null,
  cache: string,
  path: string,
): Promise<NpmSource> {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'npm-'));
  try {
    const printed = await run(
      [
        'npm',
        'pack',
        `${name}@${version}`,
        '--json',
        '--ignore-scripts',
        '--loglevel=error',
        '--pack-destination',
        work,
      ],
      { cwd: work },
    );
    const [packed] = JSON.parse(printed) as { filename: string; version: string }[];
    const file = join(work, packed!.filename.replace(/^@/, '').replace('/', '-'));
    const integrity = await integrityOf(file);
    if (gitBundle === null) {
      renameSync(file, path);
      return { version: packed!.version, integrity, tree: undefined };
    }
    await run(['tar', '-x', '-z', '-f', file, '-C', work, `package/${gitBundle}`]).catch((cause: unknown) => {
      throw new SteadError({
        code: 'fetch.npm',
        message: `the package ${name}@${packed!.version} holds no file ${gitBundle}`,
        hint: `Look at what it holds: npm pack --dry-run ${name}@${packed!.version}`,
        cause,
      });
    });
    const tree = await bundleArchive(join(work, 'package', gitBundle), work, path);
    return { version: packed!.version, integrity, tree };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function integrityOf(file: string): Promise<string> {
  const sum = createHash('sha512');
  await pipeline(createReadStream(file), sum);
  return `sha512-${sum.digest('base64')}`;
}
