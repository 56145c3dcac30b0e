# shellcheck shell=dash
# What a bundle names beside its own files, and this host does not have: downloads, outputs of recipes.
# Reads: downloads.tsv and recipes.tsv of bundles, downloads/, the store. Writes: nothing.

# Sets LACKING to the downloads of a bundle that are not there. Takes no process.
find_lacking_downloads() {
  local folder file
  LACKING=
  [ -s "$STORE/$1/downloads.tsv" ] || return 0
  while IFS=$TAB read -r folder file _; do
    [ -f "$STATE/downloads/$folder/$file" ] || LACKING="$LACKING, ${folder#*-}/$file"
  done <"$STORE/$1/downloads.tsv"
  LACKING=${LACKING#, }
}

need_downloads() {
  find_lacking_downloads "$1"
  [ -z "$LACKING" ] ||
    die "this host lacks downloads of $1: $LACKING; \`stead-host fetch $1\` fetches them, and so does stead switch; nothing was changed"
}

# Of a generation that was here before: going back must not wait for it.
say_lacking_downloads() {
  find_lacking_downloads "$1"
  [ -z "$LACKING" ] || say "downloads are lacking that generation $2 names: $LACKING; stead verify --repair fetches them again"
}

# Sets LACKING to the outputs of a bundle that are not there. Takes no process.
find_lacking_outputs() {
  local path
  LACKING=
  [ -s "$STORE/$1/recipes.tsv" ] || return 0
  while IFS=$TAB read -r _ _ _ path; do
    [ -d "$STORE/${path##*/}" ] || LACKING="$LACKING, ${path##*/}"
  done <"$STORE/$1/recipes.tsv"
  LACKING=${LACKING#, }
}

need_outputs() {
  find_lacking_outputs "$1"
  [ -z "$LACKING" ] ||
    die "this host lacks outputs of recipes that $1 needs: $LACKING; \`stead switch\` has them built; nothing was changed"
}

# Of a generation that was here before: going back must not wait for a build.
say_lacking_outputs() {
  find_lacking_outputs "$1"
  [ -z "$LACKING" ] || say "outputs of recipes are lacking that generation $2 names: $LACKING; switch to it with stead to have them built"
}
