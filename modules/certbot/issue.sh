#!/bin/sh
# shellcheck shell=dash
# Has certbot issue each certificate of the host that is not there, is for other names, or ends soon. What goes wrong is
# tried again later and later, whatever is switched in between: the limits of an ACME server are by the week.
#
#   certbot          what is due, where its time to be tried has come
#   certbot now      what is due, at once
#
# Reads: /etc/stead/certbot.tsv, certbot.ini. Writes: /var/lib/stead-certbot; the rest through certbot.
set -eu

TABLE=/etc/stead/certbot.tsv
SETTINGS=/etc/stead/certbot.ini
ROOT=/var/lib/stead-certbot
CERTIFICATES=/usr/local/lib/stead/certificates
IN_PLACE=/var/lib/stead-certificates
ACME_DNS=/usr/local/lib/stead/acme-dns
FIRST_WAIT=300
LONGEST_WAIT=43200
TAB=$(printf '\t')
umask 077

main() {
  local failed=0
  mkdir -p "$ROOT/tries" "$ROOT/issued"
  [ "${1-}" != now ] || rm -f "$ROOT/tries"/*
  while IFS=$TAB read -r NAME PROVIDER CREDENTIALS SERVER_ROOT SECONDS_BEFORE KIND DOMAINS; do
    issue_where_due </dev/null || failed=1
  done <"$TABLE"
  return "$failed"
}

say() {
  printf '%s: %s\n' "$NAME" "$1"
}

# A mistake in one certificate holds up no other: this is called where a failure is no end.
issue_where_due() {
  LIVE=$ROOT/config/live/$NAME
  TRIES=$ROOT/tries/$NAME.$(printf '%s\n' "$PROVIDER $KIND $DOMAINS" | cat - "$SETTINGS" | sha256sum | cut -c 1-16)
  if is_due; then
    may_try || return 1
    is_ready || return 1
    note_try || return 1
    order || return 1
    printf '%s\n' "$KIND $DOMAINS" >"$ROOT/issued/$NAME"
    rm -f "$TRIES"
    say "issued"
  fi
  cmp -s "$LIVE/fullchain.pem" "$IN_PLACE/$NAME/fullchain.pem" ||
    "$CERTIFICATES" install "$NAME" "$LIVE/fullchain.pem" "$LIVE/privkey.pem"
}

is_due() {
  [ -s "$LIVE/fullchain.pem" ] || return 0
  [ "$(cat "$ROOT/issued/$NAME" 2>/dev/null || :)" = "$KIND $DOMAINS" ] || return 0
  ! openssl x509 -noout -checkend "$SECONDS_BEFORE" -in "$LIVE/fullchain.pem" >/dev/null
}

may_try() {
  local next=0
  [ ! -s "$TRIES" ] || read -r _ next <"$TRIES"
  [ "$(date +%s)" -lt "$next" ] || return 0
  say "the last try failed; the next one is at $(date -d "@$next" '+%Y-%m-%d %H:%M:%S')"
  return 1
}

# What is missing here is no reason to ask the ACME server.
is_ready() {
  local file domain
  for file in "$CREDENTIALS" "$SERVER_ROOT"; do
    if [ "$file" != - ] && [ ! -r "$file" ]; then
      say "$file is not there"
      return 1
    fi
  done
  [ "$PROVIDER" = acmeDns ] || return 0
  for domain in $DOMAINS; do
    "$ACME_DNS" delegated "${domain#\*.}" || return 1
  done
}

# Before the try: one that is cut off counts as well.
note_try() {
  local count=0 wait=$FIRST_WAIT step=0
  [ ! -s "$TRIES" ] || read -r count _ <"$TRIES"
  while [ "$step" -lt "$count" ] && [ "$wait" -lt "$LONGEST_WAIT" ]; do
    wait=$((wait * 3)) step=$((step + 1))
  done
  [ "$wait" -lt "$LONGEST_WAIT" ] || wait=$LONGEST_WAIT
  printf '%s %s\n' "$((count + 1))" "$(($(date +%s) + wait))" >"$TRIES.new" &&
    sync -- "$TRIES.new" &&
    mv -f -- "$TRIES.new" "$TRIES"
}

order() {
  local domain
  set --
  for domain in $DOMAINS; do set -- "$@" --domain "$domain"; done
  case $PROVIDER in
    acmeDns)
      set -- "$@" --manual --preferred-challenges dns \
        --manual-auth-hook "$ACME_DNS auth" --manual-cleanup-hook "$ACME_DNS cleanup"
      ;;
    rfc2136) set -- "$@" --dns-rfc2136 ;;
    webroot) set -- "$@" --webroot ;;
  esac
  unset REQUESTS_CA_BUNDLE
  [ "$SERVER_ROOT" = - ] || export REQUESTS_CA_BUNDLE="$SERVER_ROOT"
  say "asking for a certificate for $DOMAINS"
  certbot certonly --quiet --config "$SETTINGS" --cert-name "$NAME" --force-renewal --renew-with-new-domains --break-my-certs \
    --deploy-hook "$CERTIFICATES deploy" "$@"
}

main "$@"
