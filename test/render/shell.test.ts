import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shellCommand, shellQuote } from '../../src/render/index.ts';
import { shells } from '../host/host.ts';

const word = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')),
  fc.string({ unit: fc.constantFrom(...`'"\\$\`!*?~#&;|<>()[]{} \n\t=-a`) }),
);

test.each(shells())('any words come out of %s as they went in', (shell) => {
  const argv = shell === 'busybox' ? ['busybox', 'sh'] : [shell];
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (words) => {
      const well = words.map((text) => text.toWellFormed());
      const script = `printf '%s\\0' ${shellCommand([...well, 'end'])}`;
      const result = spawnSync(argv[0] ?? '', [...argv.slice(1), '-c', script], { encoding: 'utf8' });
      expect(result.stdout.split('\0')).toEqual([...well, 'end', '']);
    }),
    { numRuns: 60 },
  );
});

test('a plain word stays readable, an empty one is one word', () => {
  expect(shellCommand(['dnsmasq', '-C', '/etc/dnsmasq.conf', '', "it's"])).toBe(
    `dnsmasq -C /etc/dnsmasq.conf '' 'it'\\''s'`,
  );
});

test('a NUL is refused', () => {
  expect(() => shellQuote('a\0b')).toThrow(TypeError);
});
