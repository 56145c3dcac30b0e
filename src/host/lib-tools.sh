# shellcheck shell=dash
# A set of Debian packages as the / of a sandbox: unpacked, not installed.
# Reads: build/inputs/. Writes: build/tools/<digest>/, by rename.
#
# No script of a package runs. What those would have made and builds rely on is made here: names for the compiler (cc,
# c++), awk and sh, and the compiler's names in /usr/lib/ccache. Packages of another suite lie in /suites/<suite>, and their
# programs are started through /suites/<suite>/bin with that suite's own libraries.

# By the packages and where each lies; a first line for what is made of them below.
tools_digest() {
  local sum
  sum=$({
    printf 'stead tools 1\n'
    awk -F "$TAB" '$1 != "source" { print $1, $2, $5 }' "$BUILD/recipes/$1/inputs.tsv" | sort -u
  } | sha256sum)
  printf '%.32s\n' "$sum"
}

# unpack_tools HASH sets TOOLS to the folder; it is made once, whoever wants it at the same time.
unpack_tools() {
  local digest fresh
  digest=$(tools_digest "$1")
  TOOLS=$BUILD/tools/$digest
  exec 7>>"$BUILD/locks/tools-$digest"
  flock 7
  if [ ! -d "$TOOLS" ]; then
    fresh=$BUILD/tools/.new-$digest
    rm -rf "$fresh"
    mkdir "$fresh"
    fill_tools "$1" "$fresh" || {
      rm -rf "$fresh"
      die "the tools could not be unpacked in $BUILD; is the file system full?"
    }
    sync_trees "$fresh"
    mv -T "$fresh" "$TOOLS"
    sync_trees "$BUILD/tools"
  fi
  # When it was last wanted; gc goes by it.
  touch "$TOOLS"
  exec 7>&-
}

fill_tools() {
  local suite
  merge_usr "$2"
  awk -F "$TAB" '$1 == "tool" { print $2 }' "$BUILD/recipes/$1/inputs.tsv" | unpack_packages "$2" || return 1
  make_alternatives "$2"
  awk -F "$TAB" '$1 == "beside" { print $5 }' "$BUILD/recipes/$1/inputs.tsv" | sort -u >"$2/suites.tsv"
  while IFS= read -r suite; do
    mkdir -p "$2/suites/$suite"
    merge_usr "$2/suites/$suite"
    awk -F "$TAB" -v suite="$suite" '$1 == "beside" && $5 == suite { print $2 }' "$BUILD/recipes/$1/inputs.tsv" |
      unpack_packages "$2/suites/$suite" || return 1
    wrap_programs "$2/suites/$suite" "/suites/$suite"
  done <"$2/suites.tsv"
  rm "$2/suites.tsv"
}

# /bin, /sbin and /lib are links into /usr, as base-files has them since Debian 12.
merge_usr() {
  local name
  for name in bin sbin lib lib64; do
    mkdir -p "$1/usr/$name"
    ln -s "usr/$name" "$1/$name"
  done
}

# Digests on standard input. What is there for people to read stays out.
unpack_packages() {
  local sum program
  # The path, since busybox has one of that name that lacks this option.
  find_program dpkg-deb
  program=$FOUND
  while IFS= read -r sum; do
    { "$program" --fsys-tarfile "$BUILD/inputs/$sum" || printf 'broken\n' >&3; } | tar -x -f - -C "$1" --keep-directory-symlink \
      --no-same-owner --exclude=./usr/share/doc --exclude=./usr/share/man --exclude=./usr/share/locale || printf 'broken\n' >&3
  done 3>"$1/.broken"
  [ ! -s "$1/.broken" ] && rm "$1/.broken"
}

make_alternatives() {
  local name
  alternative "$1" sh dash bash busybox
  alternative "$1" cc gcc clang
  alternative "$1" c++ g++ clang++
  alternative "$1" awk mawk gawk busybox
  alternative "$1" which which.debianutils
  [ ! -e "$1/usr/bin/ccache" ] || {
    mkdir -p "$1/usr/lib/ccache"
    for name in cc c++ gcc g++ clang clang++; do
      [ ! -e "$1/usr/bin/$name" ] || ln -s -f ../../bin/ccache "$1/usr/lib/ccache/$name"
    done
  }
}

# alternative ROOT NAME PROGRAM …: the first of them that is there, where nothing has that name.
alternative() {
  local root=$1 name=$2 program
  shift 2
  [ ! -e "$root/usr/bin/$name" ] && [ ! -L "$root/usr/bin/$name" ] || return 0
  for program in "$@"; do
    [ -e "$root/usr/bin/$program" ] || continue
    ln -s "$program" "$root/usr/bin/$name"
    return 0
  done
}

# wrap_programs FOLDER PLACE: programs that are linked to libraries, through the loader that lies with them.
wrap_programs() {
  local loader libraries program name
  loader=$(cd "$1" && find usr -name 'ld-linux-*.so.*' | sort | head -n 1)
  [ -n "$loader" ] || return 0
  libraries=$(cd "$1" && find usr/lib -type d \( -path 'usr/lib' -o -path 'usr/lib/*-linux-gnu' \) | sort -r |
    sed "s|^|$2/|" | paste -s -d : -)
  mkdir -p "$1/bin-through"
  for program in "$1"/usr/bin/*; do
    [ -f "$program" ] || continue
    name=${program##*/}
    if [ "$(head -c 4 "$program" | tr -d '\177')" = ELF ]; then
      printf '#!/bin/sh\nexec %s --library-path %s %s "$@"\n' "$2/$loader" "$libraries" "$2/usr/bin/$name" >"$1/bin-through/$name"
      chmod 0755 "$1/bin-through/$name"
    else
      ln -s "../usr/bin/$name" "$1/bin-through/$name"
    fi
  done
  rm "$1/bin"
  mv -T "$1/bin-through" "$1/bin"
}
