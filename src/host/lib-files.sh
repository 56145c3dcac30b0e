# shellcheck shell=dash
# Carries out plans on the file tree; each change is one rename, or a removal of what is kept elsewhere.
# Reads: $WORK/plan, bundles. Writes: the paths of the tables, and below var/lib/stead: adopted/ (files that
# were there before, given back when their path leaves), strays/ (what stood in place of ours), directories.tsv
# (path, then `made` or the mode, owner and group that a folder had before).
# Works with the root as working directory.

# What a child of this shell adds, so that it has a folder of its own.
WORK_SUFFIX=

# A folder for intermediate lists; a lock holder's own is swept by the next one.
make_work() {
  if [ -n "$LOCKED" ]; then
    WORK=$STATE/work/$$$WORK_SUFFIX
    # What a child before left there is not ours.
    [ -z "$WORK_SUFFIX" ] || [ ! -d "$WORK" ] || rm -rf "$WORK"
    [ -d "$WORK" ] || mkdir -p "$WORK" || {
      say_if_full
      die "no folder for what is to be worked out can be made in $STATE; nothing was changed"
    }
  else
    WORK=$(mktemp -d)
  fi
  trap 'end_work' EXIT
  cd "$ROOT/" || exit
}

# A tool that fails ends the script with a code of its own, which is none that a verb has.
end_work() {
  local code=$?
  case $code in
    0 | 1 | 4 | 5 | 6) ;;
    *) code=1 ;;
  esac
  [ -z "$LOCKED" ] || [ "$code" = 0 ] || say_if_full
  [ "$code" = 0 ] || forget_new_secrets
  # That of a child is in its parent's, and goes with it.
  if [ -z "$WORK_SUFFIX" ] && [ -d "$WORK" ]; then rm -rf "$WORK" ${LOCKED:+"$STATE/aside.new"}; fi
  exit "$code"
}

# Set where a plan of this switch found nothing to do to the tree.
FILES_STAND=

# Splits the plan into one list a step, $WORK/MODE.STEP, without the step's name.
split_plan() {
  [ -s "$WORK/plan" ] || return 0
  awk -v lists="$WORK/$MODE." '{ step = $0; sub(/\t.*/, "", step); sub(/^[^\t]*\t/, ""); print > (lists step) }' "$WORK/plan"
}

# What can be done before the commit point: keep what stands in the way, make the links of new paths.
prepare_files() {
  observe "$1" "$2"
  note_observed_drift "$1" "$2"
  plan_observed prepare
  split_plan
  refuse_impossible
  each keep keep_aside
  make_folders
  make_links
}

# Says why a plan cannot be carried out, before anything is changed. Sets FILES_STAND where the tree is already as it is to be:
# the rename of `current` is all that changes files then.
check_plan() {
  plan_files settle "$1" "$2"
  FILES_STAND=
  [ -s "$WORK/plan" ] || FILES_STAND=yes
  split_plan
  check_places
  [ -z "$FILES_STAND" ] || return 0
  plan_observed prepare
  split_plan
  refuse_impossible
}

refuse_impossible() {
  local path why=''
  if [ -s "$WORK/$MODE.refuse" ]; then
    while IFS=$TAB read -r path why; do
      say "$path $why"
    done <"$WORK/$MODE.refuse"
    exit 1
  fi
  each empty refuse_foreign_contents
}

# A folder that stead made and that becomes a file may hold nothing but what leaves.
refuse_foreign_contents() {
  local foreign
  foreign=$(find ".$1" -mindepth 1 ! -type d | sed 's/^\.//' | awk -F "$TAB" '
    part == "other" { other[$1] = 1; next }
    part == "target" { target[$1] = 1; next }
    !($0 in other) || ($0 in target)' part=other "$WORK/other" part=target "$WORK/target" part=disk -)
  [ -z "$foreign" ] ||
    die "$1 becomes a file, but ${foreign%%"$NEWLINE"*} in it is not stead's; move it away and switch again"
}

# What a switch reads of the tree later on, where that was found to stand. The modes of its own files last since the journal does.
stand_files() {
  : >"$WORK/drifted"
  : >"$WORK/plan"
}

# Brings the tree from any mixture of the two bundles to the first.
settle_files() {
  plan_files settle "$1" "$2"
  if [ ! -s "$WORK/plan" ]; then
    return 0
  fi
  split_plan
  TREE=$STORE/$1/root
  if [ -s "$WORK/$MODE.temporary" ]; then paths temporary | xargs -d '\n' rm -rf --; fi
  if [ -s "$WORK/$MODE.remove" ]; then paths remove | xargs -d '\n' rm -f --; fi
  each absent set_keys_aside
  each restore set_attributes
  each displace displace
  if [ -s "$WORK/$MODE.rmdir" ]; then
    paths rmdir | while IFS= read -r path; do [ ! -d "$path" ] || printf '%s\n' "$path"; done |
      xargs -r -d '\n' rmdir --ignore-fail-on-non-empty --
  fi
  each giveback give_back
  each dropkept drop_kept
  make_folders
  each keep keep_aside
  each stray keep_stray
  make_links
  each replace replace_with_link
  each copy replace_with_copy
  each plaincopy replace_plainly
  note_old_attributes
  each attributes set_attributes
  each left say_left
  forget_folders
  sync_touched
}

# each STEP FUNCTION: calls the function with the columns of each row of a step's list.
each() {
  local list=$WORK/$MODE.$1 function=$2 first second third fourth
  [ -s "$list" ] || return 0
  while IFS=$TAB read -r first second third fourth; do
    "$function" "$first" "$second" "$third" "$fourth" </dev/null
  done <"$list"
}

paths() {
  sed 's/^/./' "$WORK/$MODE.$1"
}

make_folders() {
  [ -s "$WORK/$MODE.mkdir" ] || return 0
  # Noted before they are made: what is noted and still missing is forgotten in the end.
  {
    noted_folders
    awk '{ print $0 "\tmade" }' "$WORK/$MODE.mkdir"
  } | sort -u | write_file "$STATE/directories.tsv"
  paths mkdir | xargs -d '\n' mkdir -p --
}

noted_folders() {
  [ ! -e "$STATE/directories.tsv" ] || cat "$STATE/directories.tsv"
}

make_links() {
  [ -s "$WORK/$MODE.link" ] || return 0
  local directory='' next text
  set --
  while IFS=$TAB read -r next text; do
    if [ $# -ge 500 ] || { [ $# -gt 0 ] && [ "$next" != "$directory" ]; }; then
      ln -s -t ".$directory" -- "$@"
      set --
    fi
    directory=$next
    set -- "$@" "$text"
  done <"$WORK/$MODE.link"
  [ $# = 0 ] || ln -s -t ".$directory" -- "$@"
}

replace_with_link() {
  ln -s -- "$2" ".${1%/*}/.stead-new"
  mv -f -T -- ".${1%/*}/.stead-new" ".$1"
}

# From the target's tree, TREE. Nobody but its owner can ever open a copy before its mode is right.
replace_with_copy() {
  local temporary=".${1%/*}/.stead-new"
  umask 077
  cp --preserve="mode${ADMIN:+,ownership}" -- "$TREE$1" "$temporary"
  umask 022
  sync "$temporary" 9>&-
  mv -f -T -- "$temporary" ".$1"
}

# Where a rename may leave neither file after a power cut: what was there stays beside it, whole.
replace_plainly() {
  local temporary=".${1%/*}/.stead-new"
  if [ -f ".$1" ]; then
    cp -- ".$1" ".$1.stead-old"
    sync ".$1.stead-old" 9>&-
  fi
  cp -- "$TREE$1" "$temporary"
  sync "$temporary" 9>&-
  mv -f -T -- "$temporary" ".$1"
  sync_trees ".${1%/*}/"
}

# set_attributes PATH MODE OWNER GROUP; the owner first, since a change of it drops special bits. With fewer than
# five digits chmod leaves the special bits of folders as they are.
set_attributes() {
  [ -e ".$1" ] || return 0
  [ -z "$ADMIN" ] || chown -- "$3:$4" ".$1"
  chmod -- "00$2" ".$1"
}

displace() {
  keep_aside "$1"
  rm -f -- ".$1"
}

# Keys that nobody declared let nobody in any more.
set_keys_aside() {
  local kept=$STATE/adopted$1
  [ ! -e "$kept" ] && [ ! -L "$kept" ] || kept=$STATE/strays$1
  copy_aside "$1" "$kept"
  rm -f -- ".$1"
  say "$1 held keys that nobody declared: set aside as $kept"
  say_keys "$kept" /dev/null
}

# say_keys FILE DECLARED: which keys a file has that another one does not, as far as there is an ssh-keygen to tell.
say_keys() {
  local key
  [ -f "$1" ] && [ -e "$2" ] || return 0
  { grep -v -x -F -f "$2" -- "$1" || :; } | ssh-keygen -l -f - >"$WORK/keys" 2>/dev/null || :
  while IFS= read -r key; do say "  it let in $key"; done <"$WORK/keys"
}

# Keeps what stands at a path, to be given back; a second thing at a path that has one kept is a stray.
keep_aside() {
  if [ ! -e "$STATE/adopted$1" ] && [ ! -L "$STATE/adopted$1" ]; then
    copy_aside "$1" "$STATE/adopted$1"
    say "$1 was there already: kept, and given back when it leaves the configuration"
  elif ! same_thing ".$1" "$STATE/adopted$1"; then
    keep_stray "$1"
  fi
}

keep_stray() {
  [ -e ".$1" ] || [ -L ".$1" ] || return 0
  copy_aside "$1" "$STATE/strays$1"
  say "$1 was not as stead had left it: put right; what stood there is kept as $STATE/strays$1"
  case $1 in */.ssh/authorized_keys) say_keys "$STATE/strays$1" "${TREE-}$1" ;; esac
}

copy_aside() {
  mkdir -p "${2%/*}"
  rm -rf "$STATE/aside.new"
  cp -a -T -- ".$1" "$STATE/aside.new"
  sync_trees "$STATE"
  mv -f -T -- "$STATE/aside.new" "$2"
  sync_trees "$STATE"
}

same_thing() {
  if [ -L "$1" ] || [ -L "$2" ]; then
    [ -L "$1" ] && [ -L "$2" ] && [ "$(readlink "$1")" = "$(readlink "$2")" ]
  else
    cmp -s -- "$1" "$2"
  fi
}

give_back() {
  mkdir -p ".${1%/*}"
  cp -a -T -- "$STATE/adopted$1" ".${1%/*}/.stead-new"
  mv -f -T -- ".${1%/*}/.stead-new" ".$1"
  sync_trees ".${1%/*}/"
  drop_adopted "$1"
}

# A kept file whose path holds something again: the same, or a person's own, which then stays.
drop_kept() {
  if same_thing ".$1" "$STATE/adopted$1"; then
    drop_adopted "$1"
  else
    say "$1 was put there by someone else and stays; what it was before stead is $STATE/adopted$1"
  fi
}

drop_adopted() {
  rm -f -- "$STATE/adopted$1"
  [ "${1%/*}" = '' ] || (cd "$STATE/adopted" && rmdir -p --ignore-fail-on-non-empty -- ".${1%/*}" 2>/dev/null) || :
}

# Where a switch is undone, what stands there was never stead's.
say_left() {
  [ "${PHASE-}" = undo ] || say "$1 is no longer stead's own and stays as it is"
}

note_old_attributes() {
  [ -s "$WORK/$MODE.adoptdir" ] || return 0
  {
    noted_folders
    cat "$WORK/$MODE.adoptdir"
  } | sort -u | write_file "$STATE/directories.tsv"
}

# Drops from directories.tsv what is gone or has its old attributes back.
forget_folders() {
  [ -s "$STATE/directories.tsv" ] || return 0
  local path
  if [ -e "$WORK/$MODE.rmdir" ] || [ -e "$WORK/$MODE.forget" ] || [ -e "$WORK/$MODE.restore" ]; then
    while IFS=$TAB read -r path _; do
      if [ ! -d ".$path" ] || [ -L ".$path" ]; then printf '%s\n' "$path"; fi
    done <"$STATE/directories.tsv" >"$WORK/gone"
    [ ! -e "$WORK/$MODE.restore" ] || cut -f 1 "$WORK/$MODE.restore" >>"$WORK/gone"
    awk -F "$TAB" 'part == "gone" { gone[$1] = 1; next } !($1 in gone)' \
      part=gone "$WORK/gone" part=kept "$STATE/directories.tsv" >"$WORK/directories.kept"
    write_file "$STATE/directories.tsv" <"$WORK/directories.kept"
  fi
}

# Flushes every file system that has paths of the two tables.
sync_touched() {
  local path
  awk -F / '!seen[$2]++ { print "./" $2 }' "$WORK/target" "$WORK/other" >"$WORK/touched"
  set -- "$STATE"
  while IFS= read -r path; do [ ! -e "$path" ] || set -- "$@" "$path"; done <"$WORK/touched"
  sync -f -- "$@" 9>&-
}

# Gives the files of a bundle their modes and, where accounts are ours to set, their owners: before a
# link makes any of them alive.
realise_objects() {
  local attributes path wanted='' tree=$STORE/$1/root
  plan_objects "$1"
  set --
  while IFS=$TAB read -r attributes _ path; do
    if [ $# -ge 500 ] || { [ $# -gt 0 ] && [ "$attributes" != "$wanted" ]; }; then
      realise_batch "$wanted" "$@"
      set --
    fi
    wanted=$attributes
    set -- "$@" "$tree$path"
  done <"$WORK/realise"
  [ $# = 0 ] || realise_batch "$wanted" "$@"
}

# Writes $WORK/realise: `owner:group` or `mode`, the object that lacks it, and its path, alike ones together; owners first,
# since a change of owner drops special bits. A file of the tree is one with its object.
plan_objects() {
  { cd "$STORE/$1" && find root -type f -printf '/%P\t%m\t%u\t%g\n'; } | awk -F "$TAB" -v OFS="$TAB" -v owners="$ADMIN" '
    part == "table" {
      if ($2 != "link" && $2 != "copy") next
      sub(/^0+/, "", $3)
      mode[$1] = $3; owner[$1] = $4; group[$1] = $5; object[$1] = $8
      next
    }
    !($1 in object) { next }
    owners && ($3 != owner[$1] || $4 != group[$1]) { lacks(owner[$1] ":" group[$1]); lacks(mode[$1]); next }
    $2 != mode[$1] { lacks(mode[$1]) }
    END {
      for (what in count) if (what ~ /:/) list(what)
      for (what in count) if (what !~ /:/) list(what)
    }
    function lacks(what) { row[what, ++count[what]] = what OFS object[$1] OFS $1 }
    function list(what,    i) { for (i = 1; i <= count[what]; i++) print row[what, i] }' part=table "$STORE/$1/files.tsv" part=tree - >"$WORK/realise"
}

realise_batch() {
  local attributes=$1
  shift
  case $attributes in
    *:*) chown -- "$attributes" "$@" ;;
    *) chmod -- "$attributes" "$@" ;;
  esac
}
