# shellcheck shell=dash
# Calls apt so that it asks nothing, waits for nobody without end, and starts no service that did not run before.
# Reads: who has apt's locks open (/proc). Writes: /usr/sbin/policy-rc.d while apt runs (one that was there is kept
# beside it, asked too, and given back), var/lib/stead/denied (units that were not let start).

POLICY=/usr/sbin/policy-rc.d
POLICY_MARK='# Made by stead while it installs packages.'
APT_SECONDS=3600

# wait_for_apt BUNDLE: until nobody else runs apt or dpkg here, so that no unit is touched in the middle of an
# install script. As long as the bundle's settings say, then exit 1.
wait_for_apt() {
  [ -n "$ADMIN" ] && [ -d /var/lib/dpkg ] || return 0
  local tries seconds tried=0 holder
  setting "$1" aptTries 60
  tries=$SETTING
  setting "$1" aptSeconds 10
  seconds=$SETTING
  while holder=$(apt_user) && [ -n "$holder" ]; do
    [ "$tried" -lt "$tries" ] ||
      die "$holder still holds apt's lock after $((tries * seconds)) s; nothing was changed, switch again once it is done"
    [ $((tried % 6)) != 0 ] || say "$holder holds apt's lock: waiting, $(((tries - tried) * seconds)) s at most"
    tried=$((tried + 1))
    sleep "$seconds" 9>&-
  done
}

# Command line and number of a process that has one of apt's locks open; empty when none has. Whoever opens one
# takes it, and closes it when it is refused.
apt_user() {
  local folder
  # Processes end while they are looked at.
  folder=$(find /proc/[0-9]*/fd -maxdepth 1 \( -lname '/var/lib/dpkg/lock*' -o -lname /var/lib/apt/lists/lock \
    -o -lname /var/cache/apt/archives/lock \) -printf '%h\n' -quit 2>/dev/null) || :
  [ -n "$folder" ] || return 0
  folder=${folder%/fd}
  printf '%.80s(pid %s)\n' "$(tr '\0' ' ' 2>/dev/null <"$folder/cmdline")" "${folder##*/}"
}

# Without our descriptors: a daemon that an install script starts must not keep the lock.
apt_get() {
  DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none NEEDRESTART_SUSPEND=1 UCF_FORCE_CONFFOLD=1 \
    timeout --foreground "$APT_SECONDS" apt-get -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=600 "$@" </dev/null 9>&-
}

# Finishes what a power cut left half configured; apt refuses to work before.
configure_interrupted() {
  set -- /var/lib/dpkg/updates/*
  [ -e "$1" ] || return 0
  say "an installation was interrupted here: finishing it"
  DEBIAN_FRONTEND=noninteractive timeout --foreground "$APT_SECONDS" \
    dpkg --configure -a --force-confdef --force-confold </dev/null 9>&-
}

# Install scripts start only what runs already; what else they would start is noted.
deny_starts() {
  [ -n "$SYSTEMD" ] || return 0
  allow_starts
  [ ! -e "$POLICY" ] || cp -a -T -- "$POLICY" "$POLICY.stead-kept"
  printf '%s\n' "$POLICY_TEXT" | write_file "$POLICY.stead-new"
  chmod 0755 "$POLICY.stead-new"
  mv -f -- "$POLICY.stead-new" "$POLICY"
}

# Gives back the policy that was there; also after a crash.
allow_starts() {
  local mark=
  [ ! -f "$POLICY" ] || { read -r _ && read -r mark; } <"$POLICY" || :
  if [ "$mark" = "$POLICY_MARK" ]; then
    if [ -e "$POLICY.stead-kept" ]; then mv -f -- "$POLICY.stead-kept" "$POLICY"; else rm -f -- "$POLICY"; fi
  elif [ -e "$POLICY.stead-kept" ]; then
    rm -f -- "$POLICY.stead-kept"
  fi
}

# policy-rc.d [--OPTION…] NAME ACTION [RUNLEVEL]; it means nothing once nobody holds stead's lock.
# shellcheck disable=SC2016 # expanded when it runs
POLICY_TEXT='#!/bin/sh
'$POLICY_MARK'
state=/var/lib/stead
code=0
if [ -x "$0.stead-kept" ]; then "$0.stead-kept" "$@" || code=$?; fi
case $code in 0 | 104) ;; *) exit "$code" ;; esac
if flock -n "$state/lock" true; then exit "$code"; fi
name= action=
for word; do
  case $word in
    --list) exit "$code" ;;
    --*) ;;
    *) if [ -z "$name" ]; then name=$word; else action=${action:-$word}; fi ;;
  esac
done
case $name in *.*) ;; *) name=$name.service ;; esac
case $action in
  *stop*)
    if systemctl is-active --quiet -- "$name"; then printf "%s\n" "$name" >>"$state/stopped"; fi
    exit "$code"
    ;;
  *start* | *reload*) ;;
  *) exit "$code" ;;
esac
if systemctl is-active --quiet -- "$name"; then exit "$code"; fi
if grep -q -x -F -e "$name" "$state/stopped" 2>/dev/null; then exit "$code"; fi
printf "%s\n" "$name" >>"$state/denied"
exit 101'

# start_denied BUNDLE: what was not let start, as Debian would have, but for units that the bundle decides on.
start_denied() {
  [ -n "$SYSTEMD" ] && [ -s "$STATE/denied" ] || return 0
  units_of "$1" | awk -F "$TAB" 'part == "ours" { ours[$1] = 1; next } !($1 in ours) && !seen[$1]++' \
    part=ours - part=denied "$STATE/denied" >"$WORK/denied"
  if [ -s "$WORK/denied" ]; then
    say "starting what new packages bring: $(tr '\n' ' ' <"$WORK/denied")"
    xargs -d '\n' timeout --foreground 90 deb-systemd-invoke start <"$WORK/denied" >&2 9>&- ||
      say "not everything that new packages bring has started; the configuration does not depend on it"
  fi
  rm -f "$STATE/denied"
}
