// stead check: the real programs, over the files of the machine that the tests run on.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { available } from '../setup/programs.ts';
import { edit, rack, repository, run, stead, workedFleet } from './stead.ts';

const host = (use: string) => `import { checks, files, host, systemd } from 'stead';
export default host('one', { use: [${use}] });
`;

const checkable = available('root', 'dnsmasq', 'wg-quick', 'systemd-analyze');

describe.runIf(checkable)('stead check', () => {
  test('has every file of the worked fleet read by the program that is to read it', async () => {
    const { code, stdout } = await run(['check', '--repo', workedFleet()]);
    expect(stdout).not.toContain('FAILED');
    expect(stdout).toMatch(
      /^gateway: \d+ passed \(.*dnsmasq.*nftables.*nginx.*sshd.*sudoers.*wireguard wg0.*\)/m,
    );
    expect(code).toBe(0);
  });

  test('shows what a program says of a file that it cannot read, and exits with 2', async () => {
    const path = rack();
    edit(path, 'hosts/gateway.ts', 'publish:', "settings: { 'no-such-setting': true },\n      publish:");
    const { code, stdout } = await run(['check', 'gateway', '--repo', path]);
    expect(code).toBe(2);
    expect(stdout).toContain("  dnsmasq FAILED: dnsmasq --test '--conf-file=/etc/dnsmasq.d/stead.conf'\n");
    expect(stdout).toMatch(/^ {4}dnsmasq: bad option at line \d+ of \/etc\/dnsmasq.d\/stead.conf$/m);
  });

  test('names the checks whose programs are not installed here, and lets units start what is not', async () => {
    const path = repository({
      'hosts/one.ts': host(`
        checks({ preflight: { moon: ['no-such-program', '--test'] } }),
        systemd({ units: { 'far.service': { sections: { Service: { ExecStart: '/opt/not/here --run' } } } } }),`),
    });
    const { code, stdout } = await run(['check', '--repo', path]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'one: 1 passed (systemd units); not installed here: moon',
    });
  });

  test('finds a unit that systemd would not take', async () => {
    const path = repository({
      'hosts/one.ts': host(
        `systemd({ units: { 'odd.service': { sections: { Service: { ExecStart: 'not/absolute' } } } } }),`,
      ),
    });
    const { code, stdout } = await run(['check', '--repo', path]);
    expect(code).toBe(2);
    expect(stdout).toContain('systemd units FAILED');
  });

  test('changes nothing on this machine, and needs no root where user namespaces are allowed', async () => {
    const path = repository({
      'hosts/one.ts': host(`
        files({ etc: { 'stead-check-test': 'x' } }),
        checks({ preflight: { writes: ['sh', '-c', 'test -e /etc/stead-check-test && echo y >/etc/stead-check-written'] } }),`),
    });
    execFileSync('chown', ['-R', 'nobody:', path]);
    const argv = [process.execPath, join(stead, 'src/cli/stead.mjs'), 'check', '--repo', path];
    const text = execFileSync('setpriv', ['--reuid=nobody', '--regid=nogroup', '--clear-groups', ...argv], {
      encoding: 'utf8',
      env: { ...process.env, HOME: path },
    });
    expect(text).toBe('one: 1 passed (writes)\n');
    expect(() => execFileSync('ls', ['/etc/stead-check-written'], { stdio: 'ignore' })).toThrow();
  });
});
