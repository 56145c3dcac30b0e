# shellcheck shell=dash
# Fetches what a bundle names and the host lacks: several files at a time, gone on with where they broke off, hashed
# before they have their names.
# Reads: downloads.tsv, local files, tokens. Writes: var/lib/stead/downloads, and packages where curl is lacking.
#
# It holds a lock of its own, var/lib/stead/downloads/.lock (descriptor 5), so that other switches need not wait for hours;
# processes that fetch have it too, so that nobody else writes to their parts. A token is on the standard input of
# curl and in no argument, environment or file.

# Room that is left to others, in bytes.
KEPT_FREE=268435456
# How often a transfer is tried again that brought nothing.
FETCH_TRIES=6

# fetch BUNDLE [--signature yes] [--hash]: rows `fetched NAME BYTES`. With --hash what is there is hashed, too, and fetched again
# where that does not hold.
verb_fetch() {
  if [ $# = 0 ] || ! is_bundle_name "$1"; then usage; fi
  local bundle=$1 signature=$STORE/$1/signature depth=-
  shift
  while [ $# -gt 0 ]; do
    case "$1 ${2-}" in
      '--hash '*) depth='hash' ;;
      '--signature yes') signature='' && shift ;;
      *) usage ;;
    esac
    shift
  done
  need_tools
  make_state_folders
  check_host "$bundle"
  make_work
  if [ -z "$signature" ]; then
    signature=$WORK/signature
    cat >"$signature"
  fi
  check_trusted "$bundle" "$signature"
  [ -d "$STORE/$bundle" ] || die "the bundle $bundle is not in the store here"
  check_identity "$STORE/$bundle" "$bundle"
  fetch_downloads "$bundle" "$depth"
}

# fetch_downloads BUNDLE DEPTH
fetch_downloads() {
  [ -s "$STORE/$1/downloads.tsv" ] || return 0
  check_download_rows "$STORE/$1/downloads.tsv"
  mkdir -p "$STATE/downloads/.parts" "$STATE/downloads/.checked" || die "$STATE/downloads cannot be made; is the file system read-only or full?"
  # The bundle may go while this waits for another.
  cp -- "$STORE/$1/downloads.tsv" "$WORK/downloads.tsv"
  WORKERS=
  trap 'end_fetching' EXIT
  trap 'exit 1' HUP INT TERM PIPE
  lock_downloads "$1"
  judged_downloads "$2" <"$WORK/downloads.tsv" | awk -F "$TAB" -v OFS="$TAB" '$1 != "sound" { sub(/^[a-z]+\t/, ""); print }' >"$WORK/lacking"
  share_downloads
  [ -s "$WORK/lacking" ] || return 0
  # What several folders have is fetched once.
  awk -F "$TAB" '!seen[$4]++' "$WORK/lacking" >"$WORK/wanted"
  need_download_space
  need_fetch_tools "$1"
  say "fetching $(wanted_text)"
  run_fetches "$1"
  share_downloads
  [ ! -s "$WORK/lacking" ] ||
    die "downloads could not be had: $(names_of "$WORK/lacking"); what has arrived of them is kept, and nothing of the configuration was changed"
}

# lock_downloads BUNDLE: which is written down, so that gc keeps it.
lock_downloads() {
  exec 5>>"$STATE/downloads/.lock"
  if ! flock -n 5; then
    say "downloads are being fetched here already: waiting for that"
    until flock -w 10 5; do say "waiting for downloads that are being fetched here"; done
  fi
  printf '%s\n' "$1" >"$STATE/downloads/.lock"
}

# Rows of $WORK/lacking whose content another folder has, found right, get it from there: as one file with two names.
share_downloads() {
  local folder file size sum rest twin
  [ -s "$WORK/lacking" ] || return 0
  find "$STATE/downloads/.checked" -mindepth 2 -type f -exec cat {} + >"$WORK/records"
  mv "$WORK/lacking" "$WORK/asked"
  : >"$WORK/lacking"
  while IFS=$TAB read -r folder file size sum rest; do
    twin=$(awk -F "$TAB" -v sum="$sum" -v name="$folder/$file" '$2 == sum && $1 != name { print; exit }' "$WORK/records")
    if [ -z "$twin" ] || ! is_as_recorded "$twin" ||
      ! (ln -f -- "$STATE/downloads/${twin%%"$TAB"*}" "$STATE/downloads/.parts/$sum" && finish_download "$sum" "$folder" "$file"); then
      printf '%s\t%s\t%s\t%s\t%s\n' "$folder" "$file" "$size" "$sum" "$rest" >>"$WORK/lacking"
    fi
  done <"$WORK/asked"
}

# is_as_recorded RECORD: name, sum, size, inode, time of change.
is_as_recorded() {
  local name=${1%%"$TAB"*} facts=${1#*"$TAB"*"$TAB"}
  [ "$(find "$STATE/downloads/$name" -type f -printf '%s\t%i\t%T@' 2>/dev/null)" = "$facts" ]
}

# All that lacks is to fit before any of it is fetched; what is there of it already counts.
need_download_space() {
  local need free
  need=$(
    {
      find "$STATE/downloads/.parts" -mindepth 1 -printf 'part\t%f\t%s\n'
      local_rows
      sed "s/^/row$TAB/" "$WORK/wanted"
    } | awk -F "$TAB" '
      $1 == "part" { part[$2] = $3; next }
      $1 == "shared" { shared[$2] = 1; next }
      ($5 in shared) { next }
      { sum += $4 - ($5 in part && part[$5] < $4 ? part[$5] : 0) }
      END { printf "%.0f\n", sum }'
  )
  free=$(df -Pk "$STATE/downloads" | awk 'NR == 2 { printf "%.0f\n", $4 * 1024 }')
  [ "$need" = 0 ] || [ "$((need + KEPT_FREE))" -le "$free" ] ||
    die "downloads need $(size_text "$need") in $STATE/downloads, where $(size_text "$free") are free and $(size_text "$KEPT_FREE") stay so: $(names_of "$WORK/wanted"); make room (stead gc removes what only old generations name) and switch again; nothing was fetched"
}

# Local files that take no room, since they can be linked to.
local_rows() {
  local sum from
  while IFS=$TAB read -r _ _ _ sum from _; do
    case $from in
      /*) ! may_link "$ROOT$from" || printf 'shared\t%s\n' "$sum" ;;
    esac
  done <"$WORK/wanted"
}

# Whether a file is on this file system, is for all to read, and nobody but its owner, who runs this, can write to it.
may_link() {
  [ -n "$(find -L "$1" -maxdepth 0 -type f -perm -0444 ! -perm /0022 -uid "$(id -u)" 2>/dev/null)" ] &&
    [ "$(stat -L -c %d "$1")" = "$(stat -c %d "$STATE/downloads/.parts")" ]
}

# size_text BYTES
size_text() {
  awk -v size="$1" "$SIZE_TEXT"'BEGIN { print size_text(size) }'
}

# `NAME/FILE, …` of the rows in a file.
names_of() {
  awk -F "$TAB" '{ name = substr($1, 34) "/" $2; text = text (NR > 1 ? ", " : "") name } END { print text }' "$1"
}

wanted_text() {
  local bytes
  bytes=$(awk -F "$TAB" '{ sum += $3 } END { printf "%.0f", sum }' "$WORK/wanted")
  printf '%s, %s in all\n' "$(names_of "$WORK/wanted")" "$(size_text "$bytes")"
}

# A host whose first generation this is may have nothing to fetch with: the packages come first, as they do in a switch.
need_fetch_tools() {
  local tool lacking=''
  awk -F "$TAB" -v secrets="$SECRETS/" -v admin="$ADMIN" '
    $5 ~ /^\// { next }
    { print "curl" }
    admin && index($6, secrets) == 1 { print "age" }' "$WORK/wanted" | sort -u >"$WORK/tools"
  while IFS= read -r tool; do
    command -v "$tool" >/dev/null || lacking="$lacking $tool"
  done <"$WORK/tools"
  [ -n "$lacking" ] || return 0
  [ -n "$ADMIN" ] || die "downloads need$lacking, which is missing here; install the package$lacking"
  say "packages come first, since downloads need$lacking"
  (
    take_lock "installing packages that downloads need"
    make_work
    install_packages "$STORE/$1" >&2
  ) 5>&- || exit "$?"
}

# run_fetches BUNDLE: workers report through a pipe, and so does a clock.
run_fetches() {
  local count=0 running=0 all='' at_once event number code worker folder file size sum rest
  setting "$1" downloadsAtOnce 3
  at_once=$SETTING
  mkfifo "$WORK/events"
  exec 4<>"$WORK/events" 3<"$WORK/wanted"
  : >"$WORK/done"
  SAID=-1
  # It may outlive this for a moment, and must not be waited for.
  keep_time "$$" 3<&- 5>&- </dev/null >/dev/null 2>&1 &
  WORKERS=$!
  while :; do
    while [ -z "$all" ] && [ "$running" -lt "$at_once" ]; do
      if IFS=$TAB read -r folder file size sum rest <&3; then
        count=$((count + 1))
        running=$((running + 1))
        work "$count" "$1" "$folder" "$file" "$size" "$sum" "$rest" 3<&- >/dev/null &
        WORKERS="$WORKERS $!"
        printf '%s\t%s\t%s\n' "$folder/$file" "$size" "$!" >"$WORK/row.$count"
      else
        all=yes
      fi
    done
    [ "$running" -gt 0 ] || break
    read -r event number code <&4 || continue
    if [ "$event" = time ]; then
      say_progress
      continue
    fi
    running=$((running - 1))
    IFS=$TAB read -r file size worker <"$WORK/row.$number"
    end_worker "$worker"
    if [ "$code" = 0 ]; then
      say "fetched ${file#*-} ($(size_text "$size"))"
      printf '%s\t%s\n' "$size" "$file" >>"$WORK/done"
      printf 'fetched\t%s\t%s\n' "$file" "$size"
    fi
    cat "$WORK/why.$number" >&2
  done
  exec 3<&- 4>&-
  stop_fetching
  mv "$WORK/lacking" "$WORK/asked"
  awk -F "$TAB" 'done { fetched[$2] = 1; next } !(($1 "/" $2) in fetched)' done=1 "$WORK/done" done=0 "$WORK/asked" >"$WORK/lacking"
}

# One that has ended is not killed later: its number may be somebody else's then.
end_worker() {
  local worker others=''
  wait "$1" || :
  for worker in $WORKERS; do [ "$worker" = "$1" ] || others="$others $worker"; done
  WORKERS=$others
}

keep_time() {
  while sleep 2 && kill -0 "$1" 2>/dev/null; do printf 'time\n' >&4; done
}

# What has arrived, where that is another whole percent than was said last.
say_progress() {
  local text
  text=$(
    {
      sed "s/^/done$TAB/" "$WORK/done"
      find "$STATE/downloads/.parts" -mindepth 1 -printf 'part\t%f\t%s\n'
      sed "s/^/row$TAB/" "$WORK/wanted"
    } | awk -F "$TAB" -v said="$SAID" "$SIZE_TEXT"'
      $1 == "done" { there += $2; next }
      $1 == "part" { part[$2] = $3; next }
      { all += $4; if ($5 in part) there += part[$5] }
      END {
        percent = all > 0 ? int(there * 100 / all) : 0
        if (percent == said) exit
        printf "%d\t%s of %s are here (%d %%)", percent, size_text(there), size_text(all), percent
      }'
  )
  [ -n "$text" ] || return 0
  SAID=${text%%"$TAB"*}
  say "${text#*"$TAB"}"
}

# Ends what is under way; parts stay.
stop_fetching() {
  local worker
  for worker in $WORKERS; do kill "$worker" 2>/dev/null || :; done
  WORKERS=
}

end_fetching() {
  local code=$?
  set +e
  stop_fetching
  (exit "$code")
  end_work
}

# work NUMBER BUNDLE FOLDER FILE SIZE SUM FROM+TOKEN: one file, in a process of its own, which tells how it ended.
work() {
  NUMBER=$1
  CHILD=
  shift
  trap 'printf "end %s %s\n" "$NUMBER" "$?" >&4' EXIT
  trap '[ -z "$CHILD" ] || kill "$CHILD" 2>/dev/null || :; exit 1' TERM
  fetch_file "$WORK/answer.$NUMBER" "$@" 2>"$WORK/why.$NUMBER"
}

# fetch_file ANSWER BUNDLE FOLDER FILE SIZE SUM FROM+TOKEN
fetch_file() {
  local answer=$1 bundle=$2 folder=$3 file=$4 size=$5 sum=$6 from=${7%"$TAB"*} token=${7##*"$TAB"}
  local part=$STATE/downloads/.parts/$6 found name=${3#*-}/$4
  case $from in
    /*) take_local "$part" "$ROOT$from" "$size" "$name" ;;
    *) fetch_url "$answer" "$part" "$size" "$from" "$bundle" "$token" "$name" ;;
  esac
  attended sha256sum -- "$part" >"$answer"
  found=$(cat "$answer")
  found=${found#\\}
  found=${found%% *}
  if [ "$found" != "$sum" ]; then
    rm -f "$part"
    die "$name from $from has the sha256 $found, and $sum is expected; what was fetched is removed"
  fi
  finish_download "$sum" "$folder" "$file"
}

# Runs a program that takes long, so that it can be ended with this process.
attended() {
  "$@" &
  CHILD=$!
  wait "$CHILD"
}

# finish_download SUM FOLDER FILE: the part is right, and gets its name. The record goes first: without the file it says nothing.
finish_download() {
  local part=$STATE/downloads/.parts/$1 folder=$STATE/downloads/$2 record=$STATE/downloads/.checked/$2
  mkdir -p "$folder" "$record"
  # One with several names is somebody's, and has its modes from him.
  [ "$(stat -c %h "$part")" != 1 ] || chmod 0444 "$part"
  sync "$part"
  find "$part" -printf "$2/$3\t$1\t%s\t%i\t%T@\n" | write_file "$record/$3"
  if [ "$part" -ef "$folder/$3" ]; then rm -f "$part"; else mv -f -T -- "$part" "$folder/$3"; fi
  sync "$folder" "$record" "$STATE/downloads"
}

# take_local PART PATH SIZE NAME: its blocks are shared where the file system can.
take_local() {
  local found
  [ -f "$2" ] || die "there is no file $2 on this host, which $4 is to be taken from"
  found=$(stat -L -c %s "$2")
  [ "$found" = "$3" ] || die "$2, which $4 is to be taken from, has $found bytes, and $3 are expected"
  rm -f "$1"
  cp -L --reflink=always -- "$2" "$1" 2>/dev/null && return 0
  rm -f "$1"
  if may_link "$2" && ln -L -- "$2" "$1" 2>/dev/null; then return 0; fi
  attended cp -L -- "$2" "$1" || die "$2 could not be copied"
}

# fetch_url ANSWER PART SIZE URL BUNDLE TOKEN NAME
fetch_url() {
  local answer=$1 part=$2 size=$3 url=$4 name=$7 have now restarts=0 tries=0 pause=1 code status after
  find_token "$5" "$6" "$name"
  while :; do
    have=$(size_of "$part")
    if [ "$have" -gt "$size" ]; then
      rm -f "$part"
      have=0
    fi
    [ "$have" -lt "$size" ] || return 0
    code=0
    transfer "$answer" "$part" "$url" "$have" "$((size - have))" || code=$?
    status='' after=''
    read -r status after <"$answer" || :
    now=$(size_of "$part")
    case $code:$status in
      0:*)
        [ "$now" != "$size" ] || return 0
        rm -f "$part"
        die "$name: $url has $now bytes, and $size are expected"
        ;;
      # It does not know of ranges, or has less than has arrived, or all of it is other than it was: from the start.
      33:* | 63:* | *:416)
        rm -f "$part"
        [ "$have" != 0 ] || die "$name: $url is larger than the $size bytes that are expected"
        restarts=$((restarts + 1))
        [ "$restarts" -le 3 ] ||
          die "$name: $url breaks off, and cannot be gone on with where it did: $(said_by "$answer")"
        continue
        ;;
      153:* | 25:*)
        rm -f "$part"
        die "$name: $url is larger than the $size bytes that are expected"
        ;;
      *:401 | *:403) die "$name: $url asks for a token that may read it (HTTP $status)${TOKEN:+; the one in $6 may not}" ;;
      *:408 | *:425 | *:429 | *:5??) ;;
      *:4??) die "$name: $url is not there (HTTP $status)" ;;
      23:*) die "$name could not be written: $(said_by "$answer"); $(df -Pk "$part" | awk 'NR == 2 { print $4 " KiB are free in " $6 }')" ;;
      1:* | 3:* | 47:* | 58:* | 60:* | 77:*) die "$name: $url cannot be fetched: $(said_by "$answer")" ;;
    esac
    if [ "$now" -gt "$have" ]; then
      tries=0 pause=1
    fi
    tries=$((tries + 1))
    [ "$tries" -lt "$FETCH_TRIES" ] ||
      die "$name: $url could not be fetched in $FETCH_TRIES tries: $(said_by "$answer"); $now of $size bytes are here, and the next switch goes on with them"
    case $after in
      '' | *[!0-9]*) after=$pause ;;
    esac
    [ "$after" -le 300 ] || after=300
    attended sleep "$after"
    pause=$((pause * 2))
  done
}

size_of() {
  if [ -e "$1" ]; then stat -c %s "$1"; else printf '0\n'; fi
}

# The first that curl said; what follows is advice.
said_by() {
  awk '{ sub(/^curl: (\([0-9]+\) )?/, ""); print; exit }' "$1.said"
}

# transfer ANSWER PART URL HAVE MISSING: adds to the part. ANSWER then holds the status and what Retry-After says.
transfer() {
  local range=''
  [ "$4" = 0 ] || range="--continue-at $4"
  : >"$1"
  # shellcheck disable=SC2086 # the range is two words, or none
  curl_settings "$3" | {
    ulimit -f "$(($4 / 512 + $5 / 512 + 2048))"
    exec curl --disable --config - --silent --show-error --fail --globoff --location --max-redirs 10 \
      --connect-timeout 30 --speed-limit 1024 --speed-time 60 --max-filesize "$5" $range \
      --write-out '%{http_code} %header{retry-after}\n' --output "$2" >"$1" 2>"$1.said"
  } &
  CHILD=$!
  wait "$CHILD"
}

# What is secret is said here alone. Where a transfer began encrypted, it ends so.
curl_settings() {
  local url
  url=$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')
  printf 'url = "%s"\n' "$url"
  case $url in
    https:*) printf 'proto = "=https"\nproto-redir = "=https"\n' ;;
    *) printf 'proto = "=http,https"\nproto-redir = "=http,https"\n' ;;
  esac
  # To the host that is named: curl leaves it out where it is sent on to another.
  [ -z "$TOKEN" ] || printf 'header = "Authorization: Bearer %s"\n' "$TOKEN"
}

# find_token BUNDLE FILE NAME sets TOKEN. A secret is decrypted for this alone: before a switch it stands nowhere.
find_token() {
  TOKEN=
  case $2 in
    -) return 0 ;;
    "$SECRETS"/*)
      if [ -z "$ADMIN" ]; then
        say "there is no host key here: $3 is asked for without its token"
        return 0
      fi
      TOKEN=$(age --decrypt --identity "$HOST_KEY" "$STORE/$1/root/etc/stead/secrets/${2#"$SECRETS/"}.age" 2>/dev/null </dev/null) ||
        die "the token of $3, the secret ${2#"$SECRETS/"}, cannot be decrypted with this host's key"
      ;;
    *)
      [ -r "$ROOT$2" ] || die "the token of $3 is not in $2, which cannot be read here"
      read -r TOKEN <"$ROOT$2" || :
      ;;
  esac
  case $TOKEN in
    '' | *[!A-Za-z0-9._~+/=-]*) die "what is in $2 is no token: letters, digits and any of ._~+/=- on one line" ;;
  esac
}
