// Reconciling: pull, build, switch what changed or drifted, and tell how it went.
export { commitText, headCommit, type Commit } from './commit.ts';
export { notify, type Notice } from './notify.ts';
export { pull } from './pull.ts';
export { inNewProcess, installPackages } from './renew.ts';
export { reconcileReport, wordFor, type ReconcileEnd, type ReconcileReport } from './report.ts';
export { reconcileHosts } from './run.ts';
export { readSettings, type ReconcileSettings } from './settings.ts';
