// Packages through a real apt: versions, configuration files, services, locks, what is not there.
import { expect, test } from 'vitest';
import { edit, repository } from '../cli/stead.ts';
import { describeLab, useLab } from './driver.ts';
import { offerPackages, servicePackage } from './packages.ts';

const ADDRESS = '10.42.0.1';

describeLab('packages on a host', () => {
  const lab = useLab({
    networks: { lan: '10.42.0.254/24' },
    hosts: { box: { interfaces: { eth0: { network: 'lan', address: `${ADDRESS}/24` } } } },
  });

  /** A fleet of the one host with these definitions. */
  const fleet = (use: string): string =>
    repository({
      'hosts/box.ts': `import { files, host, packages, systemd, target } from 'stead';
export default host('box', { use: [target({ ssh: { address: '${ADDRESS}' } }), ${use}] });
`,
    });
  const installed = (name: string) => `dpkg-query -W -f '\${Version} \${db:Status-Status}' ${name}`;

  test('are installed from what apt offers, a configuration file that was changed by hand being kept', async () => {
    const box = await lab.host('box');
    const tool = (version: string) => ({
      name: 'lab-tool',
      version,
      files: { '/etc/lab-tool.conf': `of ${version}\n`, '/usr/share/lab-tool': `${version}\n` },
      conffiles: ['/etc/lab-tool.conf'],
    });
    await offerPackages(box, [tool('1.0')]);
    const path = fleet("packages({ install: ['lab-tool'] })");
    expect(await lab.stead(['switch', 'box', '--repo', path])).toMatchObject({ code: 0 });
    expect(await box.succeed(installed('lab-tool'))).toBe('1.0 installed');
    await box.succeed('echo by hand >/etc/lab-tool.conf');
    await offerPackages(box, [tool('2.0')]);
    await box.succeed(
      'DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Options::=--force-confold dist-upgrade',
    );
    expect(await box.succeed(installed('lab-tool'))).toBe('2.0 installed');
    expect(await box.file('/etc/lab-tool.conf')).toBe('by hand\n');
  });

  test('that are not to be had fail before anything changed, and the message says which', async () => {
    const box = await lab.host('box');
    const path = fleet("packages({ install: ['lab-nowhere'] }), files({ etc: { 'lab-new': 'text' } })");
    const result = await lab.stead(['switch', 'box', '--repo', path]);
    expect(result).toMatchObject({ code: 1 });
    expect(result.stderr).toContain('lab-nowhere');
    await box.fail('test -e /etc/lab-new');
  });

  test('that bring a managed configuration file leave it and the store as they are', async () => {
    const box = await lab.host('box');
    const server = (version: string) => ({
      name: 'lab-server',
      version,
      files: { '/etc/lab-server.conf': `of ${version}\n` },
      conffiles: ['/etc/lab-server.conf'],
    });
    await offerPackages(box, [server('1.0')]);
    const path = fleet(
      "packages({ install: ['lab-server'] }), files({ etc: { 'lab-server.conf': 'ours\\n' } })",
    );
    expect(await lab.stead(['switch', 'box', '--repo', path])).toMatchObject({ code: 0 });
    expect(await box.file('/etc/lab-server.conf')).toBe('ours\n');
    await offerPackages(box, [server('2.0')]);
    await box.succeed('DEBIAN_FRONTEND=noninteractive apt-get -q -y dist-upgrade </dev/null');
    expect(await box.succeed(installed('lab-server'))).toBe('2.0 installed');
    expect(await lab.stead(['verify', 'box', '--repo', path])).toMatchObject({ code: 0 });
    expect(await box.file('/etc/lab-server.conf')).toBe('ours\n');
  });

  test('wait for the lock that another apt holds', async () => {
    const box = await lab.host('box');
    const patient = '#!/bin/sh\nwhile [ ! -e /run/go-on ]; do sleep 0.1; done\n';
    await offerPackages(box, [{ name: 'lab-late' }, { name: 'lab-slow', scripts: { postinst: patient } }]);
    await box.succeed('systemd-run -q --unit=holder apt-get -q -y install lab-slow');
    await box.waitForProcess('lab-slow.postinst');
    const path = fleet("packages({ install: ['lab-late'] })");
    const switching = lab.stead(['switch', 'box', '--repo', path]);
    await box.waitForProcess('apt-get.*lab-late');
    await box.succeed('touch /run/go-on');
    expect(await switching).toMatchObject({ code: 0 });
    expect(await box.succeed(installed('lab-late'))).toBe('1.0 installed');
  });

  test('that start a service serve it with the configuration of the fleet', async () => {
    const box = await lab.host('box');
    await offerPackages(box, [servicePackage('lab-daemon')]);
    const path = fleet(
      "packages({ install: ['lab-daemon'] }), systemd({ units: { 'lab-daemon.service': { wantedBy: ['multi-user.target'] } } })",
    );
    expect(await lab.stead(['switch', 'box', '--repo', path])).toMatchObject({ code: 0 });
    await box.waitForUnit('lab-daemon.service');
    const pid = await box.pid('lab-daemon.service');
    edit(path, 'hosts/box.ts', 'packages(', "files({ etc: { 'lab-else': 'text' } }), packages(");
    expect(await lab.stead(['switch', 'box', '--repo', path])).toMatchObject({ code: 0 });
    expect(await box.pid('lab-daemon.service')).toBe(pid);
  });
});
