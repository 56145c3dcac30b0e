// Why a host failed, in a line for a table.
import type { SteadError } from '../options/index.ts';

/** What a host says last, once it has said what went wrong. */
const CLOSINGS = [
  /^generation \S+ failed; generation \S+ is current again$/,
  /^it failed before anything was switched; the host is as it was$/,
  /^the new configuration is not right; nothing was changed$/,
];

/** Codes of errors whose message is the last lines that the host has said. */
const OF_HOSTS = /^(switch\.(failed|rolled-back|locked|partial)|host\.[a-z]+)$/;

/** The line of an error's message that tells most. */
export function reasonLine({ code, message }: SteadError): string {
  const lines = message.split('\n').filter((line) => line.trim() !== '');
  const [first = ''] = lines;
  if (!OF_HOSTS.test(code)) return first;
  return lines.findLast((line) => !CLOSINGS.some((closing) => closing.test(line))) ?? first;
}
