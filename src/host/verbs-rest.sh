# shellcheck shell=dash
# Verbs for downloads, builds, checks and upkeep.

case $VERB in
  build | check | fetch | gc | inputs | manual | mend | output | preflight | recipe | status | verify | wait)
    "verb_$VERB" "$@"
    ;;
  build-log) verb_build_log "$@" ;;
  discard-output) verb_discard_output "$@" ;;
  receive-output) verb_receive_output "$@" ;;
  send-output) verb_send_output "$@" ;;
  *) usage ;;
esac
