# shellcheck shell=dash
# What a recipe made: a tree in the store that is the same whoever made it, and the record of it.
# Reads: store/. Writes: store/<hash>-<name>-<version>, by rename; build/outputs/<hash>.
#
# Everything in it belongs to root, is 0444 or 0555, and is of second 1 of the epoch. Its tree hash is the sha256 of
# `stead tree 1` and a sorted line for each member: `d PATH`, `f MODE SHA256 PATH`, `l PATH -> TARGET`.

# output_of HASH: prints the name in the store of what the recipe made, where it is here.
output_of() {
  local name
  [ -s "$BUILD/outputs/$1" ] || return 0
  name=$(output_field "$1" name)
  [ ! -d "$STORE/$name" ] || printf '%s\n' "$name"
}

output_field() {
  awk -F "$TAB" -v key="$2" '$1 == key { print $2 }' "$BUILD/outputs/$1"
}

# `<hash>-<name>-<version>`.
is_output_name() {
  case $1 in
    */* | *[!A-Za-z0-9._+~-]* | -* | .*) return 1 ;;
    *-?*) is_recipe_hash "${1%%-*}" ;;
    *) return 1 ;;
  esac
}

is_amount() {
  case $1 in
    '' | *[!0-9]*) return 1 ;;
  esac
}

# normalise FOLDER: refuses what is no plain tree. Nothing in it is followed.
normalise() {
  local odd
  odd=$(cd "$1" && find . \( ! -type f ! -type d ! -type l -o -name '*[[:cntrl:]]*' \) -print | head -n 1)
  [ -z "$odd" ] || die "the output holds ${odd#./}, which is neither a file nor a folder nor a link, or has a name that no path can have"
  [ -n "$(cd "$1" && find . -mindepth 1 -maxdepth 1 -print | head -n 1)" ] ||
    die "the output is empty: the phase \`install\` must put files into \"\$out\""
  chown -h -R 0:0 "$1"
  find "$1" -type d -exec chmod 0555 {} +
  find "$1" -type f -perm /111 -exec chmod 0555 {} +
  find "$1" -type f ! -perm /111 -exec chmod 0444 {} +
  find "$1" -exec touch -h -d @1 {} +
}

# tree_hash FOLDER
tree_hash() {
  local sum
  # A list that a full disk cut short must not be taken for the whole.
  (cd "$1" && find . -type f -printf '%m %P\n') >"$2" || die "$2 cannot be written; is the file system full?"
  sum=$(
    cd "$1" || exit
    {
      find . -mindepth 1 -type d -printf 'd %P\n'
      find . -type l -printf 'l %P -> %l\n'
      sed 's/^[0-7]* //' "$2" | xargs -r -d '\n' sha256sum -z -- | tr '\0' '\n' | awk '
        modes { name = $0; sub(/^[0-7]* /, "", name); mode[name] = $1; next }
        { name = substr($0, 67); print "f", "0" mode[name], substr($0, 1, 64), name }' modes=1 "$2" modes=0 -
    } | sort | { printf 'stead tree 1\n' && cat; } | sha256sum
  )
  printf '%s\n' "${sum%% *}"
}

# keep_output FOLDER NAME TREE SECONDS BUILDER: the record first, so that nothing in the store is without one.
keep_output() {
  local hash=${2%%-*} bytes
  bytes=$(find "$1" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%.0f\n", sum }')
  sync_trees "$1"
  printf 'name\t%s\ntree\t%s\nbytes\t%s\nseconds\t%s\nbuilder\t%s\nwhen\t%s\n' "$2" "$3" "$bytes" "$4" "$5" "$(now)" |
    write_file "$BUILD/outputs/$hash"
  sync_trees "$BUILD/outputs"
  mv -T "$1" "$STORE/$2"
  sync_trees "$STORE"
}

# output NAME: `output NAME TREE BYTES SECONDS BUILDER` where it is here, else `output -`; and how streams can be packed.
verb_output() {
  if [ $# != 1 ] || ! is_output_name "$1"; then usage; fi
  local hash=${1%%-*}
  if [ "$(output_of "$hash")" = "$1" ]; then
    printf 'output\t%s\t%s\t%s\t%s\t%s\n' "$1" "$(output_field "$hash" tree)" "$(output_field "$hash" bytes)" \
      "$(output_field "$hash" seconds)" "$(output_field "$hash" builder)"
  else
    printf 'output\t-\n'
  fi
  printf 'zstd\t%s\n' "$(command -v zstd >/dev/null 2>&1 && printf yes || printf no)"
}

# send-output NAME gzip|zstd|none: its tree as a tar on standard output.
verb_send_output() {
  if [ $# != 2 ] || ! is_output_name "$1"; then usage; fi
  [ "$(output_of "${1%%-*}")" = "$1" ] || die "the output $1 is not here"
  tar -c -f - -C "$STORE/$1" --sort=name --owner=0 --group=0 --numeric-owner . | pack "$2"
}

pack() {
  case $1 in
    gzip) gzip -c ;;
    zstd) zstd -cq ;;
    none) cat ;;
    *) usage ;;
  esac
}

# receive-output NAME TREE BYTES SECONDS BUILDER gzip|zstd|none SIGNATURE: takes a tree from a tar on standard input, behind
# SIGNATURE bytes of signatures; into the store only if it has the tree hash, and signers vouch for that where this host
# goes by any.
verb_receive_output() {
  if [ $# != 7 ] || ! is_output_name "$1" || ! is_sha256 "$2" || ! is_amount "$3" || ! is_amount "$4" || ! is_amount "$7"; then
    usage
  fi
  local name=$1 tree=$2 bytes=$3 hash=${1%%-*} found
  make_build_folders
  make_work
  # shellcheck disable=SC2015 # an empty one is one
  [ "$7" = 0 ] && : >"$WORK/signature" || dd bs="$7" count=1 iflag=fullblock status=none >"$WORK/signature"
  check_signed "the output $name" "$WORK/signature" "$(output_text "$name" "$tree")"
  exec 8>>"$BUILD/locks/$hash"
  flock 8
  if [ "$(output_of "$hash")" != "$name" ]; then
    need_space "$bytes"
    FRESH=$STORE/.output-$hash
    rm -rf "$FRESH"
    mkdir "$FRESH"
    trap 'end_receiving' EXIT
    if ! unpack "$6" | head -c "$((bytes * 2 + 1073741824))" | (umask 077 && tar -x -f - -C "$FRESH" --no-same-owner --no-same-permissions -p); then
      say_if_full
      die "the output $name did not arrive whole; nothing was changed"
    fi
    normalise "$FRESH"
    found=$(tree_hash "$FRESH" "$WORK/files")
    [ "$found" = "$tree" ] || die "the output $name is corrupt: its tree has the hash $found, not $tree; nothing was changed"
    keep_output "$FRESH" "$name" "$tree" "$4" "$5"
  fi
  printf 'received\t%s\n' "$name"
}

end_receiving() {
  local code=$?
  rm -rf "$FRESH" "$WORK"
  [ "$code" = 0 ] || exit 1
}

output_text() {
  printf 'stead output 1\nname %s\ntree %s\n' "$1" "$2"
}
