# shellcheck shell=dash
# Upgrades the packages of a host as Debian means them to be, beside what the configuration wants.
# Reads: apt's archives, the current generation's settings. Writes: through apt.

# upgrade: rows `upgraded NAME FROM TO`, `kept-back NAME` for what apt leaves alone, `reboot WHY`. Held packages and
# pinned versions stay, files that somebody has changed too, and nothing is removed.
verb_upgrade() {
  [ $# = 0 ] || usage
  [ -n "$ADMIN" ] || die "only root can upgrade packages, and only those of / itself"
  need_tool apt-get apt
  take_lock "upgrading packages"
  recover_interrupted
  find_current
  [ "$CURRENT" != - ] || die "this host has no generation yet: switch it first"
  find_bundle "$CURRENT"
  grep -q '^step_upgrade_packages()' "$STORE/$BUNDLE/runtime/stead-host" ||
    die "generation $CURRENT was built by a stead that upgrades no packages: switch this host first"
  hand_over "$BUNDLE" upgrade_packages
}

step_upgrade_packages() {
  make_work
  detached upgrade_packages_now
}

step_upgrade_packages_now() {
  find_current
  find_bundle "$CURRENT"
  make_work
  wait_for_apt "$BUNDLE"
  ignore_signals
  allow_starts
  configure_interrupted >"$WORK/apt" 2>&1 || tail -n 20 "$WORK/apt" >&2
  write_divert_hook
  apt_get update -o APT::Update::Error-Mode=any >"$WORK/apt" 2>&1 || {
    grep '^[EW]:' "$WORK/apt" >&2 || tail -n 20 "$WORK/apt" >&2
    die "the package lists could not be fetched; nothing was upgraded"
  }
  package_versions >"$WORK/versions"
  apt_get upgrade -y --with-new-pkgs \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
    -o DPkg::Pre-Install-Pkgs::="sh $WORK/divert-hook" >"$WORK/apt" 2>&1 || {
    tail -n 20 "$WORK/apt" >&2
    die "apt could not upgrade everything: see what it says above, and run \`dpkg --configure -a\` there"
  }
  package_versions | awk -F "$TAB" -v OFS="$TAB" '
    part == "before" { version[$1] = $2; next }
    !($1 in version) { print "upgraded", $1, "-", $2; next }
    version[$1] != $2 { print "upgraded", $1, version[$1], $2 }' part=before "$WORK/versions" part=now -
  # Names stand below that line, each row of them indented.
  awk '/^The following packages have been kept back:/ { kept = 1; next }
    !/^ / { kept = 0 }
    kept { for (i = 1; i <= NF; i++) print "kept-back\t" $i }' "$WORK/apt"
  reboot_reasons | sed "s/^/reboot$TAB/"
}

# Names, with the architecture where there may be several, and versions of all that is installed.
package_versions() {
  dpkg-query -W -f '${binary:Package}\t${Version}\t${db:Status-Status}\n' | awk -F "$TAB" -v OFS="$TAB" '$3 == "installed" { print $1, $2 }'
}
