// The list of hosts that a terminal shows, over plain data.
import { describe, expect, test } from 'vitest';
import { after, countText, listLines, type HostProgress } from '../../src/cli/live.ts';
import type { DeployEvent } from '../../src/deploy/index.ts';

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
    expect(
      countText([
        { host: 'a', state: 'switched' },
        { host: 'b', state: 'failed' },
        { host: 'c', state: 'switched' },
      ]),
    ).toBe('2 switched, 1 FAILED');
  });
});
