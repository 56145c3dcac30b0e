// Asks a host, before anything is copied, whether it takes a bundle; and git, whether that goes back in time.
import { execFile } from 'node:child_process';
import { SteadError } from '../options/error.ts';
import { admit } from '../targets/admit.ts';
import type { Session } from '../targets/index.ts';
import type { Watch } from './events.ts';
import { sameMachine } from './machines.ts';
import { storedAs, type Asked } from './wanted.ts';

/** What is asked for a bundle. */
export interface Admission {
  /** In ssh-keygen's format; none for a host that declares no signers. */
  readonly signature?: string;
  /** Whether an older commit than the host runs is meant. */
  readonly allowOlder: boolean;
  /** Whether a host may be another machine than before: `elsewhere` where it stands in for the real one. */
  readonly machine?: 'same' | 'new' | 'elsewhere';
  /** The repository whose history orders commits, and that remembers which machine a host is. */
  readonly repository: string;
}

/** What a host that takes a bundle says of itself. */
export interface Previous {
  /** The generation that runs there, if any. */
  readonly generation: number | undefined;
  /** What the host says where that is the bundle already, and whole; known only where it was asked. */
  readonly standing: readonly string[] | undefined;
}

/**
 * Returns where the host takes the bundle.
 * @param ask whether the host is to look if it runs the bundle already, and all units that are to run
 * @throws SteadError `host.admit` with the host's reason, `switch.other-machine`, `switch.older`, `switch.unrecorded`
 */
export async function admitted(
  session: Session,
  asked: Asked,
  { signature, allowOlder, machine: expected = 'same', repository }: Admission,
  watch: Watch,
  ask?: 'standing' | 'awake',
): Promise<Previous> {
  const { host, commit, storeDir } = asked;
  const {
    generation,
    commit: running,
    isRecorded,
    machine,
    standing,
  } = await admit(session, storedAs(asked), signature, { storeDir, ask });
  const previous = { generation, standing };
  if (machine !== undefined && expected !== 'elsewhere') {
    sameMachine(repository, host, machine, expected === 'new');
  }
  if (!allowOlder && !isRecorded) {
    throw new SteadError({
      code: 'switch.unrecorded',
      host,
      message: `the record of generation ${generation}, which runs there, is gone: whether this goes back in time cannot be told`,
      hint: 'Pass --allow-older if it may. Nothing has changed on the host.',
    });
  }
  if (allowOlder || running === undefined || commit === null || running === commit) return previous;
  switch (await ancestry(repository, commit, running)) {
    case 'ancestor':
      throw new SteadError({
        code: 'switch.older',
        host,
        message: `this goes back in time: generation ${generation} runs there, from commit ${short(running)}, which came after ${short(commit)}`,
        hint: 'Pull the newer commits first, use `stead rollback`, or pass --allow-older. Nothing has changed on the host.',
      });
    case 'unknown':
      watch({
        kind: 'output',
        host,
        line: `it runs commit ${short(running)}, which this repository does not know: whether this goes back in time cannot be told`,
      });
      return previous;
    case 'other':
      return previous;
  }
}

/** Whether `older` is an ancestor of `newer`; unknown where git does not know both. */
function ancestry(
  repository: string,
  older: string,
  newer: string,
): Promise<'ancestor' | 'other' | 'unknown'> {
  return new Promise((resolve) => {
    execFile('git', ['-C', repository, 'merge-base', '--is-ancestor', older, newer], (error) => {
      if (error === null) resolve('ancestor');
      else resolve(error.code === 1 ? 'other' : 'unknown');
    });
  });
}

function short(commit: string): string {
  return commit.slice(0, 12);
}
