# shellcheck shell=dash
# Secrets: decrypted into memory with this host's own SSH key, all of a generation's or none, and gone with it.
# Reads: secrets.tsv, ciphertexts and templates of bundles, /etc/ssh/ssh_host_ed25519_key. Writes: /run/stead only:
# secrets.d/ID, a folder for each set of secrets (the setting `secrets`), and secrets, a link to the one in force;
# secrets.d/.users, hashes of passwords, before the accounts are there that other secrets may belong to.
# Nobody but root can list these folders; contents pass through no argument, environment, message or disk.

SECRETS=/run/stead/secrets
HOST_KEY=/etc/ssh/ssh_host_ed25519_key
# The folder that this process made, and that goes again where it fails.
NEW_SECRETS=
# Where this process has decrypted what accounts need.
USER_SECRETS=
# Set where what can be decrypted is better than nothing: at boot, and on the way back.
AS_FAR_AS_POSSIBLE=
SECRETS_FAILED=
SECRETS_ID=-

# Sets SECRETS_ID to the name of a bundle's set of secrets, or -.
find_secrets() {
  setting "${1:--}" secrets -
  SECRETS_ID=$SETTING
}

# Says what a folder that stands for a host does not have.
say_sealed() {
  [ -z "$ADMIN" ] || return 0
  find_secrets "$1"
  [ "$SECRETS_ID" = - ] || say "there is no host key here: secrets stay encrypted"
}

# decrypt_secrets BUNDLE: makes its folder, which nothing leads to yet.
decrypt_secrets() {
  [ -n "$ADMIN" ] || return 0
  find_secrets "$1"
  [ "$SECRETS_ID" != - ] && ! are_decrypted && can_decrypt || return 0
  NEW_SECRETS=$SECRETS.d/$SECRETS_ID
  # Folders that can be passed through and not listed; until it is whole, root alone gets into this one.
  umask 066
  make_secrets_folder "$SECRETS.d/.new"
  fill_secrets "$STORE/$1" "$SECRETS.d/.new"
  chmod 0711 "$SECRETS.d/.new"
  umask 022
  # There only where something was lacking.
  rm -rf "$NEW_SECRETS"
  mv -T "$SECRETS.d/.new" "$NEW_SECRETS"
}

# decrypt_user_secrets BUNDLE: those that are root's, and that accounts need which may not be there yet.
decrypt_user_secrets() {
  [ -n "$ADMIN" ] || return 0
  local name mode owner group source needed
  find_secrets "$1"
  [ "$SECRETS_ID" != - ] && ! are_decrypted || return 0
  while IFS=$TAB read -r name _ mode owner group source _ _ _ needed; do
    [ "$needed" = users ] || continue
    if [ -z "$USER_SECRETS" ]; then
      can_decrypt || return 0
      make_secrets_folder "$SECRETS.d/.users"
      USER_SECRETS=$SECRETS.d/.users
    fi
    { empty_secret "$USER_SECRETS/$name" "$mode" "$owner:$group" && decrypt_secret "$STORE/$1/root$source" "$USER_SECRETS/$name"; } ||
      die "secrets that cannot be had here: $name; nothing was changed"
  done <"$STORE/$1/secrets.tsv"
}

make_secrets_folder() {
  rm -rf "$1"
  mkdir -p "$SECRETS.d"
  mkdir -m 0700 "$1"
}

can_decrypt() {
  need_tool age age
  if [ ! -r "$HOST_KEY" ]; then
    refuse_secrets "there is no $HOST_KEY here to decrypt secrets with; ssh-keygen -A makes one, and \`stead secrets rekey\` encrypts for it"
    return 1
  fi
  case $(stat -f -c %T /run) in
    tmpfs | ramfs) ;;
    *) die "/run is not in memory here: secrets would be written to a disk; nothing was changed" ;;
  esac
}

are_decrypted() {
  [ -d "$SECRETS.d/$SECRETS_ID" ] && [ ! -e "$SECRETS.d/$SECRETS_ID/.partial" ]
}

# What stops a switch, and what a boot goes on after.
refuse_secrets() {
  [ -n "$AS_FAR_AS_POSSIBLE" ] || die "$1; nothing was changed"
  say "stead-host: $1"
  SECRETS_FAILED=yes
}

# fill_secrets BUNDLE_FOLDER FOLDER: templates come last, since they read what is decrypted.
fill_secrets() {
  local name kind mode owner group source failed=''
  while IFS=$TAB read -r name kind mode owner group source _; do
    [ "$kind" = secret ] || continue
    empty_secret "$2/$name" "$mode" "$owner:$group" && decrypt_secret "$1/root$source" "$2/$name" || failed="$failed $name"
  done <"$1/secrets.tsv"
  while IFS=$TAB read -r name kind mode owner group source _; do
    [ "$kind" = template ] || continue
    empty_secret "$2/$name" "$mode" "$owner:$group" && render_secret "$1/root$source" "$2" "$name" || failed="$failed $name"
  done <"$1/secrets.tsv"
  [ -n "$failed" ] || return 0
  refuse_secrets "secrets that cannot be had here:$failed"
  : >"$2/.partial"
}

# empty_secret FILE MODE OWNER:GROUP: all that decides who may read it stands before there is anything to read.
empty_secret() {
  mkdir -p "${1%/*}"
  : >"$1"
  chmod "$2" "$1"
  chown -- "$3" "$1" && return 0
  say "${1#"$SECRETS".d/.*/} is to belong to $3, which this host does not have; declare it in \`users\`"
  rm -f "$1"
  return 1
}

# What age says of a file that is none of its own holds the beginning of that file, which may be a plaintext.
decrypt_secret() {
  local said
  said=$(age --decrypt --identity "$HOST_KEY" "$1" 2>&1 >"$2" </dev/null) && return 0
  case $said in
    *'no identity matched'*) said="it was encrypted for others" ;;
    *) said="it is damaged, or not encrypted" ;;
  esac
  say "${2#"$SECRETS".d/.*/} cannot be decrypted with this host's key: $said"
  rm -f "$2"
  return 1
}

# render_secret TEMPLATE FOLDER NAME: contents without the line ends at their end, in the place of their names.
render_secret() {
  # shellcheck disable=SC2016 # awk's own $
  awk -v folder="$2/" -v opening='%%stead:secret:' -v closing='%%' '
    function content(name,    text, line, count, file) {
      file = folder name
      while ((got = (getline line <file)) > 0) text = text (count++ ? "\n" : "") line
      if (got < 0) { missing = missing " " name; return "" }
      close(file)
      sub(/\n+$/, "", text)
      return text
    }
    {
      text = ""
      rest = $0
      while ((at = index(rest, opening)) > 0) {
        text = text substr(rest, 1, at - 1)
        rest = substr(rest, at + length(opening))
        end = index(rest, closing)
        text = text content(substr(rest, 1, end - 1))
        rest = substr(rest, end + length(closing))
      }
      print text rest
    }
    END { if (missing != "") { print "not decrypted:" missing | "cat >&2"; exit 1 } }' "$1" >"$2/$3" && return 0
  rm -f "$2/$3"
  return 1
}

# place_secrets BUNDLE: from here on its secrets are those in force.
place_secrets() {
  [ -n "$ADMIN" ] || return 0
  decrypt_secrets "$1"
  if [ "$SECRETS_ID" = - ]; then
    [ ! -L "$SECRETS" ] || rm -f "$SECRETS"
  elif [ -d "$SECRETS.d/$SECRETS_ID" ]; then
    ln -s -f -n "secrets.d/$SECRETS_ID" "$SECRETS.tmp"
    mv -f -T "$SECRETS.tmp" "$SECRETS"
  fi
}

# Whether a bundle's secrets are in force.
secrets_stand() {
  local link
  find_secrets "$1"
  if [ "$SECRETS_ID" = - ]; then
    [ -z "$ADMIN" ] || [ ! -L "$SECRETS" ]
    return
  fi
  [ -n "$ADMIN" ] || return 0
  link=$(readlink "$SECRETS") || link=
  [ "$link" = "secrets.d/$SECRETS_ID" ] && are_decrypted
}

# All but a bundle's are gone, and with them what has left the configuration.
drop_other_secrets() {
  local folder
  [ -n "$ADMIN" ] && [ -d "$SECRETS.d" ] || return 0
  find_secrets "$1"
  for folder in "$SECRETS.d"/* "$SECRETS.d"/.new "$SECRETS.d"/.users; do
    [ "${folder##*/}" = "$SECRETS_ID" ] || [ ! -d "$folder" ] || rm -rf "$folder"
  done
  [ "$SECRETS_ID" != - ] || rmdir --ignore-fail-on-non-empty "$SECRETS.d" "${SECRETS%/*}"
}

# note_changed_secrets TARGET OTHER writes $WORK/secrets.changed: rows `restart|reload [user/]UNIT`, of units whose secrets have
# another content, mode or owner. Contents are compared where they stand: nothing is kept of them.
note_changed_secrets() {
  local target other name mode owner group restart reload old
  [ -n "$ADMIN" ] || return 0
  : >"$WORK/secrets.changed"
  find_secrets "$2"
  other=$SECRETS_ID
  find_secrets "$1"
  target=$SECRETS_ID
  [ "$target" != - ] && [ "$target" != "$other" ] || return 0
  # What is compared with is there, unless a boot or an earlier attempt has dropped it.
  [ "$other" = - ] || [ -d "$SECRETS.d/$other" ] || (decrypt_secrets "$2") || other=-
  rows_of "$2" secrets.tsv >"$WORK/secrets.other"
  while IFS=$TAB read -r name _ mode owner group _ _ restart reload _; do
    old=$(awk -F "$TAB" -v name="$name" '$1 == name { print $3, $4, $5 }' "$WORK/secrets.other")
    if [ "$old" = "$mode $owner $group" ] && cmp -s "$SECRETS.d/$other/$name" "$SECRETS.d/$target/$name"; then continue; fi
    printf 'restart\t%s\nreload\t%s\n' "$restart" "$reload"
  done <"$STORE/$1/secrets.tsv" | awk -F "$TAB" -v OFS="$TAB" '
    { count = split($2, unit, ","); for (i = 1; i <= count; i++) if (unit[i] != "-") print $1, unit[i] }' >"$WORK/secrets.changed"
}

# In $WORK/units.target, units whose secrets have changed get another definition, or another reload.
mark_secret_readers() {
  [ -s "$WORK/secrets.changed" ] || return 0
  mv "$WORK/units.target" "$WORK/units.unmarked"
  awk -F "$TAB" -v OFS="$TAB" '
    part == "changed" { changed[$1, $2] = 1; next }
    { reader = ($9 == "user" ? "user/" : "") $1 }
    ("restart", reader) in changed { $3 = $3 "+secrets" }
    ("reload", reader) in changed { $4 = $4 "+secrets" }
    { print }' part=changed "$WORK/secrets.changed" part=units "$WORK/units.unmarked" >"$WORK/units.target"
}

# secret_changes TARGET OTHER: rows of a plan, told from ciphertexts alone.
secret_changes() {
  [ -n "$ADMIN" ] || return 0
  find_secrets "$2"
  set -- "$1" "$2" "$SECRETS_ID"
  find_secrets "$1"
  [ "$SECRETS_ID" != "$3" ] || return 0
  { rows_of "$2" secrets.tsv; printf '=\n'; rows_of "$1" secrets.tsv; } | awk -F "$TAB" -v OFS="$TAB" '
    $1 == "=" { target = 1; next }
    !target { other[$1] = $0; next }
    { wanted[$1] = 1 }
    ($1 in other) && other[$1] == $0 { next }
    {
      units = ($8 == "-" ? "" : $8) ($8 != "-" && $9 != "-" ? "," : "") ($9 == "-" ? "" : $9)
      gsub(/,/, ", ", units)
      print "secret", "decrypt", $1, (($1 in other) ? "is encrypted anew" : "is new") (units == "" ? "" : "; where its content has changed, so have " units)
    }
    END { for (name in other) if (!(name in wanted)) print "secret", "drop", name, "has left the configuration" }' | sort
}

# At boot, before units that read them.
boot_secrets() {
  AS_FAR_AS_POSSIBLE=yes
  find_current
  find_bundle "$CURRENT"
  place_secrets "$BUNDLE"
}

# Of a switch that came to nothing.
forget_new_secrets() {
  local link
  [ -z "$USER_SECRETS" ] || rm -rf "$USER_SECRETS"
  [ -n "$NEW_SECRETS" ] || return 0
  link=$(readlink "$SECRETS") || link=
  [ "/run/stead/$link" = "$NEW_SECRETS" ] || rm -rf "$NEW_SECRETS" "$SECRETS.d/.new"
}
