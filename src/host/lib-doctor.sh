# shellcheck shell=dash
# Says before a build what this machine lacks for it.
# Reads: a recipe, /proc, hostPaths. Writes: nothing.

# find_lacking HASH: rows `lacks WHAT ADVICE`.
find_lacking() {
  lacking_programs
  lacking_machine "$1"
  lacking_host_paths "$1"
  lacking_room "$1"
  failing_checks "$1"
}

lacks() {
  printf 'lacks\t%s\t%s\n' "$1" "$2"
}

lacking_programs() {
  local program package
  is_root || lacks "builds need root, which they give up before the recipe's own commands" "build as root, or on another host with \`buildOn\`"
  for program in unshare:util-linux setpriv:util-linux flock:util-linux mount:mount timeout:coreutils chroot:coreutils \
    dpkg-deb:dpkg tar:tar gzip:gzip; do
    package=${program#*:}
    find_program_anywhere "${program%:*}"
    [ -n "$FOUND" ] || lacks "${program%:*} is missing" "install the package $package"
  done
  ! is_root || unshare --mount --pid --net --ipc --uts --fork true 2>/dev/null ||
    lacks 'this machine allows no namespaces of its own' "allow it CAP_SYS_ADMIN (of a container: nesting), or build on another host with \`buildOn\`"
}

# Administrators' programs need not be on PATH.
find_program_anywhere() {
  PATH=$PATH:/usr/sbin:/sbin find_program "$1"
}

# The architecture that the derivation names, in Debian's words.
lacking_machine() {
  local wanted here
  wanted=$(grep -o '"architecture":"[a-z0-9]*"' "$BUILD/recipes/$1/derivation.json" | head -n 1 | cut -d '"' -f 4) || :
  case $(uname -m) in
    x86_64) here=amd64 ;;
    aarch64) here=arm64 ;;
    armv7l) here=armhf ;;
    *) here=$(uname -m) ;;
  esac
  [ -z "$wanted" ] || [ "$wanted" = "$here" ] ||
    lacks "it is for $wanted, and this machine is $here" "build it on a host of that architecture with \`buildOn\`"
}

# What the host itself must bring, and in which version.
lacking_host_paths() {
  local path version real
  while IFS=$TAB read -r path version; do
    real=$(readlink -f "$path") || real=
    if [ -z "$real" ] || [ ! -e "$real" ]; then
      lacks "$path is not there" "install what brings it${version:+, in version $version}"
    elif [ -n "$version" ] && [ "$version" != - ] && ! has_version "$real" "$version"; then
      lacks "$path is not of version $version" "it is $real; install that version, or name this one in the recipe"
    fi
  done <"$BUILD/recipes/$1/hostPaths.tsv"
}

# By its own name (cuda-12.6), or by the file that says so (version.json, version.txt).
has_version() {
  local file
  case ${1##*/} in
    *[!0-9.]"$2" | "$2") return 0 ;;
  esac
  for file in "$1/version.json" "$1/version.txt" "$1/VERSION"; do
    [ ! -r "$file" ] || awk -v version="$2" '
      { text = text " " $0 }
      END {
        while ((at = index(text, version)) > 0) {
          before = at > 1 ? substr(text, at - 1, 1) : " "
          after = substr(text, at + length(version), 1)
          if (before !~ /[0-9.]/ && after !~ /[0-9]/) exit 0
          text = substr(text, at + length(version))
        }
        exit 1
      }' "$file" || continue
    [ ! -r "$file" ] || return 0
  done
  return 1
}

# Memory as declared; room on the disk by what inputs become when they are unpacked and built.
lacking_room() {
  local total wanted free
  resource "$1" memory 0
  wanted=$((RESOURCE / 1024))
  total=$(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo)
  # What the kernel keeps for itself is no reason.
  [ "$((wanted * 9 / 10))" -le "$total" ] ||
    lacks "it takes $((wanted / 1024)) MiB of memory, and this machine has $((total / 1024)) MiB" \
      "lower \`resources.memory\` (and \`jobs\`) of the recipe if it can do with less, or build on another host with \`buildOn\`"
  wanted=$(awk -F "$TAB" '{ bytes += $3 * ($1 == "source" ? 8 : 5) } END { printf "%d\n", bytes / 1024 }' "$BUILD/recipes/$1/inputs.tsv")
  [ ! -d "$BUILD/tools/$(tools_digest "$1")" ] ||
    wanted=$(awk -F "$TAB" '$1 == "source" { bytes += $3 * 8 } END { printf "%d\n", bytes / 1024 }' "$BUILD/recipes/$1/inputs.tsv")
  free=$(free_kib)
  [ "$wanted" -le "$free" ] ||
    lacks "it takes about $((wanted / 1024)) MiB in $BUILD, and $((free / 1024)) MiB are free" \
      "make room (\`stead gc\`), or have its store elsewhere with \`activation({ storeDir })\`"
}

free_kib() {
  df -Pk "$STORE" | awk 'NR == 2 { print $4 }'
}

# The recipe's own checks: name, command, advice.
failing_checks() {
  local name command advice said
  while IFS=$TAB read -r name command advice; do
    said=$(timeout --kill-after=5 60 sh -c "$command" 2>&1 </dev/null) ||
      lacks "$name is not there${said:+: $(printf '%s\n' "$said" | tail -n 1 | tr '\t' ' ')}" "$advice"
  done <"$BUILD/recipes/$1/checks.tsv"
}
