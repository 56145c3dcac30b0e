# shellcheck shell=dash
# Generations: their records, and the pointers to the one that runs and to the one that a reboot follows.
# Reads and writes: var/lib/stead/generations/ (N, a link to the bundle; N.json, its record; N.did, its history: lib-log.sh),
# var/lib/stead/confirmed.
#
# A record's state: switching (under way, or interrupted), applied (waits to be confirmed), confirmed, testing (until
# the next boot), staged (for the next boot), failed (its activation failed, another was put back), rolled-back
# (taken back after it ran), unconfirmed (the same, by itself, and nobody has said since that it was to blame), partial
# (neither could be completed).

is_number() {
  case $1 in
    '' | 0* | *[!0-9]*) return 1 ;;
  esac
}

# Sets BUNDLE to the bundle's name in the store for a generation; empty for - or one that is not there.
find_bundle() {
  local back=$PWD
  BUNDLE=
  [ "$1" != - ] || return 0
  # Where the bundle is there, no process is needed to read the link.
  if cd -P -- "$STATE/generations/$1" 2>/dev/null; then
    BUNDLE=${PWD##*/}
    cd "$back" || exit
  else
    BUNDLE=$(readlink "$STATE/generations/$1") || BUNDLE=
    BUNDLE=${BUNDLE##*/}
  fi
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
  [ -e "$record" ] || return 0
  sed 's/^  "state": ".*",$/  "state": "'"$2"'",/' "$record" >"$record.tmp"
  sync "$record.tmp" 9>&-
  mv -f "$record.tmp" "$record"
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

# drop_generation N: nothing of it is kept; the record goes last, since as long as it is there the number is taken.
drop_generation() {
  rm -f "$STATE/generations/$1" "$STATE/generations/$1.did" "$STATE/generations/$1.json"
}

# The name of the generation that was confirmed last, or -.
confirmed_generation() {
  find_pointed confirmed
  printf '%s\n' "$POINTED"
}
