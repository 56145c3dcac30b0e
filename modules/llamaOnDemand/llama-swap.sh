#!/bin/sh
# shellcheck shell=dash
# Runs llama-swap with the key that its configuration names by a variable, so that the file itself holds none.
#
#   llama-swap-start PROGRAM ARGUMENT…
#   llama-swap-start check PROGRAM        before a switch: whether the host has it
#
# Reads: the credential api-key, of which the first line counts that is no comment; none where there is no such file.
set -eu

if [ "$1" = check ]; then
  [ -x "$2" ] || [ -n "${STEAD_ELSEWHERE-}" ] || {
    printf 'there is no %s on this host; Debian has none: put one there, or have the backend be the router\n' "$2" >&2
    exit 1
  }
  exit 0
fi
file=${CREDENTIALS_DIRECTORY-}/api-key
if [ -f "$file" ]; then
  LLAMA_SWAP_API_KEY=$(grep -v '^#' "$file" | grep -m 1 .) || {
    printf 'the file of keys has none\n' >&2
    exit 1
  }
  export LLAMA_SWAP_API_KEY
fi
exec "$@"
