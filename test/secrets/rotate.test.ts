// `stead secrets rotate` that does not come to its end: the keys of before are in the repository again.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { snapshot, stead } from '../cli/stead.ts';
import { secretFleet } from './fleet.ts';

test.each(['SIGINT', 'SIGTERM'] as const)(
  'keys are those of before where %s ends it half way',
  async (signal) => {
    const fleet = secretFleet();
    fleet.host('a', `secrets({ files: { 'mesh/a': {} } })`);
    expect(await fleet.secrets(['generate', 'mesh/a', '--kind', 'wireguard'])).toMatchObject({ code: 0 });
    const secrets = join(fleet.path, 'hosts/secrets');
    const before = snapshot(secrets);
    // A host that takes connections, and never says a word.
    const host = createServer().listen(0, '127.0.0.1');
    await once(host, 'listening');
    const { port } = host.address() as AddressInfo;
    const config = join(fleet.path, 'ssh_config');
    writeFileSync(config, `Host 192.0.2.1\n  HostName 127.0.0.1\n  Port ${port}\n`);
    const command = [join(stead, 'src/cli/stead.mjs'), 'secrets', 'rotate', 'mesh', '--repo', fleet.path];
    const rotating = execa(
      process.execPath,
      [...command, '--identity', fleet.me.file, '--ssh-config', config],
      { reject: false, stdin: 'ignore' },
    );
    const connected = once(host, 'connection');
    await Promise.race([connected, rotating]);
    expect(snapshot(secrets)).not.toEqual(before);
    rotating.kill(signal);
    const { exitCode, stderr } = await rotating;
    host.close();
    expect(exitCode).toBe(1);
    expect(stderr).toContain('the keys of before are in the repository again');
    expect(snapshot(secrets)).toEqual(before);
  },
);
