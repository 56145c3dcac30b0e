// The checks of a bundle on a real host: they see the new configuration, and nothing that they do stays.
import { expect, test } from 'vitest';
import { repository } from '../cli/stead.ts';
import { describeLab, useLab } from './driver.ts';

const address = '198.51.100.1';

/** A repository with one host that has these definitions. */
function fleet(definitions: string): string {
  return repository({
    'hosts/alpha.ts': `import { activation, checks, files, host, target } from 'stead';
export default host('alpha', { use: [target({ ssh: { address: '${address}' } }), ${definitions}] });
`,
  });
}

describeLab('a host of Debian 12', () => {
  const lab = useLab({
    networks: { wan: '198.51.100.254/24' },
    hosts: { alpha: { interfaces: { eth0: { network: 'wan', address: `${address}/24` } } } },
  });

  const checked = `
    files({
      etc: {
        'nginx/conf.d/new.conf': 'server { listen 8080; root /srv/site; }\\n',
        'sudoers.d/new': { kind: 'copy', text: 'deploy ALL=(ALL) ALL\\n', mode: '0440' },
        'ssh/sshd_config.d/new.conf': 'MaxAuthTries 3\\n',
        'dnsmasq.d/new.conf': 'port=5353\\n',
        'nftables.d/new.nft': 'table inet new {\\n chain input {\\n  type filter hook input priority 0;\\n }\\n}\\n',
      },
      paths: { '/var/www/new': 'in /var, where the store is\\n', '/srv/site/index.html': 'site\\n' },
    }),
    checks({
      preflight: {
        nginx: ['nginx', '-t'],
        sudo: ['visudo', '-c'],
        sshd: ['sh', '-c', 'sshd -T | grep -q "^maxauthtries 3"'],
        dnsmasq: ['dnsmasq', '--test'],
        nftables: ['nft', '-c', '-f', '/etc/nftables.d/new.nft'],
        paths: ['grep', '-q', 'store', '/var/www/new'],
        writes: ['sh', '-c', 'for folder in / /etc /var /var/lib/stead /run /root /usr /home /srv; do touch "$folder/preflight-was-here" || exit; done'],
      },
    })`;

  test('runs sshd -t, visudo -c, nginx -t, nft -c and dnsmasq --test on the new tree, and none of them changes it', async () => {
    const alpha = await lab.host('alpha');
    const path = fleet(checked);
    const switched = await lab.stead(['switch', 'alpha', '--repo', path]);
    expect(switched, switched.stderr).toMatchObject({ code: 0 });
    expect(
      await alpha.succeed('find / -xdev -name preflight-was-here; find /run -name preflight-was-here'),
    ).toBe('');
    expect(await alpha.succeed('grep -c preflight /proc/mounts || :')).toBe('0');
  });

  test('lists every check that fails with what it said, and changes nothing', async () => {
    const alpha = await lab.host('alpha');
    const before = await alpha.succeed('readlink /var/lib/stead/current; ls -lR /etc | md5sum');
    const path = fleet(
      `files({ etc: { 'nginx/conf.d/new.conf': 'serve {}\\n', 'ssh/sshd_config.d/new.conf': 'MaxAuthTries many\\n' } }),
      checks({ preflight: { nginx: ['nginx', '-t'], sshd: ['sshd', '-t'], caddy: ['caddy', 'validate'] } })`,
    );
    const refused = await lab.stead(['switch', 'alpha', '--repo', path]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('unknown directive "serve"');
    expect(refused.stderr).toMatch(/check sshd failed with code 255: .*\n.*MaxAuthTries|check sshd failed/);
    expect(refused.stderr).toContain('check caddy could not be run: its program is not installed');
    expect(refused.stderr).toContain('checks of the new configuration failed: caddy, nginx, sshd;');
    expect(await alpha.succeed('readlink /var/lib/stead/current; ls -lR /etc | md5sum')).toBe(before);
  });

  test('is refused where a host allows no private mounts, unless the fleet says otherwise', async () => {
    const alpha = await lab.host('alpha');
    // As where the kernel does not permit it.
    await alpha.succeed('mv /usr/bin/unshare /root/unshare && ln -s /bin/false /usr/bin/unshare');
    const change = `files({ etc: { motd: 'changed\\n' } }), checks({ preflight: { true: ['true'] } })`;
    const refused = await lab.stead(['switch', 'alpha', '--repo', fleet(change)]);
    const allowed = fleet(`${change}, activation({ checks: 'whereAllowed' })`);
    const unchecked = await lab.stead(['switch', 'alpha', '--repo', allowed]);
    await alpha.succeed('mv -f /root/unshare /usr/bin/unshare');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('this host allows no private mounts');
    expect(unchecked, unchecked.stderr).toMatchObject({ code: 0 });
    expect(unchecked.stderr).toContain("the bundle's checks are left out");
    expect(await alpha.file('/etc/motd')).toBe('changed\n');
  });
});
