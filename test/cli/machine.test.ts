// An address that leads to another machine than before.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository, run, write } from './stead.ts';

test('a host that is another machine than before is refused before anything is copied, unless that is said', async () => {
  const path = repository({
    'hosts/box.ts': `import { files, host } from 'stead';
export default host('box', { use: [files({ etc: { motd: 'hello' } })] });
`,
  });
  const root = join(path, 'out/targets');
  write(root, 'box/etc/machine-id', `${'a'.repeat(32)}\n`);
  const stead = (...more: string[]) => run(['switch', 'box', '--repo', path, ...more]);
  expect(await stead()).toMatchObject({ code: 0 });
  expect(readFileSync(join(path, 'out/machines.json'), 'utf8')).not.toContain('aaaa');

  rmSync(join(root, 'box'), { recursive: true });
  write(root, 'box/etc/machine-id', `${'b'.repeat(32)}\n`);
  const refused = await stead();
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('box: it is another machine than the one that was switched before');
  expect(existsSync(join(root, 'box/var/lib/stead/store'))).toBe(false);

  expect(await stead('--new-machine')).toMatchObject({ code: 0 });
  expect(await stead()).toMatchObject({ code: 0 });
});
