# shellcheck shell=dash
# Runs the checks of a bundle that is not switched to, over the files of the machine that this runs on.
# Reads: a bundle's folder, all of /. Writes: nothing that stays.

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
