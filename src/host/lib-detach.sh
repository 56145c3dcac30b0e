# shellcheck shell=dash
# Runs a switch where the end of the session that asked for it does not reach it: as a service of systemd's own.
# Reads and writes: var/lib/stead/switch/: request (the words to run), output (for people), pid, answer, and result
# (the answer, then `exit CODE`), which stands when it is over.

# detached STEP …: runs the step, shows what it says, and ends as it ends. In a folder it is run here.
detached() {
  if [ -z "$SYSTEMD" ]; then
    local step=$1
    shift
    "step_$step" "$@"
    return 0
  fi
  rm -rf "$WORK" "$STATE/switch"/*
  [ -d "$STATE/switch" ] || mkdir "$STATE/switch"
  : >"$STATE/switch/output"
  printf '%s\n' "$@" >"$STATE/switch/request"
  timeout --foreground 30 systemd-run --quiet --collect --unit="stead-switch-$$" --description='Switch to another generation' \
    -- /bin/sh "${RUNTIME-$0}" --root "$ROOT/" detached 9>&- || die "systemd did not start the switch; nothing was changed"
  # The service waits for it.
  exec 9>&-
  LOCKED=
  follow_switch
}

# detached: what the service runs. A word of the request is a line.
verb_detached() {
  local word code=0
  exec 9>>"$STATE/lock" 2>>"$STATE/switch/output" >&2 </dev/null
  flock -w 30 9 || code=5
  # Whoever follows may wait for the lock from now on.
  printf '%s\n' "$$" >"$STATE/switch/pid"
  [ "$code" = 0 ] || finish_switch "$code"
  set --
  while IFS= read -r word; do
    set -- "$@" "$word"
  done <"$STATE/switch/request"
  have_lock "switching to ${2-nothing}"
  RUNTIME=$0
  run_request "$@" >"$STATE/switch/answer" &
  wait "$!" || code=$?
  finish_switch "$code"
}

run_request() {
  local step=$1
  shift
  begin_anew
  "step_$step" "$@"
}

finish_switch() {
  printf 'exit\t%s\n' "$1" >>"$STATE/switch/answer"
  sync "$STATE/switch/answer" 9>&-
  mv -f "$STATE/switch/answer" "$STATE/switch/result"
  exit 0
}

# attend: shows a switch that is under way, or how the last one ended.
verb_attend() {
  [ $# = 0 ] || usage
  [ -e "$STATE/switch/request" ] || die "no switch is under way here"
  follow_switch
}

# Ends this process as the switch ends.
follow_switch() {
  local pid='' line waited=0 code=
  exec 7<"$STATE/switch/output"
  until [ -e "$STATE/switch/result" ]; do
    show_output
    if [ -z "$pid" ] && [ -s "$STATE/switch/pid" ]; then read -r pid <"$STATE/switch/pid"; fi
    if [ -z "$pid" ]; then
      [ "$waited" -lt 800 ] || break
      waited=$((waited + 1))
      sleep 0.05
    else
      kill -0 "$pid" 2>/dev/null || break
      wait_for_end
    fi
  done
  show_output
  [ -e "$STATE/switch/result" ] || switch_was_killed
  while IFS= read -r line; do
    case $line in
      exit"$TAB"*) code=${line#exit"$TAB"} ;;
      *) printf '%s\n' "$line" ;;
    esac
  done <"$STATE/switch/result"
  [ -d "$STATE/generations" ] || forget_state
  exit "$code"
}

# A second, or until the process that holds the lock has ended.
wait_for_end() {
  exec 8<"$STATE/lock"
  ! flock -s -w 1 8 || [ -e "$STATE/switch/result" ] || sleep 0.2
  exec 8<&-
}

# What has been said since it was last looked at; a line that is still being written waits for its end.
show_output() {
  local text
  while IFS= read -r text; do
    say "$PARTIAL_LINE$text"
    PARTIAL_LINE=
  done <&7
  # What `read` got before the end of the file is kept by it.
  PARTIAL_LINE=$PARTIAL_LINE$text
}
PARTIAL_LINE=

switch_was_killed() {
  take_lock "recovering"
  recover_interrupted
  die "the switch was killed on this host; generation $(current_generation) is current"
}
