#!/bin/sh
# Makes a swap file of a size where there is none, or one of another size that is not in use: swap-file PATH BYTES.
# Reads: /proc/swaps. Writes: PATH, through PATH.new.
set -eu

path=$1 bytes=$2
if grep -q "^$path " /proc/swaps; then exit 0; fi
if [ -e "$path" ] && [ "$(stat -c %s "$path")" = "$bytes" ] && [ "$(blkid -p -o value -s TYPE "$path")" = swap ]; then exit 0; fi
if [ -e "$path" ] && [ "$(blkid -p -o value -s TYPE "$path")" != swap ]; then
  echo "$path is there and is no swap file: move it away" >&2
  exit 1
fi
umask 077
rm -f "$path.new"
: >"$path.new"
# On btrfs a swap file is not to be copied on write; elsewhere there is no such attribute.
chattr +C "$path.new" 2>/dev/null || :
fallocate --length "$bytes" "$path.new" || dd if=/dev/zero of="$path.new" bs=1M count="$((bytes / 1048576))" status=none
mkswap "$path.new" >/dev/null
sync "$path.new"
mv -f -T "$path.new" "$path"
