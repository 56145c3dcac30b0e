# shellcheck shell=dash
# The verbs that change which generation runs, and what finishes or undoes an interrupted one.
# Reads: bundles, the journal. Writes: through the other libraries.
#
# The journal is written before the first change and removed after the last. Which generation a crash left
# is told by `current` alone: before its rename the switch is undone, after it the switch is finished; or taken
# back, where it was to be confirmed and the host went down.

# switch BUNDLE|N [--goal switch|test|boot|prepare|together] [--watchdog yes|no] [--plan HASH] [--by WHO]
# [--commit COMMIT] [--stopped start|keep] [--signature yes]: with `yes` the signature is on standard input, else it is the one that the store
# has. `prepare` stops before the first change; `together` leaves it to `well` whether the host is well, which may
# take other hosts. `--stopped start`: where the bundle runs already, units of it that are to run and do not are drift.
verb_switch() {
  [ $# -ge 1 ] || usage
  local bundle=$1 goal=switch watchdog=- plan=- by=- commit=- stopped=keep signature=no
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --goal) goal=${2:--} ;;
      --watchdog) watchdog=${2:--} ;;
      --plan) plan=${2:--} ;;
      --by) by=${2:--} ;;
      --commit) commit=${2:--} ;;
      --stopped) stopped=${2:--} ;;
      --signature) signature=${2:--} ;;
      *) usage ;;
    esac
    [ $# -ge 2 ] || usage
    shift 2
  done
  case $goal in
    switch | test | boot | prepare | together) ;;
    *) usage ;;
  esac
  if is_number "$bundle"; then
    [ "$goal" = switch ] || usage
    go_to_generation "$bundle" "$by"
  fi
  is_bundle_name "$bundle" || usage
  take_lock "switching to $bundle"
  recover_interrupted
  check_host "$bundle"
  make_work
  if [ "$signature" = yes ]; then
    read_lines
    SIGNATURE=$TEXT
    write_signature
    signature=$WORK/signature
  else
    signature=$STORE/$bundle/signature
  fi
  check_trusted "$bundle" "$signature"
  check_stored "$bundle"
  keep_signature "$bundle" "$signature"
  hand_over "$bundle" activate "$bundle" "$goal" "$watchdog" "$plan" "$by" "$commit" "$stopped"
}

# rollback [N] [--by WHO]: by default to the generation that the current one was switched from.
verb_rollback() {
  local current target=
  case ${1-} in
    '' | --by) ;;
    *)
      target=$1
      shift
      ;;
  esac
  read_by "$@"
  current=$(current_generation)
  [ "$current" != - ] || die "there is no generation to roll back from"
  [ -n "$target" ] || target=$(record_field "$current" previous)
  [ "$target" != null ] || die "generation $current is the first one; there is none before it"
  go_to_generation "$target" "$BY"
}

# Sets BY to what `--by WHO` says, the words that are left of a command line; - where none are.
read_by() {
  BY=-
  case $#:${1-} in
    0:) ;;
    2:--by) BY=$2 ;;
    *) usage ;;
  esac
}

# abandon N [--by WHO]: the current generation is taken back at once, confirmed or not, to the one before; the first
# one of all to none.
verb_abandon() {
  if [ $# = 0 ] || ! is_number "$1"; then usage; fi
  local number=$1 by
  shift
  read_by "$@"
  by=$BY
  take_lock "taking back generation $number"
  release_reserve
  recover_interrupted
  find_current
  [ "$CURRENT" = "$number" ] || die "generation $number is not current, $CURRENT is"
  find_bundle "$number"
  hand_over "$BUNDLE" abandon_generation "$number" "$by"
}

# go_to_generation N BY: what was accepted here once needs no signature, no network and no package.
go_to_generation() {
  local bundle by=$2
  if [ "$by" = - ]; then
    find_who
    by=$BY
  fi
  is_number "$1" || usage
  take_lock "going to generation $1"
  release_reserve
  recover_interrupted
  [ -e "$STATE/generations/$1.json" ] || die "there is no generation $1; stead-host generations lists them"
  bundle=$(bundle_of "$1")
  check_stored "$bundle"
  hand_over "$bundle" activate_generation "$1" "$by"
}

# recover: finishes or undoes what an interrupted switch left.
verb_recover() {
  [ $# = 0 ] || usage
  take_lock "recovering"
  recover_interrupted
  printf 'current\t%s\n' "$(current_generation)"
}

# hand_over BUNDLE STEP …: a generation is activated by the code that was shipped in it. The lock goes along as descriptor 9.
hand_over() {
  local bundle=$1 step=$2
  shift 2
  RUNTIME=$STORE/$bundle/runtime/stead-host
  is_running "$RUNTIME" || exec sh "$RUNTIME" --root "$ROOT/" --locked "$step" "$@"
  "step_$step" "$@"
  exit
}

# run_step BUNDLE STEP: by the code of that bundle, in a process of its own. To be started in the background, since a shell goes
# on after errors in what it is to tell the outcome of.
run_step() {
  RUNTIME=$STORE/$1/runtime/stead-host
  is_running "$RUNTIME" || exec sh "$RUNTIME" --root "$ROOT/" --locked ${BOOTING:+--booting} "$2"
  begin_anew
  "step_$2"
}

# Whether a file is the very one whose text this shell runs: it need not be read again.
is_running() {
  case ${STEAD_SCRIPT-$0} in
    /*) [ "${STEAD_SCRIPT-$0}" -ef "$1" ] ;;
    *) return 1 ;;
  esac
}

# A child of this process is to know as little as one that reads the script again.
begin_anew() {
  set -e
  [ -z "${WORK-}" ] || WORK_SUFFIX=$WORK_SUFFIX/child
  NEW_SECRETS='' USER_SECRETS='' AS_FAR_AS_POSSIBLE='' SECRETS_FAILED='' PLANNED_UNITS=''
}

# Follows the journal to one whole generation. Prints done, failed (of a generation that runs already), undo (before
# the commit point), back, or partial.
carry_out() {
  local code
  read_journal
  if [ "$PHASE" = forward ]; then
    code=$TO_BUNDLE
    [ "$TO" != - ] || code=$FROM_BUNDLE
    run_step "$code" forward >&2 &
    if wait "$!"; then
      printf 'done\n'
      return 0
    fi
    if [ "$TO" = "$FROM" ]; then
      drop_journal
      printf 'failed\n'
      return 0
    fi
    release_reserve
    if [ "$(current_generation)" = "$TO" ]; then write_journal back; else write_journal undo; fi
  fi
  code=$TO_BUNDLE
  [ "$FROM" = - ] || code=$FROM_BUNDLE
  run_step "$code" back >&2 &
  if wait "$!"; then
    printf '%s\n' "$PHASE"
  else
    set_record_state "$TO" partial
    printf 'partial\n'
  fi
}

# conclude OUTCOME DONE_WORD NUMBER BUNDLE: the result line and the exit code.
conclude() {
  case $1 in
    done)
      printf '%s\t%s\t%s\n' "$2" "$3" "${4%%-*}"
      exit 0
      ;;
    undo | failed) die "it failed before anything was switched; the host is as it was" 1 ;;
    back)
      printf 'failed\t%s\t%s\n' "$3" "${4%%-*}"
      die "generation $3 failed; generation $(current_generation) is current again" 4
      ;;
    *)
      printf 'partial\t%s\t%s\n' "$3" "${4%%-*}"
      die "PARTIAL: the host could neither be switched nor put back; run stead-host recover once the cause above is gone" 6
      ;;
  esac
}

recover_interrupted() {
  [ -z "$ADMIN" ] || allow_starts
  [ -e "$STATE/journal" ] || return 0
  release_reserve
  read_journal
  if [ "$PHASE" = forward ] && [ "$(current_generation)" != "$TO" ]; then write_journal undo; fi
  local outcome
  outcome=$(carry_out)
  case $outcome in
    done) say "a switch to generation $TO had been interrupted: finished" ;;
    undo) say "a switch to generation $TO had been interrupted before anything was switched: undone" ;;
    back) say "a switch to generation $TO had been interrupted: generation $FROM is current again" ;;
    failed) say "generation $TO could not be put right" ;;
    *) conclude "$outcome" - "$TO" "$TO_BUNDLE" ;;
  esac
}

# A terminal or a connection that goes away must not stop what is under way.
ignore_signals() {
  trap '' HUP INT TERM PIPE
}
