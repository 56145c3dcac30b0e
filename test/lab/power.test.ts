// The power goes at many points of a switch, on a real disk.
import { beforeAll, expect, test } from 'vitest';
import { repository, write } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';
import { layTraps, runToPoint } from './interrupt.ts';

const ADDRESS = '10.42.0.1';

const hostFile = (use: string): string => `import { files, host, systemd, target } from 'stead';
const unit = (text) => systemd({ units: { 'lab.service': { wantedBy: ['multi-user.target'], sections: { Unit: { Description: text }, Service: { ExecStart: 'sleep infinity', Environment: 'TEXT=' + text } } } } });
export default host('box', { use: [target({ ssh: { address: '${ADDRESS}' } }), ${use}] });
`;

/** Two generations that differ in every way that a path can. */
const ONE = hostFile(`unit('one'), files({ etc: {
  'lab/same': 'same', 'lab/changed': 'one', 'lab/gone': 'one', 'lab/copied': { text: 'one', kind: 'copy', mode: '0600' },
  'lab/copy-gone': { text: 'one', kind: 'copy' }, 'lab/kind': 'a link', 'lab/turned': 'a file', 'lab/deep/er': 'one',
  'lab/alias': { target: '/one' },
} })`);
const TWO = hostFile(`unit('two'), files({ etc: {
  'lab/same': 'same', 'lab/changed': 'two', 'lab/new': 'two', 'lab/copied': { text: 'two', kind: 'copy', mode: '0640' },
  'lab/copy-new': { text: 'two', kind: 'copy' }, 'lab/kind': { text: 'a copy', kind: 'copy' }, 'lab/turned/below': 'now in a folder',
  'lab/folder': { kind: 'directory', mode: '0750', group: 'adm' }, 'lab/alias': { target: '/two' },
} })`);

/** All that a generation makes of a host, as one text. */
const SNAPSHOT = `find /etc/lab -printf '%p %y %m %u:%g %l\\n' | sort
find /etc/lab -type f -o -xtype f -type l | sort | xargs sha256sum
systemctl cat lab.service; systemctl is-active lab.service`;

const STEAD_HOST = 'sh /var/lib/stead/current/runtime/stead-host';

describeLab('a power cut', () => {
  const lab = useLab({
    networks: { lan: '10.42.0.254/24' },
    hosts: { box: { interfaces: { eth0: { network: 'lan', address: `${ADDRESS}/24` } } } },
  });
  let box: Host;
  /** By bundle: what a host that runs it looks like. */
  const whole = new Map<string, string>();
  const runs = () => box.succeed('basename "$(readlink -f /var/lib/stead/current)"');

  beforeAll(async () => {
    box = await lab.host('box');
    const path = repository({});
    for (const text of [ONE, TWO]) {
      write(path, 'hosts/box.ts', text);
      expect(await lab.stead(['switch', 'box', '--repo', path])).toMatchObject({ code: 0 });
      whole.set(await runs(), await box.succeed(SNAPSHOT));
    }
    // What is not synced is lost, so that the disk is the same from one sync to the next.
    await layTraps(box, ['sync', 'systemctl']);
  }, 120_000);

  test('before a sync of a switch, or a word to systemd, leaves exactly the old or the new generation', async () => {
    const failures: string[] = [];
    const other = async (): Promise<string> => {
      const current = await runs();
      return [...whole.keys()].find((name) => name !== current)!;
    };
    const command = (wanted: string): string => `${STEAD_HOST} switch ${wanted} && ${STEAD_HOST} confirm`;
    const dry = await runToPoint(box, 0, command(await other()));
    if (dry === 'stopped') throw new Error('it was stopped before it began');
    expect(dry).toMatchObject({ code: 0 });
    // The end is a point of its own: what was said to be done must stay so.
    const points = [...spread(dry.changes), dry.changes + 1000];
    for (const point of points) {
      const wanted = await other();
      const end = await runToPoint(box, point, command(wanted));
      await box.crash();
      // What is left half done is stead-boot.service's to finish or undo.
      await box.boot();
      const after = await runs();
      const snapshot = await box.succeed(SNAPSHOT);
      if (snapshot !== whole.get(after)) failures.push(`${point}: ${after} is not whole\n${snapshot}`);
      await box.succeed(`${STEAD_HOST} verify`);
      if (end === 'stopped') continue;
      expect(end).toMatchObject({ code: 0 });
      expect(after).toBe(wanted);
    }
    expect(failures).toEqual([]);
  }, 900_000);
});

/** At most two dozen of the numbers from 1 to a count, evenly. */
function spread(count: number): number[] {
  const step = Math.ceil(count / 24);
  return Array.from({ length: Math.ceil(count / step) }, (_, index) => 1 + index * step);
}
