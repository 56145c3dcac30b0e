# shellcheck shell=dash
# Verbs that change which generation runs, and their steps. They need no more than what stands above.

case $VERB in
  abandon | attend | blame | boot | detached | expire | generations | health | log | plan | recover | remove | rollback | \
    shutdown | switch | trial | upgrade | well)
    "verb_$VERB" "$@"
    exit
    ;;
  # Steps of a switch, run under the lock that their parent holds.
  abandon_generation | abandon_generation_now | activate | activate_now | activate_generation | activate_generation_now | \
    activate_nothing | activate_nothing_now | upgrade_packages | upgrade_packages_now | forward | back)
    [ -n "$LOCKED" ] || usage
    "step_$VERB" "$@"
    exit
    ;;
esac
