#!/bin/sh
# shellcheck shell=dash
# Brings interfaces from what was last set up to what /etc/network/interfaces says now, those alone that differ: ifupdown
# has no such thing (ifupdown2 has, which is used where it is there).
# Reads: /etc/network/interfaces. Writes: /run/network/stead.interfaces, what was last set up.
set -eu

now=/etc/network/interfaces
last=/run/network/stead.interfaces

if command -v ifreload >/dev/null; then exec ifreload -a; fi

# said FILE INTERFACE: all that a file says of it; nothing where it does not know it.
said() {
  if text=$(ifquery --interfaces "$1" "$2" 2>/dev/null); then printf 'known\n%s\n' "$text"; fi
}

listed() {
  ifquery --interfaces "$1" --list --all
}

mkdir -p "${last%/*}"
if [ ! -e "$last" ]; then
  # Nobody knows what they were set up as; this takes their addresses away.
  : >"$last"
  for name in $(listed "$now"); do [ "$name" = lo ] || ifdown --force --interfaces "$now" "$name" || :; done
fi

failed=0
for name in $(listed "$last"); do
  [ "$name" = lo ] || [ "$(said "$last" "$name")" = "$(said "$now" "$name")" ] ||
    ifdown --force --interfaces "$last" "$name" || failed=1
done
for name in $(listed "$now"); do
  [ "$name" = lo ] || [ "$(said "$last" "$name")" = "$(said "$now" "$name")" ] ||
    ifup --force --interfaces "$now" "$name" || failed=1
done
cp "$now" "$last.new"
mv "$last.new" "$last"
exit "$failed"
