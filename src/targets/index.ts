// How a host is reached: one interface, two kinds of target, and the host's verbs over either.

export { checkHere, type CheckResult } from './checks.ts';
export { directoryTarget } from './directory.ts';
export { hostCommand } from './hostCommand.ts';
export {
  admit,
  attend,
  confirm,
  generations,
  incomingName,
  plan,
  probe,
  receive,
  removeAll,
  rollback,
  status,
  switchTo,
} from './hostScript.ts';
export type {
  Compression,
  Generation,
  Goal,
  HostPlan,
  HostStatus,
  PlannedStep,
  Probe,
  Shipment,
  SwitchOptions,
  SwitchResult,
} from './hostScript.ts';
export { sshTarget } from './ssh.ts';
export type { SshTargetOptions } from './ssh.ts';
export type { SshEndpoint, SshEnvironment } from './sshEndpoint.ts';
export type { CommandResult, RunOptions, Session, Target } from './target.ts';
export { collect, mend, verify } from './upkeep.ts';
export type { Collected, Verification } from './upkeep.ts';
