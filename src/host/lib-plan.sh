# shellcheck shell=dash
# Decides what to do to the file tree: from two tables and what stands on the disk to a list of steps.
# Reads: tables, the paths they name, var/lib/stead/adopted/ and directories.tsv. Writes: only below $WORK.
#
# Any mixture of the two generations may stand on the disk: what is right already is left alone, so that
# the same plan carries out a switch, finishes an interrupted one, and takes one back.

# plan_files MODE TARGET_BUNDLE OTHER_BUNDLE writes $WORK/plan: rows `step path …` in no order but within a step.
# MODE: prepare (what may be done before the commit point), settle (after it), drift (what is not as TARGET says).
# A bundle is a name in the store, or - or empty for none. Each mode is planned once in a process. Paths of OTHER count as stead's own.
plan_files() {
  observe "$2" "$3"
  plan_observed "$1"
}

# plan_observed MODE: the same of what was observed last.
plan_observed() {
  MODE=$1
  decide "$1" "$WORK/target" >"$WORK/plan"
}

# decide MODE TARGET_TABLE
decide() {
  awk -F "$TAB" -v OFS="$TAB" -v mode="$1" -v state="$STATE" -v in_folder="${ROOT:+yes}" -v owners="$ADMIN" "$PLAN" \
    part=target "$2" part=other "$WORK/other" part=adopted "$WORK/adopted" \
    part=directories "$WORK/directories" part=state "$WORK/state"
}

# What was there before, with its size; mostly nothing, which a pattern tells without another process.
list_adopted() {
  set -- "$STATE"/adopted/* "$STATE"/adopted/.[!.]*
  [ "$1$2" != "$STATE/adopted/*$STATE/adopted/.[!.]*" ] || return 0
  exec "$FIND" "$STATE/adopted" -mindepth 1 ! -type d -printf '/%P\t%s\n' 2>/dev/null
}

# observe TARGET_BUNDLE OTHER_BUNDLE writes $WORK/target, other, adopted and directories, what the plan is made from, and
# $WORK/state: of every path in them, of all folders above, and of our temporary name in each: path, type, type
# behind a link, mode, owner, group, file system, size, link target; and `sum path` of real files that a table calls a copy.
observe() {
  local target=/dev/null other=/dev/null directories=$STATE/directories.tsv
  SETTING=keep
  [ "${1:--}" = - ] || { target=$STORE/$1/files.tsv && setting "$1" strayKeys keep; }
  [ "${2:--}" = - ] || other=$STORE/$2/files.tsv
  [ -e "$directories" ] || directories=/dev/null
  # A path with two slashes at its start is one whose sum is wanted. One process takes megabytes of paths, so
  # that their number starts no further ones. Absent paths are the rule here, and find complains of each.
  # shellcheck disable=SC2016 # expanded by the inner shell
  list_adopted |
    WORK=$WORK awk -F "$TAB" -v strays="${ADMIN:+$SETTING}" "$LIST_PATHS" part=target "$target" part=other "$other" part=directories "$directories" part=adopted - |
    xargs -r -d '\n' -s 1000000 sh -c 'exec "$@" -maxdepth 0 -printf "%p\t%y\t%Y\t%m\t%u\t%g\t%F\t%s\t%l\n" \
      -type f -path ".//*" -exec sha256sum -- {} +' sh "$FIND" >"$WORK/state" 2>/dev/null || :
}

# Each path once, and what was read as files of $WORK; the tables of bundles have a row for the host's own command, and
# the target's one of kind `absent` for each path where an account's keys would be and none are declared.
# shellcheck disable=SC2016 # awk's own $
LIST_PATHS='
BEGIN {
  command = "/usr/local/bin/stead-host"
  count = split("target other adopted directories", names, " ")
  for (i = 1; i <= count; i++) {
    file[names[i]] = ENVIRON["WORK"] "/" names[i]
    printf "" >file[names[i]]
  }
  for (i = 1; i < ARGC; i++) {
    if (ARGV[i] !~ /^part=(target|other)$/ || ARGV[i + 1] == "/dev/null") continue
    print command "\truntime\t-\t-\t-\t-\t-\t-\t-" >file[substr(ARGV[i], 6)]
    add(command)
  }
}
{
  print >file[part]
  if ((part == "target" || part == "other") && $2 == "copy") copy[$1] = 1
  if (part == "target") declared[$1] = 1
  add($1)
}
END {
  if (strays == "setAside") while ((getline line <"/etc/passwd") > 0) {
    if (split(line, account, ":") < 6 || account[6] !~ /^\/[^\t]*[^\/\t]$/) continue
    absent(account[6] "/.ssh/authorized_keys")
    absent(account[6] "/.ssh/authorized_keys2")
  }
  for (path in seen) print "." (path in copy ? "/" : "") path
}
function absent(path) {
  if (path in declared) return
  declared[path] = 1
  print path "\tabsent\t-\t-\t-\t-\t-\t-\t-" >file["target"]
  add(path)
}
function add(path,    parent) {
  while (path != "" && !(path in seen)) {
    seen[path] = 1
    parent = path
    sub("/[^/]*$", "", parent)
    seen[parent "/.stead-new"] = 1
    path = parent
  }
}
'

# Steps: temporary, remove, restore, displace, rmdir, forget (a folder that is none any more), giveback, dropkept, mkdir, keep, stray, link, replace,
# symlink, copy, absent (keys of nobody, set aside), plaincopy (where a file system has neither modes nor atomic renames), attributes; refuse (prepare), empty (a folder that must hold only what leaves), left (told),
# drift. (Awk makes an element by looking at it, so that `in` comes before each look.) `t` is the target generation's row, `o` the other's, `y` what stands on the disk.
# shellcheck disable=SC2016 # awk's own $
PLAN='
part == "target" { t_paths[++t_count] = $1; t_kind[$1] = $2; row("t", $0); if ($2 != "absent") above($1); next }
part == "other" { o_paths[++o_count] = $1; o_kind[$1] = $2; row("o", $0); next }
part == "adopted" { adopted_paths[++adopted_count] = $1; adopted[$1] = 1; next }
part == "directories" { folders[++folder_count] = $1; folder[$1] = $2; folder_row[$1] = $2 OFS $3 OFS $4; next }
part == "state" && !/^\./ { note_sum($0); next }
part == "state" {
  $1 = substr($1, 2)
  sub("^//", "/", $1)
  if ($1 ~ /\/\.stead-new$/) { print "temporary", $1; next }
  y[$1] = $2; behind[$1] = $3; mode_of[$1] = $4; owner_of[$1] = $5; group_of[$1] = $6; file_system[$1] = $7; size_of[$1] = $8; link_of[$1] = $9
}
END {
  if (mode == "drift") drift()
  else if (mode == "prepare") prepare()
  else settle()
}

function row(side, line,    field) {
  split(line, field, "\t")
  sub(/^0+/, "", field[3])
  want_mode[side, $1] = field[3]; want_owner[side, $1] = field[4]; want_group[side, $1] = field[5]
  want_sum[side, $1] = field[7]; want_target[side, $1] = field[9]
}
# sha256sum puts a backslash before lines whose name has one, and doubles those in it.
function note_sum(line,    path) {
  path = substr(line, line ~ /^\\/ ? 70 : 69)
  if (line ~ /^\\/) { line = substr(line, 2); gsub(/\\\\/, "\\", path) }
  sum[path] = substr(line, 1, 64)
}
function parent_of(path) { sub("/[^/]*$", "", path); return path }
function above(path) { for (path = parent_of(path); path != "" && !(path in t_above); path = parent_of(path)) t_above[path] = 1 }

function link_text(path, kind,    tail, parts, count, text) {
  tail = (in_folder ? "var/lib/stead" : substr(state, 2)) "/current/" (kind == "runtime" ? "runtime/stead-host" : "root" path)
  if (!in_folder || through_link(path)) return "/" tail
  count = split(path, parts, "/")
  text = tail
  while (count-- > 2) text = "../" text
  return text
}
function through_link(path) {
  for (path = parent_of(path); path != ""; path = parent_of(path)) if ((path in y) && y[path] == "l" && behind[path] == "d" && !(path in gone)) return 1
  return 0
}

# Whether the disk holds at path what the row of that side says (content and kind, not mode).
function holds(path, side, kind) {
  if (!(path in y)) return 0
  if (kind == "link" || kind == "runtime") return y[path] == "l" && (link_of[path] == link_text(path, kind) || link_of[path] == "/var/lib/stead/current/" (kind == "runtime" ? "runtime/stead-host" : "root" path))
  if (kind == "symlink") return y[path] == "l" && link_of[path] == want_target[side, path]
  if (kind == "copy") return y[path] == "f" && sum[path] == want_sum[side, path]
  return behind[path] == "d"
}
function attributes_hold(path) {
  if (y[path] == "l" || on_fat(path)) return 1
  if (mode_of[path] != want_mode["t", path]) return 0
  return !owners || (owner_of[path] == want_owner["t", path] && group_of[path] == want_group["t", path])
}
# FAT knows no links, owners or modes, and a rename there is not atomic.
function on_fat(path) { return file_system_of(path) ~ /^(vfat|msdos|exfat)$/ }
function file_system_of(path) {
  while (path != "" && !(path in y)) path = parent_of(path)
  return path == "" ? "" : file_system[path]
}
function is_other(path) { return (path in o_kind) && holds(path, "o", o_kind[path]) }

# The folder above path that keeps it from being made now, or nothing.
function blocker(path,    found) {
  found = ""
  for (path = parent_of(path); path != ""; path = parent_of(path)) {
    if (!(path in y)) continue
    if (behind[path] != "d") found = path
    else if (y[path] == "l" && is_other(path) && (!(path in t_kind) || t_kind[path] == "directory")) found = path
  }
  return found
}
function make_folders(path,    parents, count) {
  for (path = parent_of(path); path != ""; path = parent_of(path)) {
    if (path in made) break
    if ((path in y) && behind[path] == "d" && !goes(path)) continue
    parents[++count] = path
  }
  for (; count > 0; count--) make_folder(parents[count])
}
# After the commit point a link of ours may lead to a folder of the new bundle: what is seen below it is not there.
function goes(path) {
  for (; path != ""; path = parent_of(path)) if (path in gone) return 1
  return 0
}
function make_folder(path) { if (!(path in made)) { made[path] = 1; print "mkdir", path } }
function is_plain(path) { return y[path] == "f" || y[path] == "l" }

function prepare(    i, path, block) {
  for (i = 1; i <= t_count; i++) {
    path = t_paths[i]
    if (t_kind[path] == "absent") continue
    if (t_kind[path] != "copy" && t_kind[path] != "directory" && on_fat(path)) {
      print "refuse", path, "is on a file system that holds no links (" file_system_of(path) "); make it a `copy`"
      continue
    }
    block = blocker(path)
    if (block != "") {
      if (block in asked) continue
      asked[block] = 1
      if (is_other(block)) continue
      if (!is_plain(block)) print "refuse", block, "is not a plain file, and a folder is needed there; move it away and switch again"
      else if (!(block in o_kind)) print "keep", block
      continue
    }
    if (!(path in y)) {
      if (t_kind[path] == "link" || t_kind[path] == "runtime") { make_folders(path); print "link", parent_of(path) "/", link_text(path, t_kind[path]) }
      continue
    }
    if (t_kind[path] == "directory") {
      if (behind[path] == "d" || is_other(path)) continue
    } else if (y[path] == "d") {
      if ((path in folder) && folder[path] == "made") print "empty", path
      else print "refuse", path, "is a folder that stead did not make, and a file is wanted there; move it away and switch again"
      continue
    }
    if (path in o_kind) continue
    if ((t_kind[path] == "link" || t_kind[path] == "runtime") && holds(path, "t", t_kind[path])) continue
    if (is_plain(path)) print "keep", path
    else print "refuse", path, "is neither a file, a link nor a folder; move it away and switch again"
  }
}

function settle(    i, path, block) {
  for (i = o_count; i > 0; i--) {
    path = o_paths[i]
    if (path in t_kind) {
      # Ours that becomes a folder; a link to a folder is none.
      if (t_kind[path] == "directory" && o_kind[path] != "directory" && is_other(path)) { gone[path] = 1; print "remove", path }
      continue
    }
    if (o_kind[path] == "directory") {
      if ((path in folder) && folder[path] != "made") print "restore", path, folder_row[path]
      continue
    }
    if (!(path in y)) continue
    if (!is_other(path)) { if (!(path in adopted)) print "left", path; continue }
    gone[path] = 1
    if (o_kind[path] == "copy" && on_fat(path)) print "remove", path ".stead-old"
    if ((path in adopted) && !(path in t_above)) { given[path] = 1; print "giveback", path }
    else print "remove", path
  }
  for (i = 1; i <= t_count; i++) {
    if (t_kind[t_paths[i]] == "absent") continue
    block = blocker(t_paths[i])
    if (block != "" && !(block in gone)) { gone[block] = 1; print "displace", block }
  }
  for (i = folder_count; i > 0; i--) {
    path = folders[i]
    if (folder[path] != "made" || (path in t_above) || ((path in t_kind) && t_kind[path] == "directory")) continue
    if (!(path in y) || y[path] != "d") { print "forget", path; continue }
    gone[path] = 1
    print "rmdir", path
  }
  for (i = 1; i <= adopted_count; i++) {
    path = adopted_paths[i]
    if ((path in t_kind) || (path in t_above) || (path in given)) continue
    if (!(path in y) || (path in gone)) print "giveback", path
    else print "dropkept", path
  }
  for (i = 1; i <= t_count; i++) settle_path(t_paths[i], t_kind[t_paths[i]])
}
# A folder for keys that is a link leads to where somebody else may keep theirs.
function is_stray(path) { return (path in y) && is_plain(path) && size_of[path] > 0 && y[parent_of(path)] == "d" }
function settle_path(path, kind,    absent) {
  if (kind == "absent") {
    if (is_stray(path) && !(path in gone)) print is_other(path) ? "remove" : "absent", path
    return
  }
  absent = blocker(path) != "" || !(path in y) || (path in gone)
  if (kind == "directory") {
    if (absent || behind[path] != "d") {
      if (!absent) displace(path)
      make_folders(path)
      make_folder(path)
      if (!on_fat(path)) print "attributes", path, want_mode["t", path], want_owner["t", path], want_group["t", path]
    } else if (!attributes_hold(path)) {
      if (!(path in folder)) print "adoptdir", path, mode_of[path], owner_of[path], group_of[path]
      print "attributes", path, want_mode["t", path], want_owner["t", path], want_group["t", path]
    }
    return
  }
  if (!absent && holds(path, "t", kind) && (kind != "copy" || attributes_hold(path))) return
  make_folders(path)
  if (!absent && !holds(path, "t", kind) && !is_other(path)) print((path in o_kind) ? "stray" : "keep", path)
  if (kind == "copy") print(on_fat(path) ? "plaincopy" : "copy"), path
  else if (kind == "symlink") print "replace", path, want_target["t", path]
  else if (absent) print "link", parent_of(path) "/", link_text(path, kind)
  else print "replace", path, link_text(path, kind)
}
function displace(path) { print "displace", path; gone[path] = 1 }

function drift(    i, path, kind) {
  for (i = 1; i <= t_count; i++) {
    path = t_paths[i]
    kind = t_kind[path]
    if (kind == "absent") { if (is_stray(path)) print "drift", path, "undeclared" }
    else if (!(path in y)) print "drift", path, "missing"
    else if (kind == "copy" && y[path] == "f" && !holds(path, "t", kind)) print "drift", path, "changed"
    else if (!holds(path, "t", kind)) print "drift", path, "replaced"
    else if ((kind == "copy" || kind == "directory") && !attributes_hold(path)) print "drift", path, "mode"
  }
}
'
