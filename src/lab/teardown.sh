#!/bin/sh
# shellcheck shell=dash
# Takes a lab down, whatever state it is in, by its id alone; the one way in which labs end.
# Usage: teardown.sh watch|now ID FOLDER GROUP
# `watch` first waits on standard input: at its end, which is the end of the process that made the lab, the lab goes;
# the word `keep` leaves the lab up.
# Removes: the processes of the control group GROUP, mounts, loop devices and files below FOLDER, and the network
# namespaces named after ID.
set -eu
[ $# = 4 ]
how=$1 id=$2 folder=$3 group=$4

end_processes() {
  [ -d "$group" ] || return 0
  echo 1 >"$group/cgroup.kill"
  wait_until grep -q 'populated 0' "$group/cgroup.events"
  find "$group" -depth -type d -exec rmdir {} +
}

remove_namespaces() {
  for namespace in "/run/netns/stead-lab-$id-"*; do
    [ -e "$namespace" ] || continue
    ip netns delete "${namespace##*/}"
  done
}

# A host's mount namespace may hold on to a mount for a moment after its last process.
remove_mounts() {
  awk -v below="$folder" '$5 == below || index($5, below "/") == 1 { print $5 }' /proc/self/mountinfo | sort -r |
    while IFS= read -r path; do
      umount "$path" 2>/dev/null || umount --lazy "$path"
    done
  wait_until no_loop_devices
}

no_loop_devices() {
  ! losetup --list --noheadings --output BACK-FILE | grep -q -F "$folder/"
}

wait_until() {
  local tries=0
  until "$@"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 500 ]; then
      echo "waited in vain: $*" >&2
      exit 1
    fi
    sleep 0.02
  done
}

if [ "$how" = watch ]; then
  # A terminal's Ctrl-C reaches this one, too; the end of standard input is what counts.
  trap '' HUP INT TERM
  word=
  read -r word || :
  [ "$word" != keep ] || exit 0
fi
[ -d "$folder" ] || exit 0
end_processes
remove_namespaces
remove_mounts
rm -r -f --one-file-system "$folder"
