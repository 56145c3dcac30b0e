# shellcheck shell=dash
# Where a recipe's commands run: a / made of its tools, with nothing of this machine in it but what it names.
# Reads: build/tools/, hostPaths. Writes: nothing but what lies in build/work/<hash> and the output.
#
# Own mounts, processes, users' view of them, host name, IPC, and a network of a loopback alone; an unprivileged user
# without an account; /tmp and the build folder on the disk that the store is on, everything else read-only.

# Between systemd's dynamic users and those that Debian gives out; low enough for containers of 65536.
BUILD_USER=60900

# sandboxed FOLDER OUTPUT SECONDS MEMORY NICE: runs /recipe/build under TOOLS, with FOLDER/build, FOLDER/tmp and FOLDER/recipe at
# /build, /tmp and /recipe, sources at /inputs/<sha256>, what is kept, and OUTPUT at its place in the store. Ends as that
# ends; with 124 or 137 after SECONDS. To be run in the background.
#
# Where unpacked sources are kept, /build is an overlay over them, as / is over the tools: FOLDER/build, seen at
# /recipe/changed, has only what a build changes or adds, and what is kept stays as it was unpacked.
sandboxed() {
  local seconds=$3 memory=$4 nice=$5 limited
  find_program_anywhere chroot
  CHROOT=$FOUND
  find_program_anywhere setpriv
  SETPRIV=$FOUND
  find_program_anywhere ip
  IP=$FOUND
  export CHROOT SETPRIV IP TOOLS BUILD BUILD_USER
  set -- "$SETPRIV" --pdeathsig KILL timeout --kill-after=10 "$seconds" nice -n "$nice" \
    "$SETPRIV" --pdeathsig KILL unshare --mount --propagation slave --pid --fork --kill-child --net --ipc --uts -- \
    sh -eu -c "$SANDBOX" sandbox "$1" "$2"
  limited=
  if [ -d /run/systemd/system ] && systemd-run --scope --quiet true 2>/dev/null; then
    ! grep -q -w memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null || limited=yes
    set -- systemd-run --scope --quiet --collect --property=CPUWeight=20 --property=IOWeight=20 --property=TasksMax=16384 \
      ${limited:+"--property=MemoryMax=$memory"} ${limited:+--property=MemorySwapMax=0} -- "$@"
  fi
  # Without a control group for it, no process for itself takes more.
  if [ -z "$limited" ] && [ "$memory" != 0 ]; then
    set -- prlimit --as="$memory" -- "$@"
  fi
  # In the place of this shell: its end is that of the one that waits for it.
  exec "$@" 9>&- </dev/null
}

# shellcheck disable=SC2016 # expanded inside
SANDBOX='
  work=$1
  output=$2
  # An overlay takes no colon or comma in its folders; those below here have none.
  mkdir -p "$work/layer"
  mount -t tmpfs -o mode=0755,nosuid stead-build "$work/layer"
  cd "$work/layer"
  mkdir upper work root tools
  mount -o bind "$TOOLS" tools
  mount -o remount,bind,ro tools
  mount -t overlay -o lowerdir=tools,upperdir=upper,workdir=work stead-build root
  root=$work/layer/root
  cd /
  mkdir -p "$root/proc" "$root/dev" "$root/tmp" "$root/build" "$root/recipe" "$root/inputs" "$root/etc" "$root/ccache" \
    "$root/var/lib/stead/store/${STORE_NAME:?}"
  printf "root:x:0:0::/:/bin/sh\nstead-build:x:%s:%s::/build:/bin/sh\n" "$BUILD_USER" "$BUILD_USER" >"$root/etc/passwd"
  printf "root:x:0:\nstead-build:x:%s:\n" "$BUILD_USER" >"$root/etc/group"
  printf "127.0.0.1 localhost\n::1 localhost\n" >"$root/etc/hosts"
  mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
  mount -t tmpfs -o mode=0755,nosuid stead-build "$root/dev"
  for node in null zero full random urandom; do
    : >"$root/dev/$node"
    mount -o bind "/dev/$node" "$root/dev/$node"
  done
  ln -s /proc/self/fd "$root/dev/fd"
  ln -s /proc/self/fd/0 "$root/dev/stdin"
  ln -s /proc/self/fd/1 "$root/dev/stdout"
  ln -s /proc/self/fd/2 "$root/dev/stderr"
  mkdir "$root/dev/shm"
  chmod 1777 "$root/dev/shm"
  mount -o bind "$work/tmp" "$root/tmp"
  [ -z "$KEPT_CCACHE" ] || mount -o bind "$KEPT_CCACHE" "$root/ccache"
  while IFS="	" read -r kind sum _; do
    [ "$kind" = source ] || continue
    : >"$root/inputs/$sum"
    mount -o bind "$BUILD/inputs/$sum" "$root/inputs/$sum"
    mount -o remount,bind,ro "$root/inputs/$sum"
  done <"$work/recipe/inputs.tsv"
  cp "$work/recipe/build" "$root/recipe/build"
  chmod 0555 "$root/recipe/build"
  mount -o bind "$output" "$root/var/lib/stead/store/$STORE_NAME"
  while IFS="	" read -r path _; do
    for place in "$path" "$(readlink -f "$path")"; do
      [ ! -e "$root$place" ] || [ "$place" = "$path" ] || continue
      if [ -d "$path" ]; then
        mkdir -p "$root$place"
      else
        mkdir -p "$root${place%/*}"
        : >"$root$place"
      fi
      mount -o rbind "$path" "$root$place"
      mount -o remount,bind,ro "$root$place"
    done
  done <"$work/recipe/hostPaths.tsv"
  [ -z "$IP" ] || "$IP" link set lo up 2>/dev/null || :
  # Not where a container keeps its own.
  printf "stead-build\n" 2>/dev/null >"$root/proc/sys/kernel/hostname" || :
  path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
  for folder in "$TOOLS"/suites/*; do
    [ ! -d "$folder" ] || path=$path:/suites/${folder##*/}/bin
  done
  umask 022
  # Beside this shell, the first process here, which ends with the one outside; who becomes another user does not.
  inside() {
    cd "$root"
    env -i PATH="$path" HOME=/build TMPDIR=/tmp USER=stead-build LOGNAME=stead-build LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=1 \
      out="/var/lib/stead/store/$STORE_NAME" jobs="$JOBS" CMAKE_BUILD_PARALLEL_LEVEL="$JOBS" MAKEFLAGS="-j$JOBS" \
      ${KEPT_FOLDERS:+"STEAD_KEEP=$KEPT_FOLDERS"} ${KEPT_CCACHE:+CCACHE_DIR=/ccache} ${KEPT_CCACHE:+CCACHE_BASEDIR=/build} \
      ${KEPT_CCACHE:+CCACHE_NOHASHDIR=1} ${KEPT_CCACHE:+CCACHE_COMPILERCHECK=content} \
      "$SETPRIV" --no-new-privs "$CHROOT" --userspec="$BUILD_USER:$BUILD_USER" --groups= "$root" \
      /bin/sh -c "cd /build && exec /bin/sh /recipe/build $1" 8>&- 7>&- 6>&-
  }
  over() {
    cd "$work/layer"
    mount -t overlay -o "lowerdir=$1,upperdir=../build,workdir=../overlay,index=off,redirect_dir=off,metacopy=off" \
      stead-build "$root/build"
  }
  unpack_once() {
    mkdir "$work/overlay"
    # Not where the disk is an overlay itself, as in containers: sources are then unpacked in each build.
    if ! over tools 2>/dev/null; then
      KEPT_SOURCES=
      return 0
    fi
    cd /
    umount "$root/build"
    [ ! -d "$KEPT_SOURCES/tree" ] || return 0
    mount -o bind "$KEPT_SOURCES/new" "$root/build"
    inside unpack
    cd /
    umount "$root/build"
    # A change through one of two names of a file would not be seen by the other in an overlay.
    if [ -n "$(find "$KEPT_SOURCES/new" -type f -links +1 -print | head -n 1)" ]; then
      : >"$KEPT_SOURCES/linked"
      rm -rf "$KEPT_SOURCES/new"
      return 0
    fi
    cp "$work/tmp/stead-unpacked" "$KEPT_SOURCES/sums"
    sync -f "$KEPT_SOURCES"
    mv -T "$KEPT_SOURCES/new" "$KEPT_SOURCES/tree"
  }
  over_sources() {
    [ -d "$KEPT_SOURCES/tree" ] || return 1
    # A kept folder would hide what sources have there.
    [ -z "$KEPT" ] || while IFS= read -r folder; do
      [ ! -e "$KEPT_SOURCES/tree/$folder" ] || return 1
    done <"$work/kept"
    mkdir "$work/layer/sources" "$root/recipe/changed" &&
      mount -o bind "$KEPT_SOURCES/tree" "$work/layer/sources" &&
      over sources &&
      mount -o bind "$work/build" "$root/recipe/changed" &&
      mount -o remount,bind,ro "$root/recipe/changed" &&
      cp "$KEPT_SOURCES/sums" "$root/recipe/unpacked"
  }
  [ -z "$KEPT_SOURCES" ] || unpack_once
  if [ -z "$KEPT_SOURCES" ] || ! over_sources; then
    mount -o bind "$work/build" "$root/build"
  fi
  [ -z "$KEPT" ] || while IFS= read -r folder; do
    mkdir -p "$root/build/$folder"
    chown "$BUILD_USER:$BUILD_USER" "$root/build/$folder"
    mount -o bind "$KEPT/$folder" "$root/build/$folder"
  done <"$work/kept"
  code=0
  inside "" || code=$?
  exit "$code"
'
