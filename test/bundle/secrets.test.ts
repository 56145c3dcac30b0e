// What a bundle says of secrets: rows of the manifest, who reads what, and the files that carry ciphertexts.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { bundle, bundleSource } from '../../src/bundle/index.ts';
import {
  files,
  host,
  packages,
  secretContent,
  secretPath,
  secrets,
  systemd,
  users,
  type Contribution,
} from '../../src/index.ts';
import { Evaluation } from '../../src/options/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'stead-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));
for (const name of ['token', 'other']) writeFileSync(join(folder, `${name}.age`), `ciphertext of ${name}\n`);

const built = (...use: readonly Contribution[]) => {
  const source = bundleSource(new Evaluation([host('a', { use })]).host('a'), (name) => ({ name }), folder);
  const provenance = { commit: null, dirty: false, stead: '0' };
  return bundle(source, { runtime: { 'stead-host': '' }, provenance });
};
const rows = async (...use: readonly Contribution[]) =>
  Object.fromEntries(
    (await built(...use)).manifest.secrets.map(({ name, restart, reload }) => [name, { restart, reload }]),
  );
const service = { Service: { ExecStart: '/bin/true' } };

test('a secret is a row of the manifest, a ciphertext of root’s alone, and the package age', async () => {
  const { manifest, entries, tables } = await built(
    secrets({ files: { token: { owner: 'www-data', mode: '0440', restart: ['app.service'] } } }),
  );
  expect(manifest.secrets).toEqual([
    {
      name: 'token',
      kind: 'secret',
      path: '/run/stead/secrets/token',
      owner: 'www-data',
      group: 'root',
      mode: '0440',
      source: '/etc/stead/secrets/token.age',
      neededFor: 'services',
      restart: ['app.service'],
      reload: [],
    },
  ]);
  expect(manifest.packages.map(({ name }) => name)).toEqual(['age']);
  expect(entries.map(({ file }) => file)).toMatchObject([
    { path: '/etc/stead/secrets/token.age', kind: 'link', mode: '0400', owner: 'root', group: 'root' },
  ]);
  expect(tables['secrets.tsv']).toMatch(
    /^token\tsecret\t0440\twww-data\troot\t\/etc\/stead\/secrets\/token\.age\t[0-9a-f]{64}\tapp\.service\t-\tservices\n$/,
  );
  expect(manifest.settings['secrets']).toMatch(/^[0-9a-z]{32}$/);
  // A unit of which nothing else is said: its row is what lets the host restart it.
  expect(manifest.units).toMatchObject([{ name: 'app.service', definition: null, start: false }]);
});

test('a host without secrets has nothing of them', async () => {
  const { manifest, tables } = await built(packages({ install: ['tree'] }));
  expect(manifest.secrets).toEqual([]);
  expect(tables['secrets.tsv']).toBe('');
  expect(manifest.settings).not.toHaveProperty('secrets');
});

test('another ciphertext makes another set of secrets; another file of the host does not', async () => {
  const id = async (...use: readonly Contribution[]) => (await built(...use)).manifest.settings['secrets'];
  const first = await id(secrets({ files: { token: {} } }));
  expect(await id(secrets({ files: { token: {} } }), files({ etc: { motd: 'hello' } }))).toBe(first);
  writeFileSync(join(folder, 'token.age'), 'another ciphertext\n');
  expect(await id(secrets({ files: { token: {} } }))).not.toBe(first);
});

describe('who reads a secret is found', () => {
  test('in the text of a unit, in a drop-in, in a file that it reads, and through a template', async () => {
    expect(
      await rows(
        secrets({
          files: { token: {}, other: {} },
          templates: { conf: { text: `x = ${secretContent('other')}` } },
        }),
        files({ etc: { 'app.conf': secretPath('token') } }),
        systemd({
          units: {
            'text.service': { sections: { Service: { ExecStart: `/bin/cat ${secretPath('token')}` } } },
            'drop.service': { dropIns: { x: { Service: { EnvironmentFile: secretPath('token') } } } },
            'file.service': { sections: service, readBy: ['/etc/app.conf'] },
            'reload.service': { sections: service, readBy: [{ reload: '/etc/app.conf' }] },
            'template.service': { sections: { Service: { ExecStart: `/bin/cat ${secretPath('conf')}` } } },
          },
        }),
      ),
    ).toEqual({
      token: { restart: ['drop.service', 'file.service', 'text.service'], reload: ['reload.service'] },
      other: { restart: [], reload: [] },
      conf: { restart: ['template.service'], reload: [] },
    });
  });

  test('in units that users’ own managers run, which are told from those of the host', async () => {
    const { manifest, entries } = await built(
      secrets({ files: { token: { owner: 'eva', neededFor: 'boot' } } }),
      systemd({
        user: {
          units: {
            'app.service': { sections: { Service: { ExecStart: `/bin/cat ${secretPath('token')}` } } },
            'conf.service': { sections: service, readBy: [{ reload: '/etc/app.conf' }] },
          },
        },
      }),
      files({ etc: { 'app.conf': secretPath('token') } }),
    );
    expect(manifest.secrets).toMatchObject([
      { restart: ['user/app.service'], reload: ['user/conf.service'] },
    ]);
    expect(manifest.units.map(({ name, scope }) => `${scope} ${name}`)).toEqual([
      'user app.service',
      'user conf.service',
    ]);
    expect(entries.map(({ file }) => file.path)).not.toContainEqual(
      expect.stringContaining('stead-secrets.conf'),
    );
  });

  test('by the path that it has besides, but not by one that only begins like it', async () => {
    expect(
      await rows(
        secrets({ files: { token: { path: '/etc/key' } } }),
        systemd({
          units: {
            'a.service': { sections: { Service: { ExecStart: '/bin/cat /etc/key' } } },
            'b.service': { sections: { Service: { ExecStart: '/bin/cat /etc/keyboard /etc/key.old' } } },
            'c.service': { sections: service, readBy: ['/etc/key'] },
          },
        }),
      ),
    ).toEqual({ token: { restart: ['a.service', 'c.service'], reload: [] } });
  });
});

test('a unit that starts early is ordered after the secrets that it reads', async () => {
  const { entries } = await built(
    secrets({ files: { token: { neededFor: 'boot' } } }),
    systemd({
      units: { 'early.service': { sections: { Service: { ExecStart: `/bin/cat ${secretPath('token')}` } } } },
    }),
  );
  const dropIn = entries.find(
    ({ file }) => file.path === '/etc/systemd/system/early.service.d/stead-secrets.conf',
  );
  expect(String(dropIn?.content)).toBe('[Unit]\nWants=stead-boot.service\nAfter=stead-boot.service\n');
});

test('the password of a user is a path in memory, wherever else its secret has a link', async () => {
  const { manifest, tables } = await built(
    secrets({
      files: { token: { neededFor: 'users', path: '/etc/eva.hash' }, other: { neededFor: 'users' } },
    }),
    users({
      users: {
        ben: { hashedPasswordFile: '/root/ben.hash' },
        eva: { hashedPasswordFile: '/etc/eva.hash' },
        root: { hashedPasswordFile: secretPath('other') },
        zoe: {},
      },
    }),
  );
  expect(manifest.users.map(({ name, passwordFile }) => [name, passwordFile])).toEqual([
    ['ben', '/root/ben.hash'],
    ['eva', '/run/stead/secrets/token'],
    ['root', '/run/stead/secrets/other'],
    ['zoe', null],
  ]);
  expect(tables['users.tsv']).toContain('\tno\t-\t/run/stead/secrets/token\n');
  expect(tables['secrets.tsv'].match(/\tusers$/gm)).toHaveLength(2);
});
