# shellcheck shell=dash
# What arrives: says what is lacking, takes a stream into the store.
# Reads: standard input. Writes: var/lib/stead/store/ only; a half-received stream stays in .incoming-*,
# from which the next probe or receive takes what is whole. A folder in use is known by a lock on itself.

verb_probe() {
  if [ $# != 1 ] || ! is_bundle_name "$1"; then usage; fi
  local current bundle=-
  resume_receiving
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
  find_lacking_downloads "$1"
  [ -z "$LACKING" ] || printf 'lacks\tdownloads\n'
  printf 'uid\t%s\n' "$(id -u)"
  printf 'zstd\t%s\n' "$(command -v zstd >/dev/null 2>&1 && printf yes || printf no)"
  latest_bundles "${1#*-}"
  { ls -A "$STORE" 2>/dev/null || :; printf '\n'; cat; } | awk -v OFS="$TAB" '
    $0 == "" { asked = 1; next }
    !asked { have[$0] = 1; next }
    !($0 in have) { print "missing", $0 }'
}

# What earlier copies left is asked for first, so that it counts as here.
resume_receiving() {
  set -- "$STORE"/.incoming-*
  [ -d "$1" ] || return 0
  need_tool flock util-linux
  exec 7>>"$STATE/receive.lock"
  ! flock -n 7 || clear_stale_incoming
  exec 7>&-
}

# Bundles of the host $1 that a stream may build on.
latest_bundles() {
  [ ! -d "$STORE" ] || find "$STORE" -maxdepth 1 -type d -name "????????????????????????????????-$1" -printf '%T@\t%f\n' |
    sort -rn | awk -F "$TAB" 'NR <= 8 { print "has\t" substr($2, 1, 32) }'
}

# receive BUNDLE INCOMING gzip|zstd|none BYTES [BASE]
# The stream holds at most BYTES when unpacked; with BASE it holds what differs from that bundle.
verb_receive() {
  if [ $# -lt 4 ] || [ $# -gt 5 ] || ! is_bundle_name "$1" || ! is_incoming_name "$2" || ! is_number "$4"; then
    usage
  fi
  case $3 in
    gzip | zstd | none) ;;
    *) usage ;;
  esac
  [ $# = 4 ] || is_bundle_name "$5" || usage
  local bundle=$1 name=$2 packing=$3 bytes=$4 base=${5-}
  INCOMING=$STORE/$name
  need_tool flock util-linux
  make_state_folders
  lock_receiving
  clear_stale_incoming
  need_space "$bytes"
  mkdir "$INCOMING" || die "the copy $name is under way already"
  exec 8<"$INCOMING"
  flock 8
  exec 7>&-

  trap 'broken_off' EXIT
  take_stream "$name" "$packing" "$bytes"
  trap 'rm -rf "$INCOMING"' EXIT
  [ -d "$INCOMING/bundle" ] || die "the stream does not hold the bundle $bundle"
  rm -f "$INCOMING/objects.tsv"
  [ -z "$base" ] || complete_bundle "$INCOMING" "$base"
  check_incoming "$INCOMING" "$bundle"
  sync_trees "$INCOMING"

  lock_receiving
  store_incoming "$INCOMING" "$bundle"
  sync_trees "$STORE"
  exec 7>&-
  printf 'received\t%s\n' "$bundle"
}

lock_receiving() {
  exec 7>>"$STATE/receive.lock"
  flock -w 600 7 || die "another copy to this host does not end" 5
}

# Says what a copy takes before it fills the file system.
need_space() {
  local free
  free=$(df -Pk "$STORE" | awk 'NR == 2 { print $4 }')
  [ "$(($1 / 1024))" -le "$free" ] || die "the copy needs $(($1 / 1024)) KiB in $STORE, where $free KiB are free"
}

# take_stream NAME PACKING BYTES [FOLDER]: into the store or that folder. Naming the one member keeps everything else in the stream out; tar itself
# refuses `..` and absolute names, and does not write through links that the stream made.
take_stream() {
  local problem
  problem=$(
    {
      { unpack "$2" || printf 'broken\n' >&3; } | head -c "$3" | {
        (umask 077 && tar -x -v -f - -C "${4-$STORE}" --no-same-owner --no-same-permissions "$1") || printf 'broken\n' >&3
      } | awk 'seen[$0]++ { print "twice " $0 }' >&3
    } 3>&1 >&2
  )
  case $problem in
    '') ;;
    twice*) die "the stream is not right: it holds ${problem#twice } twice" ;;
    *)
      say_if_full
      die "the stream is broken, or larger than announced, or does not fit here (up to $3 bytes in $STORE)"
      ;;
  esac
}

unpack() {
  case $1 in
    gzip) gzip -dc ;;
    zstd) zstd -dcq ;;
    none) cat ;;
  esac
}

# What arrived whole of a stream that broke off need not be sent again.
broken_off() {
  lock_receiving
  salvage "$INCOMING" || :
  rm -rf "$INCOMING"
}

is_incoming_name() {
  case $1 in
    .incoming-*[!a-z0-9]*) return 1 ;;
    .incoming-?*) return 0 ;;
    *) return 1 ;;
  esac
}

# Folders that no living receive has locked.
clear_stale_incoming() {
  local folder
  for folder in "$STORE"/.incoming-*; do
    [ -d "$folder" ] || continue
    exec 6<"$folder"
    if flock -n 6; then
      salvage "$folder" || :
      rm -rf "$folder"
    fi
    exec 6<&-
  done
}

# Moves objects of a broken-off stream into the store: those whose content is what objects.tsv says, and whose
# name follows from that, so that nothing else can ever have it. Columns: name, mode, owner, group, sha256.
# Where it fails, nothing is lost but time.
salvage() {
  [ -s "$1/objects.tsv" ] && [ -d "$1/objects" ] || return 0
  sync_trees "$1"
  rm -rf "$1/ids"
  mkdir "$1/ids"
  (
    cd "$1"
    find objects -mindepth 1 -maxdepth 1 -type f -printf '%f\n' | sums_of objects | awk '
      table { split($0, field, "\t"); facts[field[1]] = $0; next }
      {
        name = substr($0, 67)
        if (!(name in facts)) next
        split(facts[name], field, "\t")
        if (field[5] != substr($0, 1, 64)) next
        id = sprintf("ids/%09d", ++count)
        printf "stead object 1\n%s\n%s\n%s\n%s\n", field[2], field[3], field[4], field[5] >id
        close(id)
        print name
      }' table=1 objects.tsv table=0 - >whole.txt
    (cd ids && find . -type f -printf '%f\n' | sort | xargs -r sha256sum --) | base32 >ids.txt
    paste ids.txt whole.txt | awk -F "$TAB" 'substr($2, 1, 33) == $1 "-" { print $2 }' |
      (cd objects && xargs -r -d '\n' mv -n -t "$STORE" --)
  )
}

# The received bundle and objects, before anything of them has a name in the store.
check_incoming() {
  local incoming=$1 bundle=$2 bad
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
