// Real hosts on one machine, to try a fleet on before the real ones.

export { writePackageIndex } from './archive.ts';
export { fleetTopology, type FleetHost } from './fleet.ts';
export { labHostKeys } from './identity.ts';
export { keptLab, offerPackages, takeDownKept, type KeptLab } from './kept.ts';
export { startLab, type Lab, type LabOptions } from './lab.ts';
export { LabMachine, type CommandEnd } from './machine.ts';
export type { LinkState } from './network.ts';
export { cacheFolder } from './place.ts';
export { LAB_PROGRAMS, labObstacle } from './requirements.ts';
export type { DiskKind, HostSpec, Interface, Suite, Topology } from './topology.ts';
