# shellcheck shell=dash
# Whose bundles this host takes: signatures against the list of signers that it keeps.
# Reads: signatures, var/lib/stead/host, generations/. Writes: var/lib/stead/allowed_signers,
# from a generation that was accepted and confirmed; a bundle's `signature`, beside what its hash covers.
#
# The script that verifies is never the bundle's own: it is the one that the deployer sends, or that of the
# current generation where somebody runs stead-host here.

# Where a bundle brings the list; see src/bundle/sets/signers.ts.
SIGNERS=/etc/stead/allowed_signers
SIGNATURE_NAMESPACE=stead-bundle@1

# SIGNATURE, as a file for those who take none but that.
write_signature() {
  [ -z "$SIGNATURE" ] || printf '%s\n' "$SIGNATURE" >"$WORK/signature"
}

check_host() {
  local host
  [ -s "$STATE/host" ] || return 0
  read -r host <"$STATE/host"
  [ "$host" = "${1#*-}" ] || die "this host is $host, and the bundle $1 is for ${1#*-}; nothing was changed"
}

# What was accepted once needs no signature: the bundle that runs.
check_trusted() {
  [ -s "$STATE/allowed_signers" ] || return 0
  find_current
  find_bundle "$CURRENT"
  [ "$1" != "$BUNDLE" ] || return 0
  check_signed "$1" "$2" "$(signed_text "$1")"
}

# check_signed WHAT FILE TEXT: one good signature of several is enough; none is asked for where this host goes by
# no list of signers.
check_signed() {
  local what=$1 signature=$2 one key unknown=''
  [ -s "$STATE/allowed_signers" ] || return 0
  [ -s "$signature" ] || die "this host takes signed bundles only, and $what has no signature; nothing was changed"
  need_tool ssh-keygen openssh-client
  awk -v name="$WORK/signature-" '
    /^-----BEGIN SSH SIGNATURE-----$/ { count++ }
    count > 16 { exit }
    count { print >(name count) }' "$signature"
  for one in "$WORK"/signature-*; do
    key=$(printf '%s\n' "$3" | check_signature check-novalidate "$one") || continue
    ! is_by_signer "$3" "$one" || return 0
    unknown="$unknown, ${key##* }"
  done
  [ -n "$unknown" ] ||
    die "the signature of $what does not hold: it is damaged, or was made for something else; nothing was changed"
  die "$what is signed with a key that this host does not know (${unknown#, }); nothing was changed"
}

# is_by_signer TEXT FILE
is_by_signer() {
  local signer
  signer=$(ssh-keygen -Y find-principals -f "$STATE/allowed_signers" -s "$2" 2>/dev/null) || return 1
  printf '%s\n' "$1" | check_signature verify "$2" -f "$STATE/allowed_signers" -I "${signer%%"$NEWLINE"*}" >/dev/null
}

# check_signature WAY FILE …: the signed text is on standard input.
check_signature() {
  local way=$1 file=$2
  shift 2
  ssh-keygen -Y "$way" -n "$SIGNATURE_NAMESPACE" -s "$file" "$@" 2>/dev/null
}

signed_text() {
  printf 'stead bundle 1\nhost %s\nhash %s\n' "${1#*-}" "${1%%-*}"
}

# Lays the signature that was checked beside what it vouches for.
keep_signature() {
  [ -s "$2" ] || return 0
  ! cmp -s "$2" "$STORE/$1/signature" || return 0
  sync "$2" 9>&-
  chmod 0644 "$2"
  mv -f -T "$2" "$STORE/$1/signature"
}

# The list of a confirmed generation is this host's from now on. A bundle without one changes nothing.
keep_signers() {
  local list=$STORE/$1/root$SIGNERS
  [ -s "$list" ] || return 0
  ! cmp -s "$list" "$STATE/allowed_signers" || return 0
  write_file "$STATE/allowed_signers" <"$list"
  sync_trees "$STATE"
}
