# shellcheck shell=dash
# Health checks of the generation that runs.
# Reads: health.tsv, systemd. Writes: nothing.

# One try of one check.
HEALTH_SECONDS=60

# well N: whether generation N, which is to be the current one, is well.
verb_well() {
  if [ $# != 1 ] || ! is_number "$1"; then usage; fi
  local sick=''
  find_current
  [ "$CURRENT" = "$1" ] || die "generation $1 is not current any more, $CURRENT is"
  find_bundle "$1"
  make_work
  failed_units "$BUNDLE" >"$WORK/failed"
  if [ -s "$WORK/failed" ]; then
    sick=$(awk -F "$TAB" '
      part == "failed" { failed[$2] = 1; next }
      ($1 in failed) && index("," $7 ",", ",may-fail,") == 0 { printf " %s", $1 }' \
      part=failed "$WORK/failed" part=table "$STORE/$BUNDLE/units.tsv")
    [ -z "$sick" ] || say "units have failed:$sick"
  fi
  is_healthy "$BUNDLE" || sick="$sick health of $SICK"
  [ -z "$sick" ] || die "generation $1 is not well:$sick"
  printf 'well\t%s\n' "$1"
}

# Whether every check of a bundle succeeds within its tries; says which do not, and sets SICK to them.
is_healthy() {
  SICK=
  [ -n "$ADMIN" ] && [ -s "$STORE/$1/health.tsv" ] || return 0
  local name tries every command
  while IFS=$TAB read -r name tries every command; do
    is_well "$name" "$tries" "$every" "$command" </dev/null || SICK="${SICK:+$SICK, }$name"
  done <"$STORE/$1/health.tsv"
  [ -z "$SICK" ]
}

is_well() {
  local tried=0 output
  while :; do
    output=$(timeout "$HEALTH_SECONDS" sh -c "$4" 2>&1 9>&-) && return 0
    tried=$((tried + 1))
    [ "$tried" -lt "$2" ] || break
    sleep "$3"
  done
  say "health check $1 failed $2 times, $3 s apart: $4"
  [ -z "$output" ] || say "$output"
  return 1
}

# How long a host may take to start everything after a boot.
START_SECONDS=300

# health: waits until everything has started; rows `failed UNIT` for all units that have failed, the generation's or
# not. Exit 1 where a health check of the current generation does not succeed.
verb_health() {
  [ $# = 0 ] || usage
  if [ -n "$SYSTEMD" ]; then
    # It says `degraded`, and fails, where a unit has failed.
    timeout "$START_SECONDS" systemctl is-system-running --wait >/dev/null || :
    systemctl list-units --state=failed --all --plain --no-legend | awk '{ print "failed\t" $1 }'
  fi
  find_current
  find_bundle "$CURRENT"
  is_healthy "$BUNDLE" || die "generation $CURRENT is not healthy: $SICK"
}
