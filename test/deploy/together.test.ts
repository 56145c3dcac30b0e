// All hosts or none, over folders whose sessions fail at one phase.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  buildHosts,
  evaluateRepository,
  exitCode,
  switchTogether,
  type DeployEvent,
  type Outcome,
} from '../../src/deploy/index.ts';
import { SteadError } from '../../src/options/index.ts';
import { directoryTarget, type CommandResult, type Target } from '../../src/targets/index.ts';
import { folder, repository } from '../cli/stead.ts';

const NAMES = ['alpha', 'beta', 'gamma'];
const NONE = { commit: null, dirty: false, stead: '0.1.0' };

/** A command of a host that does not do what it should: it fails, or the connection breaks before or after it. */
interface Fault {
  readonly host: string;
  readonly verb: string;
  readonly goal?: string;
  readonly how: 'refuses' | 'is cut before' | 'is cut after';
}

interface Fleet {
  /** Switches all hosts to a file that says `text`. */
  switchTo(text: string, fault?: Fault): Promise<readonly Outcome[]>;
  /** What that file says on each host; `-` for a host without. */
  says(): string[];
  readonly events: DeployEvent[];
}

function fleet(): Fleet {
  const root = folder();
  const events: DeployEvent[] = [];
  return {
    events,
    says: () =>
      NAMES.map((name) => {
        try {
          return readFileSync(join(root, name, 'etc/motd'), 'utf8');
        } catch {
          return '-';
        }
      }),
    switchTo: async (text, fault) => {
      const host = (name: string): string => `import { activation, files, host } from 'stead';
export default host('${name}', { use: [activation({ confirmSeconds: 10 }), files({ etc: { motd: '${text}' } })] });`;
      const path = repository(Object.fromEntries(NAMES.map((name) => [`hosts/${name}.ts`, host(name)])));
      const built = await buildHosts(await evaluateRepository(path, Promise.resolve(NONE)), [], {
        all: true,
      });
      const members = built.map((one) => ({
        built: one,
        way: { target: targetOf(one.host.name, root, fault) },
        admission: { allowOlder: false, repository: path },
        realise: () => Promise.resolve(),
      }));
      const turns = NAMES.map((name) => ({ name, after: new Set<string>() }));
      return switchTogether(members, turns, 8, (event) => void events.push(event));
    },
  };
}

/** A folder, whose sessions have the fault once. */
function targetOf(name: string, root: string, fault: Fault | undefined): Target {
  const target = directoryTarget({ name, directory: join(root, name) });
  if (fault?.host !== name) return target;
  let isLeft = true;
  return {
    ...target,
    open: async (signal) => {
      const session = await target.open(signal);
      const cut = new SteadError({ code: 'target.disconnected', host: name, message: 'the cable is out' });
      return {
        ...session,
        run: async (argv, options): Promise<CommandResult> => {
          const isMeant =
            argv.includes(fault.verb) && (fault.goal === undefined || argv.includes(fault.goal));
          if (!isMeant || !isLeft) return session.run(argv, options);
          isLeft = false;
          if (fault.how === 'refuses') return { code: 1, stdout: '', stderr: 'stead-host: no\n' };
          if (fault.how === 'is cut after') await session.run(argv, options);
          throw cut;
        },
      };
    },
  };
}

test('all hosts are switched, and confirmed when all of them run', async () => {
  const hosts = fleet();
  const outcomes = await hosts.switchTo('one');
  expect(outcomes.map(({ state }) => state)).toEqual(['switched', 'switched', 'switched']);
  expect(hosts.says()).toEqual(['one', 'one', 'one']);
  const kinds = hosts.events.map(({ kind }) => kind);
  expect(kinds.lastIndexOf('preparing')).toBeLessThan(kinds.indexOf('activating'));
  expect(kinds.lastIndexOf('checking')).toBeLessThan(kinds.indexOf('confirming'));
  expect((await hosts.switchTo('one')).map(({ state }) => state)).toEqual(NAMES.map(() => 'unchanged'));
});

test('hosts that run it already have no part in it', async () => {
  const hosts = fleet();
  await hosts.switchTo('one');
  const outcomes = await hosts.switchTo('one', {
    host: 'beta',
    verb: 'switch',
    goal: 'together',
    how: 'refuses',
  });
  expect(outcomes.map(({ state }) => state)).toEqual(['unchanged', 'unchanged', 'unchanged']);
});

test.each<[string, Omit<Fault, 'host'>]>([
  ['does not admit it', { verb: 'admit', how: 'refuses' }],
  ['is lost while it is copied to', { verb: 'receive', how: 'is cut before' }],
  ['does not pass the checks of what is new', { verb: 'switch', goal: 'prepare', how: 'refuses' }],
])('where one host %s, none is touched', async (_, fault) => {
  const hosts = fleet();
  await hosts.switchTo('one');
  const outcomes = await hosts.switchTo('two', { host: 'beta', ...fault });
  expect(outcomes.map(({ state }) => state)).toEqual(['left', 'failed', 'left']);
  expect(exitCode(outcomes)).toBe(1);
  expect(hosts.says()).toEqual(['one', 'one', 'one']);
});

test.each<[string, Omit<Fault, 'host'>]>([
  ['refuses to switch', { verb: 'switch', goal: 'together', how: 'refuses' }],
  ['is not well', { verb: 'well', how: 'refuses' }],
  ['cannot be reached to be asked how it is', { verb: 'well', how: 'is cut before' }],
  ['refuses to be confirmed', { verb: 'confirm', how: 'refuses' }],
  ['is lost before it is confirmed', { verb: 'confirm', how: 'is cut before' }],
  ['is lost after it was confirmed', { verb: 'confirm', how: 'is cut after' }],
])('where one host %s, all are on the old generation', async (_, fault) => {
  const hosts = fleet();
  await hosts.switchTo('one');
  const outcomes = await hosts.switchTo('two', { host: 'beta', ...fault });
  expect(outcomes.map(({ state }) => state)).toEqual(['rolled-back', 'rolled-back', 'rolled-back']);
  expect(outcomes.map(({ generation }) => generation)).toEqual([1, 1, 1]);
  expect(outcomes.map(({ error }) => error !== undefined)).toEqual([false, true, false]);
  expect(exitCode(outcomes)).toBe(4);
  expect(hosts.says()).toEqual(['one', 'one', 'one']);
});

test('a first switch that fails leaves nothing behind on any host', async () => {
  const hosts = fleet();
  const outcomes = await hosts.switchTo('one', { host: 'gamma', verb: 'confirm', how: 'refuses' });
  expect(exitCode(outcomes)).toBe(4);
  expect(hosts.says()).toEqual(['-', '-', '-']);
  expect((await hosts.switchTo('two')).map(({ state }) => state)).toEqual(NAMES.map(() => 'switched'));
});
