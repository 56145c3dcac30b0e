# shellcheck shell=dash
# Takes a generation back by itself unless it is confirmed in time: whatever becomes of the session that switched.
# Reads and writes: var/lib/stead/watch, which stands from before the commit point until the generation is confirmed
# or gone, and which a boot takes for "not confirmed"; a transient timer of systemd, stead-watchdog.
#
# The file has the generation; what it waits for: `confirm`, `test` (nothing: it lasts until the next boot),
# `boot` (the next boot is its trial), `trial` (this boot is); the seconds it has; and when they end, as uptime.

WATCHDOG=stead-watchdog

# wants_watchdog BUNDLE ORDER: as was ordered (yes, no), and as the bundle says where nothing was (-).
wants_watchdog() {
  [ -n "$SYSTEMD" ] || return 1
  setting "$1" watchdog true
  case $2:$SETTING in
    no:* | -:false) return 1 ;;
  esac
}

# need_watchdog BUNDLE ORDER: what decides whether this host can be reached changes only if it comes back by itself.
need_watchdog() {
  local cut
  [ -n "$SYSTEMD" ] && ! wants_watchdog "$1" "$2" || return 0
  cut=$(changed_ways "$1" "$FROM_BUNDLE")
  [ -z "$cut" ] ||
    die "this changes what the way to this host hangs on, and is not done without the watchdog; leave it on for this switch. Nothing was changed. It is about: $cut"
}

# changed_ways TARGET_BUNDLE OTHER_BUNDLE: files of `watchdogFor`, of either bundle, that are not the same in both.
changed_ways() {
  local paths other=/dev/null
  setting "$1" watchdogFor ''
  paths=$SETTING
  setting "${2:--}" watchdogFor ''
  [ ! -e "$STORE/${2:--}/files.tsv" ] || other=$STORE/$2/files.tsv
  PATHS=$paths,$SETTING awk -F "$TAB" '
    BEGIN {
      count = split(ENVIRON["PATHS"], paths, ",")
      for (i = 1; i <= count; i++) wanted[paths[i]] = 1
    }
    $1 in wanted { row[part, $1] = $0 }
    END {
      for (i = 1; i <= count; i++) {
        if (!(paths[i] in wanted) || row["target", paths[i]] == row["other", paths[i]]) continue
        delete wanted[paths[i]]
        printf "%s%s", separator, paths[i]
        separator = " "
      }
    }' part=target "$STORE/$1/files.tsv" part=other "$other"
}

# write_watch GENERATION KIND SECONDS: seconds from now on, or - for no end.
write_watch() {
  set_watch_text "$@"
  write_text "$STATE/watch" "$WATCH"
  sync_trees "$STATE"
}

# Sets WATCH, and WATCHED_SINCE where it has an end.
set_watch_text() {
  local end=-
  if [ "$3" != - ]; then
    read_uptime
    WATCHED_SINCE=$UPTIME
    end=$((UPTIME + $3))
  fi
  WATCH="$1 $2 $3 $end"
}

# Sets UPTIME to the seconds since the start of this machine, which no change of the clock moves.
read_uptime() {
  read -r UPTIME _ </proc/uptime
  UPTIME=${UPTIME%%.*}
}

# Sets WATCH_GENERATION WATCH_KIND WATCH_SECONDS WATCH_END.
read_watch() {
  read -r WATCH_GENERATION WATCH_KIND WATCH_SECONDS WATCH_END <"$STATE/watch"
}

# start_watchdog SECONDS BUNDLE, once the watch is written: the timer looks every few seconds once the time is over, since a
# switch that is still at work holds the lock, and gives itself the whole time again when it is done.
start_watchdog() {
  stop_watchdog
  timeout --foreground 30 systemd-run --quiet --collect --unit="$WATCHDOG" --description='Take back what nobody confirms' \
    --on-active="$1" --on-unit-inactive=5 --timer-property=AccuracySec=1 \
    -- /bin/sh "$STORE/$2/runtime/stead-host" --root "$ROOT/" expire 9>&- ||
    die "the watchdog could not be armed: systemd made no timer"
}

stop_watchdog() {
  [ -n "$SYSTEMD" ] && [ -e "/run/systemd/transient/$WATCHDOG.timer" ] || return 0
  timeout --foreground 30 systemctl stop "$WATCHDOG.timer" 2>/dev/null 9>&- || :
}

# The generation has what it was waiting for, or is gone.
disarm_watchdog() {
  [ -e "$STATE/watch" ] || return 0
  rm -f "$STATE/watch"
  forget_ways
  sync_trees "$STATE"
  stop_watchdog
}

# expire: what the timer runs.
verb_expire() {
  [ $# = 0 ] || usage
  # A switch that is at work looks after itself.
  try_lock "taking back what nobody confirmed" || return 0
  if [ ! -e "$STATE/watch" ]; then
    stop_watchdog
    return 0
  fi
  read_watch
  [ "$WATCH_END" != - ] || return 0
  read_uptime
  [ "$UPTIME" -ge "$WATCH_END" ] || return 0
  say "generation $WATCH_GENERATION was not confirmed within $WATCH_SECONDS seconds"
  take_back unconfirmed
}

# take_back STATE, with BY and STARTED where somebody asked for it: whatever is not confirmed goes, with that state; what
# was confirmed last comes back.
take_back() {
  local by=${BY:--} started=${STARTED:--}
  if [ -e "$STATE/journal" ]; then
    read_journal
    REASON=$1
    if [ "$TO" = "$(confirmed_generation)" ]; then
      write_journal forward
    elif [ "$(current_generation)" = "$TO" ]; then
      write_journal back
    else
      write_journal undo
    fi
    carry_out_whole
  fi
  TO=$(current_generation)
  FROM=$(confirmed_generation)
  if [ "$TO" = "$FROM" ]; then
    give_back_ways "$(bundle_of "$TO")"
    disarm_watchdog
  else
    TO_BUNDLE=$(bundle_of "$TO")
    FROM_BUNDLE=$(bundle_of "$FROM")
    NEW=no GOAL=switch REASON=$1 BY=$by STARTED=$started
    write_journal back
    carry_out_whole
  fi
  say "generation $FROM is current again"
}

# Ends this process where neither generation could be made whole.
carry_out_whole() {
  local outcome
  outcome=$(carry_out)
  [ "$outcome" != partial ] || conclude partial - "$TO" "$TO_BUNDLE"
}

# blame N: a generation that took itself back did so through its own fault, says the one that was there to confirm it
# and could not.
verb_blame() {
  if [ $# != 1 ] || ! is_number "$1"; then usage; fi
  take_lock "blaming generation $1"
  [ ! -e "$STATE/generations/$1.json" ] || [ "$(record_field "$1" state)" != unconfirmed ] || set_record_state "$1" rolled-back
}

# renew N: the generation has its whole time to be confirmed once more.
verb_renew() {
  if [ $# != 1 ] || ! is_number "$1"; then usage; fi
  take_lock "giving generation $1 more time"
  [ -e "$STATE/watch" ] || return 0
  read_watch
  [ "$WATCH_GENERATION:$WATCH_KIND" = "$1:confirm" ] || return 0
  write_watch "$1" confirm "$WATCH_SECONDS"
}

# confirm [N [together]]: the generation stays, after a reboot too. `together`: only when a line on standard input says
# so, which is said to all hosts of a switch at once, when every one of them waits for it.
verb_confirm() {
  if [ $# -gt 2 ] || [ "${2-together}" != together ]; then usage; fi
  take_lock "confirming"
  local current
  find_current
  current=$CURRENT
  [ "$current" != - ] || die "there is no generation to confirm"
  [ "${1-$current}" = "$current" ] || die "generation $1 is not current, $current is"
  [ ! -e "$STATE/journal" ] || die "a switch was interrupted here; run stead-host recover"
  [ ! -e "$STATE/ways.back" ] || die "what was put right here is as it was again, since nobody confirmed it"
  [ $# -lt 2 ] || await_word "$current"
  confirm_generation "$current"
  printf 'confirmed\t%s\n' "$current"
}

# Holding the lock, so that nothing is left between the word and the confirmation; never beyond the watchdog's time.
# Whoever was to say the word and is gone has said nothing.
await_word() {
  local word seconds=60
  if [ -e "$STATE/watch" ]; then
    read_watch
    if [ "$WATCH_KIND" = confirm ]; then
      seconds=$WATCH_SECONDS
      write_watch "$1" confirm "$seconds"
    fi
  fi
  say ready
  word=$(timeout --foreground "$seconds" head -n 1 9>&-) || word=
  [ "$word" = confirm ] || die "nobody said that generation $1 is to stay; it is not confirmed"
}

# A generation that is tried until the next boot loses its deadline, and no more.
confirm_generation() {
  if [ -e "$STATE/watch" ]; then
    read_watch
    if [ "$WATCH_KIND" = test ]; then
      write_watch "$1" test -
      set_record_state "$1" testing
      stop_watchdog
      return 0
    fi
  fi
  # Only a switch that was accepted here brings a list of signers; a rollback keeps the one in force.
  find_field "$1" state
  case $FIELD in
    applied | testing)
      find_bundle "$1"
      keep_signers "$BUNDLE"
      ;;
  esac
  set_record_state "$1" confirmed
  point confirmed "$1"
  disarm_watchdog
  forget_ran
}

forget_ways() {
  [ ! -e "$STATE/ways.tsv" ] || rm -rf "$STATE/ways.tsv" "$STATE/ways"
}

# Once a generation is confirmed, going back from it is a switch like any other.
forget_ran() {
  [ ! -e "$STATE/units.ran" ] || rm -f "$STATE/units.ran"
}
