// The script of a recipe, run for real: phases in order, sources unpacked, and what a kept folder may go on from.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256Hex, sourceFolder } from '../../src/bundle/index.ts';
import { writeArchive } from '../../src/recipes/archive.ts';
import { derivation } from '../../src/recipes/derivation.ts';
import { buildScript, type PlacedSource } from '../../src/recipes/script.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stead-script-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** What stands for the sandbox: /build and /inputs are folders of the test's. */
class Stage {
  readonly root = mkdtempSync(join(folder, 'stage-'));
  readonly build = join(this.root, 'build');
  readonly inputs = join(this.root, 'inputs');
  readonly out = join(this.root, 'out');
  readonly recipe = join(this.root, 'recipe');
  readonly temporary = join(this.root, 'tmp');
  /** Folders that stay from one build to the next. */
  readonly kept = join(this.root, 'kept');

  constructor() {
    for (const path of [this.inputs, this.out, this.recipe, this.temporary]) mkdirSync(path);
  }

  input(name: string, files: Readonly<Record<string, string>>): PlacedSource {
    const tree = mkdtempSync(join(folder, 'tree-'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(tree, path, '..'), { recursive: true });
      writeFileSync(join(tree, path), text);
    }
    const archive = join(tree, '..', `${name}.tar`);
    rmSync(archive, { force: true });
    writeArchive(archive, tree, sourceFolder(tree));
    const bytes = readFileSync(archive);
    const sha256 = sha256Hex(bytes);
    writeFileSync(join(this.inputs, sha256), bytes);
    return { place: name, sha256, strip: 0, name: `${name}.tar` };
  }

  text(content: string): string {
    const sha256 = sha256Hex(content);
    writeFileSync(join(this.inputs, sha256), content);
    return sha256;
  }

  run(
    recipe: object,
    sources: readonly PlacedSource[],
    { shell = 'dash', patches = [] as readonly string[], keep = '', over = false } = {},
  ): Ran {
    const whole = derivation.parse({ name: 'a', version: '1', ...recipe });
    const script = buildScript(whole, sources, patches)
      .replaceAll('/tmp/', `${this.temporary}/`)
      .replaceAll('/recipe/', `${this.recipe}/`)
      .replaceAll('/inputs', this.inputs)
      .replaceAll('/build', this.build);
    rmSync(this.build, { recursive: true, force: true });
    mkdirSync(this.build);
    if (keep !== '') {
      mkdirSync(this.kept, { recursive: true });
      mkdirSync(join(this.build, keep));
    }
    const ran = (words: readonly string[], input: string): Ran => {
      const { status, stdout, stderr } = spawnSync(words[0]!, words.slice(1), {
        input,
        encoding: 'utf8',
        env: {
          PATH: process.env['PATH'],
          LC_ALL: 'C',
          TZ: 'UTC',
          out: this.out,
          ...(keep === '' ? {} : { STEAD_KEEP: keep }),
        },
      });
      return { code: status, output: stdout + stderr };
    };
    const layers = over ? this.unpacked(ran, script, shell) : '';
    const mounts = keep === '' ? layers : `${layers}mkdir -p "$1/$2"; mount -o bind "$3" "$1/$2"; `;
    if (mounts === '') return ran([shell], script);
    const entered = `set -e; cd "$4"; ${mounts}exec "$5"`;
    return ran(
      ['unshare', '--mount', 'sh', '-c', entered, 'sh', this.build, keep, this.kept, this.root, shell],
      script,
    );
  }

  /** Unpacks sources once; gives the commands that put a build over them. */
  unpacked(ran: (words: readonly string[], input: string) => Ran, script: string, shell: string): string {
    const tree = join(this.root, 'unpacked');
    if (!existsSync(tree)) {
      mkdirSync(tree);
      expect(ran([shell, '-s', 'unpack'], script.replaceAll(this.build, tree))).toMatchObject({ code: 0 });
      renameSync(join(this.temporary, 'stead-unpacked'), join(this.recipe, 'unpacked'));
    }
    for (const name of ['recipe/changed', 'overlay']) {
      rmSync(join(this.root, name), { recursive: true, force: true });
      mkdirSync(join(this.root, name));
    }
    return 'mount -t overlay -o lowerdir=unpacked,upperdir=recipe/changed,workdir=overlay x "$1"; ';
  }
}

describe('the script of a recipe', () => {
  test.each(['dash', 'bash'])(
    'runs its phases in order, each from the build directory, under %s',
    (shell) => {
      const stage = new Stage();
      const source = stage.input('src', { 'a.txt': 'one\n', 'deep/b.txt': 'two\n' });
      const patches = [stage.text('--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-one\n+ONE\n')];
      const { code, output } = stage.run(
        {
          environment: { GREETING: `it's "$HOME"` },
          phases: {
            configure: 'pwd\ncd src/deep',
            build: 'pwd\ncat src/a.txt src/deep/b.txt',
            check: 'printf "%s\\n" "$GREETING"',
            install: 'cp src/a.txt "$out/a"',
          },
        },
        [source],
        { patches, shell },
      );
      expect(output).toBe(
        [
          '@stead phase unpack',
          '@stead phase patch',
          'patching file a.txt',
          '@stead phase configure',
          stage.build,
          '@stead phase build',
          stage.build,
          'ONE',
          'two',
          '@stead phase check',
          `it's "$HOME"`,
          '@stead phase install',
          '',
        ].join('\n'),
      );
      expect(code).toBe(0);
      expect(readFileSync(join(stage.out, 'a'), 'utf8')).toBe('ONE\n');
    },
  );

  test('ends with the first command that fails, and says in which phase', () => {
    const stage = new Stage();
    const { code, output } = stage.run(
      { phases: { build: 'true\nfalse\necho not reached', install: 'echo not reached' } },
      [],
    );
    expect(code).toBe(1);
    expect(output).toBe('@stead phase build\n');
  });

  test('has nothing that shellcheck finds', () => {
    const whole = derivation.parse({
      name: 'a',
      version: '1',
      environment: { A: 'b c' },
      phases: { build: 'make' },
    });
    const source = { place: 'src', sha256: 'a'.repeat(64), strip: 1, name: 'x.tar.xz' };
    const input = buildScript(whole, [source], ['b'.repeat(64)]);
    expect(spawnSync('shellcheck', ['-s', 'sh', '-'], { input, encoding: 'utf8' }).stdout).toBe('');
  });

  test('puts a file that is no archive there under its name', () => {
    const stage = new Stage();
    const sha256 = stage.text('{}');
    const { code } = stage.run({ phases: { install: 'cp conf/data.json "$out"' } }, [
      { place: 'conf', sha256, strip: null, name: 'data.json' },
    ]);
    expect([code, existsSync(join(stage.out, 'data.json'))]).toEqual([0, true]);
  });
});

describe('a kept folder', () => {
  const phases = {
    // Builds each object whose source is newer than it, as make and ninja do, and says which.
    build: `mkdir -p work
for file in src/*.c; do
  object=work/\${file##*/}.o
  if [ ! -e "$object" ] || [ "$file" -nt "$object" ]; then
    echo "building \${file##*/}"
    cp "$file" "$object"
    touch "$object"
  fi
done
[ -z "$(cat src/fail 2>/dev/null)" ] || exit 1`,
    install: 'cat work/*.o >"$out/all"',
  };
  const built = (output: string): string[] =>
    [...output.matchAll(/building (\S+)/g)].map(([, name]) => name!);

  test('is gone on from: what is as it was is not built again, what changed is, whatever times archives have', () => {
    const stage = new Stage();
    const first = stage.input('src', { 'a.c': 'a1', 'b.c': 'b1' });
    const second = stage.input('src', { 'a.c': 'a2', 'b.c': 'b1', 'c.c': 'c1' });
    const run = (source: PlacedSource) => built(stage.run({ phases }, [source], { keep: 'work' }).output);
    expect(run(first)).toEqual(['a.c', 'b.c']);
    expect(run(first)).toEqual([]);
    expect(run(second)).toEqual(['a.c', 'c.c']);
    expect(readFileSync(join(stage.out, 'all'), 'utf8')).toBe('a2b1c1');
    // Back again: the same content is newer than what was made of the other.
    expect(run(first)).toEqual(['a.c']);
  });

  test('that an interrupted build left counts for nothing that has a source', () => {
    const stage = new Stage();
    const one = stage.input('src', { 'a.c': 'a1', 'b.c': 'b1' });
    const failing = stage.input('src', { 'a.c': 'a2', 'b.c': 'b1', fail: 'yes' });
    const run = (source: PlacedSource) => stage.run({ phases }, [source], { keep: 'work' });
    run(one);
    expect(run(failing)).toMatchObject({ code: 1 });
    expect(built(run(one).output)).toEqual(['a.c', 'b.c']);
    expect(readFileSync(join(stage.out, 'all'), 'utf8')).toBe('a1b1');
  });

  test('over sources that were unpacked before builds again what is changed or gone, and reads nothing else', () => {
    const stage = new Stage();
    const source = stage.input('src', { 'a.c': 'a1', 'b.c': 'b1', 'd/long name.c': 'd1' });
    const run = (patch = '') =>
      stage.run({ phases: { patch, ...phases } }, [source], { keep: 'work', over: true });
    const first = run();
    expect(first.output).not.toContain('@stead phase unpack');
    expect(built(first.output)).toEqual(['a.c', 'b.c']);
    expect(built(run().output)).toEqual([]);
    const changes = `printf a2 >src/a.c; rm src/b.c; printf c1 >src/c.c; mv src/d src/e; cp -p src/c.c 'src/e/new\nline.c'`;
    expect(built(run(changes).output)).toEqual(['a.c', 'c.c']);
    expect(readFileSync(join(stage.temporary, 'stead-changed'), 'utf8').split('\0')).toHaveLength(5);
    expect(built(run(changes).output)).toEqual([]);
    // Back again, where nothing is changed: what was made of the change is older than that.
    expect(built(run().output)).toEqual(['a.c', 'b.c']);
    expect(readFileSync(join(stage.temporary, 'stead-sums'), 'utf8')).toBe(
      readFileSync(join(stage.recipe, 'unpacked'), 'utf8'),
    );
  });

  test('takes names with spaces and line ends as they are', () => {
    const stage = new Stage();
    const source = stage.input('src', { 'a b.c': '1', 'c.c': '2' });
    stage.run({ phases: { build: "printf x >'src/new\nline.c'", install: phases.build } }, [source], {
      keep: 'work',
    });
    const { output } = stage.run({ phases }, [source], { keep: 'work' });
    expect(built(output)).toEqual([]);
    expect(statSync(join(stage.build, 'src/a b.c')).mtimeMs).toBe(1000);
  });

  test('is not looked at where a build keeps nothing', () => {
    const stage = new Stage();
    const source = stage.input('src', { 'a.c': 'a1' });
    const { code } = stage.run({ phases }, [source]);
    expect([code, existsSync(join(stage.temporary, 'stead-sums'))]).toEqual([0, false]);
  });
});
