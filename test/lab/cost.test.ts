// What a switch costs a real host, as processes started there: with systemd, accounts and packages in play.
import { expect, test } from 'vitest';
import { edit, repository } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';

describeLab('a switch on a real host', () => {
  const lab = useLab({
    networks: { wan: '198.51.100.254/24' },
    hosts: { alpha: { interfaces: { eth0: { network: 'wan', address: '198.51.100.1/24' } } } },
  });

  /** Numbers of processes are given out one after the other: those between two of ours are what ran between. */
  async function processesOf(host: Host, command: string): Promise<number> {
    const counts: number[] = [];
    for (let run = 0; run < 5; run++) {
      const text = await host.succeed(
        `first=$(sh -c 'echo $$'); ${command} >/dev/null 2>&1; last=$(sh -c 'echo $$'); echo $((last - first - 1))`,
      );
      counts.push(Number(text));
    }
    // Whatever else the host did meanwhile only adds to it.
    return Math.min(...counts);
  }

  test.each([60, 3000])(
    'of %i files starts at most 25 processes where nothing changes, and 300 where one does',
    async (count) => {
      const alpha = await lab.host('alpha');
      await alpha.succeed(`echo '!' >/root/runner.hash`);
      const [key] = (await alpha.file('/root/.ssh/authorized_keys')).split('\n');
      const repo = repository({
        'hosts/alpha.ts': `import { files, host, packages, sysctl, systemd, target, users } from 'stead';
const etc: Record<string, string> = {};
for (let index = 0; index < ${count}; index++) etc[\`cost/\${index % 50}/\${index}\`] = String(index);
export default host('alpha', { use: [
  target({ ssh: { address: '198.51.100.1' } }),
  files({ etc }),
  files({ etc: { copied: { kind: 'copy', text: 'x', mode: '0600' } } }),
  packages({ install: ['openssh-server', 'sudo'] }),
  users({ users: { runner: { hashedPasswordFile: '/root/runner.hash' }, root: { authorizedKeys: ['${key}'] } }, strayKeys: 'setAside' }),
  sysctl({ settings: { 'net.ipv4.ip_forward': 1 } }),
  systemd({ units: { 'cost.service': { wantedBy: ['multi-user.target'], sections: { Service: { ExecStart: '/bin/sleep infinity' } } } } }),
] });
`,
      });
      const first = await lab.stead(['switch', 'alpha', '--repo', repo]);
      expect(first, first.stderr).toMatchObject({ code: 0 });
      const bundle = await alpha.succeed('readlink -f /var/lib/stead/current | xargs basename');
      const again = `stead-host switch ${bundle}`;
      expect(await alpha.succeed(again)).toContain('unchanged');
      // The shell that reads the script is one of them.
      expect(await processesOf(alpha, again)).toBeLessThanOrEqual(25);
      // As of every night, when units that were stopped count as well.
      expect(await processesOf(alpha, `${again} --stopped start`)).toBeLessThanOrEqual(25);

      // A change, from the command line on: two logins, the copy, the watchdog, the confirmation.
      edit(repo, 'hosts/alpha.ts', "text: 'x'", "text: 'y'");
      const nextNumber = async (): Promise<number> => Number(await alpha.succeed("sh -c 'echo $$'"));
      const before = await nextNumber();
      expect(await lab.stead(['switch', 'alpha', '--repo', repo])).toMatchObject({ code: 0 });
      expect((await nextNumber()) - before).toBeLessThanOrEqual(300);
    },
    300_000,
  );
});
