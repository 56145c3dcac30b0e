# shellcheck shell=dash
# Packages that a bundle wants: installed where they lack, held where it says so, removed by gc alone.
# Reads: packages.tsv, dpkg's database. Writes: through apt; var/lib/stead/packages.tsv: `NAME installed` for what
# was not there before, `NAME held` for what was not held before.

# plan_packages TARGET OTHER writes $WORK/plan.packages: install, hold, unhold NAME why; divert, undivert PATH why.
plan_packages() {
  : >"$WORK/plan.packages"
  [ -n "$ADMIN" ] && command -v dpkg-query >/dev/null || return 0
  package_rows "$1" >"$WORK/plan.packages"
  diversion_rows "$1" >>"$WORK/plan.packages"
  keep_owned
  [ ! -s "$WORK/plan.packages" ] || sort -o "$WORK/plan.packages" "$WORK/plan.packages"
}

# Rows for one bundle, or none, from what is installed.
package_rows() {
  local table=$STORE/$1/packages.tsv
  case $1 in '' | -) table=/dev/null ;; esac
  [ -e "$STATE/packages.tsv" ] || : >"$STATE/packages.tsv"
  [ -s "$table" ] || [ -s "$STATE/packages.tsv" ] || return 0
  dpkg-query -W -f '${Package}\t${Version}\t${db:Status-Status}\t${db:Status-Want}\n' | awk -F "$TAB" -v OFS="$TAB" '
    part == "wanted" { wanted[$1] = 1; want_version[$1] = $2; if ($3 == "yes") want_hold[$1] = 1; next }
    part == "noted" { if ($2 == "held") noted[$1] = 1; next }
    $3 == "installed" { version[$1] = $2; if ($4 == "hold") is_held[$1] = 1 }
    function fits(name,    text) {
      text = want_version[name]
      if (text == "-") return 1
      if (text ~ /\*$/) return index(version[name], substr(text, 1, length(text) - 1)) == 1
      return version[name] == text
    }
    END {
      for (name in wanted) {
        if (!(name in version)) print "install", name, want_version[name], "is not installed"
        else if (!fits(name)) print "install", name, want_version[name], "is installed as " version[name]
        if ((name in want_hold) && !(name in is_held)) print "hold", name, "is to stay as it is"
      }
      for (name in noted) if (!(name in want_hold)) print "unhold", name, "was held by stead"
    }' part=wanted "$table" part=noted "$STATE/packages.tsv" part=installed -
}

# install_packages FOLDER: whatever the bundle wants and the host lacks; exit 1 when that cannot be had.
install_packages() {
  [ -n "$ADMIN" ] || return 0
  local bundle=${1##*/}
  wait_for_apt "$bundle"
  allow_starts
  [ -s "$1/packages.tsv" ] || return 0
  need_tool dpkg-query dpkg
  lacking_packages "$bundle"
  [ -s "$WORK/lacking" ] || return 0
  say "installing $(awk -F "$TAB" '{ print $1 }' "$WORK/lacking" | tr '\n' ' ')"
  write_divert_hook
  note_installed
  rm -f "$STATE/stopped"
  deny_starts
  local failed=
  (install_lacking) || failed=yes
  allow_starts
  rm -f "$STATE/stopped"
  forget_absent
  [ -z "$failed" ] || die "apt could not install what is lacking; of the configuration nothing was changed"
  lacking_packages "$bundle"
  [ ! -s "$WORK/lacking" ] ||
    die "apt has installed something else for $(awk -F "$TAB" '{ print $1 }' "$WORK/lacking" | tr '\n' ' '): write the name of a real package; of the configuration nothing was changed"
}

# Writes $WORK/lacking: name and version of what is to be installed.
lacking_packages() {
  package_rows "$1" | awk -F "$TAB" -v OFS="$TAB" '$1 == "install" { print $2, $3, $4 }' | sort >"$WORK/lacking"
}

# The package lists may be old or absent: they are fetched when something is not found, or not to be had any more.
install_lacking() {
  configure_interrupted >"$WORK/apt" 2>&1 || tail -n 20 "$WORK/apt" >&2
  if ! apt_install --simulate >"$WORK/apt" 2>&1; then
    apt_get update >"$WORK/apt.update" 2>&1 || grep '^[EW]:' "$WORK/apt.update" >&2
    apt_install --simulate >"$WORK/apt" 2>&1 || {
      sed -n '/^The following packages will be REMOVED/,/^[^ ]/p; /^E:/p' "$WORK/apt" | awk '!seen[$0]++' >&2
      return 1
    }
  fi
  apt_install >"$WORK/apt" 2>&1 || { apt_get update && apt_install; } >"$WORK/apt" 2>&1 || {
    tail -n 20 "$WORK/apt" >&2
    return 1
  }
}

# Nothing is removed for it; what is there in another version than the wanted one may be changed though it is held.
apt_install() {
  if grep -q 'is installed as' "$WORK/lacking"; then set -- "$@" --allow-downgrades --allow-change-held-packages; fi
  # shellcheck disable=SC2046 # names and versions of packages are words
  apt_get install -y --no-install-recommends --no-remove "$@" \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
    -o DPkg::Pre-Install-Pkgs::="sh $WORK/divert-hook" \
    -- $(awk -F "$TAB" '{ print $2 == "-" ? $1 : $1 "=" $2 }' "$WORK/lacking")
}

# Noted before: a crash must not lose that it was us. What was there in another version is not ours.
note_installed() {
  awk -F "$TAB" -v OFS="$TAB" '$3 == "is not installed" { print $1, "installed" }' "$WORK/lacking" |
    sort -u - "$STATE/packages.tsv" | write_file "$STATE/packages.tsv"
}

# Drops notes of packages that are not there.
forget_absent() {
  dpkg-query -W -f '${Package}\t${db:Status-Status}\n' | awk -F "$TAB" '
    part == "installed" { if ($2 == "installed") installed[$1] = 1; next }
    $1 in installed' part=installed - part=noted "$STATE/packages.tsv" >"$WORK/noted"
  write_file "$STATE/packages.tsv" <"$WORK/noted"
}

# settle_holds TARGET: marks what is to be held, and takes our own marks back.
settle_holds() {
  command -v apt-mark >/dev/null || return 0
  package_rows "$1" >"$WORK/holds"
  [ -s "$WORK/holds" ] || return 0
  mark_packages hold
  mark_packages unhold
}

mark_packages() {
  awk -F "$TAB" -v verb="$1" '$1 == verb { print $2 }' "$WORK/holds" >"$WORK/marks"
  [ -s "$WORK/marks" ] || return 0
  if [ "$1" = hold ]; then
    awk '{ print $0 "\theld" }' "$WORK/marks" | sort -u - "$STATE/packages.tsv" | write_file "$STATE/packages.tsv"
  fi
  xargs apt-mark "$1" -- <"$WORK/marks" >/dev/null 9>&- || die "apt-mark could not $1 $(tr '\n' ' ' <"$WORK/marks")"
  [ "$1" = hold ] || {
    awk -F "$TAB" 'part == "marks" { gone[$1] = 1; next } !($2 == "held" && ($1 in gone))' \
      part=marks "$WORK/marks" part=noted "$STATE/packages.tsv" >"$WORK/noted"
    write_file "$STATE/packages.tsv" <"$WORK/noted"
  }
}

# remove_unwanted: packages that stead installed and that no generation wants any more; never one whose removal
# would take along another. Prints `package NAME`, `kept-package NAME OTHERS`. $WORK/kept holds the bundles that stay.
remove_unwanted() {
  [ -n "$ADMIN" ] && [ -s "$STATE/packages.tsv" ] || return 0
  wait_for_apt -
  allow_starts
  forget_absent
  sed 's|$|/packages.tsv|' "$WORK/kept" | (cd "$STORE" && xargs -r -d '\n' cat --) | awk -F "$TAB" '
    part == "wanted" { wanted[$1] = 1; next }
    $2 == "installed" && !($1 in wanted) { print $1 }' part=wanted - part=noted "$STATE/packages.tsv" >"$WORK/candidates"
  : >"$WORK/removable"
  local name others
  while IFS= read -r name; do
    others=$(needed_by "$name")
    if [ -z "$others" ]; then
      printf '%s\n' "$name" >>"$WORK/removable"
    else
      printf 'kept-package\t%s\t%s\n' "$name" "${others% }"
    fi
  done <"$WORK/candidates"
  [ -s "$WORK/removable" ] || return 0
  # shellcheck disable=SC2046 # names of packages are words
  apt_get remove -y -- $(cat "$WORK/removable") >"$WORK/apt" 2>&1 || {
    tail -n 20 "$WORK/apt" >&2
    die "apt could not remove packages that no generation wants"
  }
  forget_absent
  awk '{ print "package\t" $0 }' "$WORK/removable"
}

# What would go along with a package and is not ours to remove.
needed_by() {
  apt_get remove --simulate -- "$1" 2>/dev/null | awk '
    part == "ours" { ours[$1] = 1; next }
    $1 == "Remv" && !($2 in ours) { print $2 }' part=ours "$WORK/candidates" part=apt - | tr '\n' ' '
}
