// What a change asks for of Debian's own units that the machine, its sessions or its network hang on.

/** What a change asks for of a unit where the fleet says nothing. */
export type OnChange = 'stop-start' | 'restart' | 'reload' | 'none';

const customary: Readonly<Record<string, OnChange>> = {
  // Whoever is connected to the bus does not survive a restart of it.
  'dbus.service': 'reload',
  'dbus-broker.service': 'reload',
  'systemd-logind.service': 'none',
  'user@.service': 'none',
  'getty@.service': 'none',
  'serial-getty@.service': 'none',
  // Sessions go on while these restart, and a new one is refused for a moment only.
  'ssh.service': 'restart',
  'sshd.service': 'restart',
  'ssh.socket': 'restart',
  'systemd-journald.service': 'restart',
  'systemd-networkd.service': 'restart',
  'systemd-resolved.service': 'restart',
  'systemd-udevd.service': 'restart',
  'networking.service': 'none',
};

/** By its name, or that of its template. */
export function customaryChange(name: string): OnChange {
  return customary[name] ?? customary[name.replace(/@[^.]+(?=\.)/, '@')] ?? 'stop-start';
}
