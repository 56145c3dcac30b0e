# shellcheck shell=dash
# Switching, rolling back, and finishing or undoing what was interrupted.
# Reads: bundles, the journal. Writes: var/lib/stead/current (the commit point), generations/, journal, host;
# the rest through the other libraries.
#
# The journal is written before the first change and removed after the last. Which generation a crash left
# is told by `current` alone: before its rename the switch is undone, after it the switch is finished.

# switch BUNDLE [--by WHO] [--commit COMMIT] [--signature yes]: with `yes` the signature is on standard input,
# else it is the one that the store has.
verb_switch() {
  if [ $# -lt 1 ] || ! is_bundle_name "$1"; then usage; fi
  local bundle=$1 by=- commit=- signature=no
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --signature) signature=${2:--} ;;
      --by) by=${2:--} ;;
      --commit) commit=${2:--} ;;
      *) usage ;;
    esac
    [ $# -ge 2 ] || usage
    shift 2
  done
  take_lock "switching to $bundle"
  recover_interrupted
  check_host "$bundle"
  make_work
  if [ "$signature" = yes ]; then
    cat >"$WORK/signature"
    signature=$WORK/signature
  else
    signature=$STORE/$bundle/signature
  fi
  check_trusted "$bundle" "$signature"
  check_stored "$bundle"
  keep_signature "$bundle" "$signature"
  hand_over "$bundle" activate "$bundle" "$by" "$commit"
}

# rollback [N]: by default to the generation that the current one was switched from.
verb_rollback() {
  [ $# -le 1 ] || usage
  take_lock "rolling back"
  recover_interrupted
  local current target bundle
  current=$(current_generation)
  [ "$current" != - ] || die "there is no generation to roll back from"
  target=${1-$(record_field "$current" previous)}
  [ "$target" != null ] || die "generation $current is the first one; there is none before it"
  is_number "$target" || usage
  [ -e "$STATE/generations/$target.json" ] || die "there is no generation $target; stead-host generations lists them"
  bundle=$(bundle_of "$target")
  check_stored "$bundle"
  hand_over "$bundle" activate_generation "$target"
}

# recover: finishes or undoes what an interrupted switch left.
verb_recover() {
  [ $# = 0 ] || usage
  take_lock "recovering"
  recover_interrupted
  printf 'current\t%s\n' "$(current_generation)"
}

check_stored() {
  [ -d "$STORE/$1" ] || die "the bundle $1 is not in the store here"
  check_bundle "$STORE/$1" "$1"
}

# A generation is activated by the code that was shipped in it. The lock goes along as descriptor 9.
hand_over() {
  local bundle=$1
  shift
  exec sh "$STORE/$bundle/runtime/stead-host" --root "$ROOT/" --locked "$@"
}

run_step() {
  sh "$STORE/$1/runtime/stead-host" --root "$ROOT/" --locked "$2"
}

step_activate() {
  local bundle=$1 by=$2 commit=$3 from from_bundle number new=no
  make_work
  say_left_out
  find_current
  from=$CURRENT
  find_bundle "$from"
  from_bundle=$BUNDLE
  if [ "$bundle" = "$from_bundle" ] && nothing_drifted "$bundle"; then
    say "nothing to do: generation $from is current"
    printf 'unchanged\t%s\t%s\n' "$from" "${bundle%%-*}"
    return 0
  fi
  install_packages "$STORE/$bundle"
  make_accounts "$STORE/$bundle"
  realise_objects "$bundle"
  check_plan "$bundle" "$from_bundle"
  preflight "$STORE/$bundle" "$from_bundle"
  number=$from
  [ "$bundle" = "$from_bundle" ] || {
    number=$(next_generation)
    new=yes
  }
  lock_says "switching to generation $number"
  ignore_signals
  write_journal forward "$from" "${from_bundle:--}" "$number" "$bundle" "$new"
  if [ "$new" = yes ]; then
    ln -s -f -n "../store/$bundle" "$STATE/generations/$number"
    write_record "$number" "$bundle" "$from" switching "$(now)" "$by" "$commit"
  fi
  conclude "$(carry_out)" switched "$number" "$bundle"
}

step_activate_generation() {
  local number=$1 from bundle
  make_work
  say_left_out
  from=$(current_generation)
  bundle=$(bundle_of "$number")
  if [ "$number" = "$from" ] && nothing_drifted "$bundle"; then
    say "nothing to do: generation $from is current"
    printf 'unchanged\t%s\t%s\n' "$from" "${bundle%%-*}"
    return 0
  fi
  make_accounts "$STORE/$bundle"
  realise_objects "$bundle"
  check_plan "$bundle" "$(bundle_of "$from")"
  lock_says "rolling back to generation $number"
  ignore_signals
  write_journal forward "$from" "$(bundle_of "$from")" "$number" "$bundle" no
  conclude "$(carry_out)" rolled-back "$number" "$bundle"
}

nothing_drifted() {
  local step
  plan_files settle "$1" "$1"
  while IFS=$TAB read -r step _; do
    case $step in
      dropkept | rmdir | left) ;;
      *) return 1 ;;
    esac
  done <"$WORK/plan"
  plan_objects "$1"
  [ ! -s "$WORK/realise" ]
}

# A terminal or a connection that goes away must not stop what is under way.
ignore_signals() {
  trap '' HUP INT TERM PIPE
}

# Follows the journal to one whole generation. Prints done, undone (before the commit point), or back.
carry_out() {
  read_journal
  if [ "$PHASE" = forward ]; then
    if run_step "$TO_BUNDLE" forward >&2; then
      printf 'done\n'
      return 0
    fi
    if [ "$TO" = "$FROM" ]; then
      drop_journal
      printf 'failed\n'
      return 0
    fi
    if [ "$(current_generation)" = "$TO" ]; then PHASE=back; else PHASE=undo; fi
    write_journal "$PHASE" "$FROM" "$FROM_BUNDLE" "$TO" "$TO_BUNDLE" "$NEW"
  fi
  local code=$TO_BUNDLE
  [ "$FROM" = - ] || code=$FROM_BUNDLE
  if run_step "$code" back >&2; then
    printf '%s\n' "$PHASE"
  else
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
    *) die "PARTIAL: the host could neither be switched nor put back; run stead-host recover once the cause above is gone" 4 ;;
  esac
}

recover_interrupted() {
  [ -e "$STATE/journal" ] || return 0
  read_journal
  if [ "$PHASE" = forward ] && [ "$(current_generation)" != "$TO" ]; then
    write_journal undo "$FROM" "$FROM_BUNDLE" "$TO" "$TO_BUNDLE" "$NEW"
  fi
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

# From the old generation to the new, wherever it stands.
step_forward() {
  make_work
  read_journal
  if [ "$(current_generation)" != "$TO" ]; then
    prepare_files "$TO_BUNDLE" "$FROM_BUNDLE"
    sync_touched
    stop_units "$TO_BUNDLE" "$FROM_BUNDLE"
    commit "$TO"
  fi
  settle_files "$TO_BUNDLE" "$FROM_BUNDLE"
  change_units "$TO_BUNDLE" "$FROM_BUNDLE"
  printf '%s\n' "${TO_BUNDLE#*-}" | write_file "$STATE/host"
  if [ "$NEW" = yes ]; then
    set_record_state "$TO" applied
  elif [ "$TO" != "$FROM" ]; then
    set_record_state "$FROM" rolled-back
  fi
  drop_journal
}

# Back to the old generation, wherever it stands.
step_back() {
  make_work
  read_journal
  if [ "$(current_generation)" != "$FROM" ]; then
    (stop_units "$FROM_BUNDLE" "$TO_BUNDLE") || say "units of generation $TO did not stop"
    commit "$FROM"
  fi
  settle_files "$FROM_BUNDLE" "$TO_BUNDLE"
  (change_units "$FROM_BUNDLE" "$TO_BUNDLE") || say "units of generation $FROM have failed; the files are in place"
  if [ "$NEW" = yes ]; then
    if [ "$PHASE" = undo ]; then
      rm -f "$STATE/generations/$TO" "$STATE/generations/$TO.json"
    else
      set_record_state "$TO" rolled-back
    fi
  fi
  drop_journal
}

# THE COMMIT POINT: one rename, or one removal when there was no generation before.
commit() {
  if [ "$1" = - ]; then
    rm -f "$STATE/current"
  else
    ln -s -f -n "generations/$1" "$STATE/current.tmp"
    mv -f -T "$STATE/current.tmp" "$STATE/current"
  fi
  sync_trees "$STATE"
}
