// The hosts' own SSH keys, as their consoles show them (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub): by these they
// are known to those who switch them and to each other, and for these their secrets are encrypted.
export const hostKeys = {
  framework: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0di/iSmRGYotZ5Hb1dB/o9PLTV2mpdNKLgwtxjnoH9',
  gateway: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDfOrUUuLBcLJ5TGgDXnxMKYKVJj9RoqvsbwYmPem1XY',
  jetson: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJFrGl/kuecKH/WDL4krd9wPsXfjnCH+SveOAKBXrQ8Z',
  'pi5-0': 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDV0p+6OnyG2uRTpZoeVrHDXObiAMNkoesmfnsOkTgnp',
  'pi5-1': 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINqGnps4j/vFoqWjD1PKDtzc8aWVOovAI0SQUbSS5zDl',
  'pi5-2': 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICUfUaQKfzq6TJ0tNXiaBEx1bj2IIoUAGBTeyt/msDuM',
  'pi5-3': 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEWKViWFZLiLccyiEARFEAexijac5xMKTu1AI2vaLJLj',
  vps: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL9LW4oR/rUNGcMycWFd1MiIUL5Eeywwyt3Nioa2qN6A',
} as const;
