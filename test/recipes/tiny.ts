// Repositories with recipes whose tools are busybox alone: pinned by a lock that is written here, fetched already.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { busyboxPackage, debianArchitecture } from '../host/recipes.ts';
import { write } from '../cli/stead.ts';

/** Files of a repository: `modules/thing.ts` has a recipe `thing`, and an option set that uses it. */
export function tinyFiles(): Readonly<Record<string, string>> {
  const file = busyboxPackage();
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  const box = { version: '1', sha256, size: statSync(file).size, path: 'pool/box_1.deb', depends: [] };
  const suite = {
    date: 'Sat, 21 Nov 2026 09:00:00 UTC',
    essential: ['box'],
    roots: ['', 'box'],
    packages: { box },
  };
  return {
    'stead.lock': JSON.stringify({
      version: 1,
      sources: {},
      debian: { [`bookworm/${debianArchitecture()}`]: suite },
      models: {},
    }),
    'src/hello': 'hello\n',
    'modules/thing.ts': THING,
  };
}

/** For this machine's processor. */
const THING = `import { files, options, recipe, recipes, source, z } from 'stead';

const PLATFORM = { architecture: '${debianArchitecture()}', suite: 'bookworm' };

export const thing = recipe('thing', {
  describe: 'A word in a file.',
  parameters: z.object({ word: z.string().default('word'), version: z.string().default('1.0'), build: z.string().default('true') }),
  build: ({ word, version, build }) => ({
    name: 'thing',
    version,
    sources: { src: source.folder('../src') },
    environment: { WORD: word },
    phases: {
      build,
      install: 'mkdir "$out/bin"; cp src/hello "$out/bin/hello"; echo "$WORD" >"$out/word"',
    },
  }),
});

export const things = options('things', z.object({
  word: z.string().default('word'),
  build: z.string().default('true'),
}));
things.implement({
  defines: [files, recipes],
  *config(self, { packages }) {
    const built = packages.thing.override({ word: self.word, build: self.build }).on(PLATFORM);
    yield recipes({ use: [built] });
    yield files({ etc: { thing: built.path + '\\n' } });
  },
});
`;

/** Puts what the lock names to where it would be fetched to. */
export function fetchTiny(repository: string): void {
  const { debian } = JSON.parse(readFileSync(join(repository, 'stead.lock'), 'utf8')) as {
    debian: Record<string, { packages: { box: { sha256: string } } }>;
  };
  const [suite] = Object.values(debian);
  const sources = join(repository, 'out/sources');
  mkdirSync(sources, { recursive: true });
  copyFileSync(busyboxPackage(), join(sources, suite!.packages.box.sha256));
}

/** A host that uses the recipe, with more definitions. */
export function tinyHost(repository: string, name: string, use: string): void {
  write(
    repository,
    `hosts/${name}.ts`,
    `import { checks, downloads, files, host, recipes, signers, systemd, target, users } from 'stead';
import { things } from '../modules/thing.ts';
export default host('${name}', { use: [${use}] });
`,
  );
}
