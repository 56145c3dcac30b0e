# shellcheck shell=dash
# Gives the host back as it was before its first switch, but for packages.
# Reads: the current generation. Writes: through a switch to nothing; then removes var/lib/stead and the units of stead.

verb_remove() {
  [ $# = 0 ] || usage
  take_lock "removing stead"
  recover_interrupted
  find_current
  [ "$CURRENT" != - ] || die "there is no generation here: nothing to remove"
  find_bundle "$CURRENT"
  check_stored "$BUNDLE"
  hand_over "$BUNDLE" activate_nothing
}

step_activate_nothing() {
  make_work
  detached activate_nothing_now
  forget_state
}

# The last of it, once the answer has been read.
forget_state() {
  rm -rf "$STATE/switch" "$STATE/lock" "$STATE/work"
  rmdir --ignore-fail-on-non-empty "$STATE"
  [ ! -L "$ROOT/var/lib/stead" ] || [ -d "$STATE" ] || rm -f "$ROOT/var/lib/stead"
}

step_activate_nothing_now() {
  local outcome
  make_work
  find_current
  find_bundle "$CURRENT"
  FROM=$CURRENT FROM_BUNDLE=$BUNDLE TO=- TO_BUNDLE='' NEW=no GOAL=switch REASON=failed
  check_plan "" "$FROM_BUNDLE"
  ignore_signals
  unstage
  write_journal forward
  outcome=$(carry_out)
  [ "$outcome" = "done" ] || conclude "$outcome" - "$FROM" "$FROM_BUNDLE"
  remove_accounts
  remove_boot_units
  forget_everything
  printf 'removed\t%s\t%s\n' "$FROM" "${FROM_BUNDLE%%-*}"
}

# All of it is stead's own, but for what stood where something of ours was wanted and was never put back.
forget_everything() {
  local kept=''
  for kept in adopted strays; do
    [ ! -d "$STATE/$kept" ] || find "$STATE/$kept" -depth -type d -empty -delete
    [ ! -d "$STATE/$kept" ] || say "$STATE/$kept holds files that were yours: look at them, and remove it"
  done
  rm -rf "$STATE/store" "$STATE/generations" "$WORK"
  find "$STATE" -mindepth 1 -maxdepth 1 ! -name adopted ! -name strays ! -name lock ! -name switch -exec rm -rf -- {} +
}
