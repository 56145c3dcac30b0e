#!/bin/sh
# shellcheck shell=dash
# Proves to an ACME server, through an acme-dns server, that a name is the host's own.
#
#   acme-dns record DOMAIN       prints the record to make where the zone of DOMAIN is kept; registers before, if need be
#   acme-dns delegated DOMAIN    succeeds once that record is there, and prints it until then
#   acme-dns auth, cleanup       hooks of certbot's: CERTBOT_DOMAIN, CERTBOT_VALIDATION
#
# Reads: /etc/stead/acme-dns.tsv. Writes: a file for each domain in the folder named there.
set -eu

TABLE=/etc/stead/acme-dns.tsv
TAB=$(printf '\t')
umask 077

main() {
  IFS=$TAB read -r URL FOLDER RESOLVER ALLOW_FROM <"$TABLE"
  case ${1-}:$# in
    record:2) print_record "$2" ;;
    delegated:2) is_delegated "$2" || { print_record "$2" && exit 1; } ;;
    auth:1) publish "$CERTBOT_DOMAIN" "$CERTBOT_VALIDATION" ;;
    # acme-dns keeps the last two values and forgets none: proofs make room for something that proves nothing.
    cleanup:1) publish "$CERTBOT_DOMAIN" ___________________________________________ ;;
    *) die 'usage: acme-dns record DOMAIN | delegated DOMAIN | auth | cleanup' ;;
  esac
}

die() {
  printf 'acme-dns: %s\n' "$1" >&2
  exit 1
}

print_record() {
  register "$1"
  printf '_acme-challenge.%s. CNAME %s.\n' "$1" "$(credential "$1" fulldomain)"
}

# Once for each domain.
register() {
  local body='{}'
  [ ! -s "$FOLDER/$1" ] || return 0
  mkdir -p "$FOLDER"
  [ "$ALLOW_FROM" = - ] || body="{\"allowfrom\":[\"$(printf '%s' "$ALLOW_FROM" | sed 's/ /","/g')\"]}"
  post register "$body" >"$FOLDER/.$1" || die "the server at $URL did not register $1"
  [ -n "$(credential ".$1" fulldomain)" ] || die "the server at $URL answered no registration"
  sync -- "$FOLDER/.$1"
  mv -f -- "$FOLDER/.$1" "$FOLDER/$1"
}

is_delegated() {
  local domain=$1 wanted found
  register "$domain"
  wanted=$(credential "$domain" fulldomain | tr '[:upper:]' '[:lower:]')
  set --
  [ "$RESOLVER" = - ] || set -- "@$RESOLVER"
  found=$(dig +short +time=2 +tries=2 "$@" "_acme-challenge.$domain" CNAME | tr '[:upper:]' '[:lower:]')
  [ "$found" = "$wanted." ]
}

publish() {
  [ -s "$FOLDER/$1" ] || die "$1 is not registered"
  post update "{\"subdomain\":\"$(credential "$1" subdomain)\",\"txt\":\"$2\"}" \
    "header = \"X-Api-User: $(credential "$1" username)\"
header = \"X-Api-Key: $(credential "$1" password)\"" >/dev/null ||
    die "the server at $URL did not take the proof for $1; where it was made anew since, remove $FOLDER/$1"
}

# post ENDPOINT BODY [SETTINGS]: settings go in by a pipe, so that no key is among the arguments of a process.
post() {
  printf '%s\n' "${3-}" | curl --silent --show-error --fail --max-time 8 --config - \
    --header 'Content-Type: application/json' --data "$2" "${URL%/}/$1"
}

# Of what a registration answers, which is one JSON object of plain strings.
credential() {
  tr '\n' ' ' <"$FOLDER/$1" | sed -n "s/.*\"$2\" *: *\"\([^\"]*\)\".*/\1/p"
}

main "$@"
