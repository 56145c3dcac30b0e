#!/bin/sh
# Backs the folders of game servers up, and restores them: gameserver backup NAME, list NAME, restore NAME FILE.
# Reads: /etc/stead/gameserver/NAME (lines of a key and a value). Writes: archives in the server's backup folder, the
# oldest of which go; restore: the server's folder, and what was in it before beside it, as FOLDER.before-TIME.
set -eu

CONFIGURATION=${GAMESERVER_CONFIGURATION:-/etc/stead/gameserver}
PAUSED=

fail() {
  printf 'gameserver: %s\n' "$1" >&2
  exit 1
}

settings() {
  file=$CONFIGURATION/$1
  case $1 in */* | '') fail 'which server? Name it as the configuration does' ;; esac
  [ -f "$file" ] || fail "there is no server $1 here"
  while read -r key value; do
    case $key in
      unit) UNIT=$value ;;
      data) DATA=$value ;;
      backups) BACKUPS=$value ;;
      keep) KEEP=$value ;;
      method) METHOD=$value ;;
    esac
  done <"$file"
  NAME=$1
}

# Takes the server down, where it runs, and sees to it that it runs again however this ends.
pause() {
  systemctl is-active --quiet "$UNIT" || return 0
  trap resume EXIT
  trap 'exit 1' HUP INT TERM
  PAUSED=yes
  systemctl stop "$UNIT"
}

resume() {
  [ -n "$PAUSED" ] || return 0
  PAUSED=
  systemctl start "$UNIT"
}

# By time, as their names sort.
archives() {
  find "$BACKUPS" -maxdepth 1 -type f -name "$NAME-*.tar.gz" | sort
}

backup() {
  settings "$1"
  exec 9>"$BACKUPS/.lock"
  flock 9
  archive=$BACKUPS/$NAME-$(date -u +%Y%m%dT%H%M%SZ).tar.gz
  rm -rf "$BACKUPS/.new" "$BACKUPS/.copy"
  pause
  if [ "$METHOD" = snapshot ]; then
    mkdir "$BACKUPS/.copy"
    cp -a --reflink=auto -T -- "$DATA" "$BACKUPS/.copy"
    resume
    pack "$BACKUPS/.copy"
    rm -rf "$BACKUPS/.copy"
  else
    pack "$DATA"
    resume
  fi
  mv -T -- "$BACKUPS/.new" "$archive"
  sync -f "$BACKUPS"
  archives | head -n "-$KEEP" | while IFS= read -r old; do rm -f -- "$old"; done
  printf '%s\n' "$archive"
}

pack() {
  tar --create --gzip --directory "$1" --file "$BACKUPS/.new" .
  sync "$BACKUPS/.new"
}

list() {
  settings "$1"
  archives
}

restore() {
  settings "$1"
  archive=$2
  [ -f "$archive" ] || archive=$BACKUPS/$2
  [ -f "$archive" ] || fail "there is no archive $2; gameserver list $1 names them"
  tar --list --gzip --file "$archive" >/dev/null || fail "$archive cannot be read; nothing was changed"
  new=$DATA.restored-$$
  mkdir "$new"
  tar --extract --gzip --same-owner --same-permissions --directory "$new" --file "$archive"
  chown --reference="$DATA" "$new"
  chmod --reference="$DATA" "$new"
  sync -f "$new"
  pause
  kept=$DATA.before-$(date -u +%Y%m%dT%H%M%SZ)
  mv -T -- "$DATA" "$kept"
  mv -T -- "$new" "$DATA"
  resume
  printf '%s is what it was then; what was there before is %s\n' "$DATA" "$kept"
}

case ${1-}:$# in
  backup:2 | list:2 | restore:3) "$@" ;;
  *) fail 'usage: gameserver backup NAME | list NAME | restore NAME FILE' ;;
esac
