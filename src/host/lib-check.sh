# shellcheck shell=dash
# Runs the checks of a bundle that is not switched to, over the files of the machine that this runs on.
# Reads: a bundle's folder, all of /. Writes: nothing that stays, but modes and owners of what only that bundle has.

# check FOLDER: rows `check NAME passed|failed|absent COMMAND`, and after a failed one `output LINE`.
verb_check() {
  [ $# = 1 ] || usage
  local bundle
  bundle=$(cd -- "$1" && pwd -P) || exit
  [ -s "$bundle/checks.tsv" ] || return 0
  need_tool unshare util-linux
  unshare --mount true 2>/dev/null || die "private mounts are not allowed here: nothing can be checked; be root, or allow user namespaces"
  STATE=$(mktemp -d)
  trap 'rm -rf "$STATE"' EXIT
  WORK=$STATE/work ONLY_CHECKED=yes
  mkdir "$WORK"
  run_checks "$bundle"
}

# preflight BUNDLE: the same for a bundle in the store of this host, whose signature is on standard input; without any
# row where it wants packages or accounts that are not there yet, since only the switch can check it then.
verb_preflight() {
  if [ $# != 1 ] || ! is_bundle_name "$1"; then usage; fi
  take_lock "checking $1"
  check_host "$1"
  make_work
  cat >"$WORK/signature"
  check_trusted "$1" "$WORK/signature"
  check_stored "$1"
  find_current
  find_bundle "$CURRENT"
  plan_packages "$1" "$BUNDLE"
  plan_accounts "$1" "$BUNDLE"
  if [ -z "$ADMIN" ] || [ ! -s "$STORE/$1/checks.tsv" ] || [ -s "$WORK/plan.packages" ] || lacks_accounts ||
    ! unshare --mount true 2>/dev/null; then
    return 0
  fi
  realise_objects "$1"
  decrypt_secrets "$1"
  plan_accounts "$1" "$BUNDLE"
  refuse_accounts
  plan_files settle "$1" "$BUNDLE"
  split_plan
  ONLY_CHECKED=yes
  run_checks "$STORE/$1"
  drop_other_secrets "$BUNDLE"
}

# A password that is another stands in the way of no check.
lacks_accounts() {
  awk -F "$TAB" '$1 !~ /^password/ { found = 1 } END { exit !found }' "$WORK/plan.accounts"
}
