# shellcheck shell=dash
# Builds a recipe: once, whoever asks for it at the same time, as far as cores and memory go round.
# Reads: build/. Writes: build/work/<hash>, logs/<hash>.log, and the output.
#
# Whatever ends it leaves nothing under the output's name; what it leaves elsewhere goes with the next build, or gc.

# build NAME [BUILDER]: of the recipe whose hash the name in the store begins with. Prints `built NAME TREE BYTES SECONDS BUILDER`, or `present …` with the same. While it is at work it
# says `progress SECONDS LINE`.
verb_build() {
  if [ $# -lt 1 ] || [ $# -gt 2 ] || ! is_output_name "$1"; then usage; fi
  local hash=${1%%-*} builder=${2--} answer=built
  STORE_NAME=$1
  export STORE_NAME
  make_build_folders
  # A build outlives the session that asked for it.
  trap '' PIPE HUP
  [ -d "$BUILD/recipes/$hash" ] || die "the recipe $hash is not here"
  exec 8>>"$BUILD/locks/$hash"
  if ! flock -n 8; then
    say "the recipe $hash is being built here already; waiting for that"
    flock 8
  fi
  if [ -n "$(output_of "$hash")" ]; then
    answer=present
    # One that was killed when it had all but ended.
    [ ! -d "$BUILD/work/$hash" ] || rm -rf "$BUILD/work/$hash" "$BUILD/running/$hash"
  else
    build_recipe "$hash" "$builder"
  fi
  verb_output "$(output_of "$hash")" | sed -n "s/^output$TAB/$answer$TAB/p"
}

build_recipe() {
  local hash=$1 builder=$2 work=$BUILD/work/$1 output=$STORE/.output-$1 missing lacking tree code=0 log=$BUILD/logs/$1.log
  BUILDING=$hash
  missing=$(missing_inputs "$hash" | head -n 1)
  [ -z "$missing" ] || die "the input $missing of the recipe $hash is not here"
  lacking=$(find_lacking "$hash" | awk -F "$TAB" '{ print $2 "; " $3 }')
  [ -z "$lacking" ] || die "$STORE_NAME cannot be built here: $lacking"
  clear_stale_builds
  take_turn "$hash"
  read_uptime
  BEGUN=$UPTIME
  trap 'end_building' EXIT
  printf '%s, begun %s\n' "$STORE_NAME" "$(now)" >"$log" || die "$log cannot be written; is the file system full?"
  rm -rf "$work" "$output"
  progress 'unpacking tools'
  unpack_tools "$hash"
  if ! mkdir "$work" "$work/build" "$work/tmp" "$work/recipe" "$output" || ! cp "$BUILD/recipes/$hash"/* "$work/recipe"; then
    die "$work cannot be written"
  fi
  take_kept "$hash" "$work/kept"
  export KEPT KEPT_FOLDERS KEPT_SOURCES KEPT_CCACHE
  chown "$BUILD_USER:$BUILD_USER" "$work/build" "$work/tmp" "$output"
  run_build "$hash" "$work" "$output" "$log" || code=$?
  [ "$code" = 0 ] || failed_build "$code" "$log"
  progress 'looking at what it made'
  (normalise "$output") 2>>"$log" || failed_build 1 "$log"
  tree=$(tree_hash "$output" "$work/files")
  read_uptime
  keep_output "$output" "$STORE_NAME" "$tree" "$((UPTIME - BEGUN))" "$builder"
  printf '%s, done after %s s\n' "$STORE_NAME" "$((UPTIME - BEGUN))" >>"$log"
  rm -rf "$work" "$BUILD/running/$hash"
}

# Says why, where the disk was too small for it; nothing that is not whole stays.
end_building() {
  local code=$?
  [ "$code" = 0 ] || say_if_ran_full "$BUILD/logs/$BUILDING.log"
  rm -rf "$BUILD/work/$BUILDING" "$STORE/.output-$BUILDING" "$BUILD/running/$BUILDING" \
    ${KEPT_SOURCES:+"$KEPT_SOURCES/new"}
  exit "$code"
}

# A compiler removes what it could not write whole: by now there may be room again.
say_if_ran_full() {
  if tail -c 65536 "$1" 2>/dev/null | grep -q -F 'No space left on device'; then
    say "the file system of $BUILD ran full: $(df -Pk "$BUILD" | awk 'NR == 2 { print $4 " of " $2 }') KiB are free now; make room and try again"
  else
    say_if_full
  fi
}

# Runs the phases, and tells of them while they run.
run_build() {
  local pid said='' line
  TOLD=0
  resource "$1" timeLimit 7200
  set -- "$@" "$RESOURCE"
  resource "$1" memory 0
  set -- "$@" "$RESOURCE"
  resource "$1" nice 10
  set -- "$@" "$RESOURCE"
  sandboxed "$2" "$3" "$5" "$6" "$7" >>"$4" 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    read_uptime
    # What a short build waits for its end must be little of its time.
    case $((UPTIME - BEGUN)) in
      [0-4]) sleep 0.1 ;;
      [5-9] | 1?) sleep 0.3 ;;
      *) sleep 1 ;;
    esac
    tell_phases "$4"
    line=$(tail -c 4096 "$4" | tail -n 1 | cut -c -200)
    [ "$line" != "$said" ] || continue
    said=$line
    case $line in
      '@stead phase '*) continue ;;
    esac
    progress "$line"
  done
  tell_phases "$4"
  wait "$pid"
}

# Each phase that the log says has begun, however short it was.
tell_phases() {
  local line count=0
  while IFS= read -r line; do
    [ -n "$line" ] || continue
    count=$((count + 1))
    [ "$count" -gt "$TOLD" ] || continue
    TOLD=$count
    progress "$line"
  done <<PHASES
$(grep '^@stead phase ' "$1")
PHASES
}

progress() {
  read_uptime
  say "progress$TAB$((UPTIME - BEGUN))$TAB$1"
}

# The last lines, why it ended, and where all of it is.
failed_build() {
  local why="it ended with exit code $1"
  case $1 in
    124) why="it took longer than its time limit (\`resources.timeLimit\`)" ;;
    137) why="it was killed, by its time limit or for the memory that it took (\`resources.timeLimit\`, \`resources.memory\`)" ;;
  esac
  printf '%s: %s\n' "$STORE_NAME" "$why" >>"$2" 2>/dev/null || :
  say "$(tail -n 14 "$2" | head -n 13)"
  die "$STORE_NAME could not be built: $why. All it said is in $2; \`stead log ${STORE_NAME%%-*}\` shows it"
}

# Waits until this build fits beside those that run: their memory within this machine's, their jobs within its cores. One
# alone always has its turn. Sets JOBS.
take_turn() {
  local hash=$1 cores memory total
  cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null) || cores=1
  total=$(awk '$1 == "MemTotal:" { printf "%.0f\n", $2 * 1024 }' /proc/meminfo)
  resource "$hash" memory 0
  memory=$RESOURCE
  resource "$hash" jobs "$cores"
  JOBS=$RESOURCE
  export JOBS
  mkdir -p "$BUILD/running"
  until fits "$hash" "$cores" "$total" "$memory"; do
    say 'waiting for other builds here'
    sleep 1
  done
}

fits() {
  local other taken=0 jobs=0 count=0 others
  exec 7>>"$BUILD/locks/running"
  flock 7
  others=0
  for other in "$BUILD/running"/*; do
    if [ ! -f "$other" ] || [ "${other##*/}" = "$1" ]; then continue; fi
    # What nobody holds any more was killed.
    if (exec 6>>"$BUILD/locks/${other##*/}" && flock -n 6); then
      rm -f "$other"
      continue
    fi
    others=$((others + 1))
    IFS=$TAB read -r count jobs_of <"$other" || continue
    taken=$((taken + count))
    jobs=$((jobs + jobs_of))
  done
  if [ "$others" = 0 ] || { [ "$((taken + $4))" -le "$3" ] && [ "$((jobs + JOBS))" -le "$2" ]; }; then
    printf '%s\t%s\n' "$4" "$JOBS" >"$BUILD/running/$1"
    exec 7>&-
    return 0
  fi
  exec 7>&-
  return 1
}

# What builds that were killed left.
clear_stale_builds() {
  local leftover hash
  for leftover in "$BUILD/work"/* "$STORE"/.output-*; do
    [ -d "$leftover" ] || continue
    hash=${leftover##*/}
    hash=${hash#.output-}
    # Ours is held by ourselves.
    [ "$hash" != "${BUILDING-}" ] || continue
    if (exec 6>>"$BUILD/locks/$hash" && flock -n 6); then rm -rf "$leftover"; fi
  done
}
