# shellcheck shell=dash
# Runs a bundle's checks where the new tree stands over the real one already, and nobody else sees it.
# Reads: checks.tsv, root/, $WORK/state lists. Writes: nothing outside a private mount namespace.

CHECK_SECONDS=120

preflight() {
  local bundle=$1
  [ -n "$ADMIN" ] && [ -s "$bundle/checks.tsv" ] || return 0
  need_tool unshare util-linux
  cat "$WORK/settle.remove" "$WORK/settle.giveback" 2>/dev/null >"$WORK/leaving" || :
  awk -F / '{ sub(/\t.*/, "", $2) } !seen[$2]++ && $2 !~ /[:,\\]/ { print $2 }' "$bundle/files.tsv" >"$WORK/tops"
  if ! unshare --mount true 2>/dev/null; then
    say "this host does not allow private mounts: the bundle's checks are left out"
    return 0
  fi
  mkdir -p "$STATE/preflight"
  export STATE WORK CHECK_SECONDS
  unshare --mount -- sh -eu -c "$PREFLIGHT" preflight "$bundle" >&2 9>&- ||
    die "a check of the new configuration failed; nothing was changed"
}

# In the namespace: one overlay for each folder of / that the bundle has files in.
# shellcheck disable=SC2016 # expanded inside
PREFLIGHT='
  bundle=$1
  cd /
  mount -t tmpfs -o mode=0755 stead-preflight "$STATE/preflight"
  while IFS= read -r top; do
    [ -d "$bundle/root/$top" ] && [ -d "/$top" ] || continue
    mkdir -p "$STATE/preflight/$top.upper" "$STATE/preflight/$top.work"
    mount -t overlay -o "lowerdir=$bundle/root/$top:/$top,upperdir=$STATE/preflight/$top.upper,workdir=$STATE/preflight/$top.work" stead-preflight "/$top"
  done <"$WORK/tops"
  while IFS= read -r path; do rm -f -- "$path"; done <"$WORK/leaving"
  failed=
  while IFS="	" read -r name command; do
    if output=$(timeout "$CHECK_SECONDS" sh -c "$command" 2>&1 </dev/null); then continue; fi
    printf "check %s failed: %s\n%s\n" "$name" "$command" "$output"
    failed=yes
  done <"$bundle/checks.tsv"
  [ -z "$failed" ]
'
