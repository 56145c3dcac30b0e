// What a service can do without that reads, computes and talks over the network: for its section of a unit.

/**
 * Settings of systemd.exec(5) for `Service`, to spread before those of a service's own: no privileges, no
 * folders to write to but its own (StateDirectory=, ReadWritePaths=), no namespaces, the system calls of an ordinary
 * service. Devices are the service's own to say: PrivateDevices=, or DevicePolicy= with DeviceAllow=.
 */
export const hardening = {
  NoNewPrivileges: true,
  ProtectSystem: 'strict',
  ProtectHome: true,
  ProtectProc: 'invisible',
  ProtectClock: true,
  ProtectHostname: true,
  ProtectKernelTunables: true,
  ProtectKernelModules: true,
  ProtectKernelLogs: true,
  ProtectControlGroups: true,
  PrivateTmp: true,
  RestrictAddressFamilies: 'AF_INET AF_INET6 AF_UNIX',
  RestrictNamespaces: true,
  RestrictRealtime: true,
  RestrictSUIDSGID: true,
  LockPersonality: true,
  RemoveIPC: true,
  SystemCallArchitectures: 'native',
  SystemCallFilter: '@system-service',
  CapabilityBoundingSet: '',
  AmbientCapabilities: '',
  UMask: '0077',
};
