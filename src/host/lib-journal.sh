# shellcheck shell=dash
# The journal of a switch under way: what it goes from, where to, and whether forward or back.
# Reads and writes: var/lib/stead/journal.

# write_journal PHASE, with FROM FROM_BUNDLE TO TO_BUNDLE NEW GOAL REASON, and WAKE BY STARTED where they are, as set.
# PHASE is forward, undo (before the commit point) or back (after it). NEW: whether generation TO was made by this
# switch. GOAL: switch, test or boot. REASON: the state that TO gets when it is taken back.
# WAKE: whether units that were stopped or have failed are started. BY: who asked for it, and STARTED: when, as uptime;
# both - where nobody is known.
write_journal() {
  PHASE=$1
  set_journal_text
  write_text "$STATE/journal" "$JOURNAL"
  sync_trees "$STATE"
}

set_journal_text() {
  JOURNAL="format $STEAD_FORMAT
phase $PHASE
from $FROM
from-bundle ${FROM_BUNDLE:--}
to $TO
to-bundle ${TO_BUNDLE:--}
new $NEW
goal $GOAL
reason $REASON
wake ${WAKE:-no}
by ${BY:--}
started ${STARTED:--}"
}

# Sets PHASE FROM FROM_BUNDLE TO TO_BUNDLE NEW GOAL REASON WAKE BY STARTED from the journal.
read_journal() {
  local key value format=
  PHASE='' FROM='' FROM_BUNDLE='' TO='' TO_BUNDLE='' NEW='' GOAL='' REASON='' WAKE='' BY=- STARTED=-
  while read -r key value; do
    case $key in
      format) format=$value ;;
      phase) PHASE=$value ;;
      from) FROM=$value ;;
      from-bundle) FROM_BUNDLE=$value ;;
      to) TO=$value ;;
      to-bundle) TO_BUNDLE=$value ;;
      new) NEW=$value ;;
      goal) GOAL=$value ;;
      reason) REASON=$value ;;
      wake) WAKE=$value ;;
      by) BY=$value ;;
      started) STARTED=$value ;;
    esac
  done <"$STATE/journal"
  [ "$format" = "$STEAD_FORMAT" ] || die "the journal in $STATE has format '$format', which this version does not know"
}

drop_journal() {
  rm -f "$STATE/journal"
  sync_trees "$STATE"
}
