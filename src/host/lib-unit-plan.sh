# shellcheck shell=dash
# Decides what happens to each unit between two bundles: from two tables and what systemd says to a list of steps.
# Reads: units.tsv of both, systemd, var/lib/stead/units.ran, and which unit files packages have. Writes: only below $WORK.
#
# LIST.gate has the names whose starts are to wait. $WORK/plan.units has rows `step name why`: stop (before the commit point), start, restart, reload, remount (after it),
# kept (changed, and not touched), skipped (not started). Units of users have `name of USER` as their name.

UNIT_PROPERTIES=Id,Names,LoadState,ActiveState,SubState,Type,Job,InvocationID,Triggers,TriggeredBy,Accept,RequiredBy,BoundBy,ConsistsOf,ConditionTimestampMonotonic,ConditionResult,RemainAfterExit

# plan_units TARGET_BUNDLE OTHER_BUNDLE; a bundle is a name in the store, or - or empty for none. With WAKE=yes, what is
# to run and was stopped, or has failed, is started; it is for one bundle and itself.
plan_units() {
  units_of "$1" >"$WORK/units.target"
  mark_secret_readers
  units_of "$2" >"$WORK/units.other"
  : >"$WORK/plan.units"
  [ -n "$SYSTEMD" ] || return 0
  find_user_units
  find_readers "$1"
  SAME=
  [ "$1" != "$2" ] || SAME=yes
  read_ran "$1" "$2"
  each_manager plan_manager
  each_manager list_manager >>"$WORK/plan.units"
  PLANNED_UNITS="$1 $2"
}

# keep_unit_plan TARGET_BUNDLE OTHER_BUNDLE: what a process of its own has planned stands here, too. Once the files are
# settled it could not be made again: what was kept aside, and given back, is what tells whether a unit is to go on.
keep_unit_plan() {
  [ -n "$SYSTEMD" ] || return 0
  find_user_units
  read_ran "$1" "$2"
  PLANNED_UNITS="$1 $2"
}

# Writes $WORK/units.told: unit, `reload` or `restart`, scope, of those that read a path of $WORK/drifted.
find_readers() {
  : >"$WORK/units.told"
  [ -s "$WORK/drifted" ] && [ -s "$STORE/$1/readers.tsv" ] || return 0
  awk -F "$TAB" -v OFS="$TAB" '
    part == "drifted" { drifted[$1] = 1; next }
    $1 in drifted { print $2, $3, $4 }' part=drifted "$WORK/drifted" part=readers "$STORE/$1/readers.tsv" >"$WORK/units.told"
}

units_of() {
  [ ! -s "$STORE/$1/units.tsv" ] || cat "$STORE/$1/units.tsv"
}

# Calls a function for each manager that may have something to do, with MANAGER (`system` or a user's name) and
# LIST (where its lists are) set. A user's manager is asked only where units of users are in one of the tables.
each_manager() {
  local socket uid
  MANAGER=system LIST=$WORK/units
  "$1"
  [ -n "$USER_UNITS" ] || return 0
  for socket in /run/user/*/systemd/private; do
    [ -S "$socket" ] || continue
    MANAGER_FOLDER=${socket%/systemd/private}
    uid=${MANAGER_FOLDER##*/}
    MANAGER=$(id -un -- "$uid") || continue
    LIST=$WORK/units.of.$uid
    # One that has come up since the plan was made has read the new units by itself.
    [ "$1" = plan_manager ] || [ -e "$LIST.plan" ] || continue
    "$1"
  done
  MANAGER=system LIST=$WORK/units
}

# Sets USER_UNITS where one of the tables has a unit of users.
find_user_units() {
  local row
  USER_UNITS=
  for row in "$WORK/units.target" "$WORK/units.other"; do
    while IFS= read -r row; do
      case $row in *"${TAB}user") USER_UNITS=yes ;; esac
    done <"$row"
  done
}

# control SECONDS WORD…: systemctl for the manager at hand, bounded; on the way back for long enough that a manager which
# hangs in a generator has given that up (after 90 s). The lock is not handed on.
control() {
  local seconds=$1
  shift
  if [ -n "$TAKEN_BACK" ] && [ "$seconds" -lt "$BACK_SECONDS" ]; then seconds=$BACK_SECONDS; fi
  if [ "$MANAGER" = system ]; then
    timeout --foreground "$seconds" systemctl "$@" 9>&-
  else
    timeout --foreground "$seconds" runuser -u "$MANAGER" -- \
      env "XDG_RUNTIME_DIR=$MANAGER_FOLDER" systemctl --user "$@" 9>&-
  fi
}

# Whether the user whose manager is at hand leaves during this switch: what it runs ends with it, and is started from
# the files that are there when it comes again.
has_left() {
  [ "$MANAGER" != system ] || return 1
  case $(timeout --foreground "$SHOW_SECONDS" systemctl show --property=ActiveState -- "user@${MANAGER_FOLDER##*/}.service" 9>&-) in
    ActiveState=inactive | ActiveState=deactivating) ;;
    *) return 1 ;;
  esac
  [ -e "$LIST.left" ] || say "$MANAGER has left: its services start as they are now with its next session"
  : >"$LIST.left"
}

plan_manager() {
  local scope=system
  [ "$MANAGER" = system ] || scope=user
  : >"$LIST.gate"
  # Systemd is not asked for nothing: that takes longer than all else of a plan.
  if is_nothing_to_plan; then
    : >"$LIST.state"
    : >"$LIST.plan"
    return 0
  fi
  if ! observe_units "$scope" >"$LIST.state"; then
    has_left || die "systemd does not answer ($MANAGER)"
    : >"$LIST.plan"
    return 0
  fi
  awk -F "$TAB" -v OFS="$TAB" -v scope="$scope" -v manager="$MANAGER" -v taken_back="$TAKEN_BACK" -v state_folder="$STATE" \
    -v wake="${WAKE-}" -v same="$SAME" -v gate="$LIST.gate" "$PLAN_UNITS" \
    part=target "$WORK/units.target" part=other "$WORK/units.other" part=ran "$WORK/units.ran" part=told "$WORK/units.told" \
    part=state "$LIST.state" >"$LIST.plan"
}

# Without units, or where none has changed, is to be told of a file, or was stopped by a switch, and those that are to run do.
is_nothing_to_plan() {
  [ ! -s "$WORK/units.ran" ] || return 1
  if [ ! -s "$WORK/units.target" ] && [ ! -s "$WORK/units.other" ]; then return 0; fi
  [ "$MANAGER" = system ] && [ -z "${WAKE-}" ] && [ ! -s "$WORK/units.told" ] &&
    cmp -s "$WORK/units.target" "$WORK/units.other" && units_are_up "$WORK/units.target"
}

list_manager() {
  [ -s "$LIST.plan" ] || return 0
  if [ "$MANAGER" = system ]; then
    cat "$LIST.plan"
  else
    awk -F "$TAB" -v OFS="$TAB" -v user="$MANAGER" '{ $2 = $2 " of " user; print }' "$LIST.plan"
  fi
}

# What systemd has loaded, and the units of the tables besides: one that is not loaded may be masked.
observe_units() {
  local name rest
  set -- "$1"
  while IFS=$TAB read -r name rest; do
    case $name in *@.*) continue ;; esac
    case $rest in *"$TAB$1") set -- "$@" "$name" ;; esac
  done <"$WORK/units.target"
  shift
  control "$SHOW_SECONDS" show --property="$UNIT_PROPERTIES" -- '*' "$@"
}

# What an earlier part of this switch, or the one that is taken back now, had stopped and started:
# $WORK/units.ran has rows `manager ran|started name`. TAKEN_BACK says which of the two it was.
read_ran() {
  local word from to boot
  TAKEN_BACK='' RAN_KNOWN=''
  : >"$WORK/units.ran"
  [ -s "$STATE/units.ran" ] || return 0
  read -r word from to boot <"$STATE/units.ran"
  [ "$word $boot" = "switch $(boot_id)" ] || return 0
  case "$from $to" in
    "${2:--} ${1:--}") ;;
    "${1:--} ${2:--}") TAKEN_BACK=yes ;;
    *) return 0 ;;
  esac
  RAN_KNOWN=yes
  sed 1d "$STATE/units.ran" >"$WORK/units.ran"
}

boot_id() {
  local id
  read -r id </proc/sys/kernel/random/boot_id
  printf '%s\n' "$id"
}

# `t` is the target generation's row, `o` the other's; both are looked up by a unit's name, then by its template's.
# (Awk makes an element by looking at it, so that `in` comes before each look.)
# shellcheck disable=SC2016 # awk's own $
PLAN_UNITS='
part == "target" || part == "other" {
  if ($9 != scope) next
  side = substr(part, 1, 1)
  row[side, $1] = 1
  definition[side, $1] = $3; reload[side, $1] = $4; starts[side, $1] = $5; policy[side, $1] = $6
  flags[side, $1] = "," $7 ","; wanted_by[side, $1] = $8
  add($1)
  next
}
part == "ran" {
  if ($1 != manager) next
  if ($2 == "ran") ran[$3] = 1; else started[$3] = 1
  add($3)
  next
}
part == "told" {
  if ($3 == scope && told[$1] != "restart") told[$1] = $2
  next
}
$0 == "" { keep_state(); next }
{ property[substr($0, 1, index($0, "=") - 1)] = substr($0, index($0, "=") + 1) }
END {
  keep_state()
  for (i = 1; i <= loaded_count; i++) if (template_of(loaded[i]) != "" && running(loaded[i])) add(loaded[i])
  for (i = 1; i <= subject_count; i++) if (!is_template(subjects[i])) judge(subjects[i])
  for (i = 1; i <= stopped_count; i++) stop_with(stopped[i])
  for (i = 1; i <= subject_count; i++) put_back(subjects[i])
  for (i = 1; i <= subject_count; i++) tell(subjects[i])
}

function add(name) { if (!(name in is_subject)) { is_subject[name] = 1; subjects[++subject_count] = name } }
function keep_state(    id, names, count, i) {
  if (!("Id" in property)) return
  id = property["Id"]
  if (!(id in active_state)) loaded[++loaded_count] = id
  active_state[id] = property["ActiveState"]; has_job[id] = property["Job"] + 0 > 0; load_state[id] = property["LoadState"]; kind_of[id] = property["Type"]
  triggers[id] = property["Triggers"]; triggered_by[id] = property["TriggeredBy"]; accepts[id] = property["Accept"]
  remains[id] = property["RemainAfterExit"] == "yes"
  is_unmet[id] = property["ConditionResult"] == "no" && property["ConditionTimestampMonotonic"] + 0 > 0
  needed_by[id] = property["RequiredBy"] " " property["BoundBy"]; parts[id] = property["ConsistsOf"]
  count = split(property["Names"], names, " ")
  for (i = 1; i <= count; i++) id_of[plain(names[i])] = id
  split("", property)
}
# systemctl quotes a name in a list that holds a backslash, and doubles it.
function plain(word,    text) {
  if (word !~ /^"/) return word
  text = substr(word, 2, length(word) - 2)
  gsub(/\\\\/, "\\", text)
  return text
}

function template_of(name,    at) {
  at = index(name, "@")
  return at && !is_template(name) ? substr(name, 1, at) substr(name, match(name, /\.[a-z]+$/)) : ""
}
function is_template(name) { return name ~ /^[^@]+@\.[a-z]+$/ }
function type_of(name) { return substr(name, match(name, /\.[a-z]+$/) + 1) }
function row_of(side, name,    template) {
  if ((side, name) in row) return name
  template = template_of(name)
  return template != "" && ((side, template) in row) ? template : ""
}
function has(side, name, flag) { return index(flags[side, name], "," flag ",") > 0 }
function state(name) { return (name in id_of) && (id_of[name] in active_state) ? active_state[id_of[name]] : "inactive" }
function is_active(name) { return state(name) ~ /^(active|reloading|refreshing|activating)$/ }
function running(name) { return (name in ran) || is_active(name) }
function masked_by_hand(name) { return (name in id_of) && load_state[id_of[name]] == "masked" }
function exists(path,    line, found) { found = (getline line < path) >= 0; close(path); return found }

# The unit file that is there when ours has gone: a package has one, or it is given back.
function stays(name,    file, template) {
  template = template_of(name)
  file = template == "" ? name : template
  if (scope == "user") return exists("/usr/lib/systemd/user/" file) || exists(state_folder "/adopted/etc/systemd/user/" file)
  return exists("/usr/lib/systemd/system/" file) || exists("/lib/systemd/system/" file) || exists("/usr/local/lib/systemd/system/" file) ||
    exists("/run/systemd/generator/" file) || exists(state_folder "/adopted/etc/systemd/system/" file)
}
function wanted_without_us(name, wanters,    list, count, i) {
  count = split(wanters, list, ",")
  for (i = 1; i <= count; i++)
    if (exists(state_folder "/adopted/etc/systemd/" scope "/" list[i] ".wants/" name) || exists(state_folder "/adopted/etc/systemd/" scope "/" list[i] ".requires/" name)) return 1
  return 0
}
# While the host still boots, what wants it has a job.
function wanted_now(wanters,    list, count, i) {
  if (wanters == "-") return 1
  count = split(wanters, list, ",")
  for (i = 1; i <= count; i++) if (state(list[i]) == "active" || ((list[i] in id_of) && has_job[id_of[list[i]]])) return 1
  return 0
}

function judge(name,    o, t) {
  o = row_of("o", name)
  t = row_of("t", name)
  if (o == "" && t == "") return
  if (t == "") leave(name, o)
  else if (has("t", t, "masked")) { if (!(o != "" && has("o", o, "masked"))) end(name, "it is masked", has("t", t, "stays")) }
  else if (masked_by_hand(name) && !(o != "" && has("o", o, "masked"))) set(name, "skipped", "it was masked by hand, and stays so")
  else if (o == "" || has("o", o, "masked")) come(name, t)
  else compare(name, o, t)
}
function leave(name, o) {
  if (has("o", o, "masked")) return
  if (!stays(name) || (starts["o", o] == "yes" && wanted_by["o", o] != "-" && !wanted_without_us(name, wanted_by["o", o])))
    end(name, "it has left the configuration", has("o", o, "stays"))
  else change(name, definition["o", o], "-", reload["o", o], "-", policy["o", o], "it is as its package has it again")
}
function end(name, why, remains) {
  if (!running(name)) return
  if (remains) set(name, "kept", why ", but is not to be stopped for that")
  else stop(name, why)
}
function come(name, t) {
  gated[name] = 1
  if (running(name)) change(name, "-", definition["t", t], "-", reload["t", t], policy["t", t], "it ran before it was in the configuration")
  else if (starts["t", t] == "yes" && !taken_back && wanted_now(wanted_by["t", t])) set(name, "start", "it is new")
}
function compare(name, o, t,    why, newly) {
  newly = starts["t", t] == "yes" && starts["o", o] != "yes" && !taken_back && wanted_now(wanted_by["t", t])
  if (definition["o", o] != definition["t", t] || reload["o", o] != reload["t", t]) gated[name] = 1
  if (running(name)) {
    change(name, definition["o", o], definition["t", t], reload["o", o], reload["t", t], policy["t", t], "it has changed")
    if (!(name in step) && !(name in stopping) && told_of(name, t)) put_right(name, told_of(name, t), policy["t", t])
  }
  else if (newly) set(name, "start", "it is wanted now")
  else if (state(name) == "failed") {
    if (definition["o", o] != definition["t", t] && starts["t", t] == "yes" && !taken_back && wanted_now(wanted_by["t", t])) set(name, "start", "it had failed, and has changed")
    else if (wake == "yes" && is_to_run(name, t) && !has("t", t, "may-fail")) set(name, "start", "it had failed")
  } else if (is_to_run(name, t)) {
    if (wake == "yes") set(name, "start", "it was stopped")
    else set(name, "skipped", "it was stopped, and stays so")
  }
}
function told_of(name, t) { return (name in told) ? told[name] : (t in told) ? told[t] : "" }
# Where nothing but this is put right, nothing is stopped before the commit point.
function put_right(name, how, what,    why) {
  why = "a file that it reads was not as it should be"
  if (how == "restart") change(name, "before", "after", "", "", same && what == "stop-start" ? "restart" : what, why)
  else change(name, "", "", "before", "after", what, why)
}
function is_to_run(name, t) {
  if (starts["t", t] != "yes" || !is_to_stay_up(name) || !wanted_now(wanted_by["t", t])) return 0
  return !(name in id_of) || !(has_job[id_of[name]] || is_unmet[id_of[name]])
}
# Others end by themselves, or run when something asks for them.
function is_to_stay_up(name) {
  if (type_of(name) != "service") return type_of(name) !~ /^(target|slice|device|scope|automount)$/
  if (!(name in id_of) || triggered_by[id_of[name]] != "") return 0
  return kind_of[id_of[name]] != "oneshot" || remains[id_of[name]]
}

function change(name, before, after, reload_before, reload_after, what, why,    type) {
  type = type_of(name)
  if (before != after) {
    if (type ~ /^(target|slice|path|scope|device)$/) return
    if (what == "none") set(name, "kept", why ", and is not to be restarted for that")
    else if (serves_connection(name)) set(name, "kept", why ", and serves a connection")
    else if (state(name) == "activating" && kind_of[id_of[name]] == "oneshot") set(name, "kept", why ", and is at work: its next run is the new one")
    else if (type == "mount") set(name, name == "-.mount" || name == "usr.mount" ? "remount" : "restart", why)
    else if (type == "timer" || (type == "socket" && what == "reload")) renew(name, "restart", why)
    else renew(name, what, why)
  } else if (reload_before != reload_after) {
    if (what == "none") set(name, "kept", why ", and is not to be reloaded for that")
    else set(name, type == "mount" ? "remount" : "reload", why " in what a reload takes in")
  }
}
function serves_connection(name,    list, count, i) {
  if (!(name in id_of)) return 0
  count = split(triggered_by[id_of[name]], list, " ")
  for (i = 1; i <= count; i++) if (accepts[plain(list[i])] == "yes") return 1
  return 0
}
# Sockets and their services go together: a socket is not made while its service has it.
function renew(name, what, why,    list, count, i, other) {
  if (what == "stop-start") restart_stopped(name, why)
  else set(name, what, why)
  if (!(name in id_of) || (what != "stop-start" && type_of(name) != "socket")) return
  count = split(type_of(name) == "socket" ? triggers[id_of[name]] : triggered_by[id_of[name]], list, " ")
  for (i = 1; i <= count; i++) {
    other = plain(list[i])
    if ((type_of(name) != "socket" && type_of(other) != "socket") || !running(other) || serves_connection(other)) continue
    if (other in step) { if (step[other] != "kept") continue }
    add(other)
    if (what == "stop-start") restart_stopped(other, "it belongs to " name)
    else set(other, what, "it belongs to " name)
  }
}
function restart_stopped(name, why) { stop(name, why); set(name, "start", why) }
function stop(name, why) {
  if (name in stopping) return
  stopping[name] = why
  stopped[++stopped_count] = name
}
function set(name, what, why) {
  if ((name in step) && step[name] ~ /^(start|restart)$/) return
  step[name] = what; reason[name] = why
}
# What systemd stops along with a unit: started again, unless it cannot be without one that has left.
function stop_with(name) {
  if (!(name in id_of)) return
  stop_each(needed_by[id_of[name]], name, (name in step) && step[name] == "start")
  stop_each(parts[id_of[name]], name, 1)
}
function stop_each(names, cause, again,    list, count, i, other) {
  count = split(names, list, " ")
  for (i = 1; i <= count; i++) {
    other = plain(list[i])
    if ((other in stopping) || !running(other) || type_of(other) ~ /^(device|scope)$/) continue
    add(other)
    if (again) restart_stopped(other, "it stops with " cause)
    else stop(other, "it needs " cause)
  }
}
# What this switch had stopped before it was cut off, or what the one that is taken back had stopped or started.
function put_back(name) {
  if ((name in stopping) || (name in step)) return
  if ((name in ran) && !is_active(name) && row_of("t", name) == "" && row_of("o", name) != "") return
  if ((name in ran) && !is_active(name)) set(name, "start", "it ran before")
  else if (taken_back && (name in started) && is_active(name) && row_of("t", name) != "") stop(name, "it did not run before")
}
function tell(name) {
  if ((name in stopping) && is_active(name)) print "stop", name, stopping[name]
  if (name in step) print step[name], name, reason[name]
  if (type_of(name) == "mount" || !((name in stopping) || (name in step) || (name in gated))) return
  # As systemd-run takes names.
  gsub(/\\/, "&&", name)
  print name > gate
}
'
