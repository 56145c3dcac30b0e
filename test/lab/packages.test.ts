// Packages on a real Debian: apt, dpkg and systemd are Debian's own, the packages are the test's.
import { beforeAll, expect, test } from 'vitest';
import { describeLab, useLab, type Host } from './driver.ts';
import { BOX, boxIn, type Box } from './fleet.ts';
import { offerPackages, servicePackage, type TestPackage } from './packages.ts';

const LIMIT = 120_000;

/** A service that shows which configuration it was started with. */
const seeing = (name: string): TestPackage =>
  servicePackage(name, {
    command: `/bin/sh -c 'cat /etc/${name}.conf >/run/${name}.seen; exec sleep infinity'`,
    conffiles: { [`/etc/${name}.conf`]: 'Debian\n' },
  });
const withConffile = (name: string, version: string): TestPackage => ({
  name,
  version,
  files: { [`/etc/${name}.conf`]: `${name} ${version}\n` },
  conffiles: [`/etc/${name}.conf`],
});
const configuring = (name: string, script: string): TestPackage => ({
  name,
  scripts: { postinst: `#!/bin/sh\nset -e\n${script}\n` },
});

describeLab('a host that installs packages', () => {
  const lab = useLab(BOX);
  let box: Host;
  let fleet: Box;
  const offered = [
    withConffile('tiny', '1.0'),
    { name: 'tiny-helper', depends: 'tiny' },
    seeing('ours'),
    seeing('theirs'),
    servicePackage('stayed'),
    { name: 'rival', conflicts: 'ours' },
    configuring('slow', 'while [ ! -e /run/go-on ]; do sleep 0.1; done'),
    configuring('broken', 'echo the disk of broken is wet >&2; exit 1'),
  ];

  const installed = (name: string): Promise<string> =>
    box.succeed(`dpkg-query -W -f '\${db:Status-Abbrev} \${Version}' ${name} 2>&1 || :`);
  const empty = (): ReturnType<Box['switchTo']> => fleet.switchTo(`files({ etc: { motd: 'x' } })`);

  beforeAll(async () => {
    box = await lab.host('box');
    fleet = boxIn(lab);
    await offerPackages(box, offered);
    expect(await empty()).toMatchObject({ code: 0 });
  }, LIMIT);

  test('a package that does not exist is named, and nothing has changed', async () => {
    const result = await fleet.switchTo(
      `packages({ install: ['tiny', 'no-such-thing'] }), files({ etc: { new: 'x' } })`,
    );
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('Unable to locate package no-such-thing');
    expect(await installed('tiny')).toContain('no packages found');
    await box.fail('test -e /etc/new');
  });

  test('a package that cannot be configured fails the switch before anything else has changed', async () => {
    const result = await fleet.switchTo(`packages({ install: ['broken'] }), files({ etc: { new: 'x' } })`);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('the disk of broken is wet');
    await box.fail('test -e /etc/new');
    await box.succeed('dpkg --purge --force-all broken');
    await box.fail('test -e /usr/sbin/policy-rc.d');
  });

  test('what is missing is installed; services start once their configuration stands, and those that the bundle does not speak of as Debian has it', async () => {
    await box.succeed(
      `printf '#!/bin/sh\\ncase $1 in stayed*) exit 101 ;; esac\\n' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d`,
    );
    const policy = await box.file('/usr/sbin/policy-rc.d');
    const use = `packages({ install: ['ours', 'theirs', 'stayed'] }),
      files({ etc: { 'ours.conf': 'stead\\n' } }),
      systemd({ units: { 'ours.service': { wantedBy: ['multi-user.target'], readBy: ['/etc/ours.conf'] } } })`;
    expect(await fleet.switchTo(use)).toMatchObject({ code: 0 });
    await box.waitForUnit('ours.service');
    expect(await box.file('/run/ours.seen')).toBe('stead\n');
    expect(await box.succeed('systemctl show --value -p NRestarts,ActiveState ours.service')).toContain(
      'active',
    );
    expect(await box.journal('ours.service')).not.toContain('Stopping');
    await box.waitForUnit('theirs.service');
    expect(await box.run('systemctl is-active stayed')).toMatchObject({ code: 3 });
    expect(await box.file('/usr/sbin/policy-rc.d')).toBe(policy);
    await box.succeed('rm /usr/sbin/policy-rc.d');
    const pids = await Promise.all([box.pid('ours.service'), box.pid('theirs.service')]);
    const again = await fleet.switchTo(use);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('nothing to do');
    expect(await Promise.all([box.pid('ours.service'), box.pid('theirs.service')])).toEqual(pids);
  });

  test('a package for which another would have to go is refused', async () => {
    const result = await fleet.switchTo(`packages({ install: ['rival'] })`);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('Packages need to be removed but remove is disabled.');
    expect(await installed('ours')).toBe('ii  1.0');
  });

  test('rollback leaves packages', async () => {
    expect(await fleet.stead('rollback')).toMatchObject({ code: 0 });
    expect(await installed('ours')).toBe('ii  1.0');
    expect(await box.file('/etc/ours.conf')).toBe('Debian\n');
  });

  test('a configuration file that was changed by hand is kept by an upgrade that a version asks for', async () => {
    expect(await fleet.switchTo(`packages({ install: ['tiny'] })`)).toMatchObject({ code: 0 });
    await box.succeed('echo by hand >/etc/tiny.conf');
    await offerPackages(box, [...offered, withConffile('tiny', '2.0')]);
    expect(await fleet.switchTo(`packages({ versions: { tiny: '2.*' } })`)).toMatchObject({ code: 0 });
    expect(await installed('tiny')).toBe('ii  2.0');
    expect(await box.file('/etc/tiny.conf')).toBe('by hand\n');
    await box.succeed('apt-get purge -y tiny');
    await offerPackages(box, offered);
  });

  test('apt runs, or holds its lock, at nightly switch time: wait or skip, never a restart in the middle of a postinst', async () => {
    await box.succeed('systemd-run --unit=nightly --service-type=exec apt-get install -y slow');
    await box.waitForProcess('slow.postinst');
    const impatient = await fleet.switchTo(`activation({ aptTries: 0 }), files({ etc: { impatient: 'x' } })`);
    expect(impatient.code).toBe(1);
    expect(impatient.stderr).toMatch(/apt-get install -y slow \(pid \d+\) still holds apt's lock/);
    await box.fail('test -e /etc/impatient');
    const waiting = fleet.switchTo(
      `activation({ aptTries: 60, aptSeconds: 1 }), files({ etc: { patient: 'x' } })`,
    );
    await box.waitForProcess('sleep 1$');
    await box.fail('test -e /etc/patient');
    await box.succeed('touch /run/go-on');
    const patient = await waiting;
    expect(patient).toMatchObject({ code: 0 });
    expect(patient.stderr).toMatch(/apt-get install -y slow \(pid \d+\) holds apt's lock: waiting/);
    expect(await installed('slow')).toBe('ii  1.0');
  });

  test('an upgrade that wants to replace a managed conffile asks nothing and writes nothing into the store', async () => {
    const use = `packages({ install: ['tiny'] }), files({ etc: { 'tiny.conf': 'stead\\n' } })`;
    expect(await fleet.switchTo(use)).toMatchObject({ code: 0 });
    expect(await box.succeed('dpkg-divert --list /etc/tiny.conf')).toContain(
      '/var/lib/stead/adopted/etc/tiny.conf',
    );
    await offerPackages(box, [...offered, withConffile('tiny', '2.0')]);
    await box.succeed('apt-get install -y tiny </dev/null');
    expect(await installed('tiny')).toBe('ii  2.0');
    expect(await box.file('/etc/tiny.conf')).toBe('stead\n');
    expect(await fleet.stead('verify')).toMatchObject({ code: 0 });
    expect((await fleet.switchTo(use)).stdout).toContain('nothing to do');
    expect(await empty()).toMatchObject({ code: 0 });
    expect(await box.file('/etc/tiny.conf')).toBe('tiny 2.0\n');
    expect(await box.succeed('dpkg-divert --list')).not.toContain('stead');
    expect(await box.succeed('dpkg --verify tiny')).toBe('');
    expect(await fleet.stead('rollback')).toMatchObject({ code: 0 });
    expect(await box.file('/etc/tiny.conf')).toBe('stead\n');
    expect(await box.succeed('dpkg-divert --list')).toContain('/etc/tiny.conf');
  });

  test('a package that comes after its conffile was managed writes nothing into the store either', async () => {
    await offerPackages(box, [...offered, withConffile('tiny', '2.0'), withConffile('late', '1.0')]);
    const managed = `files({ etc: { 'late.conf': 'stead\\n' } })`;
    expect(await fleet.switchTo(managed)).toMatchObject({ code: 0 });
    expect(await fleet.switchTo(`${managed}, packages({ install: ['late'] })`)).toMatchObject({ code: 0 });
    expect(await box.file('/etc/late.conf')).toBe('stead\n');
    expect(await fleet.stead('verify')).toMatchObject({ code: 0 });
    expect(await empty()).toMatchObject({ code: 0 });
    expect(await box.file('/etc/late.conf')).toBe('late 1.0\n');
  });

  test('a version is installed and kept to, and a hold is taken back when it leaves', async () => {
    const pinned = `packages({ versions: { tiny: '1.*' }, hold: ['theirs'] })`;
    expect(await fleet.switchTo(pinned)).toMatchObject({ code: 0 });
    expect(await installed('tiny')).toBe('ii  1.0');
    expect(await box.succeed('apt-mark showhold')).toBe('theirs');
    await box.succeed('apt-get upgrade -y');
    expect(await installed('tiny')).toBe('ii  1.0');
    expect((await fleet.switchTo(pinned)).stdout).toContain('nothing to do');
    expect(await empty()).toMatchObject({ code: 0 });
    expect(await box.succeed('apt-mark showhold')).toBe('');
    const none = await fleet.switchTo(`packages({ versions: { tiny: '7.*' } })`);
    expect(none.code).toBe(1);
    expect(none.stderr).toContain("Version '7.*' for 'tiny' was not found");
  });

  test('an installation that is cut off is finished by the next switch', async () => {
    const use = `packages({ install: ['cut'] }), files({ etc: { cut: 'x' } })`;
    expect(await fleet.switchTo(use)).toMatchObject({ code: 1 });
    const bundle = await box.succeed('ls -td /var/lib/stead/store/*-box | head -n 1 | xargs basename');
    const wait = 'test -e /root/second || { touch /root/second; sync; touch /run/reached; sleep 300; }';
    await offerPackages(box, [...offered, withConffile('tiny', '2.0'), configuring('cut', wait)]);
    await box.succeed(`systemd-run --unit=at-the-console stead-host switch ${bundle}`);
    await box.waitUntilSucceeds('test -e /run/reached');
    await box.crash();
    await box.boot();
    expect(await fleet.switchTo(use)).toMatchObject({ code: 0 });
    expect(await installed('cut')).toBe('ii  1.0');
    await box.fail('test -e /usr/sbin/policy-rc.d');
  });

  test('gc --packages removes what stead installed and no generation wants, and nothing that others need or brought', async () => {
    await box.succeed('apt-get install -y tiny-helper');
    expect(await empty()).toMatchObject({ code: 0 });
    expect(await fleet.switchTo(`files({ etc: { motd: 'y' } })`)).toMatchObject({ code: 0 });
    const collected = await fleet.stead('gc', '--keep', '1', '--packages');
    expect(collected).toMatchObject({ code: 0 });
    expect(collected.stdout).toMatch(/removed the packages (?=.*\bours\b)(?=.*\btheirs\b)(?=.*\bcut\b)/);
    expect(collected.stdout).toContain('kept the package tiny, which tiny-helper needs');
    expect(await installed('slow')).toBe('ii  1.0');
    expect(await installed('tiny')).toMatch(/^ii/);
    expect(await installed('theirs')).toMatch(/^rc/);
    expect(await box.file('/var/lib/stead/packages.tsv')).toBe('tiny\tinstalled\n');
  });
});
