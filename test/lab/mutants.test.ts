// Host scripts that were broken on purpose: each is caught by what the lab looks at.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stead, write } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';
import { BOX, boxFile, boxFleet } from './fleet.ts';

/** A file of the host scripts, a text in it, and what stands there instead. */
interface Mutation {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const MUTATIONS = {
  'syncs nothing': { file: 'begin.sh', from: 'umask 022\n', to: 'umask 022\nsync() { :; }\n' },
  'arms no watchdog': {
    file: 'lib-watchdog.sh',
    from: 'start_watchdog() {\n',
    to: 'start_watchdog() {\n  return 0\n',
  },
  'removes links before they are made anew': {
    file: 'lib-activate.sh',
    from: '    commit "$TO"\n',
    to: '    rm -f "$STATE/current"; sync -f "$STATE"; sleep 3\n    commit "$TO"\n',
  },
  'stops units after the commit': {
    file: 'lib-activate.sh',
    from: '    [ -n "$BOOTING" ] || stop_units "$TO_BUNDLE" "$FROM_BUNDLE"\n    commit "$TO"\n',
    to: '    commit "$TO"\n    [ -n "$BOOTING" ] || stop_units "$TO_BUNDLE" "$FROM_BUNDLE"\n',
  },
} as const satisfies Readonly<Record<string, Mutation>>;

describeLab('a host script', () => {
  const lab = useLab(BOX);
  const folders: string[] = [];
  let box: Host;
  const path = boxFleet('');

  beforeAll(async () => {
    box = await lab.host('box');
  });
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  /** A copy of stead with one thing broken. */
  const mutant = ({ file, from, to }: Mutation): string => {
    const folder = mkdtempSync(join(tmpdir(), 'stead-mutant-'));
    folders.push(folder);
    for (const name of ['src', 'modules', 'package.json'])
      cpSync(join(stead, name), join(folder, name), { recursive: true });
    symlinkSync(join(stead, 'node_modules'), join(folder, 'node_modules'));
    const script = join(folder, 'src/host', file);
    const text = readFileSync(script, 'utf8');
    expect(text).toContain(from);
    writeFileSync(
      script,
      text.replace(from, () => to),
    );
    return folder;
  };

  /** The old generation has a service that says at its end which file it saw then; the new one is without it. */
  const service =
    "systemd({ units: { 'lab.service': { wantedBy: ['multi-user.target'], sections: { Service: { ExecStart: 'sleep infinity', ExecStop: 'cp /etc/lab/word /root/seen' } } } } })";
  const define = (word: string, more: string): void =>
    write(
      path,
      'hosts/box.ts',
      boxFile(`files({ etc: { 'lab/word': '${word}' } }), activation({ confirmSeconds: 10 }), ${more}`),
    );
  const word = () => box.file('/etc/lab/word');

  const begin = async (): Promise<void> => {
    await box.boot();
    await box.waitUntilSucceeds('test ! -e /var/lib/stead/lock || flock -n /var/lib/stead/lock true');
    await box.succeed('rm -f /root/seen');
    define('old', service);
    await lab.steadSucceeds(['switch', 'box', '--repo', path]);
    define('new', '');
  };

  /** Whether what was said to be done is still so after a power cut at that moment. */
  const lasts = async (code: string): Promise<boolean> => {
    await begin();
    expect(await lab.startStead(['switch', 'box', '--repo', path], code)).toMatchObject({ exitCode: 0 });
    await box.crash();
    await box.boot();
    return (await word()) === 'new';
  };

  /** Whether the host takes back what nobody confirms. */
  const takesBack = async (code: string): Promise<boolean> => {
    await begin();
    const deployer = lab.startStead(['switch', 'box', '--repo', path], code);
    await new Promise<void>((resolve) => {
      deployer.stderr.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('activating')) resolve();
      });
    });
    await box.waitUntilSucceeds('grep -q new /etc/lab/word || test -e /var/lib/stead/journal');
    deployer.kill('SIGKILL');
    await deployer;
    await box.waitUntilSucceeds('test ! -e /var/lib/stead/journal && grep -q new /etc/lab/word');
    return box.waitUntilSucceeds('grep -q old /etc/lab/word', 30).then(
      () => true,
      () => false,
    );
  };

  /** Whether a unit that leaves sees its own files to the end. */
  const stopsUnderOld = async (code: string): Promise<boolean> => {
    await begin();
    expect(await lab.startStead(['switch', 'box', '--repo', path], code)).toMatchObject({ exitCode: 0 });
    return (await box.file('/root/seen')) === 'old';
  };

  /** Whether a file that is in both generations can be read at every moment of the switch. */
  const leavesNoGap = async (code: string): Promise<boolean> => {
    await begin();
    await box.succeed(
      'rm -f /root/gaps; systemd-run --quiet --collect --unit=reader sh -c "while :; do cat /etc/lab/word >/dev/null 2>&1 || echo gap >>/root/gaps; done"',
    );
    expect(await lab.startStead(['switch', 'box', '--repo', path], code)).toMatchObject({ exitCode: 0 });
    await box.succeed('systemctl stop reader.service');
    return (await box.run('test -e /root/gaps')).code !== 0;
  };

  test('as it is lasts over a power cut, stops units under their old files, and takes back what nobody confirms', async () => {
    expect(await lasts(stead)).toBe(true);
    expect(await stopsUnderOld(stead)).toBe(true);
    expect(await takesBack(stead)).toBe(true);
    expect(await leavesNoGap(stead)).toBe(true);
  });

  test('that syncs nothing is caught', async () => {
    expect(await lasts(mutant(MUTATIONS['syncs nothing']))).toBe(false);
  });

  test('that arms no watchdog is caught', async () => {
    expect(await takesBack(mutant(MUTATIONS['arms no watchdog']))).toBe(false);
  });

  test('that removes links before they are made anew is caught', async () => {
    expect(await leavesNoGap(mutant(MUTATIONS['removes links before they are made anew']))).toBe(false);
  });

  test('that stops units after the commit is caught', async () => {
    expect(await stopsUnderOld(mutant(MUTATIONS['stops units after the commit']))).toBe(false);
  });
});
