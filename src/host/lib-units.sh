# shellcheck shell=dash
# Units: stopped before the commit point, changed and started after it, and watched until they settle.
# Reads: $WORK/plan.units (lib-unit-plan.sh), systemd. Writes: var/lib/stead/units.ran (which units this switch stops
# and starts, so that one which is cut off or taken back knows what ran); the rest through systemctl only.

SHOW_SECONDS=30
SETTLE_SECONDS=90
STOP_SECONDS=300
RELOAD_SECONDS=30
BACK_SECONDS=120
GATE=stead-gate.service

# stop_units TARGET_BUNDLE OTHER_BUNDLE: what stops does so under its old definition, while its files still stand.
stop_units() {
  [ -n "$SYSTEMD" ] || return 0
  plan_units "$1" "$2"
  note_ran "$1" "$2"
  close_gate
  each_manager stop_planned
}

# change_units TARGET_BUNDLE OTHER_BUNDLE, after the files are in place: systemd reads its units again, what is to
# reloads, restarts and starts, and is then waited for. Fails when a unit of the bundle fails that must not.
change_units() {
  [ -n "$SYSTEMD" ] || return 0
  PLANNED_UNITS=${PLANNED_UNITS-}
  [ "$PLANNED_UNITS" = "$1 $2" ] || plan_units "$1" "$2"
  FAILED=
  each_manager say_told
  if units_differ "$1" "$2"; then each_manager reload_manager; fi
  each_manager change_planned
  open_gate
  each_manager await_units
  [ -z "$FAILED" ] || die "units of the new configuration did not come up:$FAILED"
  [ -z "$TAKEN_BACK" ] || forget_ran
}

# Units that this switch stops or starts, with the boot in which that holds. A switch that goes on after it was cut
# off, and one that takes another back, leave the list as it is.
note_ran() {
  [ -z "$RAN_KNOWN" ] || return 0
  # Where neither bundle has a unit there is nothing to know.
  if [ ! -s "$WORK/units.target" ] && [ ! -s "$WORK/units.other" ]; then
    forget_ran
    return 0
  fi
  {
    printf 'switch %s %s %s\n' "${2:--}" "${1:--}" "$(boot_id)"
    [ ! -s "$WORK/plan.units" ] || each_manager list_ran
  } | write_file "$STATE/units.ran"
}

list_ran() {
  awk -F "$TAB" -v OFS="$TAB" -v manager="$MANAGER" '
    $1 == "stop" { ran[$2] = 1; print manager, "ran", $2 }
    $1 == "start" && !($2 in ran) { print manager, "started", $2 }' "$LIST.plan"
}

# Until the gate opens, a start of any unit that changes waits: by a timer, a socket, a restart or a person. None
# starts under its old definition, and those started together are ordered as they say. It opens by itself in the end.
close_gate() {
  [ -s "$WORK/units.gate" ] || return 0
  [ ! -e "/run/systemd/transient/$GATE" ] || open_gate
  local name
  set --
  while IFS= read -r name; do set -- "$@" "--property=Before=$name"; done <"$WORK/units.gate"
  timeout --foreground "$SHOW_SECONDS" systemd-run --quiet --no-block --collect --unit="$GATE" \
    --description='Holds back units that stead is changing' --service-type=oneshot \
    --property=SuccessExitStatus=SIGTERM --property=DefaultDependencies=no "$@" \
    sleep "$((STOP_SECONDS + RELOAD_SECONDS))" 9>&- || say "starts of units cannot be held back during this switch"
}

open_gate() {
  [ -e "/run/systemd/transient/$GATE" ] || return 0
  timeout --foreground "$SHOW_SECONDS" systemctl stop -- "$GATE" 9>&- || say "$GATE does not stop; it ends by itself"
}

# planned STEP COMMAND…: runs the command with the units of a step as its last arguments, if there are any. Mounts that
# stop or restart are left to each_mount.
planned() {
  local wanted=$1 step name _ found=
  shift
  while IFS=$TAB read -r step name _; do
    [ "$step" = "$wanted" ] || continue
    case $step$name in stop*.mount | restart*.mount) continue ;; esac
    set -- "$@" "$name"
    found="$found $name"
  done <"$LIST.plan"
  [ -n "$found" ] || return 0
  say "$wanted$found$(of_user)"
  "$@"
}

# each_mount stop|restart: one that is busy is told of and stays as it is, until that is done by hand: nothing is
# unmounted by force.
each_mount() {
  local step name _
  while IFS=$TAB read -r step name _; do
    case $step$name in "$1"*.mount) ;; *) continue ;; esac
    say "$step $name$(of_user)"
    control "$STOP_SECONDS" "$step" -- "$name" </dev/null || say "$name is in use, or cannot be mounted: it stays as it was"
  done <"$LIST.plan"
}

of_user() {
  [ "$MANAGER" = system ] || printf ' of %s' "$MANAGER"
}

stop_planned() {
  planned stop control "$STOP_SECONDS" stop -- || has_left || die "units did not stop$(of_user)"
  each_mount stop
}

say_told() {
  local step name why
  while IFS=$TAB read -r step name why; do
    case $step in kept | skipped) say "$step $name$(of_user): $why" ;; esac
  done <"$LIST.plan"
}

units_differ() {
  if [ -s "$WORK/units.target" ] || [ -s "$WORK/units.other" ]; then
    cmp -s "$WORK/units.target" "$WORK/units.other" || return 0
  fi
  touches_systemd "$1" "$2"
}

# Files of systemd's that come, go or change, or that had drifted.
touches_systemd() {
  [ -e "$WORK/plan" ] || return 0
  local target
  find_table "$1" files.tsv
  target=$TABLE
  find_table "$2" files.tsv
  awk '
    !/\/systemd\// { next }
    part == "plan" { found = 1; exit }
    { times[$0]++ }
    END { for (row in times) if (times[row] == 1) found = 1; exit !found }' \
    part=plan "$WORK/plan" part=target "$target" part=other "$TABLE"
}

# On the way back units are started all the same: what systemd holds is the old generation then.
reload_manager() {
  control "$RELOAD_SECONDS" daemon-reload || has_left && return 0
  say "systemd did not read its units again in time$(of_user)"
  [ -n "$TAKEN_BACK" ] || exit 1
  FAILED="$FAILED the manager$(of_user)"
}

# Jobs are queued while the gate is shut; what cannot be queued has not come up when the units have settled.
change_planned() {
  each_mount restart
  planned restart control "$SHOW_SECONDS" restart --no-block -- || :
  planned reload control "$SHOW_SECONDS" try-reload-or-restart --no-block -- || :
  planned remount control "$SHOW_SECONDS" reload --no-block -- || :
  planned start control "$SHOW_SECONDS" start --no-block -- || :
}

# units_are_up TABLE: whether every unit that a bundle has run by itself is up, or has ended as it should. What is in doubt, and units of
# users, are told by a plan alone: this is asked every night, and takes one process, which ends by itself when systemd
# does not answer (SYSTEMD_BUS_TIMEOUT).
units_are_up() {
  local name start rest key value load='' active='' type='' remains='' triggers=''
  set -- "$1"
  while IFS=$TAB read -r name _ _ _ start rest; do
    case $rest in *"${TAB}user") return 1 ;; esac
    case $name in *@.* | *.target | *.slice | *.device | *.scope | *.automount) continue ;; esac
    [ "$start" != yes ] || set -- "$@" "$name"
  done <"$1"
  shift
  [ $# -gt 0 ] || return 0
  systemctl show --property=LoadState,ActiveState,Type,RemainAfterExit,TriggeredBy -- "$@" \
    >"$WORK/up" </dev/null 9>&- || return 1
  printf '\n' >>"$WORK/up"
  while IFS='=' read -r key value; do
    case $key in
      LoadState) load=$value ;;
      ActiveState) active=$value ;;
      Type) type=$value ;;
      RemainAfterExit) remains=$value ;;
      TriggeredBy) triggers=$value ;;
      '')
        [ "$load" != masked ] || return 1
        case $active:$type:$remains:$triggers in
          active:* | activating:* | reloading:* | refreshing:* | :* | inactive:oneshot:no:* | inactive:*:*:?*) ;;
          *) return 1 ;;
        esac
        load='' active='' type='' remains='' triggers=''
        ;;
    esac
  done <"$WORK/up"
}
