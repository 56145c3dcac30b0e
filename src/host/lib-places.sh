# shellcheck shell=dash
# Whether the file systems take what a plan wants of them, asked before anything is changed; and what is kept
# free for the way back. Reads: $WORK lists of a plan, the file systems. Writes: var/lib/stead/reserve/.

# check_places TARGET_BUNDLE: after a plan of the mode `settle`. Everything that is wrong is said at once.
check_places() {
  local mounts=/proc/self/mountinfo commands=/proc/cmdline line
  [ -r "$mounts" ] || mounts=/dev/null
  [ -z "$ROOT" ] && [ -r "$commands" ] || commands=/dev/null
  if [ -s "$WORK/plan" ]; then
    awk -F "$TAB" -v OFS="$TAB" -v state="$STATE" -v bytes_of_state="$SWITCH_BYTES" -v files_of_state="$SWITCH_FILES" -v folders="$WORK/needed" \
      "$NEEDS" part=target "$WORK/target" part=other "$WORK/other" part=adopted "$WORK/adopted" part=state "$WORK/state" \
      part=plan "$WORK/plan" >"$WORK/needs"
    # shellcheck disable=SC2016 # expanded by the inner shell
    xargs -d '\n' sh -c 'exec "$@" -maxdepth 0 \( -writable -printf yes -o -printf no \) -printf "\t%D\t%F\t%p\n"' \
      sh "$FIND" <"$WORK/needed" >"$WORK/places"
  else
    printf '%s/\t%s\t%s\n./\t0\t0\n' "$STATE" "$SWITCH_BYTES" "$SWITCH_FILES" >"$WORK/needs"
    find "$STATE/" ./ -maxdepth 0 \( -writable -printf yes -o -printf no \) -printf '\t%D\t%F\t%p\n' >"$WORK/places"
  fi
  awk -F "$TAB" -v OFS="$TAB" -v real="${ROOT:-yes}" -v systemd="$SYSTEMD" -v state="$STATE" "$JUDGE_PLACES" \
    part=mounts "$mounts" part=commands "$commands" part=target "$WORK/target" part=needs "$WORK/needs" part=places "$WORK/places" >"$WORK/devices"
  set --
  while IFS=$TAB read -r line _; do set -- "$@" "$line"; done <"$WORK/devices"
  stat -f -c '%f %S %c %d' -- "$@" >"$WORK/free"
  awk -F "$TAB" "$JUDGE_ROOM" "$WORK/devices" FS=' ' part=free "$WORK/free" >"$WORK/refused"
  [ -s "$WORK/refused" ] || return 0
  while IFS= read -r line; do
    say "$line"
  done <"$WORK/refused"
  die "this host cannot take the new generation as it is; nothing was changed"
}

# What every switch writes: the journal, the record of the generation, lists of the plan.
SWITCH_BYTES=278528
SWITCH_FILES=6

# Of the folder that is nearest to each path of the plan: bytes and files that are to be made in its file system.
# What is replaced counts twice, so that there is room to go back.
# shellcheck disable=SC2016 # awk's own $
NEEDS='
function blocks(bytes) { return int((bytes + 4095) / 4096) * 4096 }
function need(path, size, count,    folder) {
  folder = path
  sub("/[^/]*$", "", folder)
  while (folder != "" && behind[folder] != "d") sub("/[^/]*$", "", folder)
  folder = "." folder "/"
  bytes[folder] += size
  files[folder] += count
}
function keep(size) { bytes[state "/"] += blocks(size) + 16384; files[state "/"] += 6 }
part == "target" { if ($2 == "copy") size[$1] = $6; next }
part == "other" { if ($2 == "copy") old[$1] = $6; next }
part == "adopted" { kept[$1] = $2; next }
part == "state" { if (/^\./) { path = substr($1, 2); sub("^//", "/", path); behind[path] = $3; stands[path] = $8 } next }
$1 == "link" { need($2, 0, 1) }
$1 == "replace" { need($2, 0, 1) }
$1 == "mkdir" { need($2, 4096, 1) }
$1 == "copy" || $1 == "plaincopy" { need($2, blocks(size[$2]) + blocks(old[$2]), 2) }
$1 == "giveback" { need($2, blocks(kept[$2]), 1) }
$1 == "remove" { need($2, blocks(old[$2]), 1) }
$1 == "restore" || $1 == "attributes" || $1 == "rmdir" { need($2, 0, 0) }
$1 == "keep" || $1 == "stray" || $1 == "displace" { need($2, 0, 0); keep(stands[$2]) }
END {
  bytes[state "/"] += bytes_of_state
  files[state "/"] += files_of_state
  bytes["./"] += 0
  files["./"] += 0
  for (folder in bytes) {
    print folder, bytes[folder], files[folder]
    print folder >folders
  }
}
'

# Of each file system one folder, bytes, files, and what is wrong with it.
# shellcheck disable=SC2016 # awk's own $
JUDGE_PLACES='
part == "mounts" {
  split($0, word, " ")
  for (i = 7; word[i] != "-"; i++) {}
  split(word[3], number, ":")
  device = number[1] * 256 + number[2] % 256 + int(number[2] / 256) * 1048576
  point[device] = word[5]
  type[word[5]] = word[i + 1]
  flags[device] = "," word[6] "," word[i + 3] ","
  next
}
part == "commands" { if ((" " $0 " ") ~ / (boot=overlay|overlayroot=tmpfs[^ ]*) /) forgets = 1; next }
part == "target" { if ($2 == "link" && $1 ~ /\/systemd\/(system|user)\//) unit = $1; next }
part == "needs" { bytes[$1] = $2; files[$1] = $3; next }
{
  device = $2
  shown = $4
  sub(/^\./, "", shown)
  if (length(shown) > 1) sub(/\/$/, "", shown)
  if (!(device in folder)) folder[device] = $4
  of[$4] = device
  sum_bytes[device] += bytes[$4]
  sum_files[device] += files[$4]
  if ($1 != "yes" && wrong[device] == "") {
    if (flags[device] ~ /,ro,/) wrong[device] = shown " is on a file system that is mounted read-only (" point[device] "); remount it writable and switch again"
    else wrong[device] = shown " cannot be written to; it belongs to another user, or is protected (lsattr)"
  }
  if (real == "yes" && $3 == "overlay" && is_volatile(device)) wrong[device] = shown " is an overlay whose changes are lost at the next start; turn the overlay off (raspi-config, or overlayroot=disabled), restart, and switch again"
}
END {
  device = of[state "/"]
  if (systemd && unit != "" && device != of["./"]) {
    wrong[device] = state " is on a file system of its own (" point[device] "), and systemd looks for units before it is mounted: " unit " would not be found at boot; name a folder in the root file system, as in activation({ storeDir: \"/stead\" }), and switch again"
  }
  for (device in folder) print folder[device], sum_bytes[device], sum_files[device], wrong[device]
}
function is_volatile(device,    upper) {
  if (forgets || flags[device] ~ /,volatile,/) return 1
  upper = flags[device]
  if (!sub(/.*,upperdir=/, "", upper)) return 0
  sub(/,.*/, "", upper)
  while (upper != "" && !(upper in type)) sub("/[^/]*$", "", upper)
  return type[upper] == "tmpfs" || type[upper] == "ramfs"
}
'

# Free blocks, their size, all inodes (0 where a file system has no fixed number), free inodes; in the order of the folders.
# shellcheck disable=SC2016 # awk's own $
JUDGE_ROOM='
part != "free" {
  place[NR] = $1; bytes[NR] = $2; files[NR] = $3
  if ($4 != "") print $4
  next
}
{
  free = $1 * $2
  if (free >= bytes[FNR] && ($3 == 0 || $4 >= files[FNR])) next
  sub(/^\./, "", place[FNR])
  printf "the file system of %s has too little room: %d bytes and %d files are needed there, %.0f bytes and %d files are free\n", place[FNR], bytes[FNR], files[FNR], free, $4
}
'

# Bytes and files that are let go where a switch has to be taken back on a full file system.
keep_reserve() {
  [ ! -d "$STATE/reserve" ] || return 0
  rm -rf "$STATE/reserve.new"
  if {
    mkdir "$STATE/reserve.new" &&
      head -c 1048576 /dev/zero >"$STATE/reserve.new/space" &&
      make_empty_files "$STATE/reserve.new" 64 &&
      mv -T "$STATE/reserve.new" "$STATE/reserve"
  } 2>/dev/null; then return 0; fi
  say_if_full
  rm -rf "$STATE/reserve.new"
  die "there is no room to keep the way back open (1 MiB and 64 files in $STATE); nothing was changed"
}

make_empty_files() {
  local count=0
  while [ "$count" -lt "$2" ]; do
    count=$((count + 1))
    printf '' >"$1/$count" || return 1
  done
}

release_reserve() {
  [ ! -d "$STATE/reserve" ] || rm -rf "$STATE/reserve"
}
