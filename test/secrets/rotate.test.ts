// `stead secrets rotate` that does not come to its end: the keys of before are in the repository again, or it is said
// that they are not.
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { folder, run, snapshot, stead, type Ran } from '../cli/stead.ts';
import { secretFleet, type SecretFleet } from './fleet.ts';

test.each(['SIGINT', 'SIGTERM'] as const)(
  'keys are those of before where %s ends it half way',
  async (signal) => {
    const fleet = await meshFleet();
    const before = keys(fleet);
    const { exitCode, stderr } = await ended(fleet, signal);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('the keys of before are in the repository again');
    expect(keys(fleet)).toEqual(before);
  },
);

test('a rotation that was killed is taken back or finished before anything else goes to hosts, as is said', async () => {
  const fleet = await meshFleet();
  const before = keys(fleet);
  const [targets, repo] = [folder(), ['--repo', fleet.path]];
  const verbs: readonly (() => Promise<Ran>)[] = [
    () => run(['check', ...repo]),
    () => run(['switch', 'a', '--target-root', targets, ...repo]),
    () => run(['reconcile', '--no-pull', '--target-root', targets, ...repo]),
    () => fleet.secrets(['check']),
    () => fleet.secrets(['rotate', 'mesh']),
  ];
  await ended(fleet, 'SIGKILL');
  const rotated = keys(fleet);
  expect(rotated).not.toEqual(before);
  for (const { code, stdout, stderr } of await Promise.all(verbs.map((verb) => verb()))) {
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(
      /the rotation of mesh\/ that began \S+Z has not come to its end: hosts\/secrets has its new keys, and a may not/,
    );
    expect(stdout + stderr).toContain(
      'finish it: stead switch --atomic a. Or take it back: cp -R out/rotation/before/. hosts/secrets/ && stead switch --atomic a',
    );
  }
  // As if it had been killed between the two files of a key.
  copyFileSync(
    join(fleet.path, 'out/rotation/before/mesh/a.pub'),
    join(fleet.path, 'hosts/secrets/mesh/a.pub'),
  );
  const mixed = await run(['switch', '--atomic', 'a', '--target-root', targets, ...repo]);
  expect(mixed.stderr).toContain('hosts/secrets has some of its new keys');
  expect(mixed.stderr).not.toContain('finish it');
  await execa('cp', ['-R', 'out/rotation/before/.', 'hosts/secrets/'], { cwd: fleet.path });
  expect(keys(fleet)).toEqual(before);
  expect(await run(['check', ...repo])).toMatchObject({ code: 0 });

  await ended(fleet, 'SIGKILL');
  expect(await run(['switch', '--atomic', 'a', '--target-root', targets, ...repo])).toMatchObject({
    code: 0,
  });
  expect(keys(fleet)).not.toEqual(before);
  expect(await run(['check', ...repo])).toMatchObject({ code: 0 });
}, 180_000);

/** Host `a` of it has a key of a mesh. */
async function meshFleet(): Promise<SecretFleet> {
  const fleet = secretFleet();
  fleet.host('a', `secrets({ files: { 'mesh/a': {} } })`);
  expect(await fleet.secrets(['generate', 'mesh/a', '--kind', 'wireguard'])).toMatchObject({ code: 0 });
  return fleet;
}

function keys({ path }: SecretFleet): ReturnType<typeof snapshot> {
  return snapshot(join(path, 'hosts/secrets'));
}

/** A rotation that gets this signal while it switches; with SIGKILL, so does all that it has started. */
async function ended(fleet: SecretFleet, signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL') {
  const before = keys(fleet);
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
    { reject: false, stdin: 'ignore', detached: true },
  );
  const connected = once(host, 'connection');
  // Awaited: the compiler takes two seconds over the type of the process anywhere else.
  const ended = async (): Promise<void> => void (await rotating);
  await Promise.race([connected, ended()]);
  expect(keys(fleet)).not.toEqual(before);
  process.kill(signal === 'SIGKILL' ? -rotating.pid! : rotating.pid!, signal);
  const end = await rotating;
  host.close();
  return end;
}
