# shellcheck shell=dash
# Recipes: what this machine is given to build from, and what it lacks for it.
# Reads: standard input. Writes: var/lib/stead/build/, where all of it stands:
#   recipes/<hash>/   a recipe as the deployer wrote it: derivation.json, build, inputs.tsv, hostPaths.tsv, resources.tsv, checks.tsv
#   inputs/<sha256>   sources and packages
#   tools/<digest>/   packages unpacked, by the set of them (lib-tools.sh)
#   kept/<key>/       what a build of the same recipe can go on from: folders of the build folder, ccache (lib-kept.sh)
#   work/<hash>/      a build under way; locks/<hash> is held by it (lib-build.sh)
#   logs/<hash>.log   what the last build of it said
#   outputs/<hash>    what it made: rows name, tree, bytes, seconds, builder, when (lib-output.sh)

# 32 digits of Nix's base 32.
is_recipe_hash() {
  case $1 in
    *[!0-9a-z]*) return 1 ;;
    ????????????????????????????????) return 0 ;;
    *) return 1 ;;
  esac
}

is_sha256() {
  [ "${#1}" = 64 ] || return 1
  case $1 in
    *[!0-9a-f]*) return 1 ;;
  esac
}

make_build_folders() {
  [ ! -d "$BUILD/outputs" ] || return 0
  make_state_folders
  mkdir -p "$BUILD/recipes" "$BUILD/inputs" "$BUILD/tools" "$BUILD/kept" "$BUILD/work" "$BUILD/locks" "$BUILD/logs" \
    "$BUILD/outputs" || die "$BUILD cannot be made; is the file system read-only or full?"
  # Who builds sees nothing of what others build.
  chmod 0711 "$BUILD"
}

# recipe HASH: takes a recipe without its inputs, as a tar of the files above. Answers `output present|absent`,
# `missing SHA256` for inputs to be sent, and `lacks WHAT<tab>ADVICE` for what this machine must have first.
verb_recipe() {
  if [ $# != 1 ] || ! is_recipe_hash "$1"; then usage; fi
  local hash=$1
  make_build_folders
  FRESH=$(mktemp -d "$BUILD/recipes/.new-XXXXXX") || die "$BUILD cannot be written to; is the file system full?"
  trap 'rm -rf "$FRESH"' EXIT
  (umask 077 && head -c 16777216 | tar -x -f - -C "$FRESH" --no-same-owner --no-same-permissions) ||
    die "the recipe $hash did not arrive whole, or $BUILD is full"
  check_recipe "$FRESH" "$hash"
  exec 7>>"$BUILD/locks/recipes"
  flock 7
  if ! same_recipe "$FRESH" "$BUILD/recipes/$hash"; then
    # What is not in the hash, such as limits, may be another than before.
    sync_trees "$FRESH"
    [ ! -d "$BUILD/recipes/$hash" ] || mv -T "$BUILD/recipes/$hash" "$FRESH.old"
    mv -T "$FRESH" "$BUILD/recipes/$hash"
    rm -rf "$FRESH.old"
  fi
  # When it was last wanted.
  touch "$BUILD/recipes/$hash"
  if [ -n "$(output_of "$hash")" ]; then
    printf 'output\tpresent\n'
    return 0
  fi
  printf 'output\tabsent\n'
  printf 'zstd\t%s\n' "$(command -v zstd >/dev/null 2>&1 && printf yes || printf no)"
  missing_inputs "$hash" | sed "s/^/missing$TAB/"
  find_lacking "$hash"
}

same_recipe() {
  local file
  for file in derivation.json build inputs.tsv hostPaths.tsv resources.tsv checks.tsv; do
    cmp -s "$1/$file" "$2/$file" || return 1
  done
}

# The derivation has the hash of its name; the script and the inputs are those that it names.
check_recipe() {
  local file sum digest
  for file in "$1"/* "$1"/.[!.]*; do
    [ -e "$file" ] || [ -L "$file" ] || continue
    case ${file##*/} in
      derivation.json | build | inputs.tsv | hostPaths.tsv | resources.tsv | checks.tsv) ;;
      *) die "the recipe $2 holds ${file##*/}, which is no part of one" ;;
    esac
    if [ -L "$file" ] || [ ! -f "$file" ]; then die "${file##*/} of the recipe $2 is not a file"; fi
  done
  for file in derivation.json build inputs.tsv; do
    [ -f "$1/$file" ] || die "the recipe $2 is not whole: it has no $file"
  done
  for file in hostPaths.tsv resources.tsv checks.tsv; do
    [ -f "$1/$file" ] || : >"$1/$file"
  done
  sum=$(sha256sum <"$1/derivation.json")
  digest=$(printf '%.40s\n' "$sum" | base32)
  [ "$digest" = "$2" ] || die "the recipe $2 is corrupt: its hash is $digest"
  sum=$(sha256sum <"$1/build")
  sum=$({
    grep -o '"[0-9a-f]\{64\}"' "$1/derivation.json" | tr -d '"' || :
    printf '%s\n' - "${sum%% *}"
    cut -f 2 "$1/inputs.tsv"
  } | awk '$0 == "-" { asked = 1; next } !asked { named[$0] = 1; next } !($0 in named) { print; exit }')
  [ -z "$sum" ] || die "the recipe $2 is corrupt: its derivation does not name $sum"
}

# Inputs that have to be here for a build and are not; packages need not be, where they are unpacked already.
missing_inputs() {
  local kind sum unpacked=
  [ ! -d "$BUILD/tools/$(tools_digest "$1")" ] || unpacked=yes
  while IFS=$TAB read -r kind sum _; do
    [ "$kind" = source ] || [ -z "$unpacked" ] || continue
    [ -f "$BUILD/inputs/$sum" ] || printf '%s\n' "$sum"
  done <"$BUILD/recipes/$1/inputs.tsv" | sort -u
}

# inputs INCOMING gzip|zstd|none BYTES: takes files named INCOMING/<sha256> from a tar of at most BYTES.
verb_inputs() {
  if [ $# != 3 ] || ! is_incoming_name "$1" || ! is_number "$3"; then usage; fi
  case $2 in
    gzip | zstd | none) ;;
    *) usage ;;
  esac
  make_build_folders
  need_space "$3"
  INCOMING=$BUILD/inputs/$1
  mkdir "$INCOMING" || die "the copy $1 is under way already"
  trap 'rm -rf "$INCOMING"' EXIT
  take_stream "$1" "$2" "$3" "$BUILD/inputs"
  take_whole_inputs
  sync_trees "$BUILD/inputs"
  printf 'received\t%s\n' "$1"
}

# Those whose content is what their name says; anything else is not taken, and said.
take_whole_inputs() {
  local bad
  bad=$(cd "$INCOMING" && find . -mindepth 1 ! -type f -print | head -n 1)
  [ -z "$bad" ] || die "the stream holds ${bad#./}, which is not a file"
  sync_trees "$INCOMING"
  (cd "$INCOMING" && find . -type f -printf '%P\n' | xargs -r -d '\n' sha256sum --) >"$INCOMING.sums"
  chmod -R a+rX "$INCOMING"
  awk '{ if ($1 == $2) print $2 }' "$INCOMING.sums" | (cd "$INCOMING" && xargs -r -d '\n' mv -f -t .. --)
  bad=$(awk '$1 != $2 { print "the input " $2 " has the sha256 " $1; exit }' "$INCOMING.sums")
  rm -f "$INCOMING.sums"
  [ -z "$bad" ] || die "$bad; it is not taken"
}

# resource HASH NAME DEFAULT sets RESOURCE to what the recipe says of its limits.
resource() {
  local name value
  RESOURCE=$3
  while IFS=$TAB read -r name value; do
    [ "$name" != "$2" ] || RESOURCE=$value
  done <"$BUILD/recipes/$1/resources.tsv"
}

# build-log HASH: what the last build of a recipe here said.
verb_build_log() {
  if [ $# != 1 ] || ! is_recipe_hash "$1"; then usage; fi
  [ -f "$BUILD/logs/$1.log" ] || die "nothing of the recipe $1 was built here"
  cat "$BUILD/logs/$1.log"
}
