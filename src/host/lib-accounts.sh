# shellcheck shell=dash
# Users and groups that a bundle wants: made before the commit point, changed and taken back after it, never deleted.
# Reads: users.tsv, groups.tsv, files.tsv, the account databases. Writes: through useradd, groupadd, usermod,
# gpasswd, loginctl; var/lib/stead/accounts.tsv: `user NAME made`, `member USER GROUP`, `linger USER -`, and what a
# user had before, `shell USER OLD`, `home USER OLD`, `primary USER OLD`.

# plan_accounts TARGET OTHER writes $WORK/plan.accounts: rows `step name why…`; see ACCOUNT_PLAN.
plan_accounts() {
  : >"$WORK/plan.accounts"
  [ -n "$ADMIN" ] || return 0
  local users=/dev/null groups=/dev/null
  case $1 in
    '' | -) ;;
    *) users=$STORE/$1/users.tsv groups=$STORE/$1/groups.tsv ;;
  esac
  [ -e "$STATE/accounts.tsv" ] || : >"$STATE/accounts.tsv"
  [ -s "$users" ] || [ -s "$groups" ] || [ -s "$STATE/accounts.tsv" ] || return 0
  look_up "$users" "$groups"
  awk -F "$TAB" -v OFS="$TAB" "$ACCOUNT_PLAN" \
    part=noted "$STATE/accounts.tsv" part=lingering "$WORK/lingering" part=passwd FS=: "$WORK/passwd" \
    part=group "$WORK/group" part=groups FS="$TAB" "$groups" part=users "$users" >"$WORK/plan.accounts"
  [ ! -s "$WORK/plan.accounts" ] || sort -o "$WORK/plan.accounts" "$WORK/plan.accounts"
}

# look_up USERS GROUPS writes $WORK/passwd, group and lingering: the entries of all names and numbers that matter,
# asked one by one, since not every database can list what it has; who of them has services without a session.
look_up() {
  local users groups lingering name
  awk -F "$TAB" '
    part == "noted" { users[$2] = 1; if ($1 == "member") groups[$3] = 1; if ($1 == "linger") lingering[$2] = 1; next }
    part == "groups" { groups[$1] = 1; if ($2 != "-") groups[$2] = 1; next }
    {
      users[$1] = groups[$3] = lingering[$1] = 1
      if ($2 != "-") users[$2] = 1
      count = split($4, group, ",")
      for (i = 1; i <= count; i++) if (group[i] != "-") groups[group[i]] = 1
    }
    END { line(users); line(groups); line(lingering) }
    function line(keys,    key, text) { for (key in keys) text = text " " key; print text }
  ' part=noted "$STATE/accounts.tsv" part=groups "$2" part=users "$1" >"$WORK/accounts"
  { read -r users && read -r groups && read -r lingering; } <"$WORK/accounts"
  # What is not there makes getent fail. Names are words.
  # shellcheck disable=SC2086
  { [ -z "$users" ] || getent passwd -- $users || :; } >"$WORK/passwd"
  # shellcheck disable=SC2086
  { [ -z "$groups" ] || getent group -- $groups || :; } >"$WORK/group"
  for name in $lingering; do
    [ ! -e "/var/lib/systemd/linger/$name" ] || printf '%s\n' "$name"
  done >"$WORK/lingering"
}

# Steps: refuse (why), group and user (to make), member USER GROUP, shell, home, primary USER WANTED OLD, linger;
# and back: leave USER GROUP, shell-back, home-back, primary-back USER OLD, unlinger. A user that stead did not make
# keeps what the configuration does not say.
# shellcheck disable=SC2016 # awk's own $
ACCOUNT_PLAN='
part == "noted" { if ($1 == "user") made[$2] = 1; keys[$1 SUBSEP $2 SUBSEP $3] = 1; next }
part == "lingering" { lingers[$1] = 1; next }
part == "passwd" { uid[$1] = $3; user_of[$3] = $1; value["primary", $1] = $4; value["home", $1] = $6; value["shell", $1] = $7; next }
part == "group" {
  gid[$1] = $3; group_of[$3] = $1
  count = split($4, member, ",")
  for (i = 1; i <= count; i++) is_in[member[i], $1] = 1
  next
}
part == "groups" {
  if ($1 in gid) { if ($2 != "-" && gid[$1] != $2) refuse($1, "the group " $1 " has the number " gid[$1] " here and is to have " $2) }
  else {
    if ($2 in group_of) refuse($1, "the number " $2 " of the group " $1 " belongs to the group " group_of[$2] " here")
    print "group", $1, $2, $3
  }
  next
}
part == "users" {
  if ($1 in uid) {
    if ($2 != "-" && uid[$1] != $2) refuse($1, "the user " $1 " has the number " uid[$1] " here and is to have " $2)
    change("shell", $1, $6, $9)
    change("home", $1, $5, $9)
    change("primary", $1, $3, $9)
  } else {
    if ($2 in user_of) refuse($1, "the number " $2 " of the user " $1 " belongs to the user " user_of[$2] " here")
    print "user", $1, $2, $3, $5, $6, $7
  }
  count = split($4, group, ",")
  for (i = 1; i <= count; i++) {
    if (group[i] == "-") continue
    member_of[$1, group[i]] = 1
    if (!(($1, group[i]) in is_in)) print "member", $1, group[i]
  }
  if ($8 == "yes") { to_linger[$1] = 1; if (!($1 in lingers)) print "linger", $1 }
  next
}
function refuse(name, why) { print "refuse", name, why }
function change(what, name, want, enforced,    is) {
  is = value[what, name]
  if (!(name in made) && index("," enforced ",", "," (what == "primary" ? "group" : what) ",") == 0) return
  set[what, name] = 1
  if (what == "primary") { if ((want in gid) && gid[want] == is) return }
  else if (want == is) return
  print what, name, want, is
}
END {
  for (key in keys) {
    split(key, field, SUBSEP)
    what = field[1]; name = field[2]; old = field[3]
    if (what == "user" || !(name in uid)) continue
    if (what == "member") { if (!((name, old) in member_of) && ((name, old) in is_in)) print "leave", name, old }
    else if (what == "linger") { if (!(name in to_linger) && (name in lingers)) print "unlinger", name }
    else if (!((what, name) in set) && value[what, name] != old) print what "-back", name, old
  }
}'

# make_accounts FOLDER: what must be there before files are given to it; exit 1 when that cannot be.
make_accounts() {
  [ -n "$ADMIN" ] || return 0
  local name number group home shell system
  plan_accounts "${1##*/}" -
  refuse_accounts
  account_steps group >"$WORK/accounts"
  while IFS=$TAB read -r name number system; do
    add_group "$name" "$number" "$system" || die "the group $name could not be made; of the configuration nothing was changed"
  done <"$WORK/accounts"
  account_steps user >"$WORK/accounts"
  awk -F "$TAB" -v OFS="$TAB" '{ print "user", $1, "made" }' "$WORK/accounts" | note_accounts
  while IFS=$TAB read -r name number group home shell system; do
    add_user "$name" "$number" "$group" "$home" "$shell" "$system" ||
      die "the user $name could not be made; of the configuration nothing was changed"
  done <"$WORK/accounts"
  check_owners "$1"
}

account_steps() {
  awk -F "$TAB" -v step="$1" '$1 == step { sub(/^[^\t]*\t/, ""); print }' "$WORK/plan.accounts"
}

refuse_accounts() {
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
  local problem path
  problem=$(
    awk -F "$TAB" '$2 != "symlink" { print $4; }' "$1/files.tsv" | sort -u | { xargs -r getent passwd || :; } |
      awk -F : -v OFS="$TAB" '{ print "user", $1, $6 }' >"$WORK/known"
    { awk -F "$TAB" '$2 != "symlink" { print $5 }' "$1/files.tsv"; cut -f 4 "$1/users.tsv" | tr , '\n'; } | sort -u |
      { xargs -r getent group || :; } | awk -F : -v OFS="$TAB" '{ print "group", $1 }' >>"$WORK/known"
    awk -F "$TAB" '
      part == "known" { known[$1, $2] = 1; if ($1 == "user") home[$2] = $3; next }
      part == "users" {
        count = split($4, group, ",")
        for (i = 1; i <= count; i++) if (group[i] != "-" && !(("group", group[i]) in known)) print "there is no group " group[i] " for the user " $1
        moves[$1] = index("," $9 ",", ",home,") || (("user" SUBSEP $1) in made)
        next
      }
      part == "noted" { if ($1 == "user") made["user" SUBSEP $2] = 1; next }
      $2 == "symlink" { next }
      lacks("user", $4) { print $1 " is to belong to the user " $4 ", which is not on this host" }
      lacks("group", $5) { print $1 " is to belong to the group " $5 ", which is not on this host" }
      $1 ~ /\/\.ssh\/authorized_keys$/ && ($4 in home) && !moves[$4] && $1 != home[$4] "/.ssh/authorized_keys" {
        print "the keys of " $4 " are to be in " $1 ", but its home is " home[$4] " here: say so in the configuration"
      }
      function lacks(database, name) { return !((database, name) in known) && name ~ /[^0-9]/ }' part=noted "$STATE/accounts.tsv" part=known "$WORK/known" part=users "$1/users.tsv" part=files "$1/files.tsv"
    awk -F "$TAB" '$2 == "directory" && $1 ~ /\/\.ssh$/ { print $1 }' "$1/files.tsv" |
      # Whoever owns a folder may turn it into a link, and lead what root writes elsewhere.
      while IFS= read -r path; do [ ! -L "$path" ] || printf '%s is a link; put a folder there\n' "$path"; done
  )
  [ -z "$problem" ] || {
    say "$problem"
    die "define these in users, or install the package that brings them; of the configuration nothing was changed"
  }
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
  awk -F "$TAB" -v OFS="$TAB" '
    part == "plan" {
      if ($1 == "leave") gone["member", $2, $3] = 1
      if ($1 == "unlinger") gone["linger", $2, "-"] = 1
      if (sub(/-back$/, "", $1)) gone[$1, $2, $3] = 1
      next
    }
    !(($1, $2, $3) in gone)' part=plan "$WORK/plan.accounts" part=noted "$STATE/accounts.tsv" >"$WORK/notes"
  write_file "$STATE/accounts.tsv" <"$WORK/notes"
}

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
