import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import {
  ini,
  systemdCommand,
  systemdEnvironment,
  systemdQuote,
  systemdUnit,
} from '../../src/render/index.ts';

test('a unit has its sections and keys in the order given, lists as repeated keys, booleans as yes and no', () => {
  expect(
    systemdUnit({
      Unit: { Description: 'A thing', After: ['a.service', 'b.service'], Documentation: undefined },
      Service: { Type: 'oneshot', RemainAfterExit: true, PrivateTmp: false, TimeoutStartSec: 5, User: null },
    }),
  ).toBe(
    `[Unit]
Description=A thing
After=a.service
After=b.service

[Service]
Type=oneshot
RemainAfterExit=yes
PrivateTmp=no
TimeoutStartSec=5
`,
  );
});

test('an empty string resets the list that earlier files made', () => {
  expect(systemdUnit({ Service: { ExecStart: ['', '/bin/true'] } })).toBe(
    '[Service]\nExecStart=\nExecStart=/bin/true\n',
  );
});

test('a list of sections repeats the section', () => {
  expect(
    systemdUnit({ Match: { Name: 'eth0' }, Route: [{ Gateway: '10.0.0.1' }, { Gateway: '10.0.0.2' }] }),
  ).toBe('[Match]\nName=eth0\n\n[Route]\nGateway=10.0.0.1\n\n[Route]\nGateway=10.0.0.2\n');
});

test.each([
  [{ Service: { ExecStart: 'a\nUser=root' } }, 'systemd unit: Service.ExecStart holds a line break or a NUL'],
  [
    { Service: { ExecStart: 'a \\' } },
    'systemd unit: Service.ExecStart ends in a backslash, which continues the line',
  ],
  [
    { Service: { Environment: ' A=b' } },
    'systemd unit: Service.Environment begins or ends with white space, which systemd would drop',
  ],
  [{ Service: { '': 'x' } }, 'systemd unit: key "" in section Service would not be read back as written'],
  [
    { Service: { 'a=b': 'x' } },
    'systemd unit: key "a=b" in section Service would not be read back as written',
  ],
  [{ Service: { '#a': 'x' } }, 'systemd unit: key "#a" in section Service would not be read back as written'],
  [{ 'a]': { a: 'x' } }, 'systemd unit: section "a]" holds a bracket or a line break'],
])('what systemd would read differently is refused: %j', (sections, message) => {
  expect(() => systemdUnit(sections)).toThrow(expect.objectContaining({ code: 'render.ini', message }));
});

test('INI has settings before the first section, repeated sections, and true and false', () => {
  expect(ini({ Peer: [{ a: 1 }, { a: true }], '': { top: 'x=y' } })).toBe(
    'top=x=y\n\n[Peer]\na=1\n\n[Peer]\na=true\n',
  );
});

test.each([
  ['/usr/bin/env', '/usr/bin/env'],
  ['a b', '"a b"'],
  ['', '""'],
  [';', '";"'],
  ['say "hi" \\o/', '"say \\"hi\\" \\\\o/"'],
  ['$HOME', '$$HOME'],
  ['%i', '%i'],
  ['a\nb\tc\u0001', '"a\\nb\\tc\\x01"'],
])('the word %j is written %s', (word, written) => {
  expect(systemdQuote(word)).toBe(written);
});

test('variables reach the program as they are given', () => {
  expect(systemdEnvironment({ HOME: '/srv/x', GREETING: 'a "b" $c 50%' })).toEqual([
    'HOME=/srv/x',
    '"GREETING=a \\"b\\" $c 50%%"',
  ]);
});

test('a command begins with a program, not with a prefix that systemd knows', () => {
  expect(systemdCommand(['/bin/echo', 'a b'])).toBe('/bin/echo "a b"');
  for (const argv of [[], ['-/bin/echo'], ['@/bin/echo'], ['']]) {
    expect(() => systemdCommand(argv)).toThrow(expect.objectContaining({ code: 'render.command' }));
  }
});

test.runIf(existsSync('/usr/bin/systemd-analyze'))(
  'systemd accepts a unit with every kind of value',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stead-unit-'));
    try {
      const path = join(folder, 'thing.service');
      writeFileSync(
        path,
        systemdUnit({
          Unit: { Description: 'A thing; with # signs', After: ['network.target', 'basic.target'] },
          Service: {
            Type: 'oneshot',
            RemainAfterExit: true,
            Environment: ['', '"A=b c"'],
            ExecStart: ['', systemdCommand(['/bin/sh', '-c', 'echo "$HOME" \\ ;\nexit', ';', ''])],
          },
          Install: { WantedBy: 'multi-user.target' },
        }),
      );
      const { exitCode, all } = await execa('systemd-analyze', ['verify', path], {
        all: true,
        reject: false,
      });
      expect({
        exitCode,
        complaints: all.split('\n').filter((line) => line.includes('thing.service')),
      }).toEqual({
        exitCode: 0,
        complaints: [],
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
