# shellcheck shell=dash
# The history of this host: who switched to each generation, which units that touched, and when it was left again.
# Reads: generations/N.json. Reads and writes: generations/N.did, with rows `unit STEP UNIT` and `took SECONDS` of the
# switch to N, then, whenever N was left for one from before, `left WHEN TO WHY BY SECONDS` and its own `moved STEP UNIT`.
#
# WHY is `asked`, or the state that N got when it was taken back; BY is - where the host did it by itself.

# log: rows `by N WHO PREVIOUS`, and those of N.did with the number behind their first word.
verb_log() {
  [ $# = 0 ] || usage
  local record number
  for record in "$STATE"/generations/*.json; do
    [ -e "$record" ] || return 0
    number=${record##*/}
    number=${number%.json}
    printf 'by\t%s\t%s\t%s\n' "$number" "$(record_field "$number" by)" "$(record_field "$number" previous | sed 's/^null$/-/')"
    [ ! -e "${record%.json}.did" ] || sed "s/^\([a-z]*\)$TAB/\1$TAB$number$TAB/" "${record%.json}.did"
  done
}

# Sets BY to who is at the console; `sudo` says for whom it works.
find_who() {
  local name=
  read -r name </proc/sys/kernel/hostname || :
  BY=${SUDO_USER:-$(id -un)}@$name
}

# All three are for people: a disk that has no room for them stops no switch.

# What the switch to the new generation TO touched, which begins its history.
note_switched() {
  planned_units unit 2>/dev/null >"$STATE/generations/$TO.did" || :
}

# note_took N SECONDS
note_took() {
  printf 'took\t%s\n' "$2" 2>/dev/null >>"$STATE/generations/$1.did" || :
}

# note_left N TO WHY, with BY and STARTED of the journal.
note_left() {
  local seconds=-
  [ "$1" != - ] || return 0
  if [ -z "$BOOTING" ] && [ "$STARTED" != - ]; then
    read_uptime
    seconds=$((UPTIME - STARTED))
  fi
  {
    printf 'left\t%s\t%s\t%s\t%s\t%s\n' "$(now)" "$2" "$3" "$BY" "$seconds"
    [ ! -e "$WORK/plan.units" ] || planned_units moved
  } 2>/dev/null >>"$STATE/generations/$1.did" || :
}

planned_units() {
  [ ! -s "$WORK/plan.units" ] || awk -F "$TAB" -v OFS="$TAB" -v word="$1" '{ print word, $1, $2 }' "$WORK/plan.units"
}
