# shellcheck shell=dash
# What every verb needs: messages, the root, safe writing, the lock.
# Reads: nothing of its own. Writes: files named by its callers, and var/lib/stead/lock.

TAB='	'
NEWLINE='
'

# Sets FOUND to where a program lies on PATH; empty when nowhere.
find_program() {
  local folder IFS=:
  FOUND=
  for folder in $PATH; do
    [ -x "$folder/$1" ] || continue
    FOUND=$folder/$1
    return 0
  done
}

# Busybox's shell takes its own tools before those of PATH; those that lack options used here do not serve.
use_tools_of_path() {
  local tool
  find_program find
  FIND=$FOUND
  # Dash has none; to ask the others takes a process.
  # shellcheck disable=SC3028
  [ -n "${RANDOM-}" ] || return 0
  case $(command -v tar) in
    /* | '') return 0 ;;
  esac
  for tool in chmod chown cp dd df find flock grep ln ls mkdir mktemp mount mv nice readlink rm rmdir sha256sum sleep \
    sort sync tar timeout touch unshare xargs; do
    find_program "$tool"
    [ -z "$FOUND" ] || eval "$tool() { '$FOUND' \"\$@\"; }"
  done
}

# Prose for people. Never fails: a reader that went away does not stop a switch.
say() {
  printf '%s\n' "$*" >&2 || :
}

die() {
  say "stead-host: $1"
  exit "${2-1}"
}

# Sets ROOT (no slash at the end; empty for /), STATE, STORE, BUILD, and what may be touched beyond files:
# ADMIN (packages, users, owners, checks) and SYSTEMD (units).
set_root() {
  cd -P -- "$1" 2>/dev/null || die "the root $1 is not a folder that can be entered" 2
  ROOT=${PWD%/}
  STATE=$ROOT/var/lib/stead
  # Where the fleet names another folder (`storeDir`), this is a link to it.
  [ -n "$ROOT" ] || [ ! -L "$STATE" ] || STATE=$(readlink "$STATE")
  STORE=$STATE/store
  BUILD=$STATE/build
  ADMIN=
  SYSTEMD=
  [ -n "$ROOT" ] || ! is_root || ADMIN=yes
  [ -z "$ADMIN" ] || [ ! -d /run/systemd/system ] || SYSTEMD=yes
}

# The kernel's answer takes no process.
is_root() {
  local key effective
  if [ -r /proc/self/status ]; then
    while read -r key _ effective _; do
      [ "$key" != Uid: ] || break
    done </proc/self/status
  else
    effective=$(id -u)
  fi
  [ "$effective" = 0 ]
}

# Says once which steps are left out here.
say_left_out() {
  if [ -n "$ROOT" ]; then
    say "$ROOT stands for /: files only; packages, users, owners, checks and units are left out"
  elif [ -z "$ADMIN" ]; then
    say "not root: files only; packages, users, owners, checks and units are left out"
  elif [ -z "$SYSTEMD" ]; then
    say "systemd does not run here: units are left out"
  fi
}

make_state_folders() {
  [ ! -d "$STORE" ] || [ ! -d "$STATE/generations" ] || [ ! -d "$STATE/adopted" ] || return 0
  mkdir -p "$STORE" "$STATE/generations" "$STATE/adopted" || die "$STATE cannot be made; is the file system read-only or full?"
}

# Standard input becomes the file $1 at once: temporary name, sync, rename.
write_file() {
  cat >"$1.tmp" && sync "$1.tmp" 9>&- && mv -f "$1.tmp" "$1"
}

# write_text FILE TEXT: the same with a text that is at hand, which takes no process to pass on.
write_text() {
  printf '%s\n' "$2" >"$1.tmp" && sync "$1.tmp" 9>&- && mv -f "$1.tmp" "$1"
}

# Sets TEXT to what a file holds, without the ends of lines at its end; empty where there is none. For short files alone:
# it takes no process, and reads byte by byte.
read_text() {
  TEXT=
  [ ! -e "$1" ] || read_lines <"$1"
}

# The same of standard input.
# shellcheck disable=SC2034 # TEXT is the answer
read_lines() {
  local line=''
  TEXT=
  while IFS= read -r line; do
    TEXT=$TEXT${TEXT:+$NEWLINE}$line
  done
  [ -z "$line" ] || TEXT=$TEXT${TEXT:+$NEWLINE}$line
}

# Makes renames and links on these file systems last. A killed sync may sit in the kernel for a while:
# it is not given the lock, so that nobody waits for it.
sync_trees() {
  sync -f "$@" 9>&-
}

# Sets JSON to a text as a string of it.
json_string() {
  case $1 in
    *[!A-Za-z0-9\ ._:@+-]*) ;;
    *)
      JSON='"'$1'"'
      return 0
      ;;
  esac
  JSON=$(printf '%s' "$1" | awk '
    BEGIN { printf "\"" }
    NR > 1 { printf "\\n" }
    { gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); gsub(/\t/, "\\t"); gsub(/[\001-\037]/, " "); printf "%s", $0 }
    END { printf "\"" }')
}

now() {
  date -u +%Y-%m-%dT%H:%M:%SZ
}

need_tool() {
  command -v "$1" >/dev/null 2>&1 || die "$1 is missing here; install the package $2"
}

# All without which a switch would end half way.
need_tools() {
  local tool
  for tool in chmod chown cp cut date df head ln ls mkdir mktemp mv readlink rm rmdir sha256sum sort stat sync tail touch tr wc; do
    need_tool "$tool" coreutils
  done
  need_tool awk mawk
  need_tool find findutils
  need_tool xargs findutils
  need_tool grep grep
  need_tool sed sed
  need_tool cmp diffutils
  need_tool flock util-linux
}

# Takes the lock for the rest of this process and its children (descriptor 9); exit 5 when another holds it.
take_lock() {
  [ -z "$LOCKED" ] || return 0
  need_tools
  make_state_folders
  [ ! -e "$STATE/lock" ] || [ -w "$STATE/lock" ] ||
    die "$STATE cannot be written to: its file system is mounted read-only, or it belongs to another user"
  exec 9>>"$STATE/lock"
  if ! flock -n 9; then
    die "another switch holds the lock: $(lock_holder)" 5
  fi
  have_lock "$1"
}

# The same for those who leave it to the one that holds it.
try_lock() {
  exec 9>>"$STATE/lock"
  flock -n 9 || return 1
  have_lock "$1"
}

have_lock() {
  local leftover
  LOCKED=yes
  # A full file system must not keep anybody from going back.
  printf 'pid %s, %s\n' "$$" "$1" 2>/dev/null >"$STATE/lock" || :
  for leftover in "$STATE"/work/* "$STATE/aside.new"; do
    [ ! -e "$leftover" ] || rm -rf "$leftover"
  done
}

# Writes what the holder of the lock is about from now on, for the one that is refused.
lock_says() {
  local holder=''
  read -r holder <"$STATE/lock" || :
  printf '%s, %s\n' "${holder%%,*}" "$1" 2>/dev/null >"$STATE/lock" || :
}

# `pid N, since TIME, what it does`: the time is that of the file where it is not written down.
lock_holder() {
  local holder=''
  read -r holder <"$STATE/lock" || :
  case $holder in
    *', since '*) printf '%s\n' "$holder" ;;
    *) printf '%s, since %s, %s\n' "${holder%%,*}" "$(date -u -r "$STATE/lock" +%Y-%m-%dT%H:%M:%SZ)" "${holder#*, }" ;;
  esac
}

# setting BUNDLE KEY DEFAULT sets SETTING to what the fleet says of that host: in `activation`, and of `strayKeys`.
# shellcheck disable=SC2034 # SETTING is the answer
setting() {
  local key value
  SETTING=$3
  [ -s "$STORE/$1/settings.tsv" ] || return 0
  while IFS=$TAB read -r key value; do
    [ "$key" != "$2" ] || SETTING=$value
  done <"$STORE/$1/settings.tsv"
}

# Sets CURRENT to the name of the generation that `current` points to, or -.
find_current() {
  find_pointed current
  CURRENT=$POINTED
}

# Sets POINTED to the name of the generation that a link of var/lib/stead leads to, or -.
find_pointed() {
  POINTED=$(readlink "$STATE/$1") || POINTED=
  case $POINTED in
    generations/*) POINTED=${POINTED#generations/} ;;
    *) POINTED=- ;;
  esac
}

# point LINK GENERATION: the link leads there from one moment to the next, or is gone for -.
point() {
  if [ "$2" = - ]; then
    rm -f "$STATE/$1"
  else
    ln -s -f -n "generations/$2" "$STATE/$1.tmp"
    mv -f -T "$STATE/$1.tmp" "$STATE/$1"
  fi
  sync_trees "$STATE"
}

# The same, printed.
current_generation() {
  find_current
  printf '%s\n' "$CURRENT"
}

# Why nothing can be written, where that is so.
say_if_full() {
  local free
  free=$(stat -f -c '%f %S %c %d' -- "$STATE" 2>/dev/null | awk '$1 * $2 < 65536 || ($3 > 0 && $4 < 16) { printf "%.0f bytes and %d files are free", $1 * $2, $4 }') || return 0
  [ -z "$free" ] || say "the file system of $STATE is full: $free; make room and try again"
}
