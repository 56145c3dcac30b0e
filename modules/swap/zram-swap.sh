#!/bin/sh
# Swap in compressed memory: zram-swap start PERCENT MAXIMUM_BYTES|- ALGORITHM PRIORITY, or zram-swap stop.
# Reads: /proc/meminfo, what start has noted. Writes: a zram device, /run/zram-swap (its path).
set -eu

start() {
  bytes=$(awk -v percent="$1" -v most="$2" '$1 == "MemTotal:" {
    bytes = $2 * 1024 * percent / 100
    if (most != "-" && bytes > most) bytes = most
    printf "%.0f\n", bytes
  }' /proc/meminfo)
  modprobe zram
  device=$(zramctl --find --size "$bytes" --algorithm "$3")
  printf '%s\n' "$device" >/run/zram-swap
  mkswap "$device" >/dev/null
  swapon --priority "$4" "$device"
}

stop() {
  [ -s /run/zram-swap ] || return 0
  read -r device </run/zram-swap
  if grep -q "^$device " /proc/swaps; then swapoff "$device"; fi
  zramctl --reset "$device"
  rm -f /run/zram-swap
}

"$@"
