import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { directoryTarget } from '../../src/targets/index.ts';
import { targetSuite } from './common.case.ts';

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stead-target-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

targetSuite(async () => {
  const folder = join(makeFolder(), 'root');
  return { folder, target: directoryTarget({ name: 'gateway', directory: folder }) };
});

test('a folder that cannot be made is unreachable', async () => {
  const folder = makeFolder();
  writeFileSync(join(folder, 'file'), '');
  const target = directoryTarget({ name: 'gateway', directory: join(folder, 'file/root') });
  await expect(target.open()).rejects.toMatchObject({ code: 'target.unreachable', host: 'gateway' });
});
