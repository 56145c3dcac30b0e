// The long run: many switches and rollbacks, a damaged store, old generations dropped, Debian 13.
import { beforeAll, expect, test } from 'vitest';
import { write } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';
import { BOX, boxFile, boxFleet } from './fleet.ts';

describeLab('a host of Debian 13 on a disk of its own', () => {
  const lab = useLab({ ...BOX, hosts: { box: { ...BOX.hosts['box']!, suite: 'trixie', disk: 'image' } } });
  let box: Host;
  const path = boxFleet('');
  const stead = (verb: string, ...words: string[]) =>
    lab.steadSucceeds([verb, 'box', '--repo', path, ...words]);
  const define = (word: string): void => {
    const service = `systemd({ units: { 'lab.service': { wantedBy: ['multi-user.target'], sections: { Service: { ExecStart: 'sleep infinity', Environment: 'TEXT=${word}' } } } } })`;
    write(
      path,
      'hosts/box.ts',
      boxFile(
        `files({ etc: { 'lab/word': '${word}\\n', 'lab/copy': { text: '${word}\\n', kind: 'copy' } } }), ${service}`,
      ),
    );
  };
  const stands = (): Promise<string> =>
    box.succeed(
      'cat /etc/lab/word /etc/lab/copy; systemctl show --value -p Environment lab.service; systemctl is-active lab.service',
    );
  const words = (word: string): string => `${word}\n${word}\nTEXT=${word}\nactive`;

  beforeAll(async () => {
    box = await lab.host('box');
    expect(await box.succeed('. /etc/os-release && echo "$VERSION_ID"')).toBe('13');
  });

  test(
    'is after a reboot what ten switches and three rollbacks made of it',
    { timeout: 600_000 },
    async () => {
      for (let count = 1; count <= 10; count += 1) {
        define(`word-${count}`);
        await stead('switch');
      }
      await stead('rollback');
      await stead('rollback', '--to', '4');
      await stead('rollback', '--to', '7');
      expect(await stands()).toBe(words('word-7'));
      const files = await box.succeed('find /etc -printf "%p %y %m %u:%g %l\n" | sort');
      await box.reboot();
      expect(await stands()).toBe(words('word-7'));
      expect(await box.succeed('find /etc -printf "%p %y %m %u:%g %l\n" | sort')).toBe(files);
      expect(await box.succeed('systemctl is-system-running')).toBe('running');
      await stead('verify');
      expect(await stead('status')).toContain('as it should be');
    },
  );

  test('goes back to a generation that was kept when others were dropped', async () => {
    await stead('gc', '--keep', '3');
    await box.fail('test -e /var/lib/stead/generations/1');
    await stead('rollback', '--to', '9');
    expect(await stands()).toBe(words('word-9'));
    await stead('verify');
  });

  test('whose store was damaged by hand says so, and is repaired', async () => {
    define('word-10');
    await stead('switch');
    await box.succeed(`object=$(readlink -f /etc/lab/word)
chattr -i "$object" 2>/dev/null || :
echo damaged >"$object"
rm -f /etc/lab/copy
echo by hand >/etc/lab/copy`);
    const damaged = await lab.stead(['verify', 'box', '--repo', path]);
    expect(damaged.code).not.toBe(0);
    expect(damaged.stdout).toContain('/etc/lab/copy');
    await stead('verify', '--repair');
    expect(await stands()).toBe(words('word-10'));
    await stead('verify');
  });
});
