# shellcheck shell=dash
# What arrives: says what is lacking, takes a stream into the store.
# Reads: standard input. Writes: var/lib/stead/store/ only; a half-received stream stays in .incoming-*,
# which the next receive removes. A folder in use is known by a lock on itself.

verb_probe() {
  if [ $# != 1 ] || ! is_bundle_name "$1"; then usage; fi
  local current bundle=-
  current=$(current_generation)
  [ "$current" = - ] || bundle=$(bundle_of "$current")
  printf 'format\t%s\n' "$STEAD_FORMAT"
  if [ "$current" = - ]; then
    printf 'current\t-\n'
  else
    printf 'current\t%s\t%s\n' "$current" "${bundle%%-*}"
  fi
  printf 'host\t%s\n' "$(cat "$STATE/host" 2>/dev/null || printf -- -)"
  printf 'bundle\t%s\n' "$([ -d "$STORE/$1" ] && printf present || printf absent)"
  printf 'uid\t%s\n' "$(id -u)"
  printf 'zstd\t%s\n' "$(command -v zstd >/dev/null 2>&1 && printf yes || printf no)"
  { ls -A "$STORE" 2>/dev/null || :; printf '\n'; cat; } | awk -v OFS="$TAB" '
    $0 == "" { asked = 1; next }
    !asked { have[$0] = 1; next }
    !($0 in have) { print "missing", $0 }'
}

# receive BUNDLE INCOMING gzip|zstd|none
verb_receive() {
  if [ $# != 3 ] || ! is_bundle_name "$1" || ! is_incoming_name "$2"; then usage; fi
  local bundle=$1 unpack
  INCOMING=$STORE/$2
  case $3 in
    gzip) unpack=--gzip ;;
    zstd) unpack=--zstd ;;
    none) unpack=--no-auto-compress ;;
    *) usage ;;
  esac
  need_tool flock util-linux
  make_state_folders
  exec 7>>"$STATE/receive.lock"
  flock -w 600 7 || die "another copy to this host does not end" 5
  remove_stale_incoming
  mkdir "$INCOMING" || die "the copy $2 is under way already"
  exec 8<"$INCOMING"
  flock 8
  exec 7>&-

  trap 'rm -rf "$INCOMING"' EXIT
  # Naming the one member keeps everything else in the stream out; tar itself refuses `..` and absolute
  # names, and does not write through links that the stream made.
  (umask 077 && tar -x -f - "$unpack" -C "$STORE" --no-same-owner --no-same-permissions "$2" >&2) ||
    die "the stream for $bundle is broken or does not fit here; nothing was kept"
  check_incoming "$INCOMING" "$bundle"
  sync_trees "$INCOMING"

  exec 7>>"$STATE/receive.lock"
  flock -w 600 7 || die "another copy to this host does not end" 5
  store_incoming "$INCOMING" "$bundle"
  sync_trees "$STORE"
  exec 7>&-
  printf 'received\t%s\n' "$bundle"
}

is_incoming_name() {
  case $1 in
    .incoming-*[!a-z0-9]*) return 1 ;;
    .incoming-?*) return 0 ;;
    *) return 1 ;;
  esac
}

# Folders that no living receive has locked.
remove_stale_incoming() {
  local folder
  for folder in "$STORE"/.incoming-*; do
    [ -d "$folder" ] || continue
    if flock -n "$folder" true 2>/dev/null; then
      rm -rf "$folder"
    fi
  done
}

# The received bundle and objects, before anything of them has a name in the store.
check_incoming() {
  local incoming=$1 bundle=$2 bad
  [ -d "$incoming/bundle" ] || die "the stream does not hold the bundle $bundle"
  mkdir -p "$incoming/objects" "$incoming/bundle/root"
  find "$incoming" -type d -exec chmod 0755 {} +
  check_bundle "$incoming/bundle" "$bundle"
  bad=$(find "$incoming" -mindepth 1 -maxdepth 1 ! -name bundle ! -name objects)
  [ -z "$bad" ] || die "the stream holds more than a bundle and its objects"
  bad=$(
    (cd "$incoming/objects" && find . -mindepth 1 -printf '%y\t%P\n') | awk -F "$TAB" '
      table { if ($2 == "link" || $2 == "copy") listed[$8] = 1; next }
      $1 != "f" || !($2 in listed) { print $2 }' table=1 "$incoming/bundle/files.tsv" table=0 -
  )
  [ -z "$bad" ] || die "the stream holds an object that the bundle $bundle does not list: ${bad%%"$NEWLINE"*}"
  bad=$(unshared_paths "$incoming" "$incoming/bundle")
  [ -z "$bad" ] || die "the bundle $bundle is corrupt: ${bad%%"$TAB"*} is not its object"
}

# Paths of root/ that are not one file with their object; prints `path object`.
unshared_paths() {
  {
    (cd "$2" && find root -type f -printf 'path\t%i\t/%P\n')
    (cd "$1" && find objects -type f -printf 'object\t%i\t%f\n')
    (cd "$STORE" && find . -maxdepth 1 -type f -printf 'object\t%i\t%f\n')
  } | awk -F "$TAB" -v OFS="$TAB" '
    table { if ($2 == "link" || $2 == "copy") object[$1] = $8; next }
    $1 == "path" { inode[$3] = $2; next }
    { inodes[$3] = inodes[$3] " " $2 " " }
    END { for (path in object) if (!index(inodes[object[path]], " " inode[path] " ")) print path, object[path] }
  ' table=1 "$2/files.tsv" table=0 -
}

# Renames objects into the store, an existing one wins; the bundle's folder comes last.
store_incoming() {
  local incoming=$1 bundle=$2 name path
  find "$incoming/bundle" "$incoming/bundle/runtime" -maxdepth 1 -type f -exec chmod 0644 {} +
  chmod 0755 "$incoming/bundle/runtime/stead-host"
  { ls -A "$STORE" && printf '\n' && ls -A "$incoming/objects"; } | awk '
    $0 == "" { arrived = 1; next }
    !arrived { have[$0] = 1; next }
    !($0 in have)' | (cd "$incoming/objects" && xargs -r -d '\n' mv -f -t "$STORE" --)
  rm -rf "$incoming/objects"
  mkdir "$incoming/objects"
  unshared_paths "$incoming" "$incoming/bundle" >"$incoming/unshared"
  while IFS=$TAB read -r path name; do
    ln -f "$STORE/$name" "$incoming/bundle/root$path"
  done <"$incoming/unshared"
  sync_trees "$STORE"
  [ -d "$STORE/$bundle" ] || mv -T "$incoming/bundle" "$STORE/$bundle"
}
