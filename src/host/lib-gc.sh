# shellcheck shell=dash
# Drops generations that are not wanted any more, and whatever nothing refers to.
# Reads: generations/, bundles' tables, /proc/stat. Removes: records and links of generations, bundles and objects
# of the store, outputs of recipes, downloads, folders of copies that broke off. What leaves goes to $WORK by rename first, so that
# no half of it keeps a name in the store.

# gc [--keep N] [--older-than DAYS] [--packages]: without either no generation goes, with both those that are meant by both.
verb_gc() {
  local keep='' days='' packages=''
  while [ $# -gt 0 ]; do
    if [ "$1" = --packages ]; then
      packages=yes
      shift
      continue
    fi
    if [ $# -lt 2 ] || ! is_number "$2"; then usage; fi
    case $1 in
      --keep) keep=$2 ;;
      --older-than) days=$2 ;;
      *) usage ;;
    esac
    shift 2
  done
  take_lock "collecting garbage"
  [ ! -e "$STATE/journal" ] || die "a switch was interrupted here; run stead-host recover"
  lock_receiving
  clear_stale_incoming
  make_work
  mkdir "$WORK/garbage" "$WORK/garbage/objects"

  unwanted_generations "$keep" "$days" >"$WORK/unwanted"
  while IFS= read -r number; do
    drop_generation "$number"
    printf 'generation\t%s\n' "$number"
  done <"$WORK/unwanted"
  sync_trees "$STATE"

  stored_bundles >"$WORK/bundles"
  unused_bundles >"$WORK/unused"
  check_kept_tables
  (cd "$STORE" && xargs -r -d '\n' mv -t "$WORK/garbage" -- <"$WORK/unused")
  unused_objects >"$WORK/objects"
  (cd "$STORE" && xargs -r -d '\n' mv -t "$WORK/garbage/objects" -- <"$WORK/objects")
  sync_trees "$STORE"
  exec 7>&-
  collect_downloads
  collect_outputs
  [ -z "$packages" ] || remove_unwanted
  printf 'freed\t%s\t%s\t%s\n' "$(wc -l <"$WORK/unused")" "$(wc -l <"$WORK/objects")" "$(($(freed_bytes) + $(cat "$WORK/downloads.freed")))"
}

# The current generation, the one it was switched from, those that a boot goes back to or on to, and the one that this
# machine booted stay.
unwanted_generations() {
  [ -n "$1$2" ] || return 0
  local current previous=- before=''
  current=$(current_generation)
  [ "$current" = - ] || previous=$(record_field "$current" previous)
  [ -z "$2" ] || before=$(date -u -d "@$(($(date +%s) - $2 * 86400))" +%Y-%m-%dT%H:%M:%SZ)
  verb_generations | awk -F "$TAB" -v keep="$1" -v before="$before" -v booted="$(boot_time)" \
    -v current="$current" -v previous="$previous" -v pointed=" $(pointed_generations) " '
    { number[NR] = $2; when[NR] = $5; if (booted != "" && $5 <= booted) at_boot = $2 }
    END {
      for (i = 1; i <= NR; i++) {
        if (number[i] == current || number[i] == previous || number[i] == at_boot || index(pointed, " " number[i] " ")) continue
        if (keep != "" && i > NR - keep) continue
        if (before != "" && when[i] >= before) continue
        print number[i]
      }
    }'
}

# Those that links of stead beside `current` point to.
pointed_generations() {
  local link
  for link in confirmed staged booted; do
    find_pointed "$link"
    printf '%s ' "$POINTED"
  done
}

# When the machine was started; nothing in a folder that stands for /. The last generation before that is taken
# for the one that it booted, where the boot was before the first switch and has noted none.
boot_time() {
  [ -r "$ROOT/proc/stat" ] || return 0
  date -u -d "@$(awk '$1 == "btime" { print $2 }' "$ROOT/proc/stat")" +%Y-%m-%dT%H:%M:%SZ
}

# Names of all bundles in the store: folders that are not outputs of recipes.
stored_bundles() {
  [ ! -d "$STORE" ] || {
    [ ! -d "$BUILD/outputs" ] || ls "$BUILD/outputs"
    printf '\n'
    find "$STORE" -mindepth 1 -maxdepth 1 -type d -printf '%f\n'
  } | awk '$0 == "" { stored = 1; next } !stored { output[$0] = 1; next } index($0, "-") == 33 && !(substr($0, 1, 32) in output)' | sort
}

# Those of $WORK/bundles that are no generation's, nor about to be; the others are in $WORK/kept then.
unused_bundles() {
  {
    find "$STATE/generations" -type l -printf '%l\n' | sed 's|.*/||'
    bundle_under_way
  } | sort -u >"$WORK/used"
  comm -12 "$WORK/bundles" "$WORK/used" >"$WORK/kept"
  comm -23 "$WORK/bundles" "$WORK/used"
}

# What is kept is known by the tables alone: they must hold.
check_kept_tables() {
  local bundle
  while IFS= read -r bundle; do
    check_identity "$STORE/$bundle" "$bundle"
  done <"$WORK/kept"
}

# Objects that no kept bundle lists, and that no copy under way has linked to.
unused_objects() {
  {
    sed 's|$|/files.tsv|' "$WORK/kept" | (cd "$STORE" && xargs -r -d '\n' cat --) |
      awk -F "$TAB" -v OFS="$TAB" '$8 != "-" { print "kept", $8 }'
    find "$WORK/garbage" -type f -printf 'dead\t%i\n'
    find "$STORE" -maxdepth 1 -type f -printf 'object\t%f\t%i\t%n\n'
  } | awk -F "$TAB" '
    $1 == "kept" { kept[$2] = 1; next }
    $1 == "dead" { dead[$2]++; next }
    index($2, "-") == 33 && !($2 in kept) && $4 == 1 + dead[$3] { print $2 }'
}

# Files of $WORK/garbage all of whose names are there.
freed_bytes() {
  find "$WORK/garbage" -type f -printf '%i\t%n\t%s\n' | awk -F "$TAB" '
    { names[$1]++; links[$1] = $2; size[$1] = $3 }
    END { for (file in names) if (names[file] == links[file]) sum += size[file]; printf "%.0f\n", sum }'
}
