# shellcheck shell=dash
# Files that somebody has changed here. Where they decide whether this host can be reached, what stood there comes back
# unless it is confirmed that the host can be reached once they are put right.
# Reads and writes: var/lib/stead/ways.tsv (path, then `kept`, or `gone` where nothing stood there) and ways/; ways.back,
# which stands from the moment that it came back until the next switch: nobody confirms that any more.

# Writes $WORK/drifted: paths that are not as the bundle that runs says. What reads them is told when they are right.
note_drifted() {
  : >"$WORK/drifted"
  [ -n "$SYSTEMD" ] && [ -e "$STORE/${1:--}/files.tsv" ] || return 0
  plan_files drift "$1" "$1"
  awk -F "$TAB" '{ print $2 }' "$WORK/plan" >"$WORK/drifted"
}

# note_observed_drift TARGET_BUNDLE OTHER_BUNDLE: the same of the other one, after both were observed, as far as the target's
# units are to be told.
note_observed_drift() {
  : >"$WORK/drifted"
  [ -n "$SYSTEMD" ] && [ -e "$STORE/${2:--}/files.tsv" ] && [ -s "$STORE/${1:--}/readers.tsv" ] || return 0
  decide drift "$WORK/other" | awk -F "$TAB" '{ print $2 }' >"$WORK/drifted"
}

# keep_ways BUNDLE ORDER: before a switch to the bundle that runs; gone with the watch that is armed for it.
keep_ways() {
  [ -n "$SYSTEMD" ] && [ ! -e "$STATE/watch" ] || return 0
  note_drifted "$1"
  setting "$1" watchdogFor ''
  WAYS=$SETTING awk '
    BEGIN { count = split(ENVIRON["WAYS"], paths, ","); for (i = 1; i <= count; i++) wanted[paths[i]] = 1 }
    $0 in wanted' "$WORK/drifted" >"$WORK/ways"
  [ -s "$WORK/ways" ] || return 0
  wants_watchdog "$1" "$2" ||
    die "this puts right what the way to this host hangs on, and is not done without the watchdog; leave it on for this switch. Nothing was changed. It is about: $(tr '\n' ' ' <"$WORK/ways")"
  local path
  rm -rf "$STATE/ways"
  while IFS= read -r path; do
    if [ -e ".$path" ] || [ -L ".$path" ]; then
      copy_aside "$path" "$STATE/ways$path"
      printf '%s\tkept\n' "$path"
    else
      printf '%s\tgone\n' "$path"
    fi
  done <"$WORK/ways" | write_file "$STATE/ways.tsv"
  find_seconds_to_confirm "$2"
  write_watch "$TO" confirm "$SECONDS_TO_CONFIRM"
  start_watchdog "$SECONDS_TO_CONFIRM" "$TO_BUNDLE"
}

# give_back_ways BUNDLE: as it was before; what reads these files is told.
give_back_ways() {
  [ -s "$STATE/ways.tsv" ] || return 0
  make_work
  local path how
  while IFS=$TAB read -r path how; do
    if [ "$how" = kept ]; then
      mkdir -p ".${path%/*}"
      cp -a -T -- "$STATE/ways$path" ".${path%/*}/.stead-new"
      mv -f -T -- ".${path%/*}/.stead-new" ".$path"
    else
      rm -f -- ".$path"
    fi
    sync_trees ".${path%/*}/"
    say "$path is as it was before it was put right"
  done <"$STATE/ways.tsv"
  cut -f 1 "$STATE/ways.tsv" >"$WORK/drifted"
  : >"$STATE/ways.back"
  [ -n "$BOOTING" ] || (change_units "$1" "$1") || say "not everything that reads these files came up"
}
