#!/bin/sh
# shellcheck shell=dash
# Writes the variables that hold secrets into a file that root alone reads, for the time that the container runs.
#
#   open-webui-environment SECRET_KEY_FILE [KEY_FILE | - …]     a key file for each endpoint, in their order
#
# Reads: the files named. Writes: the key of sessions where there is none, /run/open-webui/environment.
set -eu
umask 077

TARGET=/run/open-webui/environment

secret=$1
shift
[ -s "$secret" ] || {
  od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$secret.new"
  sync -- "$secret.new"
  mv -f -- "$secret.new" "$secret"
}
keys='' separator=''
for file in "$@"; do
  key=none
  [ "$file" = - ] || key=$(cat "$file")
  keys=$keys$separator$key separator=';'
done
{
  printf 'WEBUI_SECRET_KEY=%s\n' "$(cat "$secret")"
  printf 'OPENAI_API_KEYS=%s\n' "$keys"
} >"$TARGET.new"
mv -f -- "$TARGET.new" "$TARGET"
