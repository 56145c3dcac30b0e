# shellcheck shell=dash
# The host's own verbs: where they begin. One text of all parts (src/host/index.ts) is sent to a host and shipped in every bundle, so
# that a generation is activated by the code it was built with. A shell carries out what it reads as it goes: a verb that needs no
# more than what stands above it (verbs-*.sh) ends before the rest is read, since to read all takes longer than most verbs do.
# Reads and writes what the libraries say, all below the folder given as --root (default /).
set -eu
LC_ALL=C
export LC_ALL
umask 022
# An interrupted set of tools must not change what `cd` or a read does.
unset CDPATH
IFS=' 	
'

STEAD_FORMAT=1

usage() {
  cat >&2 <<'TEXT'
usage: stead-host [--root DIR] VERB

  status             the current generation, what has drifted from it, failed units
  generations        all generations
  log                who switched to each, and back from it, which units that touched, how many seconds it took
  rollback [N]       back to the generation before this one, or to N
  switch N|BUNDLE    to a generation, or to a bundle that is in the store
  confirm [N]        keep the current generation: it is not taken back, and a reboot follows it
  recover            finish or undo what an interrupted switch left
  verify [--downloads]
                     compare the store, all managed paths and downloads with what they should be; downloads by their
                     hash with --downloads, else where size or time of change speak of it
  fetch BUNDLE       fetch the downloads that a bundle in the store names and this host lacks
  gc [--keep N] [--older-than DAYS] [--packages]
                     drop old generations, and whatever nothing refers to; with --packages also those that
                     stead installed and that no generation wants any more
  wait address IFACE [ADDRESS] | port [HOST:]PORT | file PATH | unit NAME [--tries N] [--every SECONDS]
                     until that holds; 30 tries, 2 s apart

  upgrade            upgrade the packages of this host
  health             wait until all has started; failed units, and the health checks of the current generation

  remove             take everything of stead away; what was there before comes back

  build-log HASH     what the last build of a recipe said

  abandon, admit, attend, blame, build, check, discard-output, inputs, manual, mend, output, plan, preflight, probe,
  receive, receive-output, recipe, renew, send-output, well  used by the machine that deploys
  boot, detached, expire, shutdown, trial  used by systemd
TEXT
  exit 2
}

ROOT=/ LOCKED='' BOOTING=''
while [ $# -gt 0 ]; do
  case $1 in
    --root)
      [ $# -ge 2 ] || usage
      ROOT=$2
      shift 2
      ;;
    --locked)
      LOCKED=yes
      shift
      ;;
    --booting)
      BOOTING=yes
      shift
      ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || usage
use_tools_of_path
set_root "$ROOT"
VERB=$1
shift
