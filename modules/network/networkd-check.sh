#!/bin/sh
# shellcheck shell=dash
# Has systemd-networkd read its files in a network of its own, since it has no check of its own, and fails where it
# complains of them; or where /etc/network/interfaces, which this host may have as well, sets up the same device.
# Arguments: the devices. Reads: /etc/systemd/network, /etc/network. Writes: a file below /tmp.
set -eu

for program in /usr/lib/systemd/systemd-networkd /lib/systemd/systemd-networkd; do
  [ ! -x "$program" ] || break
done

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# In another network and without the bus, so that it meets neither the one that runs nor any link; as its own user, since
# a container may not have all that it would give up as root.
capabilities=+net_admin,+net_bind_service,+net_broadcast,+net_raw
SYSTEMD_LOG_TARGET=console SYSTEMD_LOG_LEVEL=debug DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent \
  unshare --net -- setpriv --reuid systemd-network --regid systemd-network --clear-groups \
  --inh-caps "$capabilities" --ambient-caps "$capabilities" -- timeout 10 "$program" >"$log" 2>&1 &
tries=0
until grep -q 'Enumeration completed' "$log"; do
  tries=$((tries + 1))
  if [ "$tries" -gt 100 ] || ! kill -0 "$!" 2>/dev/null; then
    tail -n 20 "$log"
    exit 1
  fi
  sleep 0.05
done
kill "$!"
wait "$!" || :

code=0
# What it says of a file besides is no complaint: that it has been read, and that a device which it makes there is set up.
! grep '/etc/systemd/network/05-' "$log" |
  grep -Evi ': (successfully loaded|configuring with |found matching )' || code=1

if [ -x /sbin/ifup ]; then
  for device; do
    ! grep -EsHn "^[[:space:]]*(auto|allow-[a-z]+|iface)[[:space:]]+(.*[[:space:]])?$device([[:space:]]|\$)" \
      /etc/network/interfaces /etc/network/interfaces.d/* || code=1
  done
fi
exit "$code"
