# shellcheck shell=dash
# A stream that holds just what differs from a bundle that is here: makes a whole bundle of the two.
# Reads: the base in the store, which it shares files with and never writes to. Writes: the incoming folder.

# complete_bundle INCOMING BASE BUNDLE: everything is checked afterwards as if the stream had brought it.
complete_bundle() {
  local incoming=$1 base=$STORE/$2 sent=$1/bundle whole=$1/whole misfit="the stream does not fit the bundle $2" name
  [ -d "$base" ] || die "the bundle $2 that the stream builds on is not here"
  mkdir -p "$sent/root" "$incoming/delta" "$whole"
  set --
  for name in identity.json manifest.json $TABLES; do
    if [ -f "$incoming/delta/$name" ]; then
      patch_text "$name" "$base" "$incoming/delta" >"$whole/$name" || die "$misfit"
    elif [ ! -e "$sent/$name" ]; then
      set -- "$@" "$base/$name"
    fi
  done
  [ $# = 0 ] || ln -t "$whole" -- "$@"
  cp -al "$base/root" "$whole/root"
  [ -d "$sent/runtime" ] || cp -al "$base/runtime" "$whole/runtime"
  left_paths "$base/files.tsv" "$whole/files.tsv" "$sent/files.tsv" | (cd "$whole" && xargs -r -d '\n' rm -f --)
  find "$whole/root" -mindepth 1 -depth -type d -empty -delete
  cp -al "$sent/." "$whole" || die "$misfit"
  (cd "$whole" && sha256sum --check --strict --quiet "$incoming/delta/sums" >&2) ||
    die "$misfit"
  rm -rf "$sent" "$incoming/delta"
  mv "$whole" "$sent"
}

# patch_text NAME BASE DELTA: prints a text of the base as the delta changes it: `k 3` keeps three lines,
# `s 3` skips them, `a TEXT` adds one. identity.json is one line: its commas stand for the ends of lines.
patch_text() {
  local ends=yes
  [ "$1" != identity.json ] || ends=
  turned "$1" <"$2/$1" >"$3/base"
  (
    cd "$3"
    awk -v ends="$ends" '
      { text = substr($0, 3) }
      /^a / { out(text); next }
      /^[ks] [0-9]+$/ {
        keeps = /^k/
        for (count = text + 0; count > 0; count--) {
          if ((getline line <"base") <= 0) exit 1
          if (keeps) out(line)
        }
        next
      }
      { exit 1 }
      function out(line) { printf "%s%s", separator, line; separator = "\n" }
      END { if (ends) printf "%s", separator }' "$1" >patched
  ) || return 1
  turned "$1" <"$3/patched"
}

turned() {
  case $1 in
    identity.json) tr '\n,' ',\n' ;;
    *) cat ;;
  esac
}

# Files and links of the base's table whose rows are not in the new one, which is the first of $2 and $3 that is there.
left_paths() {
  local new=$2
  [ -e "$new" ] || new=$3
  awk -F "$TAB" '
    table { row[$0] = 1; next }
    $2 != "directory" && !($0 in row) { print "root" $1 }' table=1 "$new" table=0 "$1"
}
