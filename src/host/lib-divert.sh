# shellcheck shell=dash
# Managed paths that a package has, too: diverted, so that no upgrade writes through a link into the store or asks.
# Reads: files.tsv, dpkg's lists and diversions. Writes: through dpkg-divert; var/lib/stead/owned, what was found in the
# lists. A path is diverted to where files are adopted (var/lib/stead/adopted/), so that what is given back in the end is
# what the package has by then.

# divert PATH why, undivert PATH why: for one bundle or none, from all that dpkg knows.
diversion_rows() {
  [ -f /var/lib/dpkg/diversions ] || return 0
  find_owned "$1"
  has_diversions || return 0
  awk -v OFS="$TAB" -v adopted="$STATE/adopted" '
    part == "owned" { if (FNR > 1) owned[$0] = 1; next }
    FNR % 3 == 1 { from = $0; next }
    FNR % 3 == 2 { to = $0; next }
    { diverted[from] = 1; if ($0 == ":" && to == adopted from) ours[from] = 1 }
    END {
      for (path in owned) if (!(path in diverted)) print "divert", path, "is a file of a package, too"
      for (path in ours) if (!(path in owned)) print "undivert", path, "is left to its package"
    }' part=owned "$OWNED" part=diversions /var/lib/dpkg/diversions
}

# Whether any path is owned, or diverted by stead. Mostly none is, which takes no process to see.
has_diversions() {
  local line
  { read -r _ && read -r line; } <"$OWNED" && return 0
  while IFS= read -r line; do
    case $line in "$STATE/adopted/"*) return 0 ;; esac
  done </var/lib/dpkg/diversions
  return 1
}

# find_owned BUNDLE sets OWNED to a file that has, behind a first line, the paths of a bundle that packages have, too. The lists
# of all packages are many, and are read again only when their folder has changed, or paths are managed that were not then: that
# line says of which bundle it was made, and of what.
find_owned() {
  local made known='' table before=/dev/null
  find_table "$1" files.tsv
  table=$TABLE
  made="${1:--} $(exec stat -c '%i %.9Y %.9Z' /var/lib/dpkg/info)"
  OWNED=$STATE/owned
  [ ! -e "$OWNED" ] || read -r known <"$OWNED" || :
  [ "$known" != "$made" ] || return 0
  if [ "${known#* }" = "${made#* }" ] && [ -e "$STORE/${known%% *}/files.tsv" ]; then before=$STORE/${known%% *}/files.tsv; fi
  {
    printf '%s\n' "$made"
    OWNED=$OWNED awk -F "$TAB" '
      part == "lists" && !more { exit }
      part == "lists" { if (($0 in managed) && !seen[$0]++) print; next }
      $2 != "link" && $2 != "copy" && $2 != "symlink" { next }
      part == "before" { had[$1] = 1; next }
      { managed[$1] = 1; if (!($1 in had)) more = 1 }
      END { if (!more) while ((getline path <ENVIRON["OWNED"]) > 0) if (path in managed) print path }
    ' part=before "$before" part=managed "$table" part=lists /var/lib/dpkg/info/*.list
  } >"$WORK/owned"
  OWNED=$WORK/owned
}

# For the next look at what runs. It can be done without.
keep_owned() {
  if [ -z "$LOCKED" ] || [ "${OWNED-}" != "$WORK/owned" ]; then return 0; fi
  write_file "$STATE/owned" <"$OWNED" 2>/dev/null || :
}

# divert_paths TARGET: before any link is made.
divert_paths() {
  [ -n "$ADMIN" ] || return 0
  diversion_rows "$1" >"$WORK/diversions"
  [ -s "$WORK/diversions" ] || {
    DIVERTED=$1
    return 0
  }
  awk -F "$TAB" '$1 == "divert" { print $2 }' "$WORK/diversions" >"$WORK/divert"
  [ ! -s "$WORK/divert" ] || divert_listed "$STATE" <"$WORK/divert" || die "dpkg-divert has failed"
}

# settle_diversions TARGET, where divert_paths has not found that all are as they should be: none but its own are left, and each has a folder that dpkg can write to.
settle_diversions() {
  [ "${DIVERTED-}" != "$1" ] || return 0
  diversion_rows "$1" >"$WORK/diversions"
  [ -s "$WORK/diversions" ] || return 0
  local path
  awk -F "$TAB" '$1 == "divert" { print $2 }' "$WORK/diversions" >"$WORK/divert"
  [ ! -s "$WORK/divert" ] || divert_listed "$STATE" <"$WORK/divert" || die "dpkg-divert has failed"
  awk -F "$TAB" '$1 == "undivert" { print $2 }' "$WORK/diversions" >"$WORK/undivert"
  while IFS= read -r path; do
    dpkg-divert --quiet --local --no-rename --divert "$STATE/adopted$path" --remove "$path" </dev/null >&2 9>&- ||
      die "dpkg-divert has failed"
  done <"$WORK/undivert"
  awk -v adopted="$STATE/adopted" 'index($0, adopted "/") == 1 { sub("/[^/]*$", ""); print }' \
    /var/lib/dpkg/diversions | sort -u | xargs -r -d '\n' mkdir -p --
}

# divert_listed STATE: the paths on standard input.
divert_listed() {
  local path
  while IFS= read -r path; do
    mkdir -p -- "$1/adopted${path%/*}"
    dpkg-divert --quiet --local --no-rename --divert "$1/adopted$path" --add "$path" </dev/null >&2 9>&- || return 1
  done
}

# What apt runs once it has all packages and before it unpacks one: names of .deb files on standard input. Those of
# the paths that are managed now are diverted before a package brings them.
write_divert_hook() {
  local current
  current=$(bundle_of "$(current_generation)")
  rows_of "$current" files.tsv | awk -F "$TAB" '$2 == "link" || $2 == "copy" || $2 == "symlink" { print $1 }' >"$WORK/managed"
  {
    printf 'set -eu\nstate=%s work=%s\n' "$STATE" "$WORK"
    printf '%s\n' "$DIVERT_HOOK"
  } >"$WORK/divert-hook"
}

# shellcheck disable=SC2016 # expanded when it runs
DIVERT_HOOK='
while IFS= read -r deb; do dpkg-deb --fsys-tarfile "$deb" | tar -tf -; done | sed "s|^\.||" | awk -v adopted="$state/adopted" "
  part == \"managed\" { managed[\$0] = 1; next }
  part == \"diversions\" { if (FNR % 3 == 1) diverted[\$0] = 1; next }
  (\$0 in managed) && !(\$0 in diverted) && !seen[\$0]++" \
  part=managed "$work/managed" part=diversions /var/lib/dpkg/diversions part=new - |
  while IFS= read -r path; do
    mkdir -p -- "$state/adopted${path%/*}"
    dpkg-divert --quiet --local --no-rename --divert "$state/adopted$path" --add "$path" </dev/null
  done'
