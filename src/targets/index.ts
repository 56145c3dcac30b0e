// How a host is reached: one interface, two kinds of target, and the host's verbs over either.

export { abandon, attend, removeAll, rollback, switchTo } from './activation.ts';
export type { Goal, SwitchOptions, SwitchResult } from './activation.ts';
export { admit } from './admit.ts';
export { checkHere, preflight, type CheckResult } from './checks.ts';
export { blame, confirm, readyToConfirm, renew, well, type Waiting } from './confirmation.ts';
export { directoryTarget } from './directory.ts';
export { fetchDownloads, type FetchOptions } from './downloads.ts';
export { generations, type Generation } from './generations.ts';
export { lastLines } from './hostLines.ts';
export { hostCommand } from './hostCommand.ts';
export { log, type LogEntry, type Return, type TouchedUnit } from './log.ts';
export { plan } from './plan.ts';
export type { HostPlan, PlannedStep } from './plan.ts';
export { probe, type Probe } from './probe.ts';
export { incomingName, receive, type Compression, type Shipment } from './receive.ts';
export {
  buildLog,
  buildRecipe,
  offerRecipe,
  outputOf,
  receiveOutput,
  sendInputs,
  sendOutput,
} from './recipes.ts';
export type { Output, RecipeAnswer } from './recipes.ts';
export { sshTarget } from './ssh.ts';
export type { SshTargetOptions } from './ssh.ts';
export type { SshEndpoint, SshEnvironment } from './sshEndpoint.ts';
export { manualSteps, status, type HostStatus, type ManualStep, type PackageDrift } from './status.ts';
export type { CommandResult, RunOptions, Session, Target } from './target.ts';
export { collect, discardOutput, mend, verify } from './upkeep.ts';
export type { Collected, Verification } from './upkeep.ts';
export { attendUpgrade, health, upgrade, type Upgraded } from './upgrade.ts';
