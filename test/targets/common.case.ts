// What every target does alike: one suite, which each kind passes.

import { existsSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import {
  confirm,
  generations,
  incomingName,
  probe,
  receive,
  rollback,
  status,
  switchTo,
} from '../../src/targets/index.ts';
import type { Session, Shipment, Target } from '../../src/targets/index.ts';
import { bundleEntries, makeBundle, streamOf } from '../host/bundle.ts';
import type { Bundle } from '../host/bundle.ts';

/** A target and the folder on this machine that stands for its `/`. */
export interface Place {
  readonly target: Target;
  readonly folder: string;
}

export function targetSuite(makePlace: () => Promise<Place>): void {
  const withSession = async (use: (session: Session, folder: string) => Promise<void>): Promise<void> => {
    const { target, folder } = await makePlace();
    const session = await target.open();
    try {
      await use(session, folder);
    } finally {
      await session.close();
    }
  };

  test('a command gives its exit code and both outputs, in UTF-8', () =>
    withSession(async (session) => {
      const result = await session.run([
        'sh',
        '-c',
        'printf "%s" "$1"; printf "ü\\nö" >&2; exit 3',
        'sh',
        'é "\'$x',
      ]);
      expect(result).toEqual({ code: 3, stdout: 'é "\'$x', stderr: 'ü\nö' });
    }));

  test('a command gets its input from text or from a stream of any length', () =>
    withSession(async (session) => {
      expect(await session.run(['cat'], { stdin: 'text' })).toMatchObject({ code: 0, stdout: 'text' });
      const chunks = Array.from({ length: 500 }, () => Buffer.alloc(10_000, 'x'));
      const counted = await session.run(['wc', '-c'], { stdin: Readable.from(chunks) });
      expect(counted.stdout.trim()).toBe('5000000');
    }));

  test('a command without input sees its end at once', () =>
    withSession(async (session) => {
      expect(await session.run(['cat'])).toMatchObject({ code: 0, stdout: '' });
    }));

  test('a command that leaves its input unread ends all the same', () =>
    withSession(async (session) => {
      const endless = Readable.from(
        (function* () {
          for (;;) yield Buffer.alloc(65_536);
        })(),
      );
      expect(await session.run(['sh', '-c', 'exit 7'], { stdin: endless })).toMatchObject({ code: 7 });
    }));

  test('lines of standard error come while the command runs', () =>
    withSession(async (session) => {
      const lines: string[] = [];
      await session.run(['sh', '-c', 'echo one >&2; printf "two\\nthree" >&2'], {
        onStderr: (line) => lines.push(line),
      });
      expect(lines).toEqual(['one', 'two', 'three']);
    }));

  test('a command that is not there ends with 127, one that is killed with 128 and the signal', () =>
    withSession(async (session) => {
      expect((await session.run(['no-such-command'])).code).toBe(127);
      expect((await session.run(['sh', '-c', 'kill -9 $$'])).code).toBe(137);
    }));

  test('several commands run at once', () =>
    withSession(async (session) => {
      const results = await Promise.all(
        [1, 2, 3, 4].map((n) => session.run(['sh', '-c', `sleep 0.1; echo ${n}`])),
      );
      expect(results.map((result) => result.stdout)).toEqual(['1\n', '2\n', '3\n', '4\n']);
    }));

  test('a host is probed, filled, switched, looked at, confirmed and rolled back', () =>
    withSession(async (session, folder) => {
      const one = makeBundle({ files: { '/etc/n': 'one' } });
      const two = makeBundle({ files: { '/etc/n': 'two' } });
      const objects = one.rows.map((row) => row.object);
      expect(await probe(session, one.name, objects)).toMatchObject({
        format: 1,
        current: undefined,
        host: undefined,
        bundlePresent: false,
        lacksDownloads: false,
        missing: objects,
      });
      await send(session, one, 1);
      const lines: string[] = [];
      const first = await switchTo(session, one.name, {
        by: 'a person',
        onStderr: (line) => lines.push(line),
      });
      expect(first).toMatchObject({ outcome: 'switched', code: 0, generation: 1, hash: one.hash });
      expect(lines.join('\n')).toContain('left out');
      expect(readFileSync(`${folder}/etc/n`, 'utf8')).toBe('one');
      await send(session, two, 2);
      expect(await switchTo(session, two.name, { commit: 'c0ffee' })).toMatchObject({ generation: 2 });
      expect(await switchTo(session, two.name)).toMatchObject({
        outcome: 'unchanged',
        code: 0,
        generation: 2,
      });
      await confirm(session, 2);
      expect(await generations(session)).toMatchObject([
        { generation: 1, hash: one.hash, state: 'applied', commit: undefined, current: false },
        { generation: 2, hash: two.hash, state: 'confirmed', commit: 'c0ffee', current: true },
      ]);
      expect(await status(session)).toEqual({
        current: {
          generation: 2,
          hash: two.hash,
          state: 'confirmed',
          commit: 'c0ffee',
          when: expect.any(String),
        },
        drift: [],
        reboot: [],
        manual: [],
        watch: undefined,
        last: undefined,
        failedUnits: [],
        idleUnits: [],
        packages: [],
        interrupted: false,
      });
      expect(await probe(session, two.name, [])).toMatchObject({
        current: { generation: 2, hash: two.hash },
        host: 'gateway',
        bundlePresent: true,
        lacksDownloads: false,
      });
      expect(await rollback(session, 'eva@laptop')).toMatchObject({
        outcome: 'rolled-back',
        code: 0,
        generation: 1,
        hash: one.hash,
      });
      expect(await rollback(session, 'eva@laptop', 2)).toMatchObject({
        outcome: 'rolled-back',
        code: 0,
        generation: 2,
      });
      expect(readFileSync(`${folder}/etc/n`, 'utf8')).toBe('two');
    }));

  test('a switch that is refused is a result with its exit code and what the host said', () =>
    withSession(async (session) => {
      const result = await switchTo(session, makeBundle({ files: {} }).name);
      expect(result).toMatchObject({ outcome: 'failed', code: 1, generation: undefined });
      expect(result.output).toContain('is not in the store here');
    }));

  test('a stream that is refused, or that fails on this side, is an error and leaves no trace', () =>
    withSession(async (session, folder) => {
      const bundle = makeBundle({ files: { '/etc/n': 'one' } });
      const broken = Readable.from([Buffer.from('not a tar')]);
      await expect(receive(session, shipment(bundle, 1, broken))).rejects.toMatchObject({
        name: 'SteadError',
        code: 'host.receive',
      });
      const failing = Readable.from(
        (async function* () {
          yield Buffer.from('half');
          throw new Error('the disk here is broken');
        })(),
      );
      await expect(receive(session, shipment(bundle, 2, failing))).rejects.toThrow('the disk here is broken');
      expect(existsSync(`${folder}/var/lib/stead/store/${bundle.name}`)).toBe(false);
    }));
}

async function send(session: Session, bundle: Bundle, number: number): Promise<void> {
  const entries = bundleEntries(bundle, incomingName(Buffer.from([number])));
  await receive(session, shipment(bundle, number, Readable.from(await streamOf(entries))));
}

function shipment(bundle: Bundle, number: number, stream: Readable): Shipment {
  const incoming = incomingName(Buffer.from([number]));
  return { bundle: bundle.name, incoming, compression: 'gzip', bytes: 10_000_000, stream };
}
