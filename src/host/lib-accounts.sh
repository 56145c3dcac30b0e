# shellcheck shell=dash
# Packages, groups and users that a bundle wants and the host lacks.
# Reads: packages.tsv, groups.tsv, users.tsv. Writes: through apt, groupadd, useradd, usermod; nothing is removed.

install_packages() {
  [ -n "$ADMIN" ] && [ -s "$1/packages.tsv" ] || return 0
  need_tool dpkg-query dpkg
  dpkg-query -W -f '${Package}\t${db:Status-Status}\n' | awk -F "$TAB" '
    part == "wanted" { wanted[$1] = 1; next }
    $2 == "installed" { delete wanted[$1] }
    END { for (name in wanted) print name }' part=wanted "$1/packages.tsv" part=installed - | sort >"$WORK/lacking"
  [ -s "$WORK/lacking" ] || return 0
  say "installing $(tr '\n' ' ' <"$WORK/lacking")"
  if apt_install >"$WORK/apt" 2>&1; then return 0; fi
  # The package lists may be old or absent.
  if { apt_get update && apt_install; } >"$WORK/apt" 2>&1; then return 0; fi
  tail -n 20 "$WORK/apt" >&2
  die "apt could not install what is lacking; nothing else was changed"
}

apt_install() {
  # shellcheck disable=SC2046 # package names are words
  apt_get install -y --no-install-recommends \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -- $(cat "$WORK/lacking")
}

# Without our descriptors: a daemon that an install script starts must not keep the lock.
apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 "$@" </dev/null 9>&-
}

make_accounts() {
  [ -n "$ADMIN" ] || return 0
  local name uid gid group home shell system
  if [ -s "$1/groups.tsv" ]; then
    lacking_names group "$1/groups.tsv" >"$WORK/groups"
    while IFS=$TAB read -r name gid system; do
      add_group "$name" "$gid" "$system"
    done <"$WORK/groups"
  fi
  [ -s "$1/users.tsv" ] || return 0
  lacking_names passwd "$1/users.tsv" >"$WORK/users"
  while IFS=$TAB read -r name uid group _ home shell system _; do
    add_user "$name" "$uid" "$group" "$home" "$shell" "$system"
  done <"$WORK/users"
  join_groups "$1/users.tsv"
}

# Rows of a table whose name the host's database does not know.
lacking_names() {
  getent "$1" | cut -d : -f 1 | awk -F "$TAB" 'part == "known" { known[$0] = 1; next } !($1 in known)' \
    part=known - part=wanted "$2"
}

add_group() {
  local name=$1 gid=$2 system=$3
  set --
  [ "$gid" = - ] || set -- --gid "$gid"
  [ "$system" = no ] || set -- "$@" --system
  groupadd "$@" -- "$name" 9>&-
}

add_user() {
  local name=$1 uid=$2 group=$3 home=$4 shell=$5 system=$6
  set -- --no-user-group --gid "$group"
  [ "$uid" = - ] || set -- "$@" --uid "$uid"
  [ "$home" = - ] || set -- "$@" --home-dir "$home"
  [ "$shell" = - ] || set -- "$@" --shell "$shell"
  if [ "$system" = yes ]; then
    set -- "$@" --system --no-create-home
  else
    set -- "$@" --create-home
  fi
  useradd "$@" -- "$name" 9>&-
}

# Supplementary groups that a user is not in yet.
join_groups() {
  local name group
  getent group | awk -F : -v OFS="$TAB" '
    part == "wanted" {
      split($0, field, "\t")
      if (field[4] != "-") wanted[field[1]] = field[4]
      next
    }
    { members = split($4, member, ","); for (i = 1; i <= members; i++) is_in[$1, member[i]] = 1 }
    END {
      for (name in wanted) {
        count = split(wanted[name], group, ",")
        for (i = 1; i <= count; i++) if (!((group[i], name) in is_in)) print name, group[i]
      }
    }' part=wanted "$1" part=known - | sort >"$WORK/join"
  while IFS=$TAB read -r name group; do
    usermod --append --groups "$group" -- "$name" 9>&-
  done <"$WORK/join"
}
