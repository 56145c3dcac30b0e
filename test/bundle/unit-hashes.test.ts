// What a change of a unit's text asks for: which of the two hashes follow it.
import { describe, expect, test } from 'vitest';
import { unitHashes, type ReadFile, type UnitContent } from '../../src/bundle/unit-hashes.ts';
import { unitFilesIn } from '../../src/bundle/unit-files.ts';

const unit = '[Unit]\nDescription=a\n[Service]\nExecStart=/bin/a\nExecReload=/bin/r\nEnvironment=A=1\n';

const content = (change: Partial<UnitContent> = {}): UnitContent => ({
  name: 'a.service',
  fragment: unit,
  dropIns: [],
  reads: [],
  ...change,
});

/** What differs between two contents. */
function differs(before: Partial<UnitContent>, after: Partial<UnitContent>): string[] {
  const [old, current] = [unitHashes(content(before)), unitHashes(content(after))];
  return (['definition', 'reload'] as const).filter((one) => old[one] !== current[one]);
}

const read = (identity: string, reload: boolean): readonly ReadFile[] => [
  { path: '/etc/a', identity, reload },
];

describe('what differs', () => {
  test.each<[string, Partial<UnitContent>, Partial<UnitContent>, string[]]>([
    ['nothing', {}, {}, []],
    ['ExecStart', {}, { fragment: unit.replace('/bin/a', '/bin/b') }, ['definition']],
    ['ExecReload', {}, { fragment: unit.replace('/bin/r', '/bin/s') }, ['reload']],
    ['both', {}, { fragment: unit.replaceAll('/bin/', '/usr/bin/') }, ['definition', 'reload']],
    ...[
      'Description=b',
      'Documentation=man:a(1)',
      'OnFailure=b.service',
      'OnSuccess=b.service',
      'OnFailureJobMode=fail',
      'IgnoreOnIsolate=yes',
      'StopWhenUnneeded=yes',
      'RefuseManualStart=yes',
      'RefuseManualStop=yes',
      'AllowIsolate=yes',
      'CollectMode=inactive',
      'SourcePath=/a',
      'X-Note=a',
    ].map((line): [string, object, Partial<UnitContent>, string[]] => [
      line,
      {},
      { fragment: unit.replace('Description=a', line) },
      [],
    ]),
    ['[Install]', {}, { fragment: `${unit}[Install]\nWantedBy=b.target\n` }, []],
    ['a section of X-', {}, { fragment: `${unit}[X-Note]\nA=b\n` }, []],
    ['After', {}, { fragment: unit.replace('Description=a', 'After=b.service') }, ['definition']],
    ['a comment', {}, { fragment: `# note\n${unit.replace('[Service]', '; more\n\n[Service]')}` }, []],
    ['white space', {}, { fragment: unit.replace('ExecStart=', ' ExecStart = ') }, []],
    ['a continued line', {}, { fragment: unit.replace('=/bin/a', '= \\\n# note\n/bin/a') }, []],
    [
      'the order of settings',
      {},
      { fragment: '[Service]\nEnvironment=A=1\nExecReload=/bin/r\nExecStart=/bin/a\n' },
      [],
    ],
    [
      'the order of a list',
      { fragment: '[Service]\nExecStart=a\nExecStart=b\n' },
      { fragment: '[Service]\nExecStart=b\nExecStart=a\n' },
      ['definition'],
    ],
    ['its name', {}, { name: 'b.service' }, []],
    ['a drop-in', {}, { dropIns: ['[Service]\nUser=b\n'] }, ['definition']],
    ['a drop-in that says nothing new', {}, { dropIns: ['[Unit]\nDescription=c\n'] }, []],
    ['a reset of a list to what it was', {}, { dropIns: ['[Service]\nEnvironment=\nEnvironment=A=1\n'] }, []],
    ['a reset of a list', {}, { dropIns: ['[Service]\nEnvironment=\n'] }, ['definition']],
    [
      'a reset of what a package has',
      { fragment: null, dropIns: ['[Service]\nExecStart=/a\n'] },
      { fragment: null, dropIns: ['[Service]\nExecStart=\nExecStart=/a\n'] },
      ['definition'],
    ],
    [
      'the options of a mount',
      { name: 'a.mount', fragment: '[Mount]\nOptions=ro\n' },
      { name: 'a.mount', fragment: '[Mount]\nOptions=rw\n' },
      ['reload'],
    ],
    [
      'the device of a mount',
      { name: 'a.mount', fragment: '[Mount]\nWhat=/a\n' },
      { name: 'a.mount', fragment: '[Mount]\nWhat=/b\n' },
      ['definition'],
    ],
    ['a file that is read', { reads: read('1', false) }, { reads: read('2', false) }, ['definition']],
    ['a file that a reload takes in', { reads: read('1', true) }, { reads: read('2', true) }, ['reload']],
  ])('%s', (_, before, after, expected) => {
    expect(differs(before, after)).toEqual(expected);
  });
});

test('a packaged unit of which nothing is said has no hashes', () => {
  expect(unitHashes(content({ fragment: null }))).toEqual({ definition: null, reload: null });
  expect(unitHashes(content({ fragment: null, dropIns: ['[Unit]\nDescription=b\n'] })).definition).toBeNull();
});

test('the files of a unit are those that systemd reads for it, the most specific last', () => {
  const folder = '/etc/systemd/system';
  const filesOf = unitFilesIn(
    [
      `${folder}/foo-bar@.service`,
      `${folder}/foo-bar@.service.d/30.conf`,
      `${folder}/foo-bar@a.service.d/10.conf`,
      `${folder}/foo-.service.d/20.conf`,
      `${folder}/service.d/10.conf`,
      `${folder}/service.d/40.conf`,
      `${folder}/other.service.d/10.conf`,
      `${folder}/multi-user.target.wants/foo-bar@a.service`,
      '/etc/systemd/user/foo-bar@.service',
    ],
    'system',
  );
  expect(filesOf('foo-bar@a.service')).toEqual({
    fragment: `${folder}/foo-bar@.service`,
    dropIns: [
      `${folder}/foo-bar@a.service.d/10.conf`,
      `${folder}/foo-.service.d/20.conf`,
      `${folder}/foo-bar@.service.d/30.conf`,
      `${folder}/service.d/40.conf`,
    ],
  });
  expect(filesOf('foo-bar@b.service').dropIns[0]).toBe(`${folder}/service.d/10.conf`);
  expect(filesOf('none.socket')).toEqual({ fragment: null, dropIns: [] });
});
