# shellcheck shell=dash
# Large files that a host keeps by content: which of them are there, which are lacking, which nobody wants.
# Reads: downloads.tsv of bundles. Writes: var/lib/stead/downloads only. How files come there: lib-fetch.sh.
#
# A file has its name in its folder when it is whole and its hash was found right. The record of that (.checked) holds
# size, inode and time of change, so that it need not be hashed again to be known.

# download_states: rows of downloads.tsv on standard input; prints each after `missing`, `changed` (another size), `suspect`
# (touched since it was found right), or `sound`.
download_states() {
  {
    [ ! -d "$STATE/downloads" ] || (
      cd "$STATE/downloads"
      find . -mindepth 2 -maxdepth 2 -type f ! -path './.*' -printf 'file\t%P\t%s\t%i\t%T@\n'
      find .checked -mindepth 2 -maxdepth 2 -type f -exec sed "s/^/record$TAB/" {} + 2>/dev/null || :
    )
    sed "s/^/row$TAB/"
  } | awk -F "$TAB" -v OFS="$TAB" '
    $1 == "file" { size[$2] = $3; facts[$2] = $3 OFS $4 OFS $5; next }
    $1 == "record" { checked[$2] = $3 OFS $4 OFS $5 OFS $6; next }
    {
      name = $2 "/" $3
      state = "sound"
      if (!(name in size)) state = "missing"
      else if (size[name] != $4) state = "changed"
      else if (checked[name] != $5 OFS facts[name]) state = "suspect"
      sub(/^row\t/, "")
      print state, $0
    }'
}

# judged_downloads DEPTH: the same, where `suspect` has become `sound` or `changed` by its hash; with DEPTH `hash` all are
# hashed.
judged_downloads() {
  local state folder file size sum rest
  download_states | while IFS=$TAB read -r state folder file size sum rest; do
    if [ "$state" = suspect ] || [ "$state$1" = soundhash ]; then
      state=changed
      [ "$(sum_of "$STATE/downloads/$folder/$file")" != "$sum" ] || state=sound
    fi
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$state" "$folder" "$file" "$size" "$sum" "$rest"
  done
}

sum_of() {
  local sum
  sum=$(sha256sum <"$1")
  printf '%s\n' "${sum%% *}"
}

# check_download_rows TABLE: names that lead nowhere else.
check_download_rows() {
  awk -F "$TAB" '
    NF != 6 || $1 !~ /^[0-9a-z]+-[A-Za-z0-9_][A-Za-z0-9._-]*$/ || index($1, "-") != 33 || $2 !~ /^[A-Za-z0-9_][A-Za-z0-9._+=@,-]*$/ ||
      $3 !~ /^[0-9]+$/ || $4 !~ /^[0-9a-f]+$/ || length($4) != 64 || ($5 !~ /^\// && $5 !~ /^https?:\/\//) ||
      ($6 != "-" && $6 !~ /^\//) { exit 1 }' "$1" || die "a row of ${1##*/} is not of a form that this version knows"
}

# Rows of the bundles that are listed in the file $1.
downloads_of() {
  sed 's|$|/downloads.tsv|' "$1" | (cd "$STORE" && xargs -r -d '\n' cat --)
}

# verify_downloads DEPTH: of the bundles in $WORK/sound.
verify_downloads() {
  downloads_of "$WORK/sound" | sort -u -t "$TAB" -k 1,2 >"$WORK/downloads"
  judged_downloads "$1" <"$WORK/downloads" | awk -F "$TAB" -v OFS="$TAB" '$1 != "sound" { print "download", $2 "/" $3, $1 }'
}

# collect_downloads: prints `download NAME` for each folder that no bundle in $WORK/kept names, and from which what was
# fetched is gone; its bytes are left in $WORK/downloads.freed. While something is fetched all stays.
collect_downloads() {
  printf '0\n' >"$WORK/downloads.freed"
  [ -d "$STATE/downloads/.checked" ] || return 0
  if ! try_downloads_lock; then
    say "downloads are being fetched: none is removed now"
    return 0
  fi
  downloads_of "$WORK/kept" | awk -F "$TAB" '{ print $1 "/" $2; print ".parts/" $4 }' | sort -u >"$WORK/downloads.wanted"
  (
    cd "$STATE/downloads"
    { find .checked -mindepth 2 -type f -printf '%P\n' && find .parts -type f; } | sort | comm -23 - "$WORK/downloads.wanted" >"$WORK/downloads.unwanted"
    rm -rf .garbage
    mkdir .garbage
    drop_downloads <"$WORK/downloads.unwanted" | uniq
    sync_trees .
    # A file that another name keeps frees nothing.
    find .garbage -type f -printf '%n\t%i\t%s\n' | awk -F "$TAB" '
      { names[$2]++; links[$2] = $1; size[$2] = $3 }
      END { for (file in names) if (names[file] == links[file]) sum += size[file]; printf "%.0f\n", sum }' >"$WORK/downloads.freed"
    rm -rf .garbage
  )
  exec 5>&-
}

# By what is recorded: a file that somebody else laid beside it stays, and so does its folder.
drop_downloads() {
  local name count=0
  while IFS= read -r name; do
    count=$((count + 1))
    [ ! -f "$name" ] || mv -f -T -- "$name" ".garbage/$count"
    case $name in
      .parts/*) continue ;;
    esac
    rm -f ".checked/$name"
    rmdir --ignore-fail-on-non-empty -- ".checked/${name%/*}"
    [ ! -d "${name%/*}" ] || rmdir --ignore-fail-on-non-empty -- "${name%/*}"
    [ -d "${name%/*}" ] || printf 'download\t%s\n' "${name%/*}"
  done
}

# The bundle whose downloads are being fetched, which is no generation's yet.
bundle_under_way() {
  local bundle
  [ -e "$STATE/downloads/.lock" ] || return 0
  if try_downloads_lock; then
    exec 5>&-
  else
    read -r bundle <"$STATE/downloads/.lock" && printf '%s\n' "$bundle"
  fi
}

try_downloads_lock() {
  exec 5>>"$STATE/downloads/.lock"
  flock -n 5 || {
    exec 5>&-
    return 1
  }
}
