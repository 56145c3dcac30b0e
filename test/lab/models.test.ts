// Models that a real host fetches from a hub: a token that is a secret, power cuts, small disks, the way back.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256Hex } from '../../src/bundle/index.ts';
import { folder } from '../cli/stead.ts';
import { describeLab, useLab, type Host } from './driver.ts';
import { BOX } from './fleet.ts';
import { hostKeyOf, sealedBox, type SealedBox } from './secrets.ts';

const HUB = '10.42.0.254';
const PORT = 8443;
const TOKEN = 'hf_token8Kd02mQx';
const DOWNLOADS = '/var/lib/stead/downloads';

describeLab('models of a host', () => {
  const lab = useLab(BOX);
  const hub = folder();
  const files = {
    'big-00001-of-00002.gguf': randomBytes(600_000),
    'big-00002-of-00002.gguf': randomBytes(100_000),
    'small.gguf': randomBytes(257_120),
  };
  let box: SealedBox;
  let host: Host;
  let hostKey: string;
  let hubPid = '';

  const declare = (catalogue: string, use = '') =>
    box.declare(
      `(await import('stead/modules/models')).models({ hub: 'https://${HUB}:${PORT}', tokenFile: secretPath('hub'), catalogue: { ${catalogue} } }),
  secrets({ files: { hub: {} } }), ${use}`,
      hostKey,
    );
  const pins = (names: readonly (keyof typeof files)[]) =>
    `sha256: ${JSON.stringify(names.map((name) => sha256Hex(files[name])))}, size: [${names.map((name) => files[name].length).join(', ')}]`;
  const big = `big: { repo: 'owner/big', file: 'big.gguf', shards: 2, ${pins(['big-00001-of-00002.gguf', 'big-00002-of-00002.gguf'])} },`;
  const small = `small: { repo: 'owner/small', file: 'small.gguf', ${pins(['small.gguf'])} },`;
  const asked = () => readFileSync(join(hub, 'asked'), 'utf8').split('\n').slice(0, -1);
  const there = async () =>
    (await host.succeed(`cd ${DOWNLOADS} && find . -path './.*' -prune -o -type f -print | sort`))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.slice('./'.length + 33));

  beforeAll(async () => {
    host = await lab.host('box');
    hostKey = await hostKeyOf(host);
    box = sealedBox(lab);
    mkdirSync(join(hub, 'files'));
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(hub, 'files', name), bytes);
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=hub'];
    const to = [
      '-addext',
      `subjectAltName=IP:${HUB}`,
      '-keyout',
      join(hub, 'key.pem'),
      '-out',
      join(hub, 'cert.pem'),
    ];
    execFileSync('openssl', [...request, ...to], { stdio: 'ignore' });
    await host.succeed('mkdir -p /usr/local/share/ca-certificates');
    await host.put(join(hub, 'cert.pem'), '/usr/local/share/ca-certificates/hub.crt');
    await host.succeed('update-ca-certificates');
    const server = [
      process.execPath,
      join(import.meta.dirname, 'hub.mjs'),
      hub,
      HUB,
      String(PORT),
      sha256Hex(TOKEN),
    ];
    hubPid = (
      await lab.operator(['sh', '-c', '"$@" >/dev/null 2>&1 & echo $!', 'sh', ...server])
    ).stdout.trim();
    declare('');
    expect(await box.secrets(['set', 'hub'], `${TOKEN}\n`)).toMatchObject({ code: 0 });
  }, 900_000);
  afterAll(async () => {
    if (hubPid !== '') await lab.operator(['kill', hubPid]);
  });

  test('are fetched before the first switch, with a token that is a secret of it; a power cut is gone on after', async () => {
    declare(big);
    writeFileSync(join(hub, 'slow'), '');
    const first = box.stead('switch');
    const part = `${DOWNLOADS}/.parts/${sha256Hex(files['big-00001-of-00002.gguf'])}`;
    await Promise.race([
      host.waitUntilSucceeds(`test "$(stat -c %s ${part})" -gt 100000`, 120),
      first.then(({ stderr }) => Promise.reject(new Error(`it ended before: ${stderr}`))),
    ]);
    await host.kill();
    rmSync(join(hub, 'slow'));
    await host.boot();
    expect((await first).code).toBe(1);
    expect(await host.run('test -e /var/lib/stead/current')).toMatchObject({ code: 1 });
    const before = asked().length;

    await box.succeeds('switch');
    expect(await there()).toEqual(['big/big-00001-of-00002.gguf', 'big/big-00002-of-00002.gguf']);
    const sums = await host.succeed(`cat ${DOWNLOADS}/*-big/big-00001-of-00002.gguf | sha256sum`);
    expect(sums).toContain(sha256Hex(files['big-00001-of-00002.gguf']));
    expect(asked().slice(before).join('\n')).toMatch(
      /^content big-00001-of-00002\.gguf - bytes=[1-9]\d{5}-$/m,
    );
    // The token went to the hub, and not to where the hub led.
    expect(asked().filter((line) => line.startsWith('hub ') && !line.endsWith(' token'))).toEqual([]);
    expect(asked().filter((line) => line.startsWith('content ') && / token /.test(line))).toEqual([]);
    expect((await box.stead('verify', '--downloads')).stdout).toMatch(
      /paths and 2 downloads checked, all as they should be$/,
    );
  });

  test('that do not fit on the disk are foreseen, and the host runs what it ran', async () => {
    await host.succeed(
      `fallocate -l $(($(df -P -B1 /var/lib | awk 'NR == 2 { print $4 }') - 209715200)) /var/lib/ballast`,
    );
    const before = asked().length;
    declare(big + small, "files({ etc: { 'lab/new': 'new' } }),");
    const { code, stderr } = await box.stead('switch');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /error: box: downloads need 251\.1 KiB in \/var\/lib\/stead\/downloads, where \d+\.\d MiB are free and 256\.0 MiB stay so: small\/small\.gguf; make room /,
    );
    expect(asked()).toHaveLength(before);
    await host.fail('test -e /etc/lab/new');
    await host.succeed('rm /var/lib/ballast');
    await box.succeeds('switch');
    expect(await there()).toContain('small/small.gguf');
  });

  test('are there on the way back, without a hub, and go when no generation names them', async () => {
    expect(await lab.operator(['kill', hubPid])).toMatchObject({ code: 0 });
    hubPid = '';
    declare(small);
    await box.succeeds('switch');
    await box.succeeds('rollback');
    expect(await there()).toHaveLength(3);
    await box.succeeds('switch');
    declare(small, "files({ etc: { 'lab/new': 'newer' } }),");
    await box.succeeds('switch');
    expect(await box.succeeds('gc', '--keep', '2')).toMatch(/\nbox: removed the downloads big$/);
    expect(await there()).toEqual(['small/small.gguf']);

    await host.succeed(`rm ${DOWNLOADS}/*-small/small.gguf`);
    const found = await box.stead('verify');
    expect(found.code).toBe(1);
    expect(found.stdout).toMatch(/\n {2}the download small\/small\.gguf is missing$/);
  });
});
