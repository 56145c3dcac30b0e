#!/bin/sh
# shellcheck shell=dash
# Runs a command of a root file system for arm64, through QEMU, in a namespace of its own: nothing is registered or
# mounted on the machine itself. The command has the ids that the caller has.
# Usage: emulated.sh ROOT COMMAND…
set -eu

# ELF, 64 bit, little endian, executable or shared, AArch64; `F`: QEMU is opened here, and is not looked for in a chroot.
FORMAT=':qemu-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:F'

# Until the maps are written below, the namespace knows no root.
# shellcheck disable=SC2016 # expanded by the inner shell
inner='until [ "$(id -u)" = 0 ]; do sleep 0.01; done
mount -t binfmt_misc binfmt /proc/sys/fs/binfmt_misc
printf %s "$1" >/proc/sys/fs/binfmt_misc/register
mount --rbind /proc "$2/proc"
shift
exec chroot "$@"'

exec 3<&0
unshare --user --mount sh -c "$inner" sh "$FORMAT" "$@" <&3 &
child=$!
here=$(readlink /proc/self/ns/user)
until [ "$(readlink "/proc/$child/ns/user")" != "$here" ]; do sleep 0.01; done
echo '0 0 4294967295' >"/proc/$child/uid_map"
echo '0 0 4294967295' >"/proc/$child/gid_map"
wait "$child"
