# shellcheck shell=dash
# What follows from files that the system reads at boot only: sysctl.d, tmpfiles.d, modules-load.d, default/grub.d.
# Also what else settles after the commit point: accounts, holds, diversions.
# Reads: the two bundles. Writes: /proc/sys, through systemd-tmpfiles, modprobe and update-grub;
# var/lib/stead/sysctl.tsv (setting, the value that it had before).

# plan_system TARGET OTHER writes $WORK/plan.system: rows `step subject why`; exit 1 when it cannot be done here.
# Steps: sysctl PATH VALUE, sysctl-back PATH OLD, sysctl-file FILE, tmpfiles FILE, module NAME, grub FILE, boot (the command line of a
# Raspberry Pi), parameter WORD.
plan_system() {
  : >"$WORK/plan.system"
  [ -n "$ADMIN" ] && [ "$1" != "$2" ] || return 0
  local target other
  [ -e "$STATE/sysctl.tsv" ] || : >"$STATE/sysctl.tsv"
  find_table "$1" kernel.tsv
  KERNEL_TARGET=$TABLE
  find_table "$2" kernel.tsv
  KERNEL_OTHER=$TABLE
  find_table "$1" files.tsv
  target=$TABLE
  find_table "$2" files.tsv
  other=$TABLE
  awk -F "$TAB" -v OFS="$TAB" "$SYSTEM_PLAN" part=other "$KERNEL_OTHER" part=target "$KERNEL_TARGET" \
    part=saved "$STATE/sysctl.tsv" part=before "$other" part=files "$target" >"$WORK/plan.system"
  [ ! -s "$WORK/plan.system" ] || sort -o "$WORK/plan.system" "$WORK/plan.system"
}

# Settings that differ between the two (what only the other has gets its old value back), modules that the target names and
# the other does not, a row for each word of the command line that differs, and files that are new, differ or, for
# GRUB, are gone. The file of the option set sysctl has rows of its own.
# shellcheck disable=SC2016 # awk's own $
SYSTEM_PLAN='
part == "other" {
  if ($1 == "sysctl") setting[$2] = $3
  else if ($1 == "module") module[$3] = 1
  else if ($1 == "add" || $1 == "remove") word[$1, $3] = $3
  next
}
part == "target" {
  if ($1 == "sysctl") {
    wanted[$2] = 1
    if (!($2 in setting) || setting[$2] != $3) print "sysctl", $2, $3
  } else if ($1 == "module") {
    if (!($3 in module)) print "module", $3, "is to be loaded"
  } else if ($1 == "add" || $1 == "remove") {
    stays[$1, $3] = 1
    if (!(($1, $3) in word)) print "parameter", $3, ($1 == "add" ? "is added" : "is removed")
  }
  next
}
part == "saved" { if (!($1 in wanted)) print "sysctl-back", $1, $2; next }
$1 !~ /^\/etc\/(tmpfiles\.d|sysctl\.d|default)\// { next }
part == "before" { row[$1] = $0; next }
{ there[$1] = 1 }
!($1 in row) || row[$1] != $0 {
  if ($1 ~ /^\/etc\/tmpfiles\.d\/[^\/]*\.conf$/) print "tmpfiles", $1, "is new or differs"
  if ($1 ~ /^\/etc\/sysctl\.d\/[^\/]*\.conf$/ && $1 !~ /\/60-stead\.conf$/) print "sysctl-file", $1, "is new or differs"
  if (is_grub($1)) print "grub", $1, "is new or differs"
}
END {
  for (key in word) if (!(key in stays)) print "parameter", word[key], "is given back"
  for (path in row) if (!(path in there) && is_grub(path)) print "grub", path, "is gone"
}
function is_grub(path) { return path == "/etc/default/grub" || path ~ /^\/etc\/default\/grub\.d\/[^\/]*\.cfg$/ }
'

# apply_system TARGET OTHER: in either direction, from any mixture of the two. At boot and at shutdown systemd's own
# units do what files of /etc say.
apply_system() {
  [ -n "$ADMIN" ] || return 0
  settle_accounts "$1"
  settle_holds "$1"
  settle_diversions "$1"
  [ "$NO_SYSTEM_STEPS" != "$1 $2" ] || return 0
  plan_system "$1" "$2"
  [ -s "$WORK/plan.system" ] || return 0
  apply_sysctl
  if [ -z "$BOOTING" ]; then
    apply_sysctl_files
    apply_tmpfiles
    load_modules
  fi
  apply_parameters "$1"
}

# find_table BUNDLE NAME sets TABLE to where a table is; an empty one for no bundle.
find_table() {
  case $1 in
    '' | -) TABLE=/dev/null ;;
    *) TABLE=$STORE/$1/$2 ;;
  esac
}

# rows_of BUNDLE TABLE: none for no bundle.
rows_of() {
  find_table "$1" "$2"
  cat "$TABLE"
}

system_steps() {
  awk -F "$TAB" -v step="$1" '$1 == step { sub(/^[^\t]*\t/, ""); print }' "$WORK/plan.system"
}

# The old values are written down before the first is lost.
apply_sysctl() {
  local path value refused=''
  system_steps sysctl >"$WORK/sysctl.set"
  system_steps sysctl-back >"$WORK/sysctl.back"
  [ -s "$WORK/sysctl.set" ] || [ -s "$WORK/sysctl.back" ] || return 0
  read_settings <"$WORK/sysctl.set" | awk -F "$TAB" '!seen[$1]++' "$STATE/sysctl.tsv" - | write_file "$STATE/sysctl.tsv"
  while IFS=$TAB read -r path value; do
    write_setting "$path" "$value" || refused="$refused $path"
  done <"$WORK/sysctl.set"
  while IFS=$TAB read -r path value; do
    write_setting "$path" "$value" || say "$path does not take its old value $value back"
  done <"$WORK/sysctl.back"
  awk -F "$TAB" 'part == "back" { back[$1] = 1; next } !($1 in back)' \
    part=back "$WORK/sysctl.back" part=saved "$STATE/sysctl.tsv" >"$WORK/sysctl.saved"
  write_file "$STATE/sysctl.tsv" <"$WORK/sysctl.saved"
  [ -z "$refused" ] || die "the kernel does not take the values of:$refused"
}

# path and value of those of the settings on standard input that can be read. (The shell's read takes a byte at a
# time, and the kernel gives no second one.)
read_settings() {
  awk -F "$TAB" -v OFS="$TAB" '{
    file = "/proc/sys/" $1
    if ((getline value <file) > 0) { gsub(/\t/, " ", value); print $1, value }
    close(file)
  }'
}

# Fails when the kernel refuses the value; a setting that this kernel or container lacks is told of.
write_setting() {
  if [ ! -e "/proc/sys/$1" ]; then
    say "the setting $1 does not exist on this kernel: left out"
  elif [ ! -w "/proc/sys/$1" ]; then
    say "the setting $1 is read-only here: left out"
  else
    (printf '%s\n' "$2" >"/proc/sys/$1") 2>/dev/null
  fi
}

# Files of sysctl.d that the configuration has beside the settings. What the kernel lacks is left out by it.
apply_sysctl_files() {
  system_steps sysctl-file | cut -f 1 >"$WORK/sysctl.files"
  [ -s "$WORK/sysctl.files" ] || return 0
  xargs -d '\n' timeout --foreground 60 /lib/systemd/systemd-sysctl -- <"$WORK/sysctl.files" >&2 9>&- ||
    die "systemd-sysctl could not set what these files say: $(tr '\n' ' ' <"$WORK/sysctl.files")"
}

apply_tmpfiles() {
  system_steps tmpfiles | cut -f 1 >"$WORK/tmpfiles"
  [ -s "$WORK/tmpfiles" ] || return 0
  need_tool systemd-tmpfiles systemd
  xargs -d '\n' timeout --foreground 120 systemd-tmpfiles --create -- <"$WORK/tmpfiles" >&2 9>&- ||
    die "systemd-tmpfiles could not make what these files say: $(tr '\n' ' ' <"$WORK/tmpfiles")"
}

# check_system TARGET OTHER: before the commit point, once packages are there. Sets NO_SYSTEM_STEPS to the two where nothing is
# to be done from the one to the other, which nothing but that would change.
NO_SYSTEM_STEPS=
check_system() {
  [ -n "$ADMIN" ] && [ "$1" != "$2" ] || return 0
  plan_system "$1" "$2"
  [ -s "$WORK/plan.system" ] || {
    NO_SYSTEM_STEPS="$1 $2"
    return 0
  }
  system_steps module | cut -f 1 >"$WORK/modules"
  [ ! -s "$WORK/modules" ] || ! may_load || xargs modprobe --dry-run --all -- <"$WORK/modules" >&2 ||
    die "this kernel has not all of the modules $(tr '\n' ' ' <"$WORK/modules"); nothing was changed"
  check_parameters
}

may_load() {
  ! systemd-detect-virt --quiet --container && [ -d "/lib/modules/$(uname -r)" ]
}

load_modules() {
  system_steps module | cut -f 1 >"$WORK/modules"
  [ -s "$WORK/modules" ] || return 0
  if ! may_load; then
    say "modules are not loaded here, in a container or before a reboot into the new kernel: $(tr '\n' ' ' <"$WORK/modules")"
    return 0
  fi
  xargs timeout --foreground 60 modprobe --all -- <"$WORK/modules" >&2 9>&- ||
    die "not all modules could be loaded: $(tr '\n' ' ' <"$WORK/modules")"
}
