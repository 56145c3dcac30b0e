# shellcheck shell=dash
# A stream that holds just what differs from a bundle that is here: makes a whole bundle of the two.
# Reads: the base in the store, which it shares files with and never writes to. Writes: the incoming folder.

# complete_bundle INCOMING BASE BUNDLE: everything is checked afterwards as if the stream had brought it.
complete_bundle() {
  local incoming=$1 base=$STORE/$2 sent=$1/bundle whole=$1/whole misfit="the stream does not fit the bundle $2" name edited=''
  [ -d "$base" ] || die "the bundle $2 that the stream builds on is not here"
  mkdir -p "$sent/root" "$incoming/delta" "$whole"
  set -- "$base/root"
  [ -d "$sent/runtime" ] || set -- "$@" "$base/runtime"
  for name in identity.json manifest.json $TABLES; do
    if [ -f "$incoming/delta/$name" ]; then
      edited="$edited $name"
    elif [ ! -e "$sent/$name" ]; then
      set -- "$@" "$base/$name"
    fi
  done
  cp -al -t "$whole" -- "$@"
  # shellcheck disable=SC2086 # names are words
  BASE=$base/ DELTA=$incoming/delta/ WHOLE=$whole/ awk "$PATCH" $edited || die "$misfit"
  left_paths "$base/files.tsv" "$whole/files.tsv" "$sent/files.tsv" "$incoming/delta/left" "$incoming/delta/folders"
  if [ -s "$incoming/delta/left" ] || [ -s "$incoming/delta/folders" ]; then
    (cd "$whole" && xargs -r -d '\n' rm -f -- <"$incoming/delta/left")
    find "$whole/root" -mindepth 1 -depth -type d -empty -delete
  fi
  cp -alf "$sent/." "$whole" || die "$misfit"
  (cd "$whole" && sha256sum --check --strict --quiet "$incoming/delta/sums" >&2) ||
    die "$misfit"
  rm -rf "$sent" "$incoming/delta"
  mv "$whole" "$sent"
}

# Each of the files that are named becomes a text of the base as the delta changes it: `k 3` keeps three lines, `s 3` skips
# them, `a TEXT` adds one. identity.json is one line: its commas stand for the ends of lines.
PATCH='
BEGIN {
  for (i = 1; i < ARGC; i++) if (!patch(ARGV[i], ARGV[i] == "identity.json")) exit 1
  exit 0
}
function patch(name, is_line,    base, delta, whole, edit, line, parts, total, from, count, separator, keeps) {
  base = ENVIRON["BASE"] name
  delta = ENVIRON["DELTA"] name
  whole = ENVIRON["WHOLE"] name
  from = total = 0
  separator = ""
  if (is_line) {
    if ((getline line <base) <= 0) return 0
    total = split(line, parts, ",")
  }
  printf "" >whole
  while ((getline edit <delta) > 0) {
    if (edit ~ /^a /) {
      printf "%s%s", separator, substr(edit, 3) >whole
      separator = is_line ? "," : "\n"
      continue
    }
    if (edit !~ /^[ks] [0-9]+$/) return 0
    keeps = edit ~ /^k/
    for (count = substr(edit, 3) + 0; count > 0; count--) {
      if (is_line) {
        if (++from > total) return 0
        line = parts[from]
      } else if ((getline line <base) <= 0) return 0
      if (!keeps) continue
      printf "%s%s", separator, line >whole
      separator = is_line ? "," : "\n"
    }
  }
  if (!is_line) printf "%s", separator >whole
  close(base)
  close(delta)
  close(whole)
  return 1
}
'

# left_paths BASE_TABLE NEW_TABLE OTHER_NEW_TABLE LEFT FOLDERS: writes files and links of the base's table whose path is none of
# the new one, which is the first of the two that is there, or is of another kind there, and folders that are none any more. A
# file that is another one is written over.
left_paths() {
  local new=$2
  [ -e "$new" ] || new=$3
  LEFT=$4 FOLDERS=$5 awk -F "$TAB" '
    BEGIN { left = ENVIRON["LEFT"]; folders = ENVIRON["FOLDERS"]; printf "" >left; printf "" >folders }
    function kind() { return $2 == "link" || $2 == "copy" ? "file" : $2 }
    table { kinds[$1] = kind(); row[$0] = 1; next }
    $2 == "directory" { if (kinds[$1] != "directory") print >folders; next }
    !($0 in row) && !(kind() == "file" && kinds[$1] == "file") { print "root" $1 >left }' table=1 "$new" table=0 "$1"
}
