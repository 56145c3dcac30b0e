# shellcheck shell=dash
# Decides what becomes of users and groups: from two tables, the account databases and what stead has done to them.
# Reads: users.tsv, groups.tsv, getent, /var/lib/systemd/linger, var/lib/stead/accounts.tsv and passwords.tsv, and, of hashes
# of passwords, /etc/shadow and the files that hold those wanted. Writes: only below $WORK, where no hash ever is.

# plan_accounts TARGET OTHER writes $WORK/plan.accounts: rows `step name why…`; see ACCOUNT_PLAN.
plan_accounts() {
  : >"$WORK/plan.accounts"
  [ -n "$ADMIN" ] || return 0
  local users=/dev/null groups=/dev/null shadow=/etc/shadow passwords=$STATE/passwords.tsv
  case $1 in
    '' | -) ;;
    *) users=$STORE/$1/users.tsv groups=$STORE/$1/groups.tsv ;;
  esac
  [ -e "$STATE/accounts.tsv" ] || : >"$STATE/accounts.tsv"
  [ -r "$shadow" ] || shadow=/dev/null
  [ -e "$passwords" ] || passwords=/dev/null
  [ -s "$users" ] || [ -s "$groups" ] || [ -s "$STATE/accounts.tsv" ] || [ -s "$passwords" ] || return 0
  look_up "$users" "$groups"
  find_password_secrets "${1:--}"
  awk -F "$TAB" -v OFS="$TAB" -v secrets="$PASSWORD_SECRETS" "$ACCOUNT_PLAN$PASSWORD_FILES" \
    part=noted "$STATE/accounts.tsv" part=before "$passwords" part=lingering "$WORK/lingering" part=passwd FS=: "$WORK/passwd" \
    part=shadow "$shadow" part=group "$WORK/group" part=groups FS="$TAB" "$groups" part=users "$users" >"$WORK/plan.accounts"
  [ ! -s "$WORK/plan.accounts" ] || sort -o "$WORK/plan.accounts" "$WORK/plan.accounts"
}

# find_password_secrets BUNDLE sets PASSWORD_SECRETS to the folder that has its secrets decrypted, or to nothing.
find_password_secrets() {
  find_secrets "$1"
  PASSWORD_SECRETS=$SECRETS.d/$SECRETS_ID
  [ -d "$PASSWORD_SECRETS" ] || PASSWORD_SECRETS=$USER_SECRETS
}

# look_up USERS GROUPS writes $WORK/passwd, group and lingering: the entries of all names and numbers that matter,
# asked one by one, since not every database can list what it has; who of them has services without a session.
look_up() {
  local users groups lingering name
  : >"$WORK/passwd"
  : >"$WORK/group"
  # Names are words. What the files of this host do not have, another database may.
  awk -F "$TAB" -v passwd="$WORK/passwd" -v group_file="$WORK/group" '
    part == "noted" { users[$2] = 1; if ($1 == "member") groups[$3] = 1; if ($1 == "linger") lingering[$2] = 1; next }
    part == "groups" { groups[$1] = 1; if ($2 != "-") groups[$2] = 1; next }
    part == "passwd" { found = 0; take(users, $1); take(users, $3); if (found) print >passwd; next }
    part == "group" { found = 0; take(groups, $1); take(groups, $3); if (found) print >group_file; next }
    {
      users[$1] = groups[$3] = lingering[$1] = 1
      if ($2 != "-") users[$2] = 1
      count = split($4, group, ",")
      for (i = 1; i <= count; i++) if (group[i] != "-") groups[group[i]] = 1
    }
    END { line(users); line(groups); line(lingering) }
    function take(keys, key) { if (key in keys) { found = 1; delete keys[key] } }
    function line(keys,    key, text) { for (key in keys) text = text " " key; print text }
  ' part=noted "$STATE/accounts.tsv" part=groups "$2" part=users "$1" \
    part=passwd FS=: /etc/passwd part=group FS=: /etc/group >"$WORK/accounts"
  { read -r users && read -r groups && read -r lingering; } <"$WORK/accounts"
  # What is not there makes getent fail.
  # shellcheck disable=SC2086
  [ -z "$users" ] || getent passwd -- $users >>"$WORK/passwd" || :
  # shellcheck disable=SC2086
  [ -z "$groups" ] || getent group -- $groups >>"$WORK/group" || :
  for name in $lingering; do
    [ ! -e "/var/lib/systemd/linger/$name" ] || printf '%s\n' "$name"
  done >"$WORK/lingering"
}

# Steps: refuse (why), group and user (to make), member USER GROUP, shell, home, primary USER WANTED OLD, linger;
# and back: leave USER GROUP, shell-back, home-back, primary-back USER OLD, unlinger; forget (a note of what does not
# hold any more); password and password-back USER, without what it is; unusable (why it cannot be set). A user that stead did not make keeps what the configuration does not say.
# shellcheck disable=SC2016 # awk's own $
ACCOUNT_PLAN='
part == "noted" { if ($1 == "user") made[$2] = 1; keys[$1 SUBSEP $2 SUBSEP $3] = 1; next }
part == "before" { before[$1] = $2; next }
part == "shadow" { shadow[$1] = $2; next }
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
  wanted[$1] = 1
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
  if ($10 ~ /^\//) password($1, $10)
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
function back(holds, step, what, name, old) { if (holds) print step, name, old; else print "forget", what, name, old }
END {
  for (key in keys) {
    split(key, field, SUBSEP)
    what = field[1]; name = field[2]; old = field[3]
    if (what == "user") { if (!(name in uid) && !(name in wanted)) print "forget", what, name, old }
    else if (!(name in uid)) print "forget", what, name, old
    else if (what == "member") { if (!((name, old) in member_of)) back((name, old) in is_in, "leave", what, name, old) }
    else if (what == "linger") { if (!(name in to_linger)) back(name in lingers, "unlinger", what, name, old) }
    else if (!((what, name) in set)) back(value[what, name] != old, what "-back", what, name, old)
  }
  for (name in before) {
    if (name in to_have) continue
    if ((name in shadow) && shadow[name] != before[name]) print "password-back", name, "its file has left the configuration"
    else print "forget", "password", name
  }
}
function password(name, path,    hash) {
  to_have[name] = 1
  if (password_file(path) == "") { print "password", name, "is set where its secret is another"; return }
  hash = hash_in(password_file(path))
  if (hash == "") print "unusable", name, "what " path " is to hold for " name " is one line with the hash of a password, as crypt(5) has it (yescrypt, scrypt, bcrypt, SHA-2), or `!`; it does not"
  else if ((name in uid) && !(name in shadow)) print "unusable", name, name " has no line in /etc/shadow here: its password is kept elsewhere"
  else if (!(name in shadow) || shadow[name] != hash) print "password", name, "is not what its file says"
}
'

# With `secrets`, a folder: where the content of a path is now, empty for a secret that is not decrypted; the hash that a
# file holds, empty for anything else, which nobody gets to see.
# shellcheck disable=SC2016 # awk's own $
PASSWORD_FILES='
function password_file(path) {
  if (index(path, "/run/stead/secrets/") != 1) return path
  return secrets == "" ? "" : secrets substr(path, length("/run/stead/secrets/"))
}
function hash_in(file,    hash, rest, more) {
  if ((getline hash <file) <= 0) hash = ""
  more = (getline rest <file) > 0
  close(file)
  return !more && is_hash(hash) ? hash : ""
}
function is_hash(text,    part, count) {
  if (text == "!" || text == "*") return 1
  if (text !~ /^[$][./0-9A-Za-z$=]+$/) return 0
  count = split(text, part, "[$]")
  if (part[2] ~ /^2[aby]$/) return count == 4 && part[3] ~ /^[0-9][0-9]$/ && length(part[4]) == 53
  if (part[2] ~ /^g?y$/) return count == 5 && part[3] != "" && part[4] != "" && length(part[5]) == 43
  if (part[2] == "7") return count == 4 && length(part[3]) > 11 && length(part[4]) == 43
  if (count == 5 && part[3] ~ /^rounds=[1-9][0-9]*$/) { part[3] = part[4]; part[4] = part[5]; count = 4 }
  return count == 4 && part[3] ~ /^[^=]+$/ && ((part[2] == "5" && length(part[4]) == 43) || (part[2] == "6" && length(part[4]) == 86))
}'
