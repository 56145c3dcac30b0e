# shellcheck shell=dash
# Generations and the journal of a switch under way.
# Reads and writes: var/lib/stead/generations/, var/lib/stead/journal, var/lib/stead/host.

is_number() {
  case $1 in
    '' | 0* | *[!0-9]*) return 1 ;;
  esac
}

# Sets BUNDLE to the bundle's name in the store for a generation; empty for - or one that is not there.
find_bundle() {
  BUNDLE=
  [ "$1" = - ] || BUNDLE=$(readlink "$STATE/generations/$1") || BUNDLE=
  BUNDLE=${BUNDLE##*/}
}

# The same, printed.
bundle_of() {
  find_bundle "$1"
  printf '%s\n' "$BUNDLE"
}

next_generation() {
  local path number last=0
  for path in "$STATE"/generations/*.json; do
    number=${path##*/}
    number=${number%.json}
    ! is_number "$number" || [ "$number" -le "$last" ] || last=$number
  done
  printf '%s\n' $((last + 1))
}

# One field of a generation's record: numbers and text without quotes.
record_field() {
  sed -n 's/^  "'"$2"'": "\{0,1\}\(.*[^",]\)"\{0,1\},\{0,1\}$/\1/p' "$STATE/generations/$1.json"
}

# write_record N BUNDLE PREVIOUS STATE WHEN BY COMMIT
write_record() {
  local previous=null commit=null
  [ "$3" = - ] || previous=$3
  [ "$7" = - ] || commit=$(json_string "$7")
  write_file "$STATE/generations/$1.json" <<TEXT
{
  "generation": $1,
  "bundle": $(json_string "$2"),
  "hash": $(json_string "${2%%-*}"),
  "host": $(json_string "${2#*-}"),
  "previous": $previous,
  "state": $(json_string "$4"),
  "when": $(json_string "$5"),
  "by": $(json_string "$6"),
  "commit": $commit
}
TEXT
}

# A generation's record with another state.
set_record_state() {
  local record=$STATE/generations/$1.json
  sed 's/^  "state": ".*",$/  "state": "'"$2"'",/' "$record" >"$record.tmp"
  sync "$record.tmp" 9>&-
  mv -f "$record.tmp" "$record"
}

# write_journal PHASE FROM FROM_BUNDLE TO TO_BUNDLE NEW
# PHASE is forward or back; NEW says whether generation TO was made by this switch.
write_journal() {
  write_file "$STATE/journal" <<TEXT
format $STEAD_FORMAT
phase $1
from $2
from-bundle $3
to $4
to-bundle $5
new $6
TEXT
  sync_trees "$STATE"
}

# Sets PHASE FROM FROM_BUNDLE TO TO_BUNDLE NEW from the journal.
read_journal() {
  local key value format=
  PHASE='' FROM='' FROM_BUNDLE='' TO='' TO_BUNDLE='' NEW=''
  while read -r key value; do
    case $key in
      format) format=$value ;;
      phase) PHASE=$value ;;
      from) FROM=$value ;;
      from-bundle) FROM_BUNDLE=$value ;;
      to) TO=$value ;;
      to-bundle) TO_BUNDLE=$value ;;
      new) NEW=$value ;;
    esac
  done <"$STATE/journal"
  [ "$format" = "$STEAD_FORMAT" ] || die "the journal in $STATE has format '$format', which this version does not know"
}

drop_journal() {
  rm -f "$STATE/journal"
  sync_trees "$STATE"
}

verb_generations() {
  [ $# = 0 ] || usage
  set -- "$STATE"/generations/*.json
  [ -e "$1" ] || return 0
  awk -v current="$(current_generation)" -v OFS="$TAB" '
    /^  "/ {
      value = $0
      sub(/^  "[a-z]+": "?/, "", value)
      sub(/"?,?$/, "", value)
      split($0, part, "\"")
      field[part[2]] = value
    }
    /^}/ {
      print "generation", field["generation"], field["hash"], field["state"], field["when"],
        (field["commit"] == "null" ? "-" : field["commit"]),
        (field["generation"] == current ? "current" : "-")
    }' "$@" | sort -t "$TAB" -k 2n
}

verb_confirm() {
  [ $# -le 1 ] || usage
  take_lock "confirming"
  local current
  current=$(current_generation)
  [ "$current" != - ] || die "there is no generation to confirm"
  [ "${1-$current}" = "$current" ] || die "generation $1 is not current, $current is"
  [ ! -e "$STATE/journal" ] || die "a switch was interrupted here; run stead-host recover"
  # Only a switch that was accepted here brings a list; a rollback keeps the one in force.
  [ "$(record_field "$current" state)" != applied ] || keep_signers "$(bundle_of "$current")"
  set_record_state "$current" confirmed
  printf 'confirmed\t%s\n' "$current"
}
