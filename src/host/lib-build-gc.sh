# shellcheck shell=dash
# Outputs of recipes beside generations: which are as they were built, which nobody wants any more.
# Reads: recipes.tsv of bundles, build/outputs/. Removes: outputs that no kept generation names; of what builds are made
# with, what no kept output was made with and no build has wanted for a week.

WANTED_DAYS=7

# Names of all outputs in the store.
stored_outputs() {
  [ ! -d "$BUILD/outputs" ] ||
    (cd "$BUILD/outputs" && find . -type f ! -name '*.tmp' -printf '%P\n' | sort | xargs -r -d '\n' cat --) |
    awk -F "$TAB" '$1 == "name" { print $2 }'
}

# verify_outputs: rows `output NAME missing|changed`; what was looked at is in $WORK/outputs.
verify_outputs() {
  local name
  {
    stored_outputs
    # Those of generations: a bundle whose build failed lacks its own.
    sed 's|$|/recipes.tsv|' "$WORK/alive" | (cd "$STORE" && xargs -r -d '\n' cat --) | sed 's|.*/||'
  } | sort -u >"$WORK/outputs"
  while IFS= read -r name; do
    if [ ! -d "$STORE/$name" ]; then
      row output "$name" missing
    elif [ ! -s "$BUILD/outputs/${name%%-*}" ] ||
      [ "$(tree_hash "$STORE/$name" "$WORK/tree")" != "$(output_field "${name%%-*}" tree)" ]; then
      row output "$name" changed
    fi
  done <"$WORK/outputs"
}

# discard-output NAME: one that is not as it was built goes, so that the next switch has it made again.
verb_discard_output() {
  if [ $# != 1 ] || ! is_output_name "$1"; then usage; fi
  make_build_folders
  lock_output "${1%%-*}"
  drop_output "$1"
  printf 'discarded\t%s\n' "$1"
}

lock_output() {
  exec 8>>"$BUILD/locks/$1"
  flock 8
}

# By rename first; the record goes last, since nothing in the store is without one.
drop_output() {
  [ ! -d "$STORE/$1" ] || {
    rm -rf "$STORE/.output-${1%%-*}"
    mv -T "$STORE/$1" "$STORE/.output-${1%%-*}"
    sync_trees "$STORE"
    rm -rf "$STORE/.output-${1%%-*}"
  }
  rm -f "$BUILD/outputs/${1%%-*}"
}

# With bundles that stay in $WORK/kept. Outputs go to $WORK/garbage; `output NAME` for each.
collect_outputs() {
  local name hash
  [ -d "$BUILD/outputs" ] || return 0
  clear_stale_builds
  sed 's|$|/recipes.tsv|' "$WORK/kept" | (cd "$STORE" && xargs -r -d '\n' cat --) | cut -f 1 | sort -u >"$WORK/recipes"
  stored_outputs >"$WORK/outputs"
  while IFS= read -r name; do
    hash=${name%%-*}
    ! grep -q -x -F -e "$hash" "$WORK/recipes" || continue
    # One that is being built or received just now stays.
    (
      exec 8>>"$BUILD/locks/$hash"
      flock -n 8 || exit 0
      [ ! -d "$STORE/$name" ] || mv -T "$STORE/$name" "$WORK/garbage/$name"
      sync_trees "$STORE"
      rm -f "$BUILD/outputs/$hash"
      printf 'output\t%s\n' "$name"
    )
  done <"$WORK/outputs"
  [ -n "$(find "$BUILD/work" -mindepth 1 -maxdepth 1)" ] || collect_build_tools
}

# What builds are made with.
collect_build_tools() {
  local hash
  : >"$WORK/wanted"
  while IFS= read -r hash; do
    [ -d "$BUILD/recipes/$hash" ] || continue
    {
      printf 'recipes/%s\nlogs/%s.log\ntools/%s\n' "$hash" "$hash" "$(tools_digest "$hash")"
      awk -F "$TAB" '{ print "inputs/" $2 }' "$BUILD/recipes/$hash/inputs.tsv"
      awk -F "$TAB" '$1 == "key" { print "kept/" $2 }' "$BUILD/recipes/$hash/resources.tsv"
    } >>"$WORK/wanted"
  done <"$WORK/recipes"
  sort -u "$WORK/wanted" -o "$WORK/wanted"
  mkdir "$WORK/garbage/build"
  (cd "$BUILD" && find recipes logs tools inputs kept -mindepth 1 -maxdepth 1 -mtime "+$WANTED_DAYS" -print) | sort |
    comm -23 - "$WORK/wanted" | while IFS= read -r name; do
      mkdir -p "$WORK/garbage/build/${name%%/*}"
      mv -T "$BUILD/$name" "$WORK/garbage/build/$name"
    done
}
