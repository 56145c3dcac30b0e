# shellcheck shell=dash
# Users and groups that a bundle wants: made before the commit point, changed and taken back after it, never deleted.
# Reads: users.tsv, groups.tsv, files.tsv, the account databases. Writes: through useradd, groupadd, usermod,
# gpasswd, loginctl, chpasswd, chage; var/lib/stead/passwords.tsv, root's alone: of each password that stead has set, `USER FIELD DAY`,
# the two fields of /etc/shadow that it changed, as they were before; var/lib/stead/accounts.tsv: `user NAME made`, `group NAME made`, `member USER GROUP`, `linger USER -`, and what a
# user had before, `shell USER OLD`, `home USER OLD`, `primary USER OLD`.

# make_accounts FOLDER: what must be there before files are given to it; exit 1 when that cannot be.
make_accounts() {
  [ -n "$ADMIN" ] || return 0
  plan_accounts "${1##*/}" -
  [ ! -s "$WORK/plan.accounts" ] || make_planned_accounts
  check_owners "$1"
}

make_planned_accounts() {
  local name number group home shell system
  refuse_accounts
  account_steps group >"$WORK/accounts"
  awk -F "$TAB" -v OFS="$TAB" '{ print "group", $1, "made" }' "$WORK/accounts" | note_accounts
  while IFS=$TAB read -r name number system; do
    add_group "$name" "$number" "$system" || die "the group $name could not be made; of the configuration nothing was changed"
  done <"$WORK/accounts"
  account_steps user >"$WORK/accounts"
  awk -F "$TAB" -v OFS="$TAB" '{ print "user", $1, "made" }' "$WORK/accounts" | note_accounts
  while IFS=$TAB read -r name number group home shell system; do
    add_user "$name" "$number" "$group" "$home" "$shell" "$system" ||
      die "the user $name could not be made; of the configuration nothing was changed"
  done <"$WORK/accounts"
}

# The users and groups that were made here, when all of stead goes; their files stay.
remove_accounts() {
  [ -n "$ADMIN" ] && [ -s "$STATE/accounts.tsv" ] || return 0
  local kind name note
  sort -r "$STATE/accounts.tsv" >"$WORK/accounts"
  while IFS=$TAB read -r kind name note; do
    case $kind:$note in
      user:made) userdel -- "$name" </dev/null >/dev/null 2>&1 9>&- || say "the user $name is in use, and stays" ;;
      group:made)
        # The group of a user's own name has left with the user.
        if getent group "$name" >/dev/null; then
          groupdel -- "$name" </dev/null >/dev/null 2>&1 9>&- || say "the group $name is in use, and stays"
        fi
        ;;
    esac
  done <"$WORK/accounts"
}

account_steps() {
  awk -F "$TAB" -v step="$1" '$1 == step { sub(/^[^\t]*\t/, ""); print }' "$WORK/plan.accounts"
}

refuse_accounts() {
  account_steps unusable | cut -f 2 >"$WORK/refused"
  [ ! -s "$WORK/refused" ] || {
    say "$(cat "$WORK/refused")"
    die "no password can be set from that; of the configuration nothing was changed"
  }
  account_steps refuse | cut -f 2 >"$WORK/refused"
  [ -s "$WORK/refused" ] || return 0
  say "$(cat "$WORK/refused")"
  die "numbers of users and groups stay as they were given; change the configuration. Nothing was changed"
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
  set -- --no-user-group --gid "$group" --home-dir "$home" --shell "$shell"
  [ "$uid" = - ] || set -- "$@" --uid "$uid"
  if [ "$system" = yes ]; then
    set -- "$@" --system --no-create-home
  else
    set -- "$@" --create-home
  fi
  useradd "$@" -- "$name" 9>&-
}

# Adds the rows on standard input to what is known of accounts.
note_accounts() {
  cat >"$WORK/notes"
  [ -s "$WORK/notes" ] || return 0
  sort -u "$WORK/notes" "$STATE/accounts.tsv" | write_file "$STATE/accounts.tsv"
}

# check_owners FOLDER: everyone whom a file is given to exists, every group that a user joins does, and keys lie
# where sshd looks for them. The packages have been installed by now.
check_owners() {
  local kind text
  : >"$WORK/known"
  find_owner_problems "$1"
  [ -s "$WORK/owners" ] || return 0
  # What the files of this host do not have, another database may.
  if grep -q "^problem$TAB" "$WORK/owners"; then
    ask_for_owners "$1"
    find_owner_problems "$1"
  fi
  while IFS=$TAB read -r kind text; do
    # Whoever owns a folder may turn it into a link, and lead what root writes elsewhere.
    [ "$kind" != folder ] || [ ! -L "$text" ] || printf 'problem\t%s is a link; put a folder there\n' "$text"
  done <"$WORK/owners" >"$WORK/linked"
  grep -h "^problem$TAB" "$WORK/owners" "$WORK/linked" >"$WORK/refused" || return 0
  while IFS=$TAB read -r kind text; do say "$text"; done <"$WORK/refused"
  die "define these in users, or install the package that brings them; of the configuration nothing was changed"
}

# Writes $WORK/owners: rows `problem WHAT`, and `folder PATH` of those that keys lie in.
find_owner_problems() {
  awk -F "$TAB" -v OFS="$TAB" '
    part == "noted" { if ($1 == "user") made[$2] = 1; next }
    part == "known" { known[$1, $2] = 1; if ($1 == "user") home[$2] = $3; next }
    part == "passwd" { if (!(("user", $1) in known)) { known["user", $1] = 1; home[$1] = $6 } next }
    part == "group" { known["group", $1] = 1; next }
    part == "users" {
      count = split($4, group, ",")
      for (i = 1; i <= count; i++) if (group[i] != "-" && !(("group", group[i]) in known)) problem("there is no group " group[i] " for the user " $1)
      moves[$1] = index("," $9 ",", ",home,") || ($1 in made)
      next
    }
    $2 == "symlink" { next }
    lacks("user", $4) { problem($1 " is to belong to the user " $4 ", which is not on this host") }
    lacks("group", $5) { problem($1 " is to belong to the group " $5 ", which is not on this host") }
    $1 ~ /\/\.ssh\/authorized_keys$/ && ($4 in home) && !moves[$4] && $1 != home[$4] "/.ssh/authorized_keys" {
      problem("the keys of " $4 " are to be in " $1 ", but its home is " home[$4] " here: say so in the configuration")
    }
    $2 == "directory" && $1 ~ /\/\.ssh$/ { print "folder", $1 }
    function problem(text) { print "problem", text }
    function lacks(database, name) { return !((database, name) in known) && name ~ /[^0-9]/ }' \
    part=noted "$STATE/accounts.tsv" part=known "$WORK/known" part=passwd FS=: /etc/passwd part=group /etc/group \
    part=users FS="$TAB" "$1/users.tsv" part=files "$1/files.tsv" >"$WORK/owners"
}

# Writes $WORK/known: `user NAME HOME` and `group NAME` of all whom any database here has.
ask_for_owners() {
  awk -F "$TAB" '$2 != "symlink" { print $4; }' "$1/files.tsv" | sort -u | { xargs -r getent passwd || :; } |
    awk -F : -v OFS="$TAB" '{ print "user", $1, $6 }' >"$WORK/known"
  { awk -F "$TAB" '$2 != "symlink" { print $5 }' "$1/files.tsv"; cut -f 4 "$1/users.tsv" | tr , '\n'; } | sort -u |
    { xargs -r getent group || :; } | awk -F : -v OFS="$TAB" '{ print "group", $1 }' >>"$WORK/known"
}

# settle_accounts TARGET: what existing users get, and what is taken back from those who had it from stead.
settle_accounts() {
  local step user value
  plan_accounts "$1" -
  [ -s "$WORK/plan.accounts" ] || return 0
  awk -F "$TAB" -v OFS="$TAB" '
    part == "noted" { noted[$1, $2] = 1; if ($1 == "user") made[$2] = 1; next }
    $1 == "member" { print $1, $2, $3 }
    $1 == "linger" { print $1, $2, "-" }
    $1 ~ /^(shell|home|primary)$/ && !(($1, $2) in noted) && !($2 in made) { print $1, $2, $4 }
  ' part=noted "$STATE/accounts.tsv" part=plan "$WORK/plan.accounts" | note_accounts
  while IFS=$TAB read -r step user value _; do
    change_account "$step" "$user" "$value" </dev/null >&2 9>&- || die "the account of $user could not be changed: $step $value"
  done <"$WORK/plan.accounts"
  settle_passwords "$1"
  awk -F "$TAB" -v OFS="$TAB" '
    part == "plan" {
      if ($1 == "forget") gone[$2, $3, $4] = 1
      else if ($1 == "leave") gone["member", $2, $3] = 1
      else if ($1 == "unlinger") gone["linger", $2, "-"] = 1
      else if (sub(/-back$/, "", $1)) gone[$1, $2, $3] = 1
      next
    }
    !(($1, $2, $3) in gone)' part=plan "$WORK/plan.accounts" part=noted "$STATE/accounts.tsv" >"$WORK/notes"
  write_file "$STATE/accounts.tsv" <"$WORK/notes"
}

# settle_passwords BUNDLE: those wanted, and those of before. Hashes go from the files that hold them to the standard input
# of chpasswd; what is to come back is written down before it is lost.
settle_passwords() {
  local name day
  account_steps unusable | cut -f 2 >"$WORK/refused"
  [ ! -s "$WORK/refused" ] || {
    say "$(cat "$WORK/refused")"
    [ -n "$AS_FAR_AS_POSSIBLE" ] || die "not all passwords could be set"
  }
  awk -F "$TAB" '$1 ~ /^password/ || ($1 == "forget" && $2 == "password")' "$WORK/plan.accounts" >"$WORK/plan.passwords"
  [ -s "$WORK/plan.passwords" ] || return 0
  [ -e "$STATE/passwords.tsv" ] || note_passwords </dev/null
  awk -F "$TAB" -v OFS="$TAB" '
    part == "plan" { if ($1 == "password") wanted[$2] = 1; next }
    part == "noted" { delete wanted[$1]; print; next }
    $1 in wanted { print $1, $2, $3 }' \
    part=plan "$WORK/plan.passwords" part=noted "$STATE/passwords.tsv" part=shadow FS=: /etc/shadow | note_passwords
  find_password_secrets "${1:--}"
  awk -F "$TAB" -v secrets="$PASSWORD_SECRETS" "$PASSWORD_LINES$PASSWORD_FILES" part=plan "$WORK/plan.passwords" \
    part=before "$STATE/passwords.tsv" part=users "$(users_of "$1")" | chpasswd --encrypted >&2 9>&- ||
    die "not all passwords could be set"
  # The day of the change tells when a password has to be changed.
  awk -F "$TAB" '
    part == "plan" { if ($1 == "password-back") back[$2] = 1; next }
    $1 in back { print $1 FS ($3 == "" ? -1 : $3) }' part=plan "$WORK/plan.passwords" part=noted "$STATE/passwords.tsv" >"$WORK/days"
  while IFS=$TAB read -r name day; do
    chage --lastday "$day" -- "$name" </dev/null >&2 9>&- || die "the day of the password of $name could not be put back"
  done <"$WORK/days"
  awk -F "$TAB" '
    part == "plan" { if ($1 == "password-back") gone[$2] = 1; if ($1 == "forget") gone[$3] = 1; next }
    !($1 in gone)' part=plan "$WORK/plan.passwords" part=noted "$STATE/passwords.tsv" | note_passwords
}

# Standard input is all that is known of passwords of before.
note_passwords() {
  umask 077
  write_file "$STATE/passwords.tsv"
  umask 022
}

users_of() {
  case $1 in
    '' | -) printf '/dev/null\n' ;;
    *) printf '%s\n' "$STORE/$1/users.tsv" ;;
  esac
}

# `user:hash`, for each that can be had.
# shellcheck disable=SC2016 # awk's own $
PASSWORD_LINES='
part == "plan" { if ($1 == "password") wanted[$2] = 1; if ($1 == "password-back") back[$2] = 1; next }
part == "before" { if ($1 in back) print $1 ":" $2; next }
$1 in wanted {
  hash = password_file($10) == "" ? "" : hash_in(password_file($10))
  if (hash != "") print $1 ":" hash
  else print "the password of " $1 " cannot be had here, and stays as it is" | "cat >&2"
}'

# change_account STEP USER VALUE
change_account() {
  case $1 in
    member) gpasswd --add "$2" "$3" ;;
    leave) gpasswd --delete "$2" "$3" ;;
    shell | shell-back) usermod --shell "$3" -- "$2" ;;
    home | home-back) usermod --home "$3" -- "$2" ;;
    primary | primary-back) usermod --gid "$3" -- "$2" ;;
    linger) set_linger enable "$2" ;;
    unlinger) set_linger disable "$2" ;;
    *) ;;
  esac
}

# Through logind where it runs, which also starts or stops the user's services at once.
set_linger() {
  if [ -n "$SYSTEMD" ] && [ -z "$BOOTING" ]; then
    timeout --foreground 60 loginctl "$1-linger" "$2"
  elif [ "$1" = enable ]; then
    mkdir -p /var/lib/systemd/linger
    : >"/var/lib/systemd/linger/$2"
  else
    rm -f "/var/lib/systemd/linger/$2"
  fi
}
