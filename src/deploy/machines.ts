// Which machine each host is, remembered in out/machines.json: an address that leads elsewhere is found out.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../bundle/atomic.ts';
import { SteadError } from '../options/error.ts';

const FILE = join('out', 'machines.json');

/**
 * Remembers the machine that a host is, the first time or where it is meant to be another one.
 * @param machine its machine-id(5), which is kept as a hash: it is nobody else's business
 * @throws SteadError `switch.other-machine`
 */
export function sameMachine(repository: string, host: string, machine: string, mayBeNew: boolean): void {
  const hash = createHash('sha256').update(`stead ${machine}`).digest('hex');
  const known = readMachines(repository);
  if (known[host] === hash) return;
  if (known[host] !== undefined && !mayBeNew) {
    const other = Object.entries(known).find(([name, one]) => name !== host && one === hash)?.[0];
    throw new SteadError({
      code: 'switch.other-machine',
      host,
      message:
        other === undefined
          ? 'it is another machine than the one that was switched before'
          : `the machine that answers there is ${other}`,
      hint: 'Where the machine was replaced or installed again, pass --new-machine. Nothing was copied.',
    });
  }
  writeFileAtomic(join(repository, FILE), `${JSON.stringify({ ...known, [host]: hash }, null, 2)}\n`);
}

function readMachines(repository: string): Readonly<Record<string, string>> {
  try {
    const known = JSON.parse(readFileSync(join(repository, FILE), 'utf8')) as Readonly<
      Record<string, unknown>
    >;
    return Object.fromEntries(
      Object.entries(known).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  } catch {
    // None yet, or none that can be read: every host is met for the first time.
    return {};
  }
}
