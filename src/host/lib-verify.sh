# shellcheck shell=dash
# Compares the store and the managed paths with what the bundles' tables say, and takes single files to mend it.
# Reads: the store, the current generation, the paths it manages; mend: standard input. Writes: mend alone, in the store.
# The number of processes follows the number of bundles, not of files.

# verify [--downloads]: rows `bundle NAME problem`, `object NAME missing|changed|mode`, `path PATH missing|replaced|changed|mode|
# undeclared`, `download FOLDER/FILE missing|changed`, `output NAME missing|changed`, then `checked BUNDLES OBJECTS PATHS`, and
# `downloads COUNT` and `outputs COUNT` where there are any. Exit 1 where anything is not as it should be.
verb_verify() {
  local current bundle=- depth=-
  case $# in
    0) ;;
    1)
      [ "$1" = --downloads ] || usage
      depth='hash'
      ;;
    *) usage ;;
  esac
  make_work
  stored_bundles >"$WORK/bundles"
  {
    verify_bundles
    verify_objects
    verify_downloads "$depth"
    verify_outputs
  } >"$WORK/found"
  current=$(current_generation)
  [ "$current" = - ] || bundle=$(bundle_of "$current")
  : >"$WORK/managed"
  # Paths are compared with the table: only where that holds.
  if grep -q -x -F -e "$bundle" "$WORK/sound"; then verify_paths "$bundle" >>"$WORK/found"; fi
  sort -u "$WORK/found"
  printf 'checked\t%s\t%s\t%s\n' "$(wc -l <"$WORK/bundles")" "$(wc -l <"$WORK/listed")" "$(wc -l <"$WORK/managed")"
  [ ! -s "$WORK/downloads" ] || printf 'downloads\t%s\n' "$(wc -l <"$WORK/downloads")"
  [ ! -s "$WORK/outputs" ] || printf 'outputs\t%s\n' "$(wc -l <"$WORK/outputs")"
  [ ! -s "$WORK/found" ]
}

# Each bundle's own files and the shape of its tree. Those whose tables hold are listed in $WORK/sound.
verify_bundles() {
  local bundle problem
  : >"$WORK/sound"
  mkdir "$WORK/objects"
  while IFS= read -r bundle; do
    if problem=$( (check_identity "$STORE/$bundle" "$bundle") 2>&1); then
      printf '%s\n' "$bundle" >>"$WORK/sound"
      problem=$( (check_shape "$STORE/$bundle" "$bundle") 2>&1) || row bundle "$bundle" "$(reason "$problem")"
      unshared_paths "$WORK" "$STORE/$bundle" | while IFS=$TAB read -r path _; do
        row bundle "$bundle" "root$path is not its object"
      done
    else
      row bundle "$bundle" "$(reason "$problem")"
    fi
  done <"$WORK/bundles"
}

row() {
  printf '%s\t%s\t%s\n' "$1" "$2" "$3"
}

# The last line of what was said, without what every line of it begins with.
reason() {
  printf '%s\n' "$1" | awk '{ line = $0 } END { sub(/^stead-host: the bundle [^ ]* (is corrupt: )?/, "", line); print line }'
}

# Contents of all objects that any sound bundle lists; modes and owners of those that a generation brought to life.
verify_objects() {
  local bundle
  sed 's|$|/files.tsv|' "$WORK/sound" | (cd "$STORE" && xargs -r -d '\n' cat --) >"$WORK/files"
  file_rows "$WORK/files" 8 | sort -u >"$WORK/listed"
  find "$STORE" -maxdepth 1 -type f -printf '%f\n' 2>/dev/null | sort >"$WORK/stored"
  comm -23 "$WORK/listed" "$WORK/stored" | sed "s/^/object$TAB/; s/\$/${TAB}missing/"
  comm -12 "$WORK/listed" "$WORK/stored" | (cd "$STORE" && sums_of .) | compare_sums "$WORK/files" 8 |
    sed "s/^/object$TAB/; s/\$/${TAB}changed/"
  find "$STATE/generations" -type l -printf '%l\n' 2>/dev/null | sed 's|.*/||' | sort -u |
    comm -12 - "$WORK/sound" >"$WORK/alive"
  while IFS= read -r bundle; do
    plan_objects "$bundle" 2>/dev/null
    awk -F "$TAB" -v OFS="$TAB" '{ print "object", $2, "mode" }' "$WORK/realise"
  done <"$WORK/alive"
}

# Paths of the current generation, and those whose object is not what it should be.
verify_paths() {
  plan_files drift "$1" "$1"
  awk -F "$TAB" '$2 != "absent" { print $1 }' "$WORK/target" >"$WORK/managed"
  sed 's/^drift/path/' "$WORK/plan"
  awk -F "$TAB" -v OFS="$TAB" '
    found { if ($1 == "object") wrong[$2] = $3; next }
    $2 == "link" && ($8 in wrong) { print "path", $1, wrong[$8] }' found=1 "$WORK/found" found=0 "$WORK/target"
}

# mend BUNDLE MEMBER: the content on standard input becomes identity.json, a table, a file of runtime/ or an object of
# that bundle, once it is what the bundle's hash says it must be; MEMBER is its name in the bundle or in the store.
verb_mend() {
  if [ $# != 2 ] || ! is_bundle_name "$1"; then usage; fi
  local bundle=$1 member=$2 folder=$STORE/$1 sum want
  take_lock "mending $member"
  [ -d "$folder" ] || die "the bundle $bundle is not in the store here"
  lock_receiving
  make_work
  cat >"$WORK/content"
  sum=$(sha256sum <"$WORK/content")
  sum=${sum%% *}
  if [ "$member" = identity.json ]; then
    [ "$(printf '%.40s\n' "$sum" | base32)" = "${bundle%%-*}" ] || die "this is not the identity.json of $bundle"
    place_file "$WORK/content" 0644 "$folder/$member"
  else
    want=$(bundle_sum "$folder" "$bundle" "$member")
    if [ -n "$want" ]; then
      [ "$sum" = "$want" ] || die "this is not $member of $bundle"
      mkdir -p "$folder/runtime"
      place_file "$WORK/content" "$([ "$member" = runtime/stead-host ] && printf 0755 || printf 0644)" "$folder/$member"
    else
      mend_object "$bundle" "$member" "$sum"
    fi
  fi
  # A bundle whose own files do not hold yet has its turn when they do.
  stored_bundles | while IFS= read -r bundle; do
    if (check_identity "$STORE/$bundle" "$bundle") 2>/dev/null; then relink "$bundle"; fi
  done
  sync_trees "$STORE"
  printf 'mended\t%s\n' "$member"
}

mend_object() {
  local mode owner group want
  check_identity "$STORE/$1" "$1"
  awk -F "$TAB" -v OFS="$TAB" -v name="$2" '$8 == name { print $3, $4, $5, $7; exit }' "$STORE/$1/files.tsv" >"$WORK/facts"
  [ -s "$WORK/facts" ] || die "the bundle $1 has no object $2"
  IFS=$TAB read -r mode owner group want <"$WORK/facts"
  [ "$3" = "$want" ] || die "this is not the object $2"
  [ -z "$ADMIN" ] || chown -- "$owner:$group" "$WORK/content"
  place_file "$WORK/content" "$mode" "$STORE/$2"
}

# place_file FILE MODE PATH: at once, and never half.
place_file() {
  chmod -- "$2" "$1"
  sync "$1" 9>&-
  mv -f -T -- "$1" "$3"
}

# Makes the paths of a bundle's tree one file with their objects again.
relink() {
  local path name file
  mkdir -p "$WORK/objects"
  unshared_paths "$WORK" "$STORE/$1" | while IFS=$TAB read -r path name; do
    [ -f "$STORE/$name" ] || continue
    file=$STORE/$1/root$path
    mkdir -p "${file%/*}"
    ln -- "$STORE/$name" "$WORK/link"
    mv -f -T -- "$WORK/link" "$file"
  done
}
