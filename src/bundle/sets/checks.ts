// The option set `checks`: commands that must succeed before a host is switched, and after; what is left to people.
import { z } from 'zod';
import { entries, options, whole } from '../../options/index.ts';
import { line } from '../../options/values/index.ts';

const command = whole(z.array(line()).min(1));

const health = z.object({
  command: command.describe('Program and arguments; it succeeds with exit code 0.'),
  tries: z.int().min(1).max(1000).default(30).describe('How often it is tried before it has failed.'),
  everySeconds: z.int().min(1).max(600).default(2).describe('Seconds from one try to the next.'),
});

const step = z.object({
  instruction: line().describe('What is to be done, and where.'),
  command: command.describe(
    'Program and arguments; it succeeds with exit code 0 once that is done. What it prints until then is shown, too.',
  ),
});

export const checks = options(
  'checks',
  z.object({
    preflight: z
      .record(line(), command)
      .describe(
        'Commands by name, as argument vectors. They run on the host, each for 120 seconds at most, in a tree of their own where the new files already stand over the old ones, and where nothing that they write stays. `stead check` runs them on another machine, with STEAD_ELSEWHERE set: what only the host has is not there.',
      ),
    health: entries(health, undefined, line()).describe(
      'Commands by name that must succeed on the switched host: else it goes back to the generation before.',
    ),
    manual: entries(step, undefined, line()).describe(
      'Steps by name that only a person can take, such as a record at the registrar: a switch and `stead status` say which are left, and fail for none.',
    ),
  }),
);
