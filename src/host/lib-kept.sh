# shellcheck shell=dash
# What a build leaves for the next one of its recipe: sources unpacked, folders of its build folder, and ccache.
# Reads and writes: build/kept/<key>/: unpacked/, tree/ with those folders, and ccache/. The key stands for the recipe's
# name and all of its tools: what another compiler made is of no use.
#
# The outcome is as from scratch: a build changes nothing of what is unpacked (lib-sandbox.sh), the recipe's script lets
# what is as it was look old (src/recipes/script.ts), and CMake is configured anew in a kept tree, so that no setting of
# before is in force.

# take_kept HASH FOLDERS: sets KEPT to the folder that has the trees, KEPT_FOLDERS to their names with colons between,
# KEPT_SOURCES to the folder where sources are or are to be unpacked, and KEPT_CCACHE; each empty where it is not kept, or
# is another build's just now.
take_kept() {
  local key sources
  KEPT='' KEPT_FOLDERS='' KEPT_SOURCES='' KEPT_CCACHE=''
  resource "$1" key ''
  key=$RESOURCE
  is_recipe_hash "$key" || return 0
  mkdir -p "$BUILD/kept/$key"
  # When it was last wanted.
  touch "$BUILD/kept/$key"
  if awk -F "$TAB" '$1 == "tool" && $4 ~ /^ccache([_ ]|$)/ { found = 1 } END { exit !found }' "$BUILD/recipes/$1/inputs.tsv"; then
    KEPT_CCACHE=$BUILD/kept/$key/ccache
    mkdir -p "$KEPT_CCACHE"
    chown "$BUILD_USER:$BUILD_USER" "$KEPT_CCACHE"
  fi
  awk -F "$TAB" '$1 == "keep" && $2 !~ /^\// && ("/" $2 "/") !~ /\/\.\.?\// && $2 !~ /:/ && $2 != "" { print $2 }' \
    "$BUILD/recipes/$1/resources.tsv" >"$2"
  resource "$1" unpacked ''
  sources=$RESOURCE
  [ -s "$2" ] || [ -n "$sources" ] || return 0
  exec 6>>"$BUILD/locks/kept-$key"
  if ! flock -n 6; then
    exec 6>&-
    return 0
  fi
  take_trees "$key" "$2"
  ! is_recipe_hash "$sources" || take_sources "$key" "$sources"
}

take_trees() {
  local folder
  [ -s "$2" ] || return 0
  KEPT=$BUILD/kept/$1/tree
  while IFS= read -r folder; do
    KEPT_FOLDERS=${KEPT_FOLDERS:+$KEPT_FOLDERS:}$folder
    mkdir -p "$KEPT/$folder"
    chown "$BUILD_USER:$BUILD_USER" "$KEPT/$folder"
    find "$KEPT/$folder" -name CMakeCache.txt -type f -exec rm -f {} +
  done <"$2"
}

# Those of the newest build alone: unpacked/<digest>/tree once it is whole, new until then.
take_sources() {
  local folder=$BUILD/kept/$1/unpacked
  KEPT_SOURCES=$folder/$2
  [ ! -d "$KEPT_SOURCES/tree" ] || return 0
  if [ -e "$KEPT_SOURCES/linked" ]; then
    KEPT_SOURCES=
    return 0
  fi
  rm -rf "$folder"
  mkdir -p "$KEPT_SOURCES/new"
  chown "$BUILD_USER:$BUILD_USER" "$KEPT_SOURCES/new"
}
