// Schema helpers for the values that configurations hold, and arithmetic on them. Every helper gives a zod schema whose
// values stay plain text or numbers, as written; its messages complete "expected …".
export {
  addressIn,
  addressOf,
  compareAddresses,
  hostPart,
  insideNetwork,
  isSubnetOf,
  networkOf,
  networksOverlap,
  prefixLength,
} from './address.ts';
export {
  interfaceAddress,
  ip,
  ipv4,
  ipv4Network,
  ipv6,
  ipv6Network,
  network,
  type InsideOptions,
} from './ip.ts';
export { authorizedKey } from './authorized-key.ts';
export { sha256, sshPublicKey, wireguardKey } from './keys.ts';
export { valueName, valueNames, type ValueName } from './name.ts';
export {
  domainName,
  fqdn,
  hostName,
  interfaceName,
  macAddress,
  port,
  portRange,
  portsOf,
  url,
  type FqdnOptions,
  type UrlOptions,
} from './network-names.ts';
export { size, sizeBytes, timeSpan, timeSpanMicroseconds } from './quantity.ts';
export { calendar, cron } from './schedule.ts';
export {
  absolutePath,
  environmentName,
  fileMode,
  groupName,
  kernelParameter,
  line,
  moduleName,
  packageName,
  packageVersion,
  sysctlName,
  unitName,
  unitTypes,
  userName,
  type UnitNameOptions,
} from './system-names.ts';
