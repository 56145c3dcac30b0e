# shellcheck shell=dash
# All that a switch would do, as one list with a hash: what is looked at before it is the very thing that is carried out.
# Reads: tables, what stands on the host. Writes: below $WORK; .plan-* in the store while a bundle's tables are looked at.

# plan BUNDLE: rows `PART STEP SUBJECT WHY…` in the order in which they are done, then `plan HASH`. The tables of a bundle
# that is not in the store are on standard input: each after a line of a tab and its name.
verb_plan() {
  if [ $# != 1 ] || ! is_bundle_name "$1"; then usage; fi
  local bundle=$1
  make_work
  if [ ! -d "$STORE/$bundle" ]; then
    make_state_folders
    bundle=.plan-$$
    trap 'rm -rf "$WORK" "$STORE/.plan-$$"' EXIT
    mkdir -p "$STORE/$bundle"
    awk -v folder="$STORE/$bundle/" '/^\t/ { file = folder substr($0, 2); printf "" >file; next } { print >file }'
  fi
  find_current
  find_bundle "$CURRENT"
  collect_plan "$bundle" "$BUNDLE"
  cat "$WORK/changes"
  hash_plan "$1" "$BUNDLE"
  printf 'plan\t%s\n' "$PLAN_HASH"
}

# Refuses unless what would be done now is what was looked at.
check_plan_hash() {
  collect_plan "$1" "$2"
  hash_plan "$1" "$2"
  [ "$PLAN_HASH" = "$3" ] ||
    die "this host has moved since the plan $3 was made: it would do $PLAN_HASH now; look at that and switch again. Nothing was changed"
}

# Sets PLAN_HASH: over the rows of $WORK/changes, and what they lead from and to.
hash_plan() {
  PLAN_HASH=$({
    printf 'stead plan 1\nfrom %s\nto %s\n' "${2:--}" "$1"
    cat "$WORK/changes"
  } | sha256sum | base32)
}

# collect_plan TARGET OTHER writes $WORK/changes.
collect_plan() {
  note_drifted "$2"
  plan_files prepare "$1" "$2"
  mv "$WORK/plan" "$WORK/prepared"
  plan_files settle "$1" "$2"
  plan_units "$1" "$2"
  plan_packages "$1" "$2"
  plan_accounts "$1" "$2"
  plan_system "$1" "$2"
  {
    download_changes "$1" "$2"
    sed "s/^/package$TAB/" "$WORK/plan.packages"
    sed "s/^/account$TAB/" "$WORK/plan.accounts"
    changes_around_commit
    secret_changes "$1" "$2"
    sed "s/^/system$TAB/" "$WORK/plan.system"
    awk -F "$TAB" '$1 != "stop" { print "unit\t" $0 }' "$WORK/plan.units"
  } >"$WORK/changes"
}

# In their order: the steps of the file plan by path, with why; units that stop under their old files; the links whose
# content comes with the commit.
changes_around_commit() {
  {
    awk -F "$TAB" -v OFS="$TAB" "$FILE_CHANGES" part=other "$WORK/other" part=target "$WORK/target" \
      part=steps "$WORK/prepared" "$WORK/plan"
    awk -F "$TAB" '$1 == "stop" { print "unit\t" $0 }' "$WORK/plan.units"
  } | awk -F "$TAB" -v OFS="$TAB" '
    BEGIN {
      count = split("refuse empty keep mkdir link stop content remove absent restore displace rmdir giveback dropkept stray replace plaincopy copy attributes left", step, " ")
      for (i = 1; i <= count; i++) rank[step[i]] = i
    }
    { print rank[$2] + 0, $0 }' | sort -u -t "$TAB" -k 1,1n -k 2 | cut -f 2-
}

# shellcheck disable=SC2016 # awk's own $
FILE_CHANGES='
BEGIN {
  why["keep"] = "is there already: kept, and given back when it leaves"
  why["stray"] = "is not as it was left: kept aside"
  why["mkdir"] = "is needed for what is in it"
  why["link"] = "is new"
  why["replace"] = why["copy"] = why["plaincopy"] = "is new, or another"
  why["remove"] = "has left the configuration"
  why["giveback"] = "has left the configuration, and was there before"
  why["dropkept"] = "was put there by somebody else, and stays"
  why["displace"] = "is in the way"
  why["absent"] = "holds keys that nobody declared: set aside"
  why["rmdir"] = "was made for what has left"
  why["left"] = "is no longer as stead left it, and stays"
  why["empty"] = "must hold nothing of anybody else"
}
part == "other" { if ($2 == "link") object[$1] = $8; next }
part == "target" { if ($2 == "link" && ($1 in object) && object[$1] != $8) print "file", "content", $1, "has another content"; next }
$1 == "temporary" || $1 == "forget" || $1 == "adoptdir" { next }
$1 == "link" { name = $3; sub(/.*\//, "", name); print "file", "link", $2 name, why["link"]; next }
$1 == "attributes" { print "file", $1, $2, "is to be " $3 " " $4 ":" $5; next }
$1 == "restore" { print "file", $1, $2, "was " $3 " " $4 ":" $5 " before"; next }
{ print "file", $1, $2, ($1 in why) ? why[$1] : $3 }
'

# download_changes TARGET OTHER: rows of a plan, told from the tables alone: a plan holds before they are fetched and after.
download_changes() {
  [ -s "$STORE/$1/downloads.tsv" ] || return 0
  { rows_of "$2" downloads.tsv; printf '=\n'; cat "$STORE/$1/downloads.tsv"; } | awk -F "$TAB" -v OFS="$TAB" "$SIZE_TEXT"'
    $1 == "=" { target = 1; next }
    !target { known[$1] = 1; next }
    !($1 in known) { size[$1] += $3; files[$1]++ }
    END { for (folder in size) print "download", "fetch", substr(folder, 34), files[folder] (files[folder] == 1 ? " file, " : " files, ") size_text(size[folder]) }' | sort
}

# shellcheck disable=SC2016 # awk's own $
SIZE_TEXT='
function size_text(bytes,    count, unit, i) {
  if (bytes < 1024) return bytes " bytes"
  count = split("KiB MiB GiB TiB", unit, " ")
  bytes /= 1024
  for (i = 1; bytes >= 1024 && i < count; i++) bytes /= 1024
  return sprintf("%.1f %s", bytes, unit[i])
}
'
