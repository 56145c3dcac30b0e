#!/bin/sh
# shellcheck shell=dash
# Runs llama-swap with the keys in its configuration, which stands in memory for that, and which nobody else reads.
#
#   llama-swap-start run PROGRAM FILE ARGUMENT…
#   llama-swap-start prepare FILE               before a reload: FILE with the keys, where it is read
#   llama-swap-start check PROGRAM              before a switch: whether the host has it
#
# Reads: FILE, and the credential api-key, a key a line. Writes: config.yaml in the folder for what runs.
set -eu
umask 077

prepare() {
  keys=${CREDENTIALS_DIRECTORY-}/api-key
  [ -f "$keys" ] || keys=/dev/null
  awk -v keys="$keys" '
    $0 != "  - stead-keys" { print; next }
    {
      while ((getline key <keys) > 0) {
        if (key == "" || key ~ /^#/) continue
        gsub(/\047/, "\047\047", key)
        print "  - \047" key "\047"
      }
    }' "$1" >"$RUNTIME_DIRECTORY/config.yaml.new"
  mv -f "$RUNTIME_DIRECTORY/config.yaml.new" "$RUNTIME_DIRECTORY/config.yaml"
}

case $1 in
  run)
    program=$2
    prepare "$3"
    shift 3
    exec "$program" -config "$RUNTIME_DIRECTORY/config.yaml" "$@"
    ;;
  prepare)
    prepare "$2"
    ;;
  check)
    [ -x "$2" ] || [ -n "${STEAD_ELSEWHERE-}" ] || {
      printf 'there is no %s on this host; Debian has none: put one there, or have the backend be the router\n' "$2" >&2
      exit 1
    }
    ;;
esac
