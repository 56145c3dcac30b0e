// Facts of a real machine, over a real sshd.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { available } from '../setup/programs.ts';
import { makeHome, type Home, type Server } from '../targets/sshd.ts';
import { repository, run } from './stead.ts';

describe.runIf(available('sshd', 'ssh-keygen', 'root'))('facts', () => {
  let home: Home;
  let server: Server;

  beforeAll(async () => {
    home = makeHome();
    server = await home.startServer();
  });
  afterAll(async () => {
    await server.stop();
    home.remove();
  });

  test('are read into the repository, where the fleet imports them; a folder has none', async () => {
    const path = repository({
      'hosts/far.ts': `import { host, target } from 'stead';
export default host('far', { use: [target({ ssh: {
  address: '127.0.0.1', port: ${server.port}, user: '${home.user}', hostKeys: ['${server.hostKey}'] } })] });
`,
      'hosts/folder.ts': `import { host } from 'stead';
export default host('folder', { use: [] });
`,
    });
    const env = { HOME: home.folder, SSH_AUTH_SOCK: '' };
    const { code, stdout, stderr } = await run(['facts', '--all', '--repo', path], { env });
    expect(stderr).toContain('it has no facts of its own');
    expect(stdout).toContain('hosts/facts/far.json');
    expect(code).toBe(3);
    const facts = JSON.parse(readFileSync(join(path, 'hosts/facts/far.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(facts).toMatchObject({
      architecture: expect.stringMatching(/^[a-z0-9_]+$/) as string,
      kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim(),
      hostname: readFileSync('/proc/sys/kernel/hostname', 'utf8').trim(),
    });
    expect(facts['memoryBytes']).toBeGreaterThan(1e8);
  });
});
