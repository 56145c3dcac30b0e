# shellcheck shell=dash
# What is left to do by hand: steps that only a person can take, each with a command that tells whether it is done.
# Reads: manual.tsv. Writes: nothing.

# One look at one step.
MANUAL_SECONDS=20

# manual: rows as manual_steps prints them, of the current generation.
verb_manual() {
  [ $# = 0 ] || usage
  local current
  current=$(current_generation)
  [ "$current" = - ] || manual_steps "$(bundle_of "$current")"
}

# manual_steps BUNDLE: for each step that is not done, rows `manual NAME INSTRUCTION`, then `says LINE` for what its
# command prints.
manual_steps() {
  [ -n "$ADMIN" ] && [ -s "$STORE/$1/manual.tsv" ] || return 0
  local name instruction command output
  while IFS=$TAB read -r name instruction command; do
    output=$(timeout "$MANUAL_SECONDS" sh -c "$command" 2>&1 </dev/null 9>&-) && continue
    printf 'manual\t%s\t%s\n' "$name" "$instruction"
    [ -z "$output" ] || printf '%s\n' "$output" | tail -n 20 | tr -d '\t' | sed "s/^/says$TAB/"
  done <"$STORE/$1/manual.tsv"
}
