# shellcheck shell=dash
# The verb that is asked every night, and needs no more than what stands above.

case $VERB in
  admit)
    verb_admit "$@"
    exit
    ;;
esac
