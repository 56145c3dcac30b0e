# shellcheck shell=dash
# Health checks of the generation that has just been brought to life.
# Reads: health.tsv. Writes: nothing.

# One try of one check.
HEALTH_SECONDS=60

# Whether every check of a bundle succeeds within its tries; says which do not.
is_healthy() {
  [ -n "$ADMIN" ] && [ -s "$STORE/$1/health.tsv" ] || return 0
  local name tries every command sick=''
  while IFS=$TAB read -r name tries every command; do
    is_well "$name" "$tries" "$every" "$command" </dev/null || sick=yes
  done <"$STORE/$1/health.tsv"
  [ -z "$sick" ]
}

is_well() {
  local tried=0 output
  while :; do
    output=$(timeout "$HEALTH_SECONDS" sh -c "$4" 2>&1 9>&-) && return 0
    tried=$((tried + 1))
    [ "$tried" -lt "$2" ] || break
    sleep "$3"
  done
  say "health check $1 failed $2 times, $3 s apart: $4"
  [ -z "$output" ] || say "$output"
  return 1
}
