# shellcheck shell=dash
# What arrives: says what is lacking, takes a stream into the store.
# Reads: standard input. Writes: var/lib/stead/store/ only; a half-received stream stays in .incoming-*,
# from which the next probe or receive takes what is whole. A folder in use is known by a lock on itself.

# probe BUNDLE: what is here for a copy of it. Standard input: names in the store, of which those that lack are told.
verb_probe() {
  if [ $# != 1 ] || ! is_bundle_name "$1"; then usage; fi
  resume_receiving
  find_current
  printf 'format\t%s\n' "$STEAD_FORMAT"
  if [ "$CURRENT" = - ]; then
    printf 'current\t-\n'
  else
    find_bundle "$CURRENT"
    printf 'current\t%s\t%s\n' "$CURRENT" "${BUNDLE%%-*}"
  fi
  read_text "$STATE/host"
  printf 'host\t%s\n' "${TEXT:--}"
  if [ -d "$STORE/$1" ]; then printf 'bundle\tpresent\n'; else printf 'bundle\tabsent\n'; fi
  find_lacking_downloads "$1"
  [ -z "$LACKING" ] || printf 'lacks\tdownloads\n'
  find_program zstd
  if [ -n "$FOUND" ]; then printf 'zstd\tyes\n'; else printf 'zstd\tno\n'; fi
  # The latest bundles of the same host: a stream may build on them.
  {
    [ ! -d "$STORE" ] || find "$STORE" -mindepth 1 -maxdepth 1 \( -type d -name "????????????????????????????????-${1#*-}" \
      -printf '%T@\t%f\n' -o -printf '\t%f\n' \)
    printf '\n'
    exec cat
  } | awk -F "$TAB" -v OFS="$TAB" '
    $0 == "" { asked = 1; next }
    asked { if (!($0 in have)) print "missing", $0; next }
    { have[$2] = 1; if ($1 != "") when[$2] = $1 }
    END {
      for (count = 0; count < 8; count++) {
        latest = ""
        for (name in when) if (latest == "" || when[name] + 0 > when[latest] + 0) latest = name
        if (latest == "") exit
        print "has", substr(latest, 1, 32)
        delete when[latest]
      }
    }'
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
  free=$(df -Pk "$STORE")
  free=${free##*"$NEWLINE"}
  # shellcheck disable=SC2086 # columns are words
  set -- "$1" $free
  free=$5
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
  for bad in "$incoming"/* "$incoming"/.[!.]* "$incoming"/..?*; do
    case ${bad#"$incoming/"} in
      bundle | objects | objects.tsv) continue ;;
    esac
    { [ ! -e "$bad" ] && [ ! -L "$bad" ]; } || die "the stream holds more than a bundle and its objects"
  done
  { [ -d "$incoming/objects" ] && [ -d "$incoming/bundle/root" ]; } || mkdir -p "$incoming/objects" "$incoming/bundle/root"
  # What the bundle that it builds on has, too, is as it should be, and is being used.
  find "$incoming" -type d ! -perm 0755 -exec chmod 0755 {} + -o \
    -type f ! -perm 0644 -path "$incoming/bundle/*" ! -path "$incoming/bundle/root/*" ! -path "$incoming/bundle/runtime/stead-host" \
    -exec chmod 0644 {} +
  check_bundle "$incoming/bundle" "$bundle"
  [ -x "$incoming/bundle/runtime/stead-host" ] || chmod 0755 "$incoming/bundle/runtime/stead-host"
  bad=$(unshared_paths "$incoming" "$incoming/bundle")
  case $bad in
    '') ;;
    =*)
      bad=${bad#=}
      die "the stream holds an object that the bundle $bundle does not list: ${bad%%"$TAB"*}"
      ;;
    *) die "the bundle $bundle is corrupt: ${bad%%"$TAB"*} is not its object" ;;
  esac
}

# unshared_paths FOLDER BUNDLE_FOLDER: paths of root/ that are not one file with their object, which lies in FOLDER/objects or
# the store; prints `path object`. Before them, `=name` for what FOLDER/objects has that is no object of the bundle.
unshared_paths() {
  (cd "$STORE" && find "$2/root" "$1/objects" . -path './*' -type d -prune -o -type f -printf '%H\t%i\t%P\n' \
    -o -printf '%H\t-\t%P\n') | TREE=$2/root OBJECTS=$1/objects awk -F "$TAB" -v OFS="$TAB" '
    table { if ($2 == "link" || $2 == "copy") object[$1] = $8; next }
    $2 == "-" { if ($1 == ENVIRON["OBJECTS"] && $3 != "") arrived[$3] = "-"; next }
    $1 == ENVIRON["TREE"] { inode["/" $3] = $2; next }
    $1 == ENVIRON["OBJECTS"] { arrived[$3] = $2 }
    { inodes[$3] = inodes[$3] " " $2 " " }
    END {
      for (path in object) listed[object[path]] = 1
      for (name in arrived) if (!(name in listed) || arrived[name] == "-") print "=" name, "-"
      for (path in object) if (!index(inodes[object[path]], " " inode[path] " ")) print path, object[path]
    }
  ' table=1 "$2/files.tsv" table=0 -
}

# Renames objects into the store, an existing one wins; the bundle's folder comes last.
store_incoming() {
  local incoming=$1 bundle=$2 name path
  store_objects "$incoming/objects"
  if [ -n "$MET" ]; then
    unshared_paths "$incoming" "$incoming/bundle" >"$incoming/unshared"
    while IFS=$TAB read -r path name; do
      ln -f "$STORE/$name" "$incoming/bundle/root$path"
    done <"$incoming/unshared"
  fi
  sync_trees "$STORE"
  [ -d "$STORE/$bundle" ] || mv -T "$incoming/bundle" "$STORE/$bundle"
}

# Leaves the folder empty: what is in it are plain files, which the bundle lists. Sets MET where one was in the store already.
store_objects() {
  local folder=$1 path
  MET=
  set --
  for path in "$folder"/*; do
    [ -e "$path" ] || continue
    if [ -e "$STORE/${path##*/}" ]; then
      MET=yes
      continue
    fi
    if [ $# -ge 500 ]; then
      mv -f -t "$STORE" -- "$@"
      set --
    fi
    set -- "$@" "$path"
  done
  [ $# = 0 ] || mv -f -t "$STORE" -- "$@"
  for path in "$folder"/*; do
    [ ! -e "$path" ] || {
      rm -rf "$folder"
      mkdir "$folder"
    }
  done
}
