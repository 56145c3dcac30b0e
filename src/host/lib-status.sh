# shellcheck shell=dash
# What the host says about itself.
# Reads: the current generation, the paths it manages, systemd, dpkg's database. Writes: nothing that stays.

# What is to become of the current generation, and what became of a later one.
status_of_switches() {
  local number
  if [ -e "$STATE/watch" ]; then
    read_watch
    read_uptime
    [ "$WATCH_END" = - ] || WATCH_END=$((WATCH_END - UPTIME))
    printf 'watch\t%s\t%s\n' "$WATCH_KIND" "$WATCH_END"
  fi
  find_next_generation
  number=$((NEXT - 1))
  [ "$number" = "$1" ] || printf 'last\t%s\t%s\t%s\n' "$number" "$(record_field "$number" state)" "$(record_field "$number" when)"
}

verb_status() {
  [ $# = 0 ] || usage
  local current bundle
  current=$(current_generation)
  if [ -e "$STATE/journal" ]; then printf 'interrupted\n'; fi
  if [ "$current" = - ]; then
    printf 'current\t-\n'
    return 0
  fi
  make_work
  bundle=$(bundle_of "$current")
  printf 'current\t%s\t%s\t%s\t%s\t%s\n' "$current" "${bundle%%-*}" "$(record_field "$current" state)" \
    "$(record_field "$current" when)" "$(record_field "$current" commit | sed 's/^null$/-/')"
  status_of_switches "$current"
  plan_files drift "$bundle" "$bundle"
  {
    cat "$WORK/plan"
    file_rows "$STORE/$bundle/files.tsv" 1 | (cd "$STORE/$bundle" && sums_of root) |
      compare_sums "$STORE/$bundle/files.tsv" 1 | awk '{ print "drift\t" $0 "\tchanged" }'
    plan_objects "$bundle" >&2
    awk -F "$TAB" -v OFS="$TAB" '
      part == "objects" { drifted[$2] = 1; next }
      $2 == "link" && ($8 in drifted) { print "drift", $1, "mode" }' \
      part=objects "$WORK/realise" part=table "$STORE/$bundle/files.tsv"
  } | sort -u
  failed_units "$bundle"
  idle_units "$bundle"
  package_drift "$bundle"
  reboot_reasons | sed "s/^/reboot$TAB/"
  manual_steps "$bundle"
}

# Rows `unit NAME stopped|masked` for units of a bundle that are to run and do not, or were masked by hand.
idle_units() {
  if ! (plan_units "$1" "$1"); then
    printf 'unit\tsystemd\tsilent\n'
    return 0
  fi
  awk -F "$TAB" -v OFS="$TAB" '$1 == "skipped" { print "unit", $2, ($3 ~ /masked/ ? "masked" : "stopped") }' "$WORK/plan.units"
}

# Rows `package NAME missing|version|unheld WHY`, of packages that a bundle wants, and `package NAME held -` for those
# that somebody else holds.
package_drift() {
  [ -n "$ADMIN" ] && command -v dpkg-query >/dev/null || return 0
  package_rows "$1" | awk -F "$TAB" -v OFS="$TAB" '
    $1 == "install" { print "package", $2, ($4 == "is not installed" ? "missing" : "version"), $4 }
    $1 == "hold" { print "package", $2, "unheld", $3 }' | sort
  {
    awk -F "$TAB" '$3 == "yes" { print "ours\t" $1 }' "$STORE/$1/packages.tsv"
    [ ! -e "$STATE/packages.tsv" ] || awk -F "$TAB" '$2 == "held" { print "ours\t" $1 }' "$STATE/packages.tsv"
    dpkg-query -W -f '${db:Status-Want}\t${Package}\n'
  } | awk -F "$TAB" -v OFS="$TAB" '
    $1 == "ours" { ours[$2] = 1 }
    $1 == "hold" && !($2 in ours) { print "package", $2, "held", "-" }' | sort -u
}
