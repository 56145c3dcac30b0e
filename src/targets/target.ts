// What a target is: a place where a host lives, and an open way to run commands there.

import type { Readable, Writable } from 'node:stream';

/** Where a host lives. */
export interface Target {
  /** The host's name in the fleet. */
  readonly name: string;
  /** For people: `ssh root@10.42.0.1:22`, `directory /tmp/demo/gateway`. */
  readonly description: string;
  /**
   * Opens a session. Raises SteadError `target.*` when the target cannot be reached, trusted or logged in to.
   */
  open(signal?: AbortSignal): Promise<Session>;
}

/** How a command ended. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a command is given. */
export interface RunOptions {
  readonly stdin?: string | Readable;
  /** Called with each line of standard error as it comes. */
  readonly onStderr?: (line: string) => void;
  /** Takes standard output as it comes, of any size and kind; the result has none of it then. It is ended with it. */
  readonly stdout?: Writable;
}

/** An open way to a target; several commands may run at once. */
export interface Session {
  /** What stands for `/` on the far side: `/`, or an absolute folder. */
  readonly root: string;
  /**
   * Runs a command as root (as the own user in a folder) and waits for its end. A non-zero exit is a result,
   * not an error. Raises SteadError `target.disconnected` when the connection breaks before the command ends.
   */
  run(argv: readonly string[], options?: RunOptions): Promise<CommandResult>;
  close(): Promise<void>;
}
