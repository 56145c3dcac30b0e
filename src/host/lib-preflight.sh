# shellcheck shell=dash
# Runs a bundle's checks where the new tree stands over the real one already, and nobody else sees it.
# Reads: checks.tsv, root/, lists of the plan, all of /. Writes: nothing outside a private mount namespace, where
# every file system is covered by an overlay whose changes are forgotten.

CHECK_SECONDS=120
# Set where a bundle is only checked, on any machine: each check is reported, and none decides. Checks are told, too,
# as STEAD_ELSEWHERE, since what only the host itself has is not there.
ONLY_CHECKED=

preflight() {
  local bundle=$1
  [ -n "$ADMIN" ] && [ -s "$bundle/checks.tsv" ] || return 0
  need_tool unshare util-linux
  if ! unshare --mount true 2>/dev/null; then
    setting "${bundle##*/}" checks required
    [ "$SETTING" != required ] ||
      die "this host allows no private mounts, so that the new configuration cannot be checked; allow it CAP_SYS_ADMIN, or set \`activation({ checks: 'whereAllowed' })\` to switch it unchecked; nothing was changed"
    say "this host allows no private mounts: the bundle's checks are left out"
    return 0
  fi
  find_secrets "${bundle##*/}"
  run_checks "$bundle" >&2 || die "the new configuration is not right; nothing was changed"
}

# run_checks FOLDER: of a bundle, over the files of this machine; what leaves is listed in $WORK, where anything does.
run_checks() {
  : >>"$WORK/settle.remove"
  : >>"$WORK/settle.giveback"
  awk -F "$TAB" -v OFS="$TAB" '$2 == "directory" { print $3, $1 }' "$1/files.tsv" >"$WORK/folders"
  mkdir -p "$STATE/preflight"
  export STATE WORK CHECK_SECONDS ONLY_CHECKED SECRETS_ID
  unshare --mount --propagation slave -- sh -eu -c "$PREFLIGHT" preflight "$1" 9>&-
}

# A tree of its own, into which the checks are locked: an overlay for each folder of / and for each file system that
# is mounted below; what cannot have one (FAT) is there read-only, as it is now. The kernel's own are there as they are.
# shellcheck disable=SC2016 # expanded inside
PREFLIGHT='
  bundle=$1
  new=$STATE/preflight/root
  layers=0
  cover() {
    mkdir -p "$new$1"
    layers=$((layers + 1))
    layer=$STATE/preflight/$layers
    mkdir "$layer" "$layer/upper" "$layer/work"
    lower=$1
    if [ -d "$bundle/root$1" ]; then
      case $bundle/ in
        # An overlay takes no layer that lies within another.
        "$1"/*) cp -a "$bundle/root$1/." "$layer/upper" ;;
        *) lower=$bundle/root$1:$1 ;;
      esac
    fi
    mount -t overlay -o "lowerdir=$lower,upperdir=$layer/upper,workdir=$layer/work" stead-preflight "$new$1" 2>/dev/null ||
      { mount --rbind "$1" "$new$1" && mount -o remount,bind,ro "$new$1"; }
  }
  awk "\$5 != \"/\" { gsub(/\\\\040/, \" \", \$5); print \$5 }" FS=" " /proc/self/mountinfo | sort -u >"$WORK/mounts"
  mount -t tmpfs -o mode=0755 stead-preflight "$STATE/preflight"
  mkdir "$new"
  cd /
  for name in * .[!.]*; do
    if [ -L "$name" ]; then
      cp -P "$name" "$new/$name"
    elif [ -d "$name" ]; then
      case $name in
        proc | sys | dev)
          mkdir "$new/$name"
          mount --rbind "/$name" "$new/$name"
          ;;
        *) cover "/$name" ;;
      esac
    fi
  done
  for name in "$bundle"/root/*; do
    [ -e "$new/${name##*/}" ] || cp -a "$name" "$new/"
  done
  while IFS= read -r point; do
    case $point/ in
      /proc/* | /sys/* | /dev/* | "$STATE"/*) continue ;;
    esac
    # Folders of / that are mounts are covered already.
    case ${point#/} in
      */*) ;;
      *) continue ;;
    esac
    if [ -d "$point" ] && [ -d "$new$point" ]; then
      cover "$point"
    elif [ -f "$point" ] && [ -f "$new$point" ]; then
      mount --bind "$point" "$new$point" && mount -o remount,bind,ro "$new$point"
    fi
  done <"$WORK/mounts"
  while IFS="	" read -r path _; do rm -rf -- "$new$path"; done <"$WORK/settle.remove"
  while IFS="	" read -r path _; do
    rm -rf -- "$new$path"
    cp -a -T -- "$STATE/adopted$path" "$new$path"
  done <"$WORK/settle.giveback"
  while IFS="	" read -r mode path; do
    [ -d "$new$path" ] || { rm -rf -- "$new$path" && mkdir -p "$new$path" && chmod "$mode" "$new$path"; }
  done <"$WORK/folders"
  # Where there is no generation to be, as on the machine that builds, there are no secrets either.
  [ ! -d "$new/run/stead/secrets.d" ] || ln -s -f -n "secrets.d/$SECRETS_ID" "$new/run/stead/secrets"
  failed=
  # Where a generation is only checked, what its units start need not be installed.
  stand_in() {
    find "$bundle/root" -path "*/systemd/*" -type f -exec cat {} + |
      sed -n "s|^Exec[A-Za-z]*=[-@:+!]*\(/[^ ]*\).*|\1|p" | sort -u | while IFS= read -r program; do
        [ -e "$new$program" ] || { mkdir -p "$new${program%/*}" && printf "#!/bin/sh\n" >"$new$program" && chmod 0755 "$new$program"; }
      done
  }
  # Stand-ins are for systemd alone, whose check comes last.
  sort "$bundle/checks.tsv" | awk -F "	" "\$1 == \"systemd units\" { last = last \$0 RS; next } { print } END { printf \"%s\", last }" >"$WORK/checks"
  while IFS="	" read -r name command; do
    [ -z "$ONLY_CHECKED" ] || [ "$name" != "systemd units" ] || stand_in
    code=0
    output=$(STEAD_ELSEWHERE=$ONLY_CHECKED timeout --kill-after=10 "$CHECK_SECONDS" chroot "$new" sh -c "cd / && $command" 2>&1 </dev/null) || code=$?
    if [ -n "$ONLY_CHECKED" ]; then
      case $code in
        0) state=passed ;;
        127) state=absent ;;
        *) state=failed ;;
      esac
      printf "check\t%s\t%s\t%s\n" "$name" "$state" "$command"
      [ "$state" != failed ] || printf "%s\n" "$output" | sed "s/^/output\t/"
      continue
    fi
    case $code in
      0) continue ;;
      124 | 137) why="took longer than $CHECK_SECONDS s" ;;
      127) why="could not be run: its program is not installed; add the package that brings it to the option set packages" ;;
      *) why="failed with code $code" ;;
    esac
    failed="$failed${failed:+, }$name"
    printf "check %s %s: %s\n%s\n" "$name" "$why" "$command" "$output"
  done <"$WORK/checks"
  [ -z "$failed" ] || {
    printf "checks of the new configuration failed: %s; put right what they say and switch again\n" "$failed"
    exit 1
  }
'
