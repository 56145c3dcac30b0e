// The option set `systemd`: what units become in the file tree and in a bundle's source.
import { expect, test } from 'vitest';
import { host, systemd, waitCommand, type Host } from 'stead';
import { bundleSource, type BundleSource } from '../../src/bundle/index.ts';
import { Evaluation } from '../../src/options/index.ts';
import { told } from '../told.ts';

type Value = Parameters<typeof systemd>[0];

function evaluated(value: Value): Evaluation {
  return new Evaluation([host('a', { use: [systemd(value)] }) as Host]);
}

function source(value: Value): BundleSource {
  return bundleSource(evaluated(value).host('a'), (name) => ({ name }));
}

/** Links by path, contents by path. */
function tree(value: Value): Record<string, string> {
  const found = source(value).files.map((file): [string, string] => [
    file.path,
    file.kind === 'symlink' ? `-> ${file.target}` : 'content' in file ? String(file.content) : '',
  ]);
  return Object.fromEntries(found);
}

const Service = { ExecStart: '/bin/a' };
const FILE = '[Service]\nExecStart=/bin/a\n';

test('what wants a unit, requires it or names it otherwise is a link', () => {
  expect(
    tree({
      units: {
        'a.service': {
          sections: { Service },
          wantedBy: ['multi-user.target'],
          requiredBy: ['b.service'],
          aliases: ['c.service'],
        },
        'd@.service': { sections: { Service } },
        'd@x.service': { wantedBy: ['multi-user.target'] },
        'wg-quick@wg0.service': { wantedBy: ['multi-user.target'] },
      },
    }),
  ).toEqual({
    '/etc/systemd/system/a.service': FILE,
    '/etc/systemd/system/multi-user.target.wants/a.service': '-> /etc/systemd/system/a.service',
    '/etc/systemd/system/b.service.requires/a.service': '-> /etc/systemd/system/a.service',
    '/etc/systemd/system/c.service': '-> /etc/systemd/system/a.service',
    '/etc/systemd/system/d@.service': FILE,
    '/etc/systemd/system/multi-user.target.wants/d@x.service': '-> /etc/systemd/system/d@.service',
    '/etc/systemd/system/multi-user.target.wants/wg-quick@wg0.service':
      '-> /lib/systemd/system/wg-quick@.service',
  });
});

test('a masked unit is a link to /dev/null, and nothing starts it', () => {
  const value = { units: { 'a.service': { masked: true } } };
  expect(tree(value)).toEqual({ '/etc/systemd/system/a.service': '-> /dev/null' });
  expect(source(value).units).toMatchObject([{ masked: true, start: false }]);
});

test('units of users stand apart', () => {
  const value = {
    user: { units: { 'a.service': { sections: { Service }, wantedBy: ['default.target'] } } },
  };
  expect(tree(value)).toEqual({
    '/etc/systemd/user/a.service': FILE,
    '/etc/systemd/user/default.target.wants/a.service': '-> /etc/systemd/user/a.service',
  });
  expect(source(value).units).toMatchObject([{ name: 'a.service', scope: 'user', start: true }]);
});

test('a condition is waited for before everything else that a start runs', () => {
  const waitFor = [{ kind: 'address' as const, interface: 'wg0' }];
  const wait = '+/usr/local/bin/stead-host wait address wg0 --tries 30 --every 2';
  expect(
    tree({
      units: { 'a.service': { sections: { Service: { ...Service, ExecStartPre: '/bin/b' } }, waitFor } },
    }),
  ).toEqual({
    '/etc/systemd/system/a.service': `[Service]\nExecStart=/bin/a\nExecStartPre=${wait}\nExecStartPre=/bin/b\n`,
  });
  expect(tree({ units: { 'docker.service': { waitFor } } })).toEqual({
    '/etc/systemd/system/docker.service.d/stead-wait.conf': `[Service]\nExecStartPre=${wait}\n`,
  });
});

test('a start that waits long is given the time for it', () => {
  const waitFor = [{ kind: 'file' as const, path: '/run/a', tries: 100 }];
  expect(tree({ units: { 'a.service': { sections: { Service }, waitFor } } })).toEqual({
    '/etc/systemd/system/a.service':
      '[Service]\nExecStart=/bin/a\nTimeoutStartSec=290\nExecStartPre=+/usr/local/bin/stead-host wait file /run/a --tries 100 --every 2\n',
  });
});

test.each([
  [{ kind: 'address', interface: 'wg0', address: '10.0.0.1' }, 'address wg0 10.0.0.1'],
  [{ kind: 'port', port: 5432, host: 'db.example' }, 'port db.example:5432'],
  [{ kind: 'file', path: '/run/a' }, 'file /run/a'],
  [{ kind: 'unit', unit: 'a.service' }, 'unit a.service'],
] as const)('the command for %j waits for %s', (condition, words) => {
  expect(waitCommand({ tries: 3, everySeconds: 1, ...condition }).join(' ')).toBe(
    `/usr/local/bin/stead-host wait ${words} --tries 3 --every 1`,
  );
});

test('what sessions and the network hang on does not stop first, unless the fleet says so', () => {
  const dropIns = { a: { Service: { Environment: 'A=1' } } };
  const units = ['dbus.service', 'nginx.service', 'ssh.service', 'user@1000.service'];
  const value = { units: Object.fromEntries(units.map((name) => [name, { dropIns }])) };
  expect(source(value).units.map(({ name, onChange }) => `${name} ${onChange}`)).toEqual([
    'dbus.service reload',
    'nginx.service stop-start',
    'ssh.service restart',
    'user@1000.service none',
  ]);
});

test('units of the host itself are verified before it is switched', () => {
  const [check, ...others] = source({
    units: {
      'b.service': { sections: { Service } },
      'a@.service': { sections: { Service } },
      'nginx.service': { wantedBy: ['multi-user.target'] },
    },
  }).checks;
  expect(others).toEqual([]);
  expect(check?.name).toBe('systemd units');
  expect(check?.command.slice(-2)).toEqual([
    '/etc/systemd/system/a@.service',
    '/etc/systemd/system/b.service',
  ]);
  expect(source({ units: { 'nginx.service': { wantedBy: ['multi-user.target'] } } }).checks).toEqual([]);
});

test.each<[Value, string]>([
  [
    { units: { 'a.service': { masked: true, sections: { Service } } } },
    'the unit a.service is masked, so that nothing else said of it has an effect = Take `masked` out, or everything else.',
  ],
  [
    { units: { 'a@.service': { sections: { Service }, wantedBy: ['b.target'] } } },
    'a@.service is a template, and only its instances can be wanted = Say it of an instance, such as a@name.service.',
  ],
  [
    {
      units: {
        'a.timer': { sections: { Timer: { OnCalendar: 'daily' } }, waitFor: [{ kind: 'file', path: '/a' }] },
      },
    },
    'a.timer is no service, and only services can wait for something before they start = Say `waitFor` of the service that it starts.',
  ],
  [
    { user: { units: { 'a.service': {} } } },
    'the unit a.service is empty = Give it `sections`, `dropIns`, `wantedBy` or `readBy`.',
  ],
])('%j is refused', (value, message) => {
  expect(evaluated(value).check().errors.map(told)).toEqual([message]);
});
