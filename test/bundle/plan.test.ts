import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bundle, digest, objectId, sha256Hex, type BundleSource } from '../../src/bundle/index.ts';
import { SteadErrors } from '../../src/options/error.ts';
import { context, example, linked } from './example.ts';

const built = await bundle(example, context);

async function hashOf(changes: Partial<BundleSource>): Promise<string> {
  return (await bundle({ ...example, ...changes }, context)).manifest.hash;
}

test('the manifest holds every field of the format, sorted', () => {
  const { manifest, tables } = built;
  const thing = { mode: '0644', owner: 'root', group: 'root', sha256: sha256Hex('a = 1\n') };
  const unit = { ...thing, sha256: sha256Hex('[Service]\nExecStart=/bin/true\n') };
  const copy = { mode: '0440', owner: 'root', group: 'root', sha256: sha256Hex('runner\n') };
  expect(manifest).toEqual({
    schema: 1,
    host: 'gateway',
    hash: manifest.hash,
    files: [
      { path: '/etc/sudoers.d/runner', kind: 'copy', ...copy, size: 7, object: objectId(copy) },
      {
        path: '/etc/systemd/system/multi-user.target.wants/thing.service',
        kind: 'symlink',
        target: '../thing.service',
      },
      { path: '/etc/systemd/system/thing.service', kind: 'link', ...unit, size: 30, object: objectId(unit) },
      { path: '/etc/thing.conf', kind: 'link', ...thing, size: 6, object: objectId(thing) },
      { path: '/srv/games', kind: 'directory', mode: '0750', owner: 'runner', group: 'runner' },
    ],
    units: [
      {
        name: 'thing.service',
        scope: 'system',
        hash: sha256Hex(
          `stead unit 1\nthing.service\n/etc/systemd/system/thing.service\tlink\t${objectId(unit)}\n/etc/thing.conf\tlink\t${objectId(thing)}\n`,
        ),
        definition: sha256Hex(
          `["Service","ExecStart","/bin/true"]\n/etc/thing.conf\tlink\t${objectId(thing)}\n`,
        ),
        reload: null,
        start: true,
        onChange: 'stop-start',
        own: true,
        masked: false,
        mayFail: false,
        stopWhenRemoved: true,
        wantedBy: ['multi-user.target'],
        reads: [
          { path: '/etc/systemd/system/thing.service', reload: false },
          { path: '/etc/thing.conf', reload: false },
        ],
      },
    ],
    packages: [
      { name: 'dnsmasq', version: null, hold: false },
      { name: 'wireguard-tools', version: '1.0.*', hold: true },
    ],
    users: [
      {
        name: 'runner',
        uid: null,
        group: 'runner',
        groups: ['adm', 'video'],
        home: '/var/lib/runner',
        shell: '/bin/sh',
        system: true,
        linger: true,
        enforced: ['home', 'shell'],
        passwordFile: '/root/runner.hash',
      },
    ],
    groups: [{ name: 'runner', gid: 998, system: true }],
    kernel: {
      add: ['quiet', 'console=tty1'],
      remove: ['splash'],
      modules: ['loop'],
      sysctl: { 'vm/swappiness': '10' },
    },
    secrets: [],
    downloads: [
      {
        name: 'tiny',
        path: `/var/lib/stead/downloads/${digest(`stead download 1\n${'a'.repeat(64)}  tiny.gguf\n`)}-tiny`,
        tokenFile: null,
        files: [
          {
            name: 'tiny.gguf',
            from: 'https://hub.example.org/tiny.gguf',
            sha256: 'a'.repeat(64),
            size: 257120,
          },
        ],
      },
    ],
    recipes: [
      {
        name: 'tool',
        version: '1.0',
        hash: '0123456789abcdfghijklmnpqrsvwxyz',
        path: '/var/lib/stead/store/0123456789abcdfghijklmnpqrsvwxyz-tool-1.0',
      },
    ],
    checks: [{ name: 'thing', command: ['/bin/echo', "it's", 'a b'] }],
    health: [{ name: 'answers', command: ['/bin/true'], tries: 3, everySeconds: 2 }],
    manual: [
      { name: 'delegation', instruction: 'Add the record.', command: ['host', '-t', 'ns', 'example.org'] },
    ],
    settings: { confirmSeconds: '60', watchdog: 'true' },
    tables: Object.fromEntries(Object.entries(tables).map(([name, text]) => [name, sha256Hex(text)])),
    runtime: { 'lib.sh': sha256Hex(': library\n'), 'stead-host': sha256Hex('#!/bin/sh\nexit 0\n') },
    provenance: context.provenance,
  });
});

test('the tables say the same in columns', () => {
  const object = (path: string): string => {
    const file = built.manifest.files.find((candidate) => candidate.path === path);
    return file !== undefined && 'object' in file ? `${file.size}\t${file.sha256}\t${file.object}` : '';
  };
  expect(built.tables).toEqual({
    'files.tsv': `/etc/sudoers.d/runner\tcopy\t0440\troot\troot\t${object('/etc/sudoers.d/runner')}-runner\t-
/etc/systemd/system/multi-user.target.wants/thing.service\tsymlink\t-\t-\t-\t-\t-\t-\t../thing.service
/etc/systemd/system/thing.service\tlink\t0644\troot\troot\t${object('/etc/systemd/system/thing.service')}-thing.service\t-
/etc/thing.conf\tlink\t0644\troot\troot\t${object('/etc/thing.conf')}-thing.conf\t-
/srv/games\tdirectory\t0750\trunner\trunner\t-\t-\t-\t-
`,
    'units.tsv': `thing.service\t${built.manifest.units[0]?.hash}\t${built.manifest.units[0]?.definition}\t-\tyes\tstop-start\town\tmulti-user.target\tsystem\n`,
    'readers.tsv':
      '/etc/systemd/system/thing.service\tthing.service\trestart\tsystem\n/etc/thing.conf\tthing.service\trestart\tsystem\n',
    'packages.tsv': 'dnsmasq\t-\tno\nwireguard-tools\t1.0.*\tyes\n',
    'users.tsv':
      'runner\t-\trunner\tadm,video\t/var/lib/runner\t/bin/sh\tyes\tyes\thome,shell\t/root/runner.hash\n',
    'groups.tsv': 'runner\t998\tyes\n',
    'kernel.tsv':
      'add\t0001\tquiet\nadd\t0002\tconsole=tty1\nmodule\t-\tloop\nremove\t-\tsplash\nsysctl\tvm/swappiness\t10\n',
    'checks.tsv': `thing\t/bin/echo 'it'\\''s' 'a b'\n`,
    'secrets.tsv': '',
    'downloads.tsv': `${built.manifest.downloads[0]?.path.slice('/var/lib/stead/downloads/'.length)}\ttiny.gguf\t257120\t${'a'.repeat(64)}\thttps://hub.example.org/tiny.gguf\t-\n`,
    'recipes.tsv':
      '0123456789abcdfghijklmnpqrsvwxyz\ttool\t1.0\t/var/lib/stead/store/0123456789abcdfghijklmnpqrsvwxyz-tool-1.0\n',
    'health.tsv': 'answers\t3\t2\t/bin/true\n',
    'manual.tsv': 'delegation\tAdd the record.\thost -t ns example.org\n',
    'settings.tsv': 'confirmSeconds\t60\nwatchdog\ttrue\n',
  });
});

test('the order in which things were defined changes nothing', async () => {
  const shuffled = fc.record({
    files: fc.shuffledSubarray([...example.files], { minLength: example.files.length }),
    packages: fc.shuffledSubarray([...example.packages], { minLength: example.packages.length }),
  });
  await fc.assert(
    fc.asyncProperty(shuffled, async (changes) => {
      expect(await hashOf(changes)).toBe(built.manifest.hash);
    }),
    { numRuns: 30 },
  );
});

test('provenance and places change nothing', async () => {
  const other = { commit: null, dirty: true, stead: '9.9.9' };
  const moved = example.files.map((file) => ({ ...file, origin: [] }));
  const { manifest, identity } = await bundle(
    { ...example, files: moved },
    { ...context, provenance: other },
  );
  expect(manifest.hash).toBe(built.manifest.hash);
  expect(identity).toBe(built.identity);
});

test('every field that a host notices changes the hash', async () => {
  const [unit] = example.units;
  const [user] = example.users;
  if (unit === undefined || user === undefined) throw new Error('the example has one of each');
  const files = example.files.slice(1);
  const first = {
    path: '/etc/systemd/system/thing.service',
    kind: 'link',
    mode: '0644',
    owner: 'root',
    group: 'root',
    content: '[Service]\n',
  } as const;
  const unread = { ...unit, reads: [] };
  const variants: Partial<BundleSource>[] = [
    {},
    { host: 'vps' },
    { files: [first, ...files] },
    { files: [{ ...first, kind: 'copy' }, ...files] },
    { files: [{ ...first, mode: '0600' }, ...files] },
    { files: [{ ...first, owner: 'runner' }, ...files] },
    { files: [{ ...first, group: 'runner' }, ...files] },
    { files: [{ ...first, content: '[Unit]\n' }, ...files] },
    { files: [{ path: first.path, kind: 'symlink', target: '/dev/null' }, ...files] },
    { files: [{ path: first.path, kind: 'symlink', target: '/dev/zero' }, ...files] },
    {
      files: [{ path: first.path, kind: 'directory', mode: '0755', owner: 'root', group: 'root' }, ...files],
    },
    { files: [...example.files, linked('/etc/more', 'x')] },
    { units: [unread] },
    { units: [{ ...unread, name: 'other.service' }] },
    { units: [{ ...unread, start: false }] },
    { units: [{ ...unread, onChange: 'reload' }] },
    { units: [{ ...unread, onChange: 'none' }] },
    { units: [{ ...unread, scope: 'user' }] },
    { units: [{ ...unread, masked: true }] },
    { units: [{ ...unread, mayFail: true }] },
    { units: [{ ...unread, stopWhenRemoved: false }] },
    { units: [{ ...unread, wantedBy: [] }] },
    { units: [{ ...unit, reads: [{ path: '/etc/thing.conf', reload: true }] }] },
    { packages: [{ name: 'dnsmasq', version: null, hold: false }] },
    { packages: [{ name: 'dnsmasq', version: '2', hold: false }] },
    { packages: [{ name: 'dnsmasq', version: null, hold: true }] },
    ...(
      [
        { name: 'other' },
        { uid: 1000 },
        { group: 'users' },
        { groups: [] },
        { home: '/' },
        { shell: '/bin/bash' },
        { system: false },
        { linger: false },
        { enforced: [] },
      ] as const
    ).map((change) => ({ users: [{ ...user, ...change }] })),
    { groups: [{ name: 'other', gid: 998, system: true }] },
    { groups: [{ name: 'runner', gid: null, system: true }] },
    { groups: [{ name: 'runner', gid: 998, system: false }] },
    ...(
      [
        { add: ['console=tty1', 'quiet'] },
        { remove: [] },
        { modules: [] },
        { sysctl: { 'vm/swappiness': '11' } },
      ] as const
    ).map((change) => ({ kernel: { ...example.kernel, ...change } })),
    { checks: [{ name: 'other', command: ['/bin/true'] }] },
    { checks: [{ name: 'thing', command: ['/bin/true'] }] },
  ];
  const hashes = await Promise.all(variants.map(hashOf));
  const runtime = await bundle(example, {
    ...context,
    runtime: { ...context.runtime, 'lib.sh': ': other\n' },
  });
  expect(new Set([...hashes, runtime.manifest.hash]).size).toBe(variants.length + 1);
});

test("a unit's hash follows its own files and those it reads, and no others", async () => {
  const unitHash = async (path: string): Promise<string | undefined> => {
    const files = example.files.map((file) =>
      file.path === path && 'content' in file ? { ...file, content: 'new' } : file,
    );
    return (await bundle({ ...example, files }, context)).manifest.units[0]?.hash;
  };
  const before = built.manifest.units[0]?.hash;
  expect(await unitHash('/etc/sudoers.d/runner')).toBe(before);
  expect(await unitHash('/etc/thing.conf')).not.toBe(before);
  expect(await unitHash('/etc/systemd/system/thing.service')).not.toBe(before);
});

test('a unit that depends on a file which the host does not have is an error', async () => {
  const units = example.units.map((unit) => ({ ...unit, reads: [{ path: '/etc/none', reload: false }] }));
  await expect(bundle({ ...example, units }, context)).rejects.toMatchObject({
    code: 'bundle.unit',
    host: 'gateway',
    message: 'the unit thing.service depends on /etc/none, which this host does not have',
  });
});

test('text, bytes and a file on this machine with the same content are one object', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stead-plan-'));
  try {
    writeFileSync(join(folder, 'source'), 'ä\n');
    const hashes = await Promise.all(
      ['ä\n', Buffer.from('ä\n'), { file: join(folder, 'source') }].map((content) =>
        hashOf({
          files: [{ path: '/etc/a', kind: 'link', mode: '0644', owner: 'root', group: 'root', content }],
          units: [],
        }),
      ),
    );
    expect(new Set(hashes).size).toBe(1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a file on this machine that cannot be read is an error with the place of its definition', async () => {
  const files = [
    { ...linked('/etc/a', 'xx'), content: { file: '/nonexistent/source' } } as BundleSource['files'][number],
  ];
  await expect(bundle({ ...example, files, units: [] }, context)).rejects.toMatchObject({
    code: 'bundle.source',
    message: expect.stringContaining('/nonexistent/source, the content of /etc/a, cannot be read'),
    places: [{ place: { file: 'hosts/gateway.ts', line: 2 } }],
  });
});

test('all that is wrong with the paths is reported together', async () => {
  const files = [linked('a', 'x'), linked('/proc/a', 'x')];
  const failure = bundle({ ...example, files, units: [] }, context);
  await expect(failure).rejects.toBeInstanceOf(SteadErrors);
  await expect(failure).rejects.toMatchObject({ errors: [{ code: 'tree.path' }, { code: 'tree.path' }] });
});

test('a value that would break a table is refused', async () => {
  const checks = [{ name: 'a', command: ['echo', 'a\tb'] }];
  await expect(bundle({ ...example, checks }, context)).rejects.toMatchObject({ code: 'manifest.invalid' });
});
