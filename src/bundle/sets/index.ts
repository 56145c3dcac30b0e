// The base option sets: what every module ends in, and what a bundle is made from.
export { activation } from './activation.ts';
export { checks } from './checks.ts';
export { downloads } from './downloads.ts';
export { files } from './files.ts';
export { kernel } from './kernel.ts';
export { packages } from './packages.ts';
export { recipes } from './recipes.ts';
export { secrets } from './secrets.ts';
export { signers } from './signers.ts';
export { sysctl } from './sysctl.ts';
export { systemd } from './systemd.ts';
export { users } from './users.ts';
