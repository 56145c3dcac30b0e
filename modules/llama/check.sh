#!/bin/sh
# shellcheck shell=dash
# Has llama-server read the arguments that it will get, without a model: a good command line fails at the model alone.
#
#   llama-check PROGRAM ARGUMENT…
set -eu

NOWHERE=/nonexistent/model.gguf

program=$1
shift
if [ ! -x "$program" ]; then
  # Another machine's check: what only the host has is not there.
  [ -z "${STEAD_ELSEWHERE-}" ] || exit 0
  printf '%s is no program of this host\n' "$program" >&2
  exit 1
fi
said=$(unshare --net "$program" "$@" --model "$NOWHERE" 2>&1 </dev/null) || :
case $said in *"failed to open GGUF file '$NOWHERE'"*) exit 0 ;; esac
printf '%s\n' "$said" | grep -v '^$' | head -n 8 >&2
exit 1
