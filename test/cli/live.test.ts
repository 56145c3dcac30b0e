// The list of hosts that a terminal shows, over plain data.
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { after, listLines, summaryText, type HostProgress } from '../../src/cli/live.ts';
import type { DeployEvent } from '../../src/deploy/index.ts';
import { repository, run, stead, write } from './stead.ts';

function told(events: readonly (readonly [number, DeployEvent])[]): Map<string, HostProgress> {
  const hosts = new Map<string, HostProgress>();
  for (const [now, event] of events) hosts.set(event.host, after(hosts.get(event.host), event, now));
  return hosts;
}

describe('the list of a run', () => {
  const hosts = told([
    [0, { kind: 'connecting', host: 'gateway', target: 'ssh root@10.42.0.1:22' }],
    [0, { kind: 'connecting', host: 'vps', target: 'ssh root@vpn.wildelab.com:22' }],
    [1000, { kind: 'copying', host: 'gateway', objects: 3, bytes: 2048 }],
    [2000, { kind: 'activating', host: 'gateway', bundle: 'x' }],
    [4000, { kind: 'ended', host: 'gateway', outcome: { host: 'gateway', state: 'switched' } }],
  ]);

  test('has the step, what is copied and the time of each host', () => {
    expect(listLines(hosts, 9000, 80, 24)).toEqual([
      'gateway  switched  3 files, 2.0 KiB  4 s',
      'vps      connecting to ssh root@vpn.wildelab.com:22  9 s',
    ]);
  });

  test('is cut to the width of the terminal', () => {
    expect(listLines(hosts, 9000, 30, 24)[1]).toBe('vps      connecting to …  9 s');
  });

  test('has those under way, where there are more hosts than lines', () => {
    expect(listLines(hosts, 9000, 80, 1)).toEqual(['1 done, 1 more under way']);
  });

  test('is summed up', () => {
    expect(summaryText([{ state: 'switched' }, { state: 'failed' }, { state: 'switched' }], 12_345)).toBe(
      '3 hosts in 12 s: 2 switched, 1 FAILED',
    );
  });

  test('is as well of an upgrade, whose hosts wait for each other', () => {
    const upgrade = told([
      [0, { kind: 'waiting', host: 'gateway', for: 'its turn' }],
      [0, { kind: 'output', host: 'vps', line: 'upgrading' }],
      [3000, { kind: 'ended', host: 'vps', outcome: { host: 'vps', state: 'unhealthy' } }],
    ]);
    expect(listLines(upgrade, 4000, 80, 24)).toEqual([
      'gateway  waits for its turn  4 s',
      'vps      NOT WELL  3 s',
    ]);
  });
});

describe('a run over hosts', () => {
  const path = repository({});
  const hosts = ['alpha', 'beta'];
  const describeAs = (text: string): void => {
    for (const name of hosts) {
      write(
        path,
        `hosts/${name}.ts`,
        `import { files, host } from 'stead';
export default host('${name}', { use: [files({ etc: { motd: '${text}' } })] });
`,
      );
    }
  };

  /** What a person sees who runs it in a terminal (script(1) makes one). */
  async function inTerminal(verb: string): Promise<string> {
    const words = [process.execPath, join(stead, 'src/cli/stead.mjs'), verb, '--all', '--repo', path];
    const { stdout } = await execa('script', [
      '--quiet',
      '--return',
      '--command',
      words.join(' '),
      '/dev/null',
    ]);
    return stdout.replaceAll('\r', '');
  }

  test.each([['switch'], ['rollback']])('is a list on a terminal, and lines in a log: %s', async (verb) => {
    describeAs(`${verb} one`);
    await run(['switch', '--all', '--repo', path]);
    describeAs(`${verb} two`);
    if (verb === 'rollback') await run(['switch', '--all', '--repo', path]);
    const shown = await inTerminal(verb);
    expect(shown.split('\x1b[2A\x1b[J').at(-1)).toMatch(
      /^alpha {2}switched .*\d s\nbeta {3}switched .*\d s\n2 hosts in \d+ s: 2 switched\n/,
    );
    expect(shown).not.toContain('alpha: ');

    describeAs(`${verb} three`);
    if (verb === 'rollback') await run(['switch', '--all', '--repo', path]);
    const { code, stderr } = await run([verb, '--all', '--repo', path]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^alpha: connecting to directory /m);
    expect(stderr).not.toContain('\x1b');
  });

  test('status is looked at again and again with --watch', async () => {
    describeAs('watched one');
    await run(['switch', '--all', '--repo', path]);
    const words = [join(stead, 'src/cli/stead.mjs'), 'status', '--all', '--watch', '--repo', path];
    const watching = execa(process.execPath, words, { reject: false });
    let before: string | undefined;
    for await (const line of watching.iterable()) {
      const [host, , generation] = line.split(/ {2,}/);
      if (host !== 'alpha' || generation === before) continue;
      if (before !== undefined) {
        // The list goes on for as long as it runs.
        watching.kill();
        continue;
      }
      before = generation;
      describeAs('watched two');
      await run(['switch', '--all', '--repo', path]);
    }
    expect(before).toMatch(/^[0-9]+$/);
  }, 60_000);
});
