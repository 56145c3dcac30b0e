// Building and deploying: from a repository to switched hosts.
export {
  buildHosts,
  evaluateRepository,
  writeHosts,
  type BuiltHost,
  type EvaluatedFleet,
  type WrittenHost,
} from './build.ts';
export type { Admission } from './admission.ts';
export { answersExitCode, EXIT, exitCode, type ExitCode, type Outcome } from './outcome.ts';
export { selectHosts } from './select.ts';
export type { DeployEvent, Watch } from './events.ts';
export { compareHost, compareBuilds, type HostDiff } from './compare.ts';
export { atCommit } from './checkout.ts';
export { buildLogOf } from './build-log.ts';
export { hostGenerations, hostLog, hostStatus, type Answer } from './inspect.ts';
export { targetOf, type LocateOptions, type Reachable } from './locate.ts';
export { hostHere, whoDeploys } from './here.ts';
export { turnsOf, type Orderable, type Turn } from './ordering.ts';
export { pooled } from './pool.ts';
export { provenance } from './provenance.ts';
export { findReachable, reachableHosts, recordedHosts } from './reachable.ts';
export { signHosts, type SignedHost, type SigningEnvironment } from './sign.ts';
export { adoptHost, type Adoption } from './adopt.ts';
export { checkHost, type Checked } from './check.ts';
export { planHost, type HostPlan } from './plan.ts';
export { switchHosts, type FleetOrder } from './fleet-switch.ts';
export { inTurns, paced, type Pace } from './rollout.ts';
export type { SwitchOrder } from './switch.ts';
export { removeHost, rollbackHost } from './undo.ts';
export { switchTogether } from './together.ts';
export type { Member } from './party.ts';
export type { Way } from './way.ts';
export { hostCollect, hostRepair, hostVerify, isSound, type VerifyReport } from './upkeep.ts';
export {
  restartSoon,
  upgradeExitCode,
  upgradeHost,
  type UpgradeOrder,
  type UpgradeOutcome,
} from './upgrade.ts';
export { momentOf, picked, type Wish } from './pick.ts';
export { recordRun, runsHere, type Run } from './runs.ts';
export { topologyOf, type Topology, type TopologyHost } from './topology.ts';
export { hostFacts, type HostFacts } from './facts.ts';
