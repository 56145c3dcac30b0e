// Why a host failed, in one line of a table.
import { expect, test } from 'vitest';
import { reasonLine } from '../../src/cli/reason.ts';
import { SteadError } from '../../src/options/index.ts';

test.each([
  [
    'switch.rolled-back',
    'start web.service\nweb.service did not come up:\nunits of the new configuration did not come up: web.service\ngeneration 2 failed; generation 1 is current again',
    'units of the new configuration did not come up: web.service',
  ],
  [
    'switch.failed',
    'check nginx failed with code 1: nginx -t\nchecks of the new configuration failed: nginx; put right what they say and switch again\nthe new configuration is not right; nothing was changed\n',
    'checks of the new configuration failed: nginx; put right what they say and switch again',
  ],
  [
    'host.well',
    'health check web failed 1 times\ngeneration 2 is not well: health of web',
    'generation 2 is not well: health of web',
  ],
  [
    'target.unreachable',
    '10.42.0.2 port 22 cannot be reached: no answer in 20 s',
    '10.42.0.2 port 22 cannot be reached: no answer in 20 s',
  ],
  [
    'reconcile.preflight',
    'the new configuration does not pass its checks\ncheck nginx failed',
    'the new configuration does not pass its checks',
  ],
])('%s', (code, message, line) => {
  expect(reasonLine(new SteadError({ code, message }))).toBe(line);
});
