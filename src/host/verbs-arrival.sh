# shellcheck shell=dash
# Verbs for what arrives, and what stays. They need no more than what stands above.

case $VERB in
  confirm | probe | receive | renew)
    "verb_$VERB" "$@"
    exit
    ;;
esac
