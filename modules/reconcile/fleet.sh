#!/bin/sh
# Runs stead for a whole fleet, in a clone of its repository, which is made first where there is none.
# Reads: the job, a line each: repository, branch, folder of the clone, key file or -, file of signers or -, seconds to
# wait at most before it begins, then the words for stead. Writes: the clone.
set -eu
umask 022

usage() {
  echo "usage: fleet run|reach JOB" >&2
  exit 2
}

[ $# = 2 ] || usage
verb=$1
exec 3<"$2"
IFS= read -r repository <&3
IFS= read -r branch <&3
IFS= read -r folder <&3
IFS= read -r key <&3
IFS= read -r signers <&3
IFS= read -r jitter <&3
set --
while IFS= read -r word <&3; do
  set -- "$@" "$word"
done
exec 3<&-

# Whoever starts this may have another's.
HOME=$(getent passwd "$(id -u)" | cut -d : -f 6)
GIT_TERMINAL_PROMPT=0
GIT_SSH_COMMAND='ssh -o BatchMode=yes -o ConnectTimeout=10'
if [ "$key" != - ]; then
  # Expanded by the shell in which git starts ssh: a path may hold anything.
  STEAD_DEPLOY_KEY=$key
  # shellcheck disable=SC2089
  GIT_SSH_COMMAND="$GIT_SSH_COMMAND -o IdentitiesOnly=yes -i \"\$STEAD_DEPLOY_KEY\""
  export STEAD_DEPLOY_KEY
fi
# shellcheck disable=SC2090
export HOME GIT_TERMINAL_PROMPT GIT_SSH_COMMAND

# Whether the branch can be read.
reach() {
  timeout 15 git ls-remote --exit-code -- "$repository" "refs/heads/$branch" >/dev/null
}

# A clone that was cut off, or that is of a commit that nobody vouches for, is none.
clone() {
  rm -rf -- "$folder.new"
  git clone --quiet --branch "$branch" -- "$repository" "$folder.new"
  if [ "$signers" != - ] &&
    ! git -C "$folder.new" -c gpg.format=ssh -c "gpg.ssh.allowedSignersFile=$signers" verify-commit HEAD; then
    echo "the newest commit of $branch in $repository is not signed by a key in $signers: it was not taken" >&2
    exit 1
  fi
  # Records of what hosts have go along.
  [ ! -d "$folder.before/out" ] || cp -R -p -- "$folder.before/out" "$folder.new/out"
  mv -T -- "$folder.new" "$folder"
}

# Whether the clone is of that repository, and on that branch.
is_clone() {
  [ "$(git -C "$folder" remote get-url origin)" = "$repository" ] &&
    [ "$(git -C "$folder" symbolic-ref --short HEAD)" = "$branch" ]
}

# What stood there is kept beside it.
clone_anew() {
  echo "$folder is another clone than $branch of $repository: it is $folder.before now" >&2
  rm -rf -- "$folder.before"
  mv -T -- "$folder" "$folder.before"
  clone
}

run() {
  if [ "$jitter" != 0 ]; then sleep "$(shuf -n 1 -i "0-$jitter")"; fi
  if [ ! -d "$folder" ]; then
    clone
  elif ! is_clone; then
    clone_anew
  fi
  cd -- "$folder"
  # Later changes of package-lock.json are met by stead itself, after its pull.
  if [ -e package-lock.json ] && { [ ! -e node_modules/.package-lock.json ] ||
    [ -n "$(find package-lock.json -newer node_modules/.package-lock.json)" ]; }; then
    npm ci --no-audit --no-fund
  fi
  PATH=$PWD/node_modules/.bin:$PATH
  export PATH
  # In a clone of stead itself it is no package of that clone.
  [ -x node_modules/.bin/stead ] || exec npx --no-install stead "$@"
  exec stead "$@"
}

case $verb in
  run) run "$@" ;;
  reach) reach ;;
  *) usage ;;
esac
