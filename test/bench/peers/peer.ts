// What the benchmark asks of each way to bring sixty files to hosts, so that all of them are measured alike.

export const HOSTS = 8;
export const FILES = 60;

/** A host of the benchmark, and how a deployer reaches it. */
export interface Member {
  readonly name: string;
  readonly address: string;
}

/** A command to measure, as a deployer would type it. */
export interface Order {
  readonly argv: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a peer may use: a folder of its own, hosts, and an ssh_config(5) that knows them by name. */
export interface Place {
  readonly folder: string;
  readonly members: readonly Member[];
  readonly sshConfig: string;
}

export interface Peer {
  readonly name: string;
  /** What is not installed here, with what to do about it; nothing where it can be measured. */
  missing(): string | undefined;
  /** Writes what a person would have written, with a value that each host's middle file holds. */
  write(place: Place, value: string): void;
  /** Brings all hosts to what is written. */
  deploy(place: Place): Order;
  /** A command line of bash that leaves nothing of it on a host. */
  readonly forget: string;
  /** Where the files are on a host, with a trailing slash. */
  readonly files: string;
}

/** The text of a file, which all peers are to bring about: a few lines that name every host of the fleet. */
export function expectedText(
  member: Member,
  index: number,
  members: readonly Member[],
  value: string,
): string {
  const peers = members.map(({ name, address }) => `peer = ${name} ${address}\n`).join('');
  const last = index === FILES / 2 ? value : String(index);
  return `# file ${index} of ${member.name}\naddress = ${member.address}\n${peers}value = ${last}\n`;
}
