# shellcheck shell=dash
# Whether this host takes a bundle, and whether it runs it already: asked before anything is copied, and on most days all that is.
# Reads: a signature on standard input, var/lib/stead/. Writes: the link /var/lib/stead, and what it leads to.

# admit BUNDLE [FOLDER|- [standing|awake]]: whether this host would take it, before anything is copied, and with its store in
# that folder. Standard input: its signature, or nothing. With `standing` the last lines are those of a switch to it,
# where that would change nothing: it need not be asked for. With `awake`, units that are to run and do not count, too.
verb_admit() {
  if [ $# -lt 1 ] || [ $# -gt 3 ] || ! is_bundle_name "$1"; then usage; fi
  case ${3-} in
    '' | standing) WAKE= ;;
    awake) WAKE=yes ;;
    *) usage ;;
  esac
  local current commit=- machine=-
  check_host "$1"
  read_lines
  SIGNATURE=$TEXT
  if [ -n "$SIGNATURE" ] || [ -s "$STATE/allowed_signers" ]; then
    make_work
    write_signature
    check_trusted "$1" "$WORK/signature"
  fi
  find_current
  current=$CURRENT
  if [ "$current" != - ]; then
    # A record that is gone is not one that says "built outside of git".
    if [ -s "$STATE/generations/$current.json" ]; then
      find_field "$current" commit
      commit=$FIELD
    else
      commit=lost
    fi
  fi
  [ "$commit" != null ] || commit=-
  [ "${2:--}" = - ] || place_state "$2"
  printf 'current\t%s\t%s\n' "$current" "$commit"
  [ ! -r "$ROOT/etc/machine-id" ] || read -r machine <"$ROOT/etc/machine-id" || :
  printf 'machine\t%s\n' "${machine:--}"
  [ -n "${3-}" ] || return 0
  stands "$1" "$current" || return 0
  printf 'standing\t%s\n' "$current"
  say_standing "$1" "$current" 2>&1
}

# stands BUNDLE GENERATION: whether a switch to the bundle would find that it runs whole. Whatever else there is to find,
# an interrupted switch or one that is under way, is left to a switch.
stands() {
  [ "$2" != - ] && [ ! -e "$STATE/journal" ] && [ -w "$STATE/lock" ] || return 1
  find_bundle "$2"
  [ "$BUNDLE" = "$1" ] || return 1
  [ -z "$SIGNATURE" ] || cmp -s "$WORK/signature" "$STORE/$1/signature" || return 1
  try_lock "looking at $1" || return 1
  [ -n "${WORK-}" ] || make_work
  [ -z "$ADMIN" ] || allow_starts
  (check_stored "$1") 2>/dev/null && nothing_drifted "$1" && none_to_wake "$1"
}

# place_state FOLDER: all of stead's own is there from the first generation on, and /var/lib/stead leads to it.
place_state() {
  [ -n "$ADMIN" ] && [ "$STATE" != "$1" ] || return 0
  [ "$(current_generation)" = - ] ||
    die "its store is $STATE, which the links of its generations lead through: leave storeDir as it was, or remove stead from it first; nothing was changed"
  mkdir -p "$1" || die "the folder $1 for the store cannot be made"
  if [ -d "$STATE" ]; then
    cp -a -T -- "$STATE" "$1"
    rm -rf "$STATE"
  fi
  ln -s -f -n "$1" /var/lib/stead
  sync -f "$1" /var/lib
}

# say_standing BUNDLE GENERATION: what people are told of a switch to what runs already.
say_standing() {
  say_left_out
  say_sealed "$1"
  say "nothing to do: generation $2 is current"
}

nothing_drifted() {
  local step
  find_lacking_downloads "$1"
  [ -z "$LACKING" ] || return 1
  find_lacking_outputs "$1"
  [ -z "$LACKING" ] || return 1
  plan_packages "$1" "$1"
  plan_accounts "$1" "$1"
  if [ -s "$WORK/plan.packages" ] || [ -s "$WORK/plan.accounts" ]; then return 1; fi
  plan_files settle "$1" "$1"
  while IFS=$TAB read -r step _; do
    case $step in
      dropkept | rmdir | left) ;;
      *) return 1 ;;
    esac
  done <"$WORK/plan"
  plan_objects "$1"
  [ ! -s "$WORK/realise" ] && secrets_stand "$1"
}

# Whether all units run that are to, where that was asked for.
none_to_wake() {
  [ -n "${WAKE-}" ] && [ -n "$SYSTEMD" ] && [ -s "$STORE/$1/units.tsv" ] || return 0
  ! units_are_up "$STORE/$1/units.tsv" || return 0
  plan_units "$1" "$1"
  ! grep -q "^start$TAB" "$WORK/plan.units"
}
