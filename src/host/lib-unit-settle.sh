# shellcheck shell=dash
# Waits for units that were touched, and says which did not come up.
# Reads: $WORK/plan.units, what systemd said before and says now, the journal. Writes: only below $WORK.

SETTLE_PROPERTIES=Id,Names,ActiveState,SubState,Type,Job,InvocationID,ReloadResult,ConditionTimestampMonotonic

# Until nothing of what was touched is on its way, and once more a second later: a service that dies at once is seen.
# Adds units of the bundle that have failed and may not to FAILED.
await_units() {
  local waited=0 quiet=0 step name
  set --
  while IFS=$TAB read -r step name _; do
    case $step in start | restart | reload | remount) set -- "$@" "$name" ;; esac
  done <"$LIST.plan"
  [ $# -gt 0 ] || return 0
  while :; do
    if ! control "$SHOW_SECONDS" show --property="$SETTLE_PROPERTIES" -- "$@" >"$LIST.now"; then
      has_left || die "systemd does not answer$(of_user)"
      return 0
    fi
    if is_moving; then quiet=0; else quiet=$((quiet + 1)); fi
    if [ "$quiet" -ge 2 ] || [ "$waited" -ge "$SETTLE_SECONDS" ]; then break; fi
    sleep 1 9>&-
    waited=$((waited + 1))
  done
  # Others may have failed with them.
  printf '\n' >>"$LIST.now"
  if ! control "$SHOW_SECONDS" show --state=failed --property="$SETTLE_PROPERTIES" -- '*' >>"$LIST.now"; then
    has_left || die "systemd does not answer$(of_user)"
    return 0
  fi
  awk -F "$TAB" -v OFS="$TAB" -v scope="$([ "$MANAGER" = system ] && printf system || printf user)" "$JUDGE_UNITS" \
    part=target "$WORK/units.target" part=plan "$LIST.plan" part=before "$LIST.state" part=now "$LIST.now" |
    sort -u >"$LIST.outcome"
  tell_outcome
}

# Whether a unit is between two states, or has a job; one that waits for its next try is not.
is_moving() {
  awk '
    function flush() { if ((active ~ /ing$/ && sub_state != "auto-restart") || job + 0 > 0) moving = 1; active = sub_state = job = "" }
    /^$/ { flush() }
    { value = substr($0, index($0, "=") + 1) }
    /^ActiveState=/ { active = value }
    /^SubState=/ { sub_state = value }
    /^Job=/ { job = value }
    END { flush(); exit !moving }' "$LIST.now"
}

# Rows: failed (of the bundle), warned (it may fail, or is not of the bundle), busy (a oneshot that is at work).
# shellcheck disable=SC2016 # awk's own $
JUDGE_UNITS='
part == "target" { if ($9 == scope) flags[$1] = "," $7 ","; next }
part == "plan" { if ($1 ~ /^(start|restart|reload|remount)$/) step[$2] = $1; next }
$0 == "" { flush(); next }
{ property[substr($0, 1, index($0, "=") - 1)] = substr($0, index($0, "=") + 1); seen = part }
END { flush() }
function template_of(name,    at) {
  at = index(name, "@")
  return at ? substr(name, 1, at) substr(name, match(name, /\.[a-z]+$/)) : name
}
function plain(word,    text) {
  if (word !~ /^"/) return word
  text = substr(word, 2, length(word) - 2)
  gsub(/\\\\/, "\\", text)
  return text
}
function flush(    id, names, count, i, name) {
  if (!("Id" in property)) return
  id = property["Id"]
  if (seen == "before") {
    if (property["ActiveState"] == "failed") failed_run[id] = property["InvocationID"]
    tried[id] = property["ConditionTimestampMonotonic"]
  } else {
    name = id
    count = split(property["Names"], names, " ")
    for (i = 1; i <= count; i++) if (plain(names[i]) in step) name = plain(names[i])
    conclude(id, name, property["ActiveState"])
  }
  split("", property)
}
function conclude(id, name, state,    type, bad, what) {
  type = property["Type"]
  what = (name in step) ? step[name] : ""
  bad = state == "failed" && (what != "" || !(id in failed_run) || failed_run[id] != property["InvocationID"])
  if (what != "" && state ~ /ing$/ && state != "reloading") {
    if (type == "oneshot") print "busy", name
    else bad = 1
  }
  if (what == "start" && state == "inactive" && property["ConditionTimestampMonotonic"] + 0 == tried[id] + 0) bad = 1
  if ((what == "reload" || what == "remount") && property["ReloadResult"] != "" && property["ReloadResult"] != "success") bad = 1
  if (!bad) return
  if ((name in flags) || (template_of(name) in flags)) print index((name in flags) ? flags[name] : flags[template_of(name)], ",may-fail,") ? "warned" : "failed", name
  else print "warned", name
}
'

tell_outcome() {
  local outcome name
  while IFS=$TAB read -r outcome name; do
    if [ "$outcome" = failed ] && has_left; then return 0; fi
    case $outcome in
      busy) say "$name$(of_user) is still at work" ;;
      warned) say "warning: $name$(of_user) did not come up:" ;;
      failed)
        FAILED="$FAILED $name$(of_user)"
        say "$name$(of_user) did not come up:"
        ;;
    esac
    [ "$outcome" = busy ] || last_lines "$name"
  done <"$LIST.outcome"
}

last_lines() {
  if [ "$MANAGER" = system ]; then
    set -- --unit="$1"
  else
    set -- --user-unit="$1" _UID="${MANAGER_FOLDER##*/}"
  fi
  timeout --foreground "$SHOW_SECONDS" journalctl --no-pager --quiet --lines=10 --output=cat "$@" >&2 </dev/null 9>&- || :
}

# Units of a bundle that systemd holds for failed.
failed_units() {
  [ -n "$SYSTEMD" ] && [ -s "$STORE/$1/units.tsv" ] || return 0
  local name rest
  MANAGER=system TAKEN_BACK=
  set -- "$1"
  while IFS=$TAB read -r name rest; do
    case $name$TAB$rest in *@.*"$TAB"*) continue ;; *"${TAB}system") set -- "$@" "$name" ;; esac
  done <"$STORE/$1/units.tsv"
  shift
  [ $# -gt 0 ] || return 0
  control "$SHOW_SECONDS" show --property=Id,ActiveState -- "$@" | awk '
    /^Id=/ { id = substr($0, 4) }
    /^ActiveState=/ { state = substr($0, 13) }
    /^$/ { flush() }
    END { flush() }
    function flush() { if (state == "failed") print "failed\t" id; state = "" }'
}
