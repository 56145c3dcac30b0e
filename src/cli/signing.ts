// Where the keys of whoever runs the command are.
import { homedir } from 'node:os';
import type { SigningEnvironment } from '../deploy/sign.ts';
import type { CliContext } from './context.ts';

export function signingEnvironment({ process }: CliContext): SigningEnvironment {
  const agentSocket = process.env['SSH_AUTH_SOCK'];
  return {
    homeDirectory: process.env['HOME'] ?? homedir(),
    ...(agentSocket === undefined ? {} : { agentSocket }),
  };
}
