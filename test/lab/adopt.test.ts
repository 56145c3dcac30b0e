// A host that was kept by hand: what a first switch would take over, and that all of it comes back.
import { expect, test } from 'vitest';
import { repository } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';

const BY_HAND = `
printf 'kept by hand\\n' >/etc/motd
printf 'deploy ALL=(ALL) NOPASSWD: ALL # mine\\n' >/etc/sudoers.d/mine && chmod 0440 /etc/sudoers.d/mine
mkdir -p /srv/data /opt/tool && chmod 0711 /srv/data && printf data >/srv/data/file
ln -s /opt/tool /usr/local/tool
printf '[Service]\\nExecStart=/bin/sleep 1000001\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/own.service
systemctl enable --quiet --now own.service
`;

// But for the copies that useradd makes, and what systemd itself writes.
const SNAPSHOT = `
find /etc /opt /root /srv /usr/local /home -printf '%y %m %u:%g %p -> %l\\n' | sort
find /etc /opt /root /srv /usr/local /home -type f -print0 | sort -z | xargs -0 sha256sum
sysctl -n net.ipv4.ip_forward
`;
const UNSTEADY = /\/etc\/((passwd|group|shadow|gshadow|subuid|subgid)-|\.pwd\.lock|\.updated|machine-id)/;

describeLab('a host that was kept by hand', () => {
  const lab = useLab({
    networks: { wan: '198.51.100.254/24' },
    hosts: { alpha: { interfaces: { eth0: { network: 'wan', address: '198.51.100.1/24' } } } },
  });
  const repo = repository({
    'hosts/alpha.ts': `import { files, host, sysctl, systemd, target, users } from 'stead';
export default host('alpha', { use: [
  target({ ssh: { address: '198.51.100.1' } }),
  files({
    etc: { motd: 'ours\\n', 'sudoers.d/mine': { kind: 'copy', mode: '0440', text: 'deploy ALL=(ALL) NOPASSWD: ALL\\n' }, 'new/deep/file': 'new' },
    paths: { '/srv/data': { kind: 'directory', mode: '0750' }, '/usr/local/tool': { target: '/opt' } },
  }),
  systemd({ units: {
    'own.service': { sections: { Service: { ExecStart: '/bin/sleep 1000002' } }, wantedBy: ['multi-user.target'] },
    'more.service': { sections: { Service: { ExecStart: '/bin/sleep 1000003' } }, wantedBy: ['multi-user.target'] },
  } }),
  sysctl({ settings: { 'net.ipv4.ip_forward': 1 } }),
  users({ users: { runner: { authorizedKeys: [] } } }),
] });
`,
  });
  const stead = (...args: string[]) => lab.stead([...args, '--repo', repo]);
  const snapshot = async (host: Host): Promise<string[]> =>
    (await host.succeed(SNAPSHOT)).split('\n').filter((line) => !UNSTEADY.test(line));

  test('is shown what a first switch takes over, is switched, and is given back as it was, file by file', async () => {
    const alpha = await lab.host('alpha');
    await alpha.succeed(BY_HAND);
    const before = await snapshot(alpha);

    const shown = await stead('adopt', 'alpha');
    expect(shown).toMatchObject({ code: 0 });
    expect(shown.stdout).toContain(
      '/etc/motd\n--- /etc/motd\n+++ /etc/motd\n@@ -1,1 +1,1 @@\n-kept by hand\n+ours\n',
    );
    expect(shown.stdout).toMatch(/^ {4}file keep \/etc\/systemd\/system\/own\.service \(is there already/m);
    expect(await snapshot(alpha), 'looking changes nothing').toEqual(before);

    expect(await stead('switch', 'alpha')).toEqual({
      code: 0,
      stdout: expect.anything(),
      stderr: expect.anything(),
    });
    expect(await alpha.file('/etc/motd')).toBe('ours\n');
    expect(
      await alpha.succeed('sysctl -n net.ipv4.ip_forward; pgrep -f 1000002 >/dev/null && id -un runner'),
    ).toBe('1\nrunner');
    expect(await stead('verify', 'alpha')).toMatchObject({ code: 0 });

    expect(await stead('remove', 'alpha')).toMatchObject({ code: 2 });
    const removed = await stead('remove', 'alpha', '--yes');
    expect(removed).toEqual({ code: 0, stdout: expect.anything(), stderr: expect.anything() });
    expect(await snapshot(alpha)).toEqual(before);
    await alpha.fail('ls /var/lib/stead /run/stead');
    await alpha.fail('systemctl cat more.service stead-boot.service');
    await alpha.waitUntilSucceeds('pgrep -f 1000001');
    await alpha.reboot();
    expect(await snapshot(alpha)).toEqual(before);
    expect(await alpha.succeed('systemctl is-system-running')).toBe('running');
    expect((await stead('adopt', 'alpha')).stdout).toContain('/etc/motd');
  }, 180_000);
});
