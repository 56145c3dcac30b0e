#!/bin/sh
# What wg-quick(8) leaves to others: keys from files, endpoints with names, peers that come and go while a tunnel is up.
# Reads: /etc/wireguard/IFACE.conf; /etc/wireguard/IFACE.sources, with rows `private-key FILE PUBLICKEY`,
# `preshared-key FILE PUBLICKEY-OF-PEER`, `endpoint NAME:PORT PUBLICKEY-OF-PEER`; the files of keys.
# Writes: the interface and its routes; /run/wireguard-IFACE.unresolved, the keys of peers whose names did not resolve.
# No key is ever an argument of a program, or printed.
set -eu

TAB=$(printf '\t')
NEWLINE='
'
# WireGuard makes a new session every two minutes; none after three means that nobody answers.
STALE_SECONDS=180
LOOKUP_SECONDS=10
# Two seconds each.
HANDSHAKE_TRIES=5

main() {
  [ $# -ge 2 ] || die "usage: ${0##*/} up|reload|reconnect|check|handshake INTERFACE …"
  verb=$1
  interface=$2
  conf=/etc/wireguard/$interface.conf
  sources=/etc/wireguard/$interface.sources
  unresolved=/run/wireguard-$interface.unresolved
  shift 2
  case $verb in
    up) bring_up ;;
    reload) reload ;;
    reconnect) reconnect ;;
    check) check ;;
    handshake) handshake "$@" ;;
    *) die "there is no verb $verb" ;;
  esac
}

die() {
  printf '%s: %s\n' "$interface" "$1" >&2
  exit 1
}

# Once wg-quick has made the interface.
bring_up() {
  apply
  look_up_endpoints
}

# Peers as they are in the configuration now; the sessions of all that stay go on.
reload() {
  before=$(routed)
  apply
  look_up_endpoints
  follow_routes
}

# Where a peer has been silent for long, its name may stand for another address by now. One whose name did not resolve
# may have had a session a moment ago, with the endpoint of before.
reconnect() {
  now=$(date +%s)
  waiting=$NEWLINE$(cat "$unresolved" 2>/dev/null || :)$NEWLINE
  rm -f "$unresolved"
  wg show "$interface" latest-handshakes | while read -r key seconds; do
    case $waiting in *"$NEWLINE$key$NEWLINE"*) seconds=0 ;; esac
    [ "$((now - seconds))" -lt "$STALE_SECONDS" ] || look_up_endpoints "$key"
  done
}

# Over the files of a generation that is to come: nothing of the host is touched.
check() {
  parse_check
  # On the machine that only builds there are no keys.
  [ -z "${STEAD_ELSEWHERE-}" ] || return 0
  failed=
  while IFS=$TAB read -r what file key; do
    [ "$what" != endpoint ] || continue
    check_key "$what" "$file" "$key" || failed=yes
  done <"$sources"
  [ -z "$failed" ]
}

# handshake INTERFACE PUBLICKEY ADDRESS: whether a peer answers, within some seconds.
handshake() {
  tried=0
  while :; do
    # Something to say makes WireGuard try at once.
    ping -c 1 -W 1 "$2" >/dev/null 2>&1 || :
    seconds=$(wg show "$interface" latest-handshakes | awk -v key="$1" '$1 == key { print $2 }')
    [ "$(($(date +%s) - ${seconds:-0}))" -ge "$STALE_SECONDS" ] || return 0
    tried=$((tried + 1))
    [ "$tried" -lt "$HANDSHAKE_TRIES" ] || die "no answer from the peer $1"
    sleep 1
  done
}

apply() {
  text=$(configuration) || die "its keys cannot be read: see $sources"
  printf '%s\n' "$text" | wg syncconf "$interface" /dev/stdin
}

# The configuration with keys, and with what the interface has that `wg syncconf` would reset: the port that it picked
# when it came up, and the mark that wg-quick gave it for a default route.
configuration() {
  stripped=$(wg-quick strip "$interface")
  port=$(wg show "$interface" listen-port)
  mark=$(wg show "$interface" fwmark)
  case $stripped in *"${NEWLINE}ListenPort "*) port= ;; esac
  case $stripped in *"${NEWLINE}FwMark "*) mark=off ;; esac
  printf '%s\n' "$stripped" | awk -v sources="$sources" -v port="$port" -v mark="$mark" '
    function key_in(file,    key) {
      if ((getline key < file) < 1) exit 1
      close(file)
      return key
    }
    BEGIN {
      while ((getline row < sources) > 0) {
        split(row, part, "\t")
        if (part[1] == "private-key") private_key = part[2]
        if (part[1] == "preshared-key") preshared[part[3]] = part[2]
      }
    }
    { print }
    $0 == "[Interface]" {
      print "PrivateKey = " key_in(private_key)
      if (port != "") print "ListenPort = " port
      if (mark != "off") print "FwMark = " mark
    }
    $1 == "PublicKey" && ($3 in preshared) { print "PresharedKey = " key_in(preshared[$3]) }'
}

# look_up_endpoints [PUBLICKEY]: a name that does not resolve is no reason to fail: `reconnect` asks again.
look_up_endpoints() {
  while IFS=$TAB read -r what name key; do
    case $what$TAB$key in "endpoint$TAB${1:-$key}") ;; *) continue ;; esac
    WG_ENDPOINT_RESOLUTION_RETRIES=1 timeout "$LOOKUP_SECONDS" wg set "$interface" peer "$key" endpoint "$name" || {
      printf '%s: %s does not resolve; it is tried again\n' "$interface" "$name" >&2
      printf '%s\n' "$key" >>"$unresolved"
    }
  done <"$sources"
}

routed() {
  wg show "$interface" allowed-ips | awk '{ for (i = 2; i <= NF; i++) if ($i ~ /\//) print $i }' | sort -u
}

# wg-quick adds routes when the interface comes up only. A default route comes and goes with the interface.
follow_routes() {
  after=$(routed)
  table=$(awk '$1 == "Table" { print $3 }' "$conf")
  [ "$table" != off ] || return 0
  [ "$table" != auto ] || table=
  for network in $before; do
    case $NEWLINE$after$NEWLINE in
      *"$NEWLINE$network$NEWLINE"*) ;;
      *) drop_route "$network" ;;
    esac
  done
  # The widest first, as they cover others.
  for network in $(printf '%s\n' "$after" | sort -t / -k 2 -n); do
    case $network in */0) ;; *) add_route "$network" ;; esac
  done
}

drop_route() {
  route "$1" show exact "$1" | grep -v 'proto kernel' | grep -q . || return 0
  route "$1" del "$1"
}

add_route() {
  # With a table of their own each has its route, as wg-quick has it.
  matching=$(route "$1" show "$([ -n "$table" ] && echo exact || echo match)" "$1")
  [ -n "$matching" ] || route "$1" add "$1"
}

# route NETWORK VERB WORD…: ip-route(8) for the family of a network, on the interface and in its table.
route() {
  case $1 in *:*) family=-6 ;; *) family=-4 ;; esac
  shift
  ip "$family" route "$@" dev "$interface" ${table:+table "$table"}
}

# wg(8) reads all of a configuration before it looks for the interface.
parse_check() {
  stripped=$(mktemp)
  # Not all that wg-quick takes is for wg.
  wg-quick strip "$interface" >"$stripped"
  said=$(wg setconf stead-check "$stripped" 2>&1) || :
  rm -f "$stripped"
  case $said in
    'Unable to modify interface: '*) ;;
    *) die "$said" ;;
  esac
}

check_key() {
  if [ ! -s "$2" ]; then
    case $1 in
      private-key) advice="wg genkey >$2" ;;
      *) advice="wg genpsk >$2, and the same file on the other side" ;;
    esac
    printf '%s is not there or is empty: make it with umask 077; %s\n' "$2" "$advice" >&2
    return 1
  fi
  # Any 32 bytes in base64 are a private key.
  if ! public=$(wg pubkey <"$2" 2>/dev/null); then
    printf '%s does not hold a key: base64 of 32 bytes\n' "$2" >&2
    return 1
  fi
  if [ "$1" = private-key ] && [ "$public" != "$3" ]; then
    printf '%s holds the private key of %s; the configuration says that the public key is %s\n' "$2" "$public" "$3" >&2
    return 1
  fi
}

main "$@"
