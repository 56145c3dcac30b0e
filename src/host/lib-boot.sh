# shellcheck shell=dash
# What happens at boot and at shutdown: an interrupted switch is finished or undone before the network comes up, a
# generation that nobody confirmed is taken back, one that was staged is committed.
# Reads: the journal, var/lib/stead/watch, staged. Writes: two units of stead's own in /etc/systemd/system, which no
# generation owns, since they must be there when none is; var/lib/stead/boot, the script that they run; booted.

UNITS=/etc/systemd/system

# Before anything of a switch is written: from here on a crash is cleaned up after.
install_boot_units() {
  [ -n "$SYSTEMD" ] || return 0
  local changed='' known='' script=$STORE/$1/runtime/stead-host
  # Units that call another text are the same. What is in the store has lasted since it came there.
  if [ ! "$script" -ef "$STATE/boot" ]; then
    ln -f "$script" "$STATE/boot.tmp"
    mv -f "$STATE/boot.tmp" "$STATE/boot"
  fi
  set_boot_units
  place_text "$BOOT_UNIT" "$UNITS/stead-boot.service"
  place_text "$TRIAL_UNIT" "$UNITS/stead-trial.service"
  place_link ../stead-boot.service "$UNITS/sysinit.target.wants/stead-boot.service"
  place_link ../stead-trial.service "$UNITS/multi-user.target.wants/stead-trial.service"
  [ -n "$changed" ] || return 0
  sync_trees "$UNITS" "$STATE"
  # All units are read again for that, by all generators; one that systemd has not heard of is read when it is started.
  if [ -n "$known" ] || knows_boot_unit; then
    read_units_again || die "systemd did not reload in $RELOAD_SECONDS s"
  fi
  # What commits a staged generation is its stop.
  timeout --foreground 30 systemctl start --no-block stead-boot.service 9>&- || die "stead-boot.service could not be started"
}

# It may be up without a file, where somebody has taken that away.
knows_boot_unit() {
  timeout --foreground "$SHOW_SECONDS" systemctl --quiet is-active stead-boot.service 9>&-
}

read_units_again() {
  timeout --foreground "$RELOAD_SECONDS" systemctl daemon-reload 9>&-
}

# Both set `changed`; `known` where there was such a file.
place_text() {
  read_text "$2"
  [ "$TEXT" != "$1" ] || return 0
  [ ! -e "$2" ] || known=yes
  changed=yes
  write_text "$2" "$1"
}

place_link() {
  if [ -L "$2" ] && [ "$2" -ef "${2%/*}/$1" ]; then return 0; fi
  changed=yes
  if [ ! -d "${2%/*}" ]; then
    mkdir -p "${2%/*}"
    printf '%s\n' "${2%/*}" >>"$STATE/boot-folders"
  fi
  ln -s -f -n "$1" "$2"
}

# Sets BOOT_UNIT and TRIAL_UNIT. The first is ordered like the parts of systemd that prepare the system, and before
# every network.
set_boot_units() {
  BOOT_UNIT="[Unit]
Description=Finish or undo what interrupted a switch, and commit what is staged
DefaultDependencies=no
RequiresMountsFor=$STATE
After=local-fs.target systemd-remount-fs.service
Before=sysinit.target network-pre.target systemd-networkd.service networking.service shutdown.target
Conflicts=shutdown.target
ConditionPathExists=$STATE/boot

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh $STATE/boot boot
ExecStop=/bin/sh $STATE/boot shutdown
TimeoutStartSec=300
TimeoutStopSec=300"
  TRIAL_UNIT="[Unit]
Description=Confirm a staged generation that has booted well, or take it back
DefaultDependencies=no
After=multi-user.target
Conflicts=shutdown.target
Before=shutdown.target
ConditionPathExists=$STATE/watch

[Service]
Type=oneshot
ExecStart=/bin/sh $STATE/boot trial
TimeoutStartSec=600"
}

remove_boot_units() {
  [ -n "$SYSTEMD" ] || return 0
  # Else systemd would hold it for active for ever, without a file. Nothing is staged any more that its stop would commit.
  timeout --foreground 30 systemctl stop stead-boot.service 9>&- || :
  rm -f "$UNITS/sysinit.target.wants/stead-boot.service" "$UNITS/multi-user.target.wants/stead-trial.service" \
    "$UNITS/stead-boot.service" "$UNITS/stead-trial.service"
  [ ! -e "$STATE/boot-folders" ] || xargs -r -d '\n' rmdir --ignore-fail-on-non-empty -- <"$STATE/boot-folders"
  read_units_again || :
}

# boot: early, before units of the generation are started; these are left to systemd.
verb_boot() {
  [ $# = 0 ] || usage
  # Started in a running system, by the first switch there: nothing was interrupted.
  try_lock "booting" || return 0
  local before
  before=$(current_generation)
  BOOTING=yes
  if is_unconfirmed; then
    say "generation $WATCH_GENERATION was not confirmed before the host went down"
    if [ "$WATCH_KIND" = confirm ]; then take_back unconfirmed; else take_back rolled-back; fi
  else
    recover_interrupted
    start_trial
  fi
  note_booted
  boot_secrets
  [ "$before" = "$(current_generation)" ] || start_what_is_new
  # For systemd, and whoever asks it what has failed.
  [ -z "$SECRETS_FAILED" ] || exit 1
}

# A staged generation was committed by the shutdown, or by this boot: it is tried now.
is_unconfirmed() {
  [ -e "$STATE/watch" ] || return 1
  read_watch
  [ "$WATCH_KIND" != boot ]
}

start_trial() {
  [ -e "$STATE/watch" ] || return 0
  read_watch
  write_watch "$WATCH_GENERATION" trial -
}

# Which generation this boot is of: gc keeps it.
note_booted() {
  find_current
  point booted "$CURRENT"
}

# systemd has read the units that were there before, and queued what they want.
start_what_is_new() {
  [ -n "$SYSTEMD" ] || return 0
  read_units_again || say "systemd did not reload in $RELOAD_SECONDS s"
  systemctl list-jobs --plain --no-legend | awk '$2 ~ /^(default|graphical|multi-user)\.target$/ { print $2 }' |
    xargs -r systemctl start --no-block -- 9>&- || :
}

# shutdown: commits what is staged, when the units of the old generation have stopped.
verb_shutdown() {
  [ $# = 0 ] || usage
  [ -L "$STATE/staged" ] || return 0
  try_lock "committing the staged generation" || return 0
  BOOTING=yes
  recover_interrupted
  find_pointed staged
  TO=$POINTED
  TO_BUNDLE=$(bundle_of "$TO")
  FROM=$(current_generation)
  FROM_BUNDLE=$(bundle_of "$FROM")
  NEW=yes GOAL=boot REASON=failed BY=- STARTED=-
  check_stored "$TO_BUNDLE"
  ignore_signals
  write_journal forward
  case $(carry_out) in
    done) say "generation $TO is committed; the next boot is its trial" ;;
    *) say "generation $TO could not be committed; generation $FROM stays" ;;
  esac
  rm -f "$STATE/staged"
}

# trial: after everything was started at the boot of a staged generation.
verb_trial() {
  [ $# = 0 ] || usage
  take_lock "trying the staged generation"
  [ -e "$STATE/watch" ] || return 0
  read_watch
  [ "$WATCH_KIND" = trial ] || return 0
  local bundle failed
  make_work
  bundle=$(bundle_of "$WATCH_GENERATION")
  failed=$(failed_units "$bundle" | cut -f 2)
  if [ -z "$failed" ] && is_healthy "$bundle"; then
    confirm_generation "$WATCH_GENERATION"
    say "generation $WATCH_GENERATION has booted well and is confirmed"
    return 0
  fi
  [ -z "$failed" ] || say "units failed: $(printf '%s' "$failed" | tr '\n' ' ')"
  take_back failed
}
