// Makes the pictures of the README anew: `npm run pictures`. The page's takes git and chromium.
import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'stead-pictures-'));
try {
  writeFileSync(join(import.meta.dirname, 'topology.svg'), stead(['topology', '--repo', root]));
  pictureOfStatus();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The worked fleet in folders: switched, changed, one host taken back, one edited by hand. */
function pictureOfStatus(): void {
  for (const name of ['hosts', 'overlays']) cpSync(join(root, name), join(folder, name), { recursive: true });
  writeFileSync(join(folder, '.gitignore'), 'out/\nhosts-of-the-picture/\n');
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '--message', 'The rack');
  const hosts = join(folder, 'hosts-of-the-picture');
  const there = ['--repo', folder, '--target-root', hosts];
  stead(['switch', '--all', ...there]);
  const gateway = join(folder, 'hosts/gateway.ts');
  writeFileSync(gateway, readFileSync(gateway, 'utf8').replace("'198.51.100.10'", "'198.51.100.11'"));
  git('commit', '--quiet', '--all', '--message', 'The hub has another address');
  stead(['switch', '--all', ...there]);
  stead(['rollback', 'gateway', ...there]);
  rmSync(join(hosts, 'pi5-2/etc/ssh/sshd_config.d/00-stead.conf'));
  const page = join(folder, 'status.html');
  stead(['status', '--all', '--html', page, ...there], [0, 1]);
  // The picture of the topology is one of its own.
  appendFileSync(page, '<style>figure, h2:last-of-type { display: none }</style>');
  execFileSync(
    'chromium',
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--hide-scrollbars',
      `--user-data-dir=${join(folder, 'browser')}`,
      '--window-size=960,1100',
      `--screenshot=${join(import.meta.dirname, 'status.webp')}`,
      `file://${page}`,
    ],
    { stdio: 'ignore' },
  );
}

function stead(args: readonly string[], codes: readonly number[] = [0]): string {
  try {
    return execFileSync(process.execPath, [join(root, 'src/cli/stead.mjs'), ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const { status, stdout } = error as { readonly status: number; readonly stdout: string };
    if (codes.includes(status)) return stdout;
    throw error;
  }
}

function git(...words: string[]): void {
  execFileSync('git', ['-C', folder, '-c', 'user.name=anna', '-c', 'user.email=anna@localhost', ...words]);
}
