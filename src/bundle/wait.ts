// Conditions that something waits for: an interface has its address, a port answers, a file is there, a unit runs.
import { z } from 'zod';
import { absolutePath, interfaceName, ip, line, port, unitName } from '../options/values/index.ts';

const patience = {
  tries: z.int().min(1).max(1000).default(30).describe('How often it is looked for before that has failed.'),
  everySeconds: z.int().min(1).max(600).default(2).describe('Seconds from one try to the next.'),
};

/** One condition, as an option's value. */
export const waitCondition = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('address').describe('A network interface has an address.'),
    interface: interfaceName().describe('The interface: `wg0`.'),
    address: ip().optional().describe('The address it has to have; any where nothing is said.'),
    ...patience,
  }),
  z.object({
    kind: z.literal('port').describe('A TCP port answers.'),
    port: port().describe('The port.'),
    host: line().default('localhost').describe('The name or address where it is.'),
    ...patience,
  }),
  z.object({
    kind: z.literal('file').describe('A path exists.'),
    path: absolutePath().describe('The path.'),
    ...patience,
  }),
  z.object({
    kind: z.literal('unit').describe('A systemd unit is active.'),
    unit: unitName().describe('The unit: `postgresql.service`.'),
    ...patience,
  }),
]);

export type WaitCondition = z.output<typeof waitCondition>;

/**
 * The command on a host that succeeds once the condition holds, and fails when it has not after all its tries: for
 * health checks, too. @throws ZodError for what is no condition
 */
export function waitCommand(condition: z.input<typeof waitCondition>): string[] {
  const whole = waitCondition.parse(condition);
  return [
    '/usr/local/bin/stead-host',
    'wait',
    ...subject(whole),
    '--tries',
    String(whole.tries),
    '--every',
    String(whole.everySeconds),
  ];
}

/** The longest that a condition is waited for, in seconds. */
export function waitSeconds({ tries, everySeconds }: WaitCondition): number {
  return tries * everySeconds;
}

function subject(condition: WaitCondition): string[] {
  switch (condition.kind) {
    case 'address':
      return [
        'address',
        condition.interface,
        ...(condition.address === undefined ? [] : [condition.address]),
      ];
    case 'port':
      return ['port', `${condition.host}:${condition.port}`];
    case 'file':
      return ['file', condition.path];
    case 'unit':
      return ['unit', condition.unit];
    default:
      return condition satisfies never;
  }
}
