# shellcheck shell=dash
# Units: which to stop, restart, reload and start between two bundles, and whether they settle.
# Reads: units.tsv of both, systemd. Writes: through systemctl only.

SETTLE_SECONDS=90
STOP_SECONDS=180
RELOAD_SECONDS=60

units_of() {
  case $1 in
    '' | -) return 0 ;;
  esac
  cat "$STORE/$1/units.tsv"
}

# plan_units TARGET_BUNDLE OTHER_BUNDLE writes $WORK/units: stop, start, restart, reload NAME.
plan_units() {
  units_of "$1" >"$WORK/units.target"
  units_of "$2" >"$WORK/units.other"
  awk -F "$TAB" -v OFS="$TAB" '
    part == "other" { hash[$1] = $2; next }
    {
      wanted[$1] = 1
      if (!($1 in hash)) { if ($3 == "yes") print "start", $1 }
      else if (hash[$1] != $2 && ($4 == "restart" || $4 == "reload")) print $4, $1
    }
    END { for (name in hash) if (!(name in wanted)) print "stop", name }
  ' part=other "$WORK/units.other" part=target "$WORK/units.target" | sort >"$WORK/units"
}

# Units that leave are stopped while their files still stand.
stop_units() {
  [ -n "$SYSTEMD" ] || return 0
  plan_units "$1" "$2"
  unit_command stop timeout --foreground "$STOP_SECONDS" systemctl stop --
}

# After the files are in place: reload, restart, start; the units that must come up are then awaited.
change_units() {
  [ -n "$SYSTEMD" ] || return 0
  plan_units "$1" "$2"
  if ! cmp -s "$WORK/units.target" "$WORK/units.other" || touches_systemd; then
    timeout --foreground "$RELOAD_SECONDS" systemctl daemon-reload 9>&- || die "systemd did not reload in $RELOAD_SECONDS s"
  fi
  restart_failed
  unit_command restart systemctl try-restart --no-block --
  unit_command reload systemctl try-reload-or-restart --no-block --
  unit_command start systemctl start --no-block --
  await_units
}

unit_command() {
  local verb=$1
  shift
  awk -F "$TAB" -v verb="$verb" '$1 == verb { print $2 }' "$WORK/units" >"$WORK/units.$verb"
  [ -s "$WORK/units.$verb" ] || return 0
  say "$verb $(tr '\n' ' ' <"$WORK/units.$verb")"
  xargs -d '\n' "$@" <"$WORK/units.$verb" 9>&- || die "systemctl could not $verb these units"
}

touches_systemd() {
  cat "$WORK/target" "$WORK/other" | sort | uniq -u | grep -q '/systemd/'
}

# A changed unit that has failed is not running, so that try-restart would pass it by: it is started anew.
restart_failed() {
  awk -F "$TAB" '$1 == "restart" || $1 == "reload" { print $2 }' "$WORK/units" >"$WORK/units.changed"
  [ -s "$WORK/units.changed" ] || return 0
  show_units "$WORK/units.changed" | awk '$2 == "failed" { print "start\t" $1 }' >>"$WORK/units"
}

# `name active sub type job` of the units listed in a file.
show_units() {
  xargs -d '\n' systemctl show --property=Id,ActiveState,SubState,Type,Job -- <"$1" | awk '
    function flush() { if (id != "") print id, active, sub_state, (type == "" ? "-" : type), (job == "" ? 0 : job); id = active = sub_state = type = job = "" }
    /^$/ { flush() }
    { value = substr($0, index($0, "=") + 1) }
    /^Id=/ { id = value }
    /^ActiveState=/ { active = value }
    /^SubState=/ { sub_state = value }
    /^Type=/ { type = value }
    /^Job=/ { job = value }
    END { flush() }'
}

# Waits until nothing of what was touched is on its way, then once more a second later: a service that dies
# at once is seen. A oneshot that is still busy is left to itself.
await_units() {
  awk -F "$TAB" '$1 != "stop" { print $2 }' "$WORK/units" | sort -u >"$WORK/units.awaited"
  [ -s "$WORK/units.awaited" ] || return 0
  local waited=0 quiet=0 moving bad
  while [ "$waited" -lt "$SETTLE_SECONDS" ] && [ "$quiet" -lt 2 ]; do
    sleep 1
    waited=$((waited + 1))
    show_units "$WORK/units.awaited" >"$WORK/units.now"
    moving=$(awk '($2 ~ /ing$/ && $3 != "auto-restart") || $5 != 0 { print $1 }' "$WORK/units.now")
    if [ -z "$moving" ]; then quiet=$((quiet + 1)); else quiet=0; fi
  done
  awk '$2 ~ /ing$/ && $4 == "oneshot" { print $1 }' "$WORK/units.now" | while read -r name; do
    say "$name is still running"
  done
  bad=$(awk '$2 == "failed" || ($2 ~ /ing$/ && $4 != "oneshot") { print $1 }' "$WORK/units.now")
  [ -z "$bad" ] || {
    for name in $bad; do
      say "$name did not come up:"
      journalctl --no-pager --quiet --lines=10 --unit="$name" --output=cat >&2 || :
    done
    die "units failed: $(printf '%s' "$bad" | tr '\n' ' ')"
  }
}

# Units of a bundle that systemd holds for failed.
failed_units() {
  [ -n "$SYSTEMD" ] && [ -s "$STORE/$1/units.tsv" ] || return 0
  cut -f 1 "$STORE/$1/units.tsv" >"$WORK/units.all"
  show_units "$WORK/units.all" | awk '$2 == "failed" { print "failed\t" $1 }'
}
