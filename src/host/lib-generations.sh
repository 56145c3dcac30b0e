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

# Sets NEXT to the number of a generation that is to come.
find_next_generation() {
  local path number last=0
  for path in "$STATE"/generations/*.json; do
    number=${path##*/}
    number=${number%.json}
    ! is_number "$number" || [ "$number" -le "$last" ] || last=$number
  done
  NEXT=$((last + 1))
}

# Sets FIELD to one of a generation's record: numbers and text without quotes.
find_field() {
  local line
  FIELD=
  while IFS= read -r line; do
    case $line in '  "'"$2"'": '*) ;; *) continue ;; esac
    FIELD=${line#'  "'"$2"'": '}
    FIELD=${FIELD%,}
    FIELD=${FIELD#\"}
    FIELD=${FIELD%\"}
  done <"$STATE/generations/$1.json"
}

# The same, printed.
record_field() {
  find_field "$1" "$2"
  printf '%s\n' "$FIELD"
}

# write_record N BUNDLE PREVIOUS STATE BY COMMIT
write_record() {
  set_record_text "$@"
  write_text "$STATE/generations/$1.json" "$RECORD"
}

# Sets RECORD, of the same words.
set_record_text() {
  local previous=null commit=null by
  [ "$3" = - ] || previous=$3
  json_string "$5"
  by=$JSON
  [ "$6" = - ] || {
    json_string "$6"
    commit=$JSON
  }
  RECORD="{
  \"generation\": $1,
  \"bundle\": \"$2\",
  \"hash\": \"${2%%-*}\",
  \"host\": \"${2#*-}\",
  \"previous\": $previous,
  \"state\": \"$4\",
  \"when\": \"$(date -u +%Y-%m-%dT%H:%M:%SZ)\",
  \"by\": $by,
  \"commit\": $commit
}"
}

# A generation's record with another state.
set_record_state() {
  local record=$STATE/generations/$1.json before
  [ -e "$record" ] || return 0
  read_text "$record"
  before=${TEXT%"$NEWLINE"'  "state": "'*}
  [ "$before" != "$TEXT" ] || return 0
  TEXT=${TEXT#"$before$NEWLINE"}
  write_text "$record" "$before$NEWLINE"'  "state": "'"$2"'",'"$NEWLINE${TEXT#*"$NEWLINE"}"
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
