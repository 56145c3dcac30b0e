# shellcheck shell=dash
# Waits for a condition: what a unit's `waitFor` and health checks come down to.
# Reads: interfaces, ports, paths, systemd. Writes: nothing.

# wait address IFACE [ADDRESS] | port [HOST:]PORT | file PATH | unit NAME, then [--tries N] [--every SECONDS]
verb_wait() {
  local kind=${1-} subject=${2-} detail='' tries=30 every=2 tried=0
  [ $# -ge 2 ] || usage
  shift 2
  case ${1-} in
    '' | --*) ;;
    *)
      [ "$kind" = address ] || usage
      detail=$1
      shift
      ;;
  esac
  while [ $# -gt 0 ]; do
    if [ $# -lt 2 ] || ! is_number "$2"; then usage; fi
    case $1 in
      --tries) tries=$2 ;;
      --every) every=$2 ;;
      *) usage ;;
    esac
    shift 2
  done
  case $kind in
    address) need_tool ip iproute2 ;;
    port) need_tool bash bash ;;
    file | unit) ;;
    *) usage ;;
  esac
  while ! "holds_$kind" "$subject" "$detail"; do
    tried=$((tried + 1))
    [ "$tried" -lt "$tries" ] || die "$(missing_text "$kind" "$subject" "$detail"), after $tries tries $every s apart"
    sleep "$every"
  done
}

# An IPv6 address that is still being checked for a twin is not one yet.
holds_address() {
  ip -o address show dev "$1" 2>/dev/null | awk -v address="$2" '
    / tentative/ { next }
    $3 ~ /^inet/ { split($4, part, "/"); if (address == "" || part[1] == address) found = 1 }
    END { exit !found }'
}

# shellcheck disable=SC2016 # expanded by bash, whose redirection connects
holds_port() {
  local host=localhost port=${1##*:}
  case $1 in *:*) host=${1%:*} ;; esac
  timeout 5 bash -c ': <"/dev/tcp/$1/$2"' bash "$host" "$port" 2>/dev/null
}

holds_file() {
  [ -e "$1" ]
}

holds_unit() {
  systemctl is-active --quiet -- "$1"
}

missing_text() {
  case $1 in
    address) printf '%s has not the address%s' "$2" "${3:+ $3}" ;;
    port) printf 'nothing answers on port %s' "$2" ;;
    file) printf '%s is not there' "$2" ;;
    unit) printf '%s is not active' "$2" ;;
  esac
}
