# shellcheck shell=dash
# Decides what becomes of users and groups: from two tables, the account databases and what stead has done to them.
# Reads: users.tsv, groups.tsv, getent, /var/lib/systemd/linger, var/lib/stead/accounts.tsv. Writes: only below $WORK.

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
# hold any more). A user that stead did not make keeps what the configuration does not say.
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
}'
