#!/bin/sh
# shellcheck shell=dash
# Certificates at the paths that programs read: stand-ins until the real ones are there, and these put in their place.
#
#   certificates stand-in                       makes what is not there yet
#   certificates install NAME FULLCHAIN KEY     puts an issued one in its place, and has its readers take it in
#   certificates deploy                         the same as a deploy hook of certbot's
#   certificates status                         prints each one with the day on which it ends
#
# Reads: /etc/stead/certificates.tsv. Writes: /var/lib/stead-certificates/NAME, a link to a folder with both files that
# is replaced by one rename, so that no program sees a key with another certificate.
set -eu

TABLE=/etc/stead/certificates.tsv
ROOT=/var/lib/stead-certificates
TAB=$(printf '\t')
umask 077

main() {
  case ${1-} in
    stand-in) each make_stand_in ;;
    install)
      [ $# -eq 4 ] || usage
      install_pair "$2" "$3" "$4"
      ;;
    deploy) install_pair "${RENEWED_LINEAGE##*/}" "$RENEWED_LINEAGE/fullchain.pem" "$RENEWED_LINEAGE/privkey.pem" ;;
    status) each say_status ;;
    *) usage ;;
  esac
}

usage() {
  printf 'usage: certificates stand-in | install NAME FULLCHAIN KEY | deploy | status\n' >&2
  exit 2
}

die() {
  printf 'certificates: %s\n' "$1" >&2
  exit 1
}

# One at a time: a stand-in is made while certbot installs.
lock() {
  [ -d "$ROOT" ] || mkdir -m 0755 "$ROOT"
  exec 9>"$ROOT/.lock"
  flock 9
}

# each FUNCTION: for every certificate of the host, with NAME, GROUP, RELOAD, RESTART and DOMAINS set.
each() {
  lock
  while IFS=$TAB read -r NAME GROUP RELOAD RESTART DOMAINS; do "$1" </dev/null; done <"$TABLE"
}

make_stand_in() {
  if is_stand_in && [ "$(cat "$ROOT/$NAME/stand-in")" != "$DOMAINS" ]; then
    :
  elif [ -s "$ROOT/$NAME/privkey.pem" ] && [ -s "$ROOT/$NAME/fullchain.pem" ]; then
    share "$ROOT/$NAME/"
    return 0
  fi
  command -v openssl >/dev/null || exit 127
  new_folder
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj '/CN=stand-in' \
    -addext "subjectAltName=DNS:$(printf '%s' "$DOMAINS" | sed 's/ /,DNS:/g')" \
    -keyout "$FOLDER/privkey.pem" -out "$FOLDER/fullchain.pem" 2>"$FOLDER/stand-in" ||
    die "no stand-in could be made for $NAME: $(cat "$FOLDER/stand-in")"
  printf '%s\n' "$DOMAINS" >"$FOLDER/stand-in"
  put_in_place
}

is_stand_in() {
  [ -e "$ROOT/$NAME/stand-in" ]
}

install_pair() {
  local certificate=$2 key=$3
  lock
  find_row "$1"
  [ "$(openssl x509 -noout -pubkey -in "$certificate")" = "$(openssl pkey -pubout -in "$key")" ] ||
    die "$key is not the key of $certificate"
  new_folder
  cat "$certificate" >"$FOLDER/fullchain.pem"
  cat "$key" >"$FOLDER/privkey.pem"
  put_in_place
  tell try-reload-or-restart "$RELOAD"
  tell try-restart "$RESTART"
}

find_row() {
  while IFS=$TAB read -r NAME GROUP RELOAD RESTART DOMAINS; do
    [ "$NAME" != "$1" ] || return 0
  done <"$TABLE"
  die "this host has no certificate $1"
}

new_folder() {
  FOLDER=$(mktemp -d "$ROOT/.$NAME.XXXXXX")
}

# Readable by whom it should be before anybody can find it; what is replaced stays until the next time, since a program
# may be between its two files.
put_in_place() {
  local before old
  share "$FOLDER"
  sync -- "$FOLDER/fullchain.pem" "$FOLDER/privkey.pem" "$FOLDER"
  before=$(readlink "$ROOT/$NAME" || :)
  ln -s -f -n "${FOLDER##*/}" "$ROOT/.$NAME.link"
  mv -f -T "$ROOT/.$NAME.link" "$ROOT/$NAME"
  sync -- "$ROOT"
  for old in "$ROOT/.$NAME".??????; do
    case $old in "$FOLDER" | "$ROOT/$before") ;; *) rm -rf -- "$old" ;; esac
  done
}

# Where a generation is only checked, its groups are not there.
share() {
  chgrp -- "$GROUP" "${1%/}/privkey.pem" || [ -n "${STEAD_ELSEWHERE-}" ] ||
    die "the key of $NAME cannot be given to the group $GROUP"
  chmod 0640 "${1%/}/privkey.pem"
  chmod 0644 "${1%/}/fullchain.pem"
  chmod 0755 "${1%/}/"
}

# tell COMMAND UNITS: what does not run needs to be told nothing.
tell() {
  [ "$2" != - ] || return 0
  # shellcheck disable=SC2086 # a list of unit names
  systemctl "$1" -- $2
}

say_status() {
  local kind=issued
  [ -s "$ROOT/$NAME/fullchain.pem" ] || { printf '%s\tmissing\n' "$NAME" && return 0; }
  if is_stand_in; then kind=stand-in; fi
  printf '%s\t%s\t%s\n' "$NAME" "$kind" "$(openssl x509 -noout -enddate -in "$ROOT/$NAME/fullchain.pem" | sed 's/.*=//')"
}

main "$@"
