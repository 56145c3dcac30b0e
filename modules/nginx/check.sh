#!/bin/sh
# shellcheck shell=dash
# Has nginx read its configuration where the new files stand over the old ones. Names given as arguments resolve, and
# addresses that the host does not have yet can be listened on: both are there when nginx starts, and need not be now.
# Reads: /etc/nginx. Writes: /etc/hosts, of the tree that the checks run in.
set -eu

for name in "$@"; do
  printf '127.0.0.1 %s\n' "$name" >>/etc/hosts
done
[ ! -x /usr/local/lib/stead/certificates ] || /usr/local/lib/stead/certificates stand-in
# shellcheck disable=SC2016 # expanded inside
exec unshare --net sh -c '
  for setting in /proc/sys/net/ipv4/ip_nonlocal_bind /proc/sys/net/ipv6/ip_nonlocal_bind; do
    echo 1 2>/dev/null >"$setting" || :
  done
  exec nginx -t -q -g "daemon on; master_process on;"'
