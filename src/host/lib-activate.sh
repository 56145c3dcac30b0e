# shellcheck shell=dash
# The steps of a switch, in their order; run by the code of the generation that is brought to life.
# Reads: bundles, the journal. Writes: var/lib/stead/current (the commit point), staged, generations/, journal, host;
# the rest through the other libraries.

# activate BUNDLE GOAL WATCHDOG PLAN BY COMMIT STOPPED: in the session that asked. Nothing is changed by it.
step_activate() {
  local bundle=$1 goal=$2 plan=$4 from
  make_work
  say_left_out
  say_sealed "$bundle"
  case $goal in
    test | boot) [ -n "$SYSTEMD" ] || die "only a host that systemd boots can be asked for $goal; nothing was changed" ;;
  esac
  find_current
  from=$CURRENT
  find_bundle "$from"
  [ "${7-}" != start ] || WAKE=yes
  if [ "$bundle" = "$BUNDLE" ] && nothing_drifted "$bundle" && none_to_wake "$bundle"; then
    say_unchanged "$from" "$bundle"
    return 0
  fi
  [ "$plan" = - ] || check_plan_hash "$bundle" "$BUNDLE" "$plan"
  detached activate_now "$@"
}

step_activate_now() {
  local bundle=$1 goal=$2 watchdog=$3 by=$5 commit=$6 number
  read_uptime
  STARTED=$UPTIME
  make_work
  find_current
  FROM=$CURRENT
  find_bundle "$FROM"
  FROM_BUNDLE=$BUNDLE
  number=$FROM NEW=no
  if [ "$bundle" != "$FROM_BUNDLE" ]; then
    find_next_generation
    number=$NEXT
    NEW=yes
  elif [ "${7-}" = start ]; then
    WAKE=yes
  fi
  [ "$NEW" = no ] || [ "$goal" = boot ] || need_watchdog "$bundle" "$watchdog"
  lock_says "switching to generation $number"
  need_downloads "$bundle"
  need_outputs "$bundle"
  install_packages "$STORE/$bundle"
  decrypt_user_secrets "$bundle"
  make_accounts "$STORE/$bundle"
  check_system "$bundle" "$FROM_BUNDLE"
  realise_objects "$bundle"
  decrypt_secrets "$bundle"
  check_plan "$bundle" "$FROM_BUNDLE"
  keep_reserve
  preflight "$STORE/$bundle" "$FROM_BUNDLE"
  if [ "$goal" = prepare ]; then
    drop_other_secrets "$FROM_BUNDLE"
    printf 'prepared\t%s\t%s\n' "$number" "${bundle%%-*}"
    return 0
  fi
  ignore_signals
  install_boot_units "$bundle"
  [ "$NEW" = no ] || unstage
  if [ "$goal" = boot ]; then
    stage "$number" "$bundle" "$FROM" "$by" "$commit"
    drop_other_secrets "$FROM_BUNDLE"
    return 0
  fi
  TO=$number TO_BUNDLE=$bundle GOAL=$goal REASON=failed
  SECONDS_TO_CONFIRM=
  [ ! -e "$STATE/ways.back" ] || rm -f "$STATE/ways.back"
  [ "$NEW" = yes ] || keep_ways "$bundle" "$watchdog"
  if [ "$NEW" = yes ]; then
    begin_generation "$watchdog" "$by" "$commit"
  else
    write_journal forward
  fi
  finish "$(carry_out)"
}

# begin_generation WATCHDOG BY COMMIT: the journal, the watch and the record of the new generation, then the watchdog. What
# they say lasts before one of them has its name, and the journal is the first to get it.
begin_generation() {
  local record=$WORK/$TO.json
  PHASE=forward
  set_journal_text
  printf '%s\n' "$JOURNAL" >"$WORK/journal"
  set_record_text "$TO" "$TO_BUNDLE" "$FROM" switching "$2" "$3"
  printf '%s\n' "$RECORD" >"$record"
  find_seconds_to_confirm "$1"
  set -- "$WORK/journal"
  if [ -n "$SECONDS_TO_CONFIRM" ]; then
    set_watch_text "$TO" confirm "$SECONDS_TO_CONFIRM"
    printf '%s\n' "$WATCH" >"$WORK/watch"
    set -- "$@" "$WORK/watch"
  fi
  sync "$@" "$record" 9>&-
  mv -f -t "$STATE" -- "$@"
  # With the journal written, what fails is undone as a step.
  { ln -s -f -n "../store/$TO_BUNDLE" "$STATE/generations/$TO" && mv -f -t "$STATE/generations" -- "$record"; } || :
  sync_trees "$STATE"
  [ -z "$SECONDS_TO_CONFIRM" ] || start_watchdog "$SECONDS_TO_CONFIRM" "$TO_BUNDLE"
}

# find_seconds_to_confirm ORDER sets SECONDS_TO_CONFIRM to what the watchdog waits for, empty where none is wanted.
find_seconds_to_confirm() {
  SECONDS_TO_CONFIRM=
  wants_watchdog "$TO_BUNDLE" "$1" || return 0
  setting "$TO_BUNDLE" confirmSeconds 60
  SECONDS_TO_CONFIRM=$SETTING
}

# finish OUTCOME: a generation that is watched has its whole time to be confirmed from now on; one that is not is
# confirmed by having come up.
finish() {
  local kind=confirm
  [ "$GOAL" != test ] || kind='test'
  if [ "$1" = "done" ] && [ "$NEW" = yes ]; then
    read_uptime
    note_took "$TO" "$((UPTIME - STARTED))"
  fi
  if [ "$1" = "done" ] && [ "$NEW" = yes ] && [ -n "$SYSTEMD" ]; then
    # It has that time already where hardly any has passed.
    if [ "$kind" = test ] || { [ -n "$SECONDS_TO_CONFIRM" ] && [ "$UPTIME" -gt "$((WATCHED_SINCE + 1))" ]; }; then
      write_watch "$TO" "$kind" "${SECONDS_TO_CONFIRM:--}"
    fi
    [ -n "$SECONDS_TO_CONFIRM" ] || confirm_generation "$TO"
  fi
  if [ "$NEW" = no ] && [ -n "$SECONDS_TO_CONFIRM" ]; then
    if [ "$1" = "done" ]; then
      write_watch "$TO" confirm "$SECONDS_TO_CONFIRM"
    else
      give_back_ways "$TO_BUNDLE"
      disarm_watchdog
    fi
  fi
  conclude "$1" switched "$TO" "$TO_BUNDLE"
}

# stage N BUNDLE PREVIOUS BY COMMIT: everything is ready, and the next shutdown commits it.
stage() {
  ln -s -f -n "../store/$2" "$STATE/generations/$1"
  write_record "$1" "$2" "$3" staged "$4" "$5"
  point staged "$1"
  printf 'staged\t%s\t%s\n' "$1" "${2%%-*}"
}

# What was staged is overtaken by this switch, and has never run.
unstage() {
  [ -L "$STATE/staged" ] || return 0
  find_pointed staged
  rm -f "$STATE/staged"
  drop_generation "$POINTED"
  say "generation $POINTED was staged for the next boot: it is not any more"
}

# activate_generation N BY: one that this host had before.
step_activate_generation() {
  local number=$1 from bundle
  make_work
  say_left_out
  from=$(current_generation)
  bundle=$(bundle_of "$number")
  if [ "$number" = "$from" ] && nothing_drifted "$bundle"; then
    say_unchanged "$from" "$bundle"
    return 0
  fi
  detached activate_generation_now "$@"
}

step_activate_generation_now() {
  read_uptime
  STARTED=$UPTIME BY=${2--}
  make_work
  TO=$1
  TO_BUNDLE=$(bundle_of "$TO")
  FROM=$(current_generation)
  FROM_BUNDLE=$(bundle_of "$FROM")
  NEW=no GOAL=switch REASON=failed
  say_lacking_downloads "$TO_BUNDLE" "$TO"
  say_lacking_outputs "$TO_BUNDLE" "$TO"
  decrypt_user_secrets "$TO_BUNDLE"
  make_accounts "$STORE/$TO_BUNDLE"
  realise_objects "$TO_BUNDLE"
  decrypt_secrets "$TO_BUNDLE"
  check_plan "$TO_BUNDLE" "$FROM_BUNDLE"
  lock_says "going to generation $TO"
  ignore_signals
  install_boot_units "$TO_BUNDLE"
  unstage
  write_journal forward
  conclude "$(carry_out)" rolled-back "$TO" "$TO_BUNDLE"
}

step_abandon_generation() {
  make_work
  detached abandon_generation_now "$@"
}

# abandon_generation_now N BY: a confirmed one is unconfirmed first, so that a crash on the way takes it back as well.
step_abandon_generation_now() {
  local previous
  read_uptime
  STARTED=$UPTIME BY=${2--}
  make_work
  ignore_signals
  if [ "$(confirmed_generation)" = "$1" ]; then
    write_watch "$1" test -
    previous=$(record_field "$1" previous)
    [ "$previous" != null ] || previous=-
    point confirmed "$previous"
  fi
  take_back rolled-back
  printf 'rolled-back\t%s\t%s\n' "$FROM" "${FROM_BUNDLE%%-*}"
}

say_unchanged() {
  say "nothing to do: generation $1 is current"
  printf 'unchanged\t%s\t%s\n' "$1" "${2%%-*}"
}

# Nothing at all, which a host goes back to when stead is removed, needs no record.
is_recorded() {
  [ "$1" = - ] || { [ -d "$STATE/generations/$1/" ] && [ -e "$STATE/generations/$1.json" ]; }
}

# From the old generation to the new, wherever it stands. At boot and at shutdown units are left to systemd.
step_forward() {
  make_work
  read_journal
  decrypt_secrets "$TO_BUNDLE"
  note_changed_secrets "$TO_BUNDLE" "$FROM_BUNDLE"
  find_current
  if [ "$CURRENT" = "$TO" ]; then
    note_drifted "$FROM_BUNDLE"
  else
    is_recorded "$TO" || die "generation $TO could not be recorded"
    divert_paths "$TO_BUNDLE"
    if [ -n "$FILES_STAND" ]; then
      stand_files
    else
      prepare_files "$TO_BUNDLE" "$FROM_BUNDLE"
      sync_touched
    fi
    [ -n "$BOOTING" ] || stop_units "$TO_BUNDLE" "$FROM_BUNDLE"
    commit "$TO"
  fi
  place_secrets "$TO_BUNDLE"
  [ -n "$FILES_STAND" ] || settle_files "$TO_BUNDLE" "$FROM_BUNDLE"
  apply_system "$TO_BUNDLE" "$FROM_BUNDLE"
  if [ -z "$BOOTING" ]; then
    change_units "$TO_BUNDLE" "$FROM_BUNDLE"
    start_denied "$TO_BUNDLE"
    [ "$GOAL" = together ] || is_healthy "$TO_BUNDLE" || die "the host is not healthy: $SICK"
  fi
  [ "$TO" = - ] || note_host "${TO_BUNDLE#*-}"
  if [ "$NEW" = yes ]; then
    note_switched
    set_record_state "$TO" applied
    [ "$GOAL" != boot ] || write_watch "$TO" boot -
  elif [ "$TO" != "$FROM" ]; then
    set_record_state "$FROM" rolled-back
    set_record_state "$TO" confirmed
    point confirmed "$TO"
    disarm_watchdog
    note_left "$FROM" "$TO" asked
  fi
  drop_other_secrets "$TO_BUNDLE"
  drop_journal
  say_reboot
}

note_host() {
  read_text "$STATE/host"
  [ "$TEXT" = "$1" ] || write_text "$STATE/host" "$1"
}

# Back to the old generation, wherever it stands.
step_back() {
  make_work
  read_journal
  AS_FAR_AS_POSSIBLE=yes
  decrypt_secrets "$FROM_BUNDLE"
  note_changed_secrets "$FROM_BUNDLE" "$TO_BUNDLE"
  if [ "$(current_generation)" != "$FROM" ]; then
    if [ -n "$BOOTING" ]; then
      :
    elif (stop_units "$FROM_BUNDLE" "$TO_BUNDLE"); then
      keep_unit_plan "$FROM_BUNDLE" "$TO_BUNDLE"
    else
      say "units of generation $TO did not stop"
    fi
    commit "$FROM"
  fi
  place_secrets "$FROM_BUNDLE"
  settle_files "$FROM_BUNDLE" "$TO_BUNDLE"
  (apply_system "$FROM_BUNDLE" "$TO_BUNDLE") || say "not all settings of the system were put back; the files are in place"
  [ -n "$BOOTING" ] || (change_units "$FROM_BUNDLE" "$TO_BUNDLE") ||
    say "units of generation $FROM have failed; the files are in place"
  if [ "$PHASE" = undo ] && [ "$NEW" = yes ]; then
    drop_generation "$TO"
  elif [ "$PHASE" = back ]; then
    set_record_state "$TO" "$REASON"
    note_left "$TO" "$FROM" "$REASON"
  fi
  watch_what_is_back
  drop_other_secrets "$FROM_BUNDLE"
  drop_journal
}

# What was never confirmed itself is still not to outlast a reboot.
watch_what_is_back() {
  [ -e "$STATE/watch" ] || return 0
  if [ "$FROM" = - ] || [ "$FROM" = "$(confirmed_generation)" ]; then
    disarm_watchdog
  else
    stop_watchdog
    write_watch "$FROM" test -
  fi
}

# THE COMMIT POINT: one rename, or one removal when there was no generation before.
commit() {
  point current "$1"
}
