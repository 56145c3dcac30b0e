import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeFaults, momentsOf } from './faults.ts';
import { makeHost, runProcess, shells, type Host } from './host.ts';
import { buildOn, canBuild, debianArchitecture, giveRecipe, isRunning, makeRecipe } from './recipes.ts';

const storeOf = (root: string): string => `${root}/var/lib/stead/store`;

describe.runIf(canBuild())('a machine that builds recipes', { timeout: 240_000 }, () => {
  test.each(shells())('builds in a sandbox and puts the outcome into its store, under %s', async (shell) => {
    const host = makeHost(shell);
    const recipe = makeRecipe({
      source: { 'src/hello': 'hello\n' },
      script:
        'mkdir -p "$out/bin"; cp src/hello "$out/bin/hello"; chmod +x "$out/bin/hello"; ln -s hello "$out/bin/link"; echo "installed to $out"',
    });
    const built = await buildOn(host, recipe);
    expect(built.stderr).not.toContain('stead-host:');
    expect(built).toMatchObject({ code: 0 });
    expect(built.stdout).toMatch(new RegExp(`^built\t${recipe.name}\t[0-9a-f]{64}\t6\t[0-9]+\t-\n$`));
    const output = `${storeOf(host.root)}/${recipe.name}`;
    expect(readFileSync(`${output}/bin/hello`, 'utf8')).toBe('hello\n');
    expect(lstatSync(`${output}/bin/hello`)).toMatchObject({ mode: 0o100555, uid: 0, gid: 0, mtimeMs: 1000 });
    expect(lstatSync(`${output}/bin`).mode).toBe(0o40555);
    expect(readFileSync(`${host.root}/var/lib/stead/build/logs/${recipe.hash}.log`, 'utf8')).toContain(
      `installed to /var/lib/stead/store/${recipe.name}\n`,
    );
    expect(readdirSync(`${host.root}/var/lib/stead/build/work`)).toEqual([]);
    expect(readdirSync(storeOf(host.root))).toEqual([recipe.name]);

    const again = await buildOn(host, recipe);
    expect(again).toMatchObject({ code: 0, stdout: built.stdout.replace('built', 'present') });
    expect(existsSync(`${storeOf(host.root)}/.output-${recipe.hash}`)).toBe(false);
  });
});

describe.runIf(canBuild())('a build in its sandbox', { timeout: 240_000 }, () => {
  test('has nothing of the machine but its tools, and no network but loopback', async () => {
    const host = makeHost();
    const recipe = makeRecipe({
      script: `
        { echo "user $(id -u):$(id -g)"; echo "groups $(id -G)"; echo "files $(ls / | tr '\\n' ' ')"
          echo "processes $(ps -o pid | wc -l)"; echo "interfaces $(ls /sys/class/net 2>/dev/null; ip -o link | wc -l)"
          echo "name $(hostname)"; echo "environment $(env | sort | tr '\\n' ' ')"; echo "home $(ls -A /root /home 2>/dev/null)"
          if echo x >/usr/bin/x; then echo 'tools can be written'; fi
          if echo x >/var/lib/stead/store/x; then echo 'the store can be written'; fi
          ping -c 1 127.0.0.1 >/dev/null 2>&1 || echo 'no ping'
          cat /proc/self/status | grep NoNewPrivs; : >/dev/null; : >/tmp/x; } >"$out/seen" 2>&1`,
    });
    expect(await buildOn(host, recipe)).toMatchObject({ code: 0 });
    const seen = readFileSync(`${storeOf(host.root)}/${recipe.name}/seen`, 'utf8');
    expect(seen).toContain('user 60900:60900\ngroups 60900\n');
    expect(seen).toContain('files bin build ccache dev etc inputs lib lib64 proc recipe sbin tmp usr var \n');
    expect(seen).toContain('interfaces 1\n');
    expect(seen).toContain('name stead-build\n');
    expect(seen).toMatch(/environment .*HOME=\/build LC_ALL=C .*SOURCE_DATE_EPOCH=1 .*TZ=UTC/);
    expect(seen).not.toContain('can be written');
    expect(seen).toContain('NoNewPrivs:\t1');
  });

  test('is the same wherever and whenever it is built', async () => {
    const still = makeRecipe({
      source: { c: 'x' },
      script: 'cp c "$out"; mkdir "$out/d"; chmod 0700 "$out/d"',
    });
    const [left, right] = [await buildOn(makeHost(), still), await buildOn(makeHost(), still)];
    const tree = (text: string): string | undefined => text.split('\t')[2];
    expect(tree(left.stdout)).toMatch(/^[0-9a-f]{64}$/);
    expect(tree(right.stdout)).toBe(tree(left.stdout));
  });

  test('sees what the host must have, and only of the version that it is for', async () => {
    const host = makeHost();
    const toolkit = mkdtempSync(join(tmpdir(), 'toolkit-12.6-'));
    onTestFinished(() => rmSync(toolkit, { recursive: true }));
    chmodSync(toolkit, 0o755);
    writeFileSync(join(toolkit, 'version.json'), '{ "cuda": { "version": "12.6.68" } }');
    const wanting = (version: string) =>
      makeRecipe({ hostPaths: { [toolkit]: version }, script: `cp ${toolkit}/version.json "$out"` });
    expect(await buildOn(host, wanting('12.6'))).toMatchObject({ code: 0 });
    const other = await giveRecipe(host, wanting('12.2'));
    expect(other.stdout).toContain(
      `lacks\t${toolkit} is not of version 12.2\tit is ${toolkit}; install that version, or name this one in the recipe\n`,
    );
    const absent = await giveRecipe(host, makeRecipe({ hostPaths: { '/no/toolkit': '1' }, script: 'true' }));
    expect(absent.stdout).toContain(
      'lacks\t/no/toolkit is not there\tinstall what brings it, in version 1\n',
    );
  });

  test('is refused before it begins where the machine lacks memory, architecture, or what the recipe looks for', async () => {
    const host = makeHost();
    const recipe = makeRecipe({
      architecture: 's390x',
      resources: [['memory', String(2 ** 50)]],
      checks: [['a card', 'echo nothing found; exit 1', 'plug one in']],
      script: 'echo x >"$out/x"',
    });
    const answer = await giveRecipe(host, recipe);
    expect(answer.stdout).toContain(`lacks\tit is for s390x, and this machine is ${debianArchitecture()}\t`);
    expect(answer.stdout).toMatch(/lacks\tit takes 1073741824 MiB of memory, and this machine has \d+ MiB\t/);
    expect(answer.stdout).toContain('lacks\ta card is not there: nothing found\tplug one in\n');
    const built = await host.verb(['build', recipe.name]);
    expect(built.code).toBe(1);
    expect(built.stderr).toContain(`${recipe.name} cannot be built here: it is for s390x`);
  });

  test('shows its last lines and where its log is when it fails, and leaves nothing behind', async () => {
    const host = makeHost();
    const recipe = makeRecipe({
      script: 'echo x >"$out/half"; echo making; echo "no rule to make thing" >&2; exit 7',
    });
    const built = await buildOn(host, recipe);
    expect(built.code).toBe(1);
    expect(built.stderr).toContain('making\nno rule to make thing\n');
    const log = `${host.root}/var/lib/stead/build/logs/${recipe.hash}.log`;
    expect(built.stderr).toContain(
      `stead-host: ${recipe.name} could not be built: it ended with exit code 7. All it said is in ${log}; \`stead log ${recipe.hash}\` shows it\n`,
    );
    expect((await host.verb(['build-log', recipe.hash])).stdout).toContain('no rule to make thing\n');
    expect(remains(host.root)).toEqual([]);
  });

  test.each([
    ['is empty', 'true', 'the output is empty'],
    [
      'holds what is no file',
      'mkfifo "$out/pipe"',
      'the output holds pipe, which is neither a file nor a folder nor a link',
    ],
  ])('fails where what it made %s', async (_, script, text) => {
    const host = makeHost();
    const built = await buildOn(host, makeRecipe({ script }));
    expect(built.code).toBe(1);
    expect(built.stderr).toContain(text);
    expect(remains(host.root)).toEqual([]);
  });

  test('ends with its time, and with all that it started', async () => {
    const host = makeHost();
    const mark = `31${process.pid}`;
    const recipe = makeRecipe({
      resources: [['timeLimit', '1']],
      script: `setsid sleep ${mark} & sleep ${mark}`,
    });
    const built = await buildOn(host, recipe);
    expect(built.code).toBe(1);
    expect(built.stderr).toContain(
      'could not be built: it took longer than its time limit (`resources.timeLimit`)',
    );
    expect(isRunning(`sleep ${mark}`)).toBe(false);
    expect(remains(host.root)).toEqual([]);
  });

  test('cannot take more memory than it may', async () => {
    const host = makeHost();
    const recipe = makeRecipe({
      resources: [['memory', String(64 * 2 ** 20)]],
      script: 'dd if=/dev/zero of=/dev/null bs=256M count=1; echo x >"$out/x"',
    });
    const built = await buildOn(host, recipe);
    expect(built.code).toBe(1);
    expect(built.stderr).toMatch(/out of memory|Cannot allocate|memory exhausted|Killed|was killed/);
  });

  test('waits for the other where two want the same, and is made once', async () => {
    const host = makeHost();
    const recipe = makeRecipe({ script: 'sleep 1; echo x >"$out/x"' });
    await giveRecipe(host, recipe);
    const [left, right] = await Promise.all([
      host.verb(['build', recipe.name]),
      host.verb(['build', recipe.name]),
    ]);
    expect([left.code, right.code]).toEqual([0, 0]);
    const answers = [left, right].map(({ stdout }) => stdout.split('\t')[0]).sort();
    expect(answers).toEqual(['built', 'present']);
    expect(left.stderr + right.stderr).toContain('is being built here already; waiting for that');
  });

  test('waits for its turn where the memory does not go round', async () => {
    const host = makeHost();
    const total = Number(/MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))![1]) * 1024;
    const big = (name: string) =>
      makeRecipe({
        name,
        resources: [
          ['memory', String(Math.floor(total * 0.6))],
          ['jobs', '1'],
        ],
        script: 'sleep 2; echo x >"$out/x"',
      });
    const [one, two] = [big('one'), big('two')];
    await giveRecipe(host, one);
    await giveRecipe(host, two);
    const ends = await Promise.all([one, two].map(({ name }) => host.verb(['build', name])));
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(ends.filter(({ stderr }) => stderr.includes('waiting for other builds here'))).toHaveLength(1);
  });

  test('goes on in folders that are kept, where the tools are the same', async () => {
    const host = makeHost();
    const key = '0'.repeat(32);
    const keeping = (text: string) =>
      makeRecipe({
        source: { x: text },
        resources: [
          ['key', key],
          ['keep', 'tree'],
        ],
        script:
          'echo "kept $STEAD_KEEP"; cat tree/before 2>/dev/null || echo "nothing before"; cp x tree/before; touch tree/CMakeCache.txt; cp x "$out"',
      });
    const [one, two] = [keeping('one\n'), keeping('two\n')];
    expect(await buildOn(host, one)).toMatchObject({ code: 0 });
    expect((await host.verb(['build-log', one.hash])).stdout).toContain('kept tree\nnothing before\n');
    expect(await buildOn(host, two)).toMatchObject({ code: 0 });
    expect((await host.verb(['build-log', two.hash])).stdout).toContain('kept tree\none\n');
    expect(existsSync(`${host.root}/var/lib/stead/build/kept/${key}/tree/tree/CMakeCache.txt`)).toBe(true);
  });
});

describe.runIf(canBuild())('sources that are kept unpacked', { timeout: 240_000 }, () => {
  const key = '2'.repeat(32);
  const from = (unpacked: string, source: Record<string, string>, script: string, links = {}) =>
    makeRecipe({
      source,
      links,
      resources: [
        ['key', key],
        ['unpacked', unpacked.repeat(32)],
      ],
      script: `find . -type f -exec head -n 1 {} + | cat\n${script}\n`,
    });
  const log = async (host: Host, { hash }: { hash: string }): Promise<string> =>
    (await host.verb(['build-log', hash])).stdout.split('\n').slice(1, -2).join('\n');

  test('are unpacked once, and nothing that a build does to them is seen by the next', async () => {
    const host = makeHost();
    const source = { 'd/y': 'two\n', gone: 'three\n', x: 'one\n' };
    const changing = from(
      '0',
      source,
      'echo more >>x; rm gone; chmod 0700 d/y; mv d e; echo new >e/n; (cd /recipe/changed && find . -type f | sort); cp -r . "$out"',
    );
    const looking = from('0', source, 'stat -c "%a %u" d/y; ls; cp -r . "$out"');
    expect(await buildOn(host, changing)).toMatchObject({ code: 0 });
    expect(await log(host, changing)).toContain('@stead phase unpack\n');
    expect(await log(host, changing)).toMatch(/\.\/e\/n\n\.\/e\/y\n\.\/x$/);
    const output = `${storeOf(host.root)}/${changing.name}`;
    expect(readdirSync(output).sort()).toEqual(['e', 'x']);
    expect(await buildOn(host, looking)).toMatchObject({ code: 0 });
    const seen = await log(host, looking);
    expect(seen).not.toContain('@stead phase unpack');
    expect(seen).toMatch(/644 60900\nd\ngone\nx$/);
    expect(readFileSync(`${storeOf(host.root)}/${looking.name}/x`, 'utf8')).toBe('one\n');
  });

  test('give way to those of the next revision', async () => {
    const host = makeHost();
    expect(await buildOn(host, from('0', { x: 'one\n' }, 'cp x "$out"'))).toMatchObject({ code: 0 });
    const next = from('1', { x: 'two\n' }, 'cp x "$out"');
    expect(await buildOn(host, next)).toMatchObject({ code: 0 });
    expect(readFileSync(`${storeOf(host.root)}/${next.name}/x`, 'utf8')).toBe('two\n');
    const kept = `${host.root}/var/lib/stead/build/kept/${key}/unpacked`;
    expect(readdirSync(kept)).toEqual(['1'.repeat(32)]);
    expect(readFileSync(`${kept}/${'1'.repeat(32)}/tree/x`, 'utf8')).toBe('two\n');
  });

  test('are not kept where a file has two names, each of which is to show what the other is given', async () => {
    const host = makeHost();
    const one = from('0', { x: 'one\n' }, 'echo more >>x; cp y "$out"', { y: 'x' });
    for (const recipe of [one, from('0', { x: 'one\n' }, 'echo more >>x; cat y >"$out/y"', { y: 'x' })]) {
      expect(await buildOn(host, recipe)).toMatchObject({ code: 0 });
      expect(readFileSync(`${storeOf(host.root)}/${recipe.name}/y`, 'utf8')).toBe('one\nmore\n');
    }
  });
});

/** What a build leaves in the store and among work under way. */
function remains(root: string): string[] {
  return [
    ...readdirSync(storeOf(root)),
    ...readdirSync(`${root}/var/lib/stead/build/work`),
    ...readdirSync(`${root}/var/lib/stead/build/running`),
  ];
}

describe.runIf(canBuild())('a build that is killed', { timeout: 240_000 }, () => {
  test('leaves nothing under the name of its output, wherever it was, and the next one is made whole', async () => {
    const recipe = makeRecipe({
      source: { x: 'x\n' },
      resources: [
        ['key', '1'.repeat(32)],
        ['keep', 'tree'],
        ['unpacked', '3'.repeat(32)],
      ],
      script: 'mkdir "$out/bin"; cp x "$out/bin"; cp x tree/x',
    });
    const faults = makeFaults('kill -9 0');
    const host = makeHost();
    const whole = await buildOn(host, recipe, faults.path);
    expect(whole).toMatchObject({ code: 0 });
    const tree = whole.stdout.split('\t')[2];
    const calls = faults.calls();
    expect(calls).toBeGreaterThan(20);
    const output = `${storeOf(host.root)}/${recipe.name}`;
    // What is given is given once: each round begins with its output away.
    for (const moment of momentsOf(calls, 4)) {
      expect(await host.verb(['discard-output', recipe.name])).toMatchObject({ code: 0 });
      faults.aim(moment);
      const killed = await host.verb(['build', recipe.name], '', faults.path);
      const at = JSON.stringify(moment);
      if (killed.code !== null) continue;
      if (existsSync(output)) {
        expect(readFileSync(`${output}/bin/x`, 'utf8'), at).toBe('x\n');
        expect((await host.verb(['output', recipe.name])).stdout, at).toContain(`\t${tree}\t`);
      }
      const again = await host.verb(['build', recipe.name]);
      expect(again.stdout.split('\t')[2], `${at} ${again.stderr}`).toBe(tree);
      expect(remains(host.root), at).toEqual([recipe.name]);
    }
  }, 120_000);

  test('is killed with all that it started', async () => {
    const host = makeHost();
    const mark = `32${process.pid}`;
    const recipe = makeRecipe({ script: `sleep ${mark} & sleep ${mark}` });
    await giveRecipe(host, recipe);
    const script = join(host.root, '..', 'stead-host');
    const child = spawn('sh', [script, '--root', host.root, 'build', recipe.name], { stdio: 'ignore' });
    await until(() => isRunning(`sleep ${mark}`));
    child.kill('SIGKILL');
    await until(() => !isRunning(`sleep ${mark}`));
    expect(existsSync(`${storeOf(host.root)}/${recipe.name}`)).toBe(false);
  });
});

describe.runIf(canBuild())('an output that another machine built', { timeout: 240_000 }, () => {
  const recipe = makeRecipe({ script: 'echo x >"$out/x"; ln -s x "$out/link"; mkdir "$out/folder"' });

  /** Sends the output of `from` to `to`, with a change to what is said of it or to the stream. */
  const pass = (
    from: Host,
    to: Host,
    facts: string[],
    { tree = facts[2]!, filter = 'cat' }: { tree?: string; filter?: string } = {},
  ) => {
    const run = (host: Host): string => `sh '${join(host.root, '..', 'stead-host')}' --root '${host.root}'`;
    const [, name, , bytes, seconds] = facts;
    return runProcess(
      [
        'bash',
        '-c',
        `${run(from)} send-output ${name} gzip | ${filter} | ${run(to)} receive-output ${name} ${tree} ${bytes} ${seconds} alpha gzip 0`,
      ],
      {},
    );
  };

  test('is taken if its tree is what was said, and stays away otherwise', async () => {
    const [from, to] = [makeHost(), makeHost()];
    const facts = (await buildOn(from, recipe)).stdout.trim().split('\t');
    const damaged = await pass(from, to, facts, { tree: 'a'.repeat(64) });
    expect(damaged.stderr).toContain(
      `stead-host: the output ${recipe.name} is corrupt: its tree has the hash ${facts[2]}, not ${'a'.repeat(64)}; nothing was changed`,
    );
    const cut = await pass(from, to, facts, { filter: 'head -c 100' });
    expect(cut).toMatchObject({ code: 1 });
    expect(readdirSync(storeOf(to.root))).toEqual([]);
    expect(await pass(from, to, facts)).toMatchObject({ code: 0, stdout: `received\t${recipe.name}\n` });
    expect(await to.verb(['output', recipe.name])).toMatchObject({
      stdout: expect.stringContaining(`${facts[2]}\t${facts[3]}\t${facts[4]}\talpha\n`) as string,
    });
    expect(readFileSync(`${storeOf(to.root)}/${recipe.name}/link`, 'utf8')).toBe('x\n');
  });

  test('needs a signature where the host goes by signers', async () => {
    const [from, to] = [makeHost(), makeHost()];
    const facts = (await buildOn(from, recipe)).stdout.trim().split('\t');
    to.write(
      '/var/lib/stead/allowed_signers',
      'somebody ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPaF8kSxWpdQ7YdFnPIPPMYfAPLDyEd5oVfKRHZTc6bn\n',
    );
    const refused = await pass(from, to, facts);
    expect(refused.stderr).toContain(`and the output ${recipe.name} has no signature; nothing was changed`);
  });
});

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error('it does not come about');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
