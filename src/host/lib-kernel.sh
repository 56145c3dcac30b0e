# shellcheck shell=dash
# The kernel command line, and whether the host has to be restarted.
# Reads: kernel.tsv of the two bundles (KERNEL_TARGET, KERNEL_OTHER). Writes: through update-grub, or
# cmdline.txt of a Raspberry Pi, which lies on FAT: no links there, and a rename may be cut in two, so that a copy of
# the original stands beside it; var/lib/stead/cmdline/ (original; written, what stead made of it, and next, what it is about to make) and reboot-needed (the boot that it is
# about, then the words as they were in force at that boot).

UPDATE_GRUB_SECONDS=300

# The file of a Raspberry Pi, or nothing.
cmdline_file() {
  local file
  for file in /boot/firmware/cmdline.txt /boot/cmdline.txt; do
    [ -f "$file" ] || continue
    printf '%s\n' "$file"
    return 0
  done
}

# Write $WORK/parameters.target and parameters.other: the rows of words.
target_parameters() {
  awk -F "$TAB" '$1 == "add" || $1 == "remove"' "$KERNEL_TARGET" >"$WORK/parameters.target"
}

other_parameters() {
  awk -F "$TAB" '$1 == "add" || $1 == "remove"' "$KERNEL_OTHER" >"$WORK/parameters.other"
}

# Words need someone who reads them at boot.
check_parameters() {
  target_parameters
  [ -s "$WORK/parameters.target" ] || return 0
  [ -n "$(cmdline_file)" ] || command -v update-grub >/dev/null ||
    die "this host has neither GRUB (update-grub) nor a Raspberry Pi's cmdline.txt: its kernel parameters cannot be set; nothing was changed"
}

# apply_parameters TARGET
apply_parameters() {
  local file
  if [ -n "$(system_steps grub)" ] && command -v update-grub >/dev/null; then
    timeout --foreground "$UPDATE_GRUB_SECONDS" update-grub >"$WORK/grub" 2>&1 9>&- || {
      tail -n 20 "$WORK/grub" >&2
      die "update-grub has failed"
    }
  fi
  [ -n "$(system_steps parameter)" ] || return 0
  target_parameters
  other_parameters
  file=$(cmdline_file)
  [ -z "$file" ] || write_cmdline "$file"
  mark_reboot
}

# The original with the words of the target; a person's changes since the last time are part of the original.
write_cmdline() {
  local kept=$STATE/cmdline
  mkdir -p "$kept"
  if [ ! -e "$kept/written" ] && [ ! -e "$kept/next" ]; then
    write_file "$kept/original" <"$1"
  elif ! cmp -s "$1" "$kept/written" 2>/dev/null && ! cmp -s "$1" "$kept/next" 2>/dev/null; then
    cmdline_words other "$kept/original" "$1" | write_file "$kept/original"
  fi
  if [ -s "$WORK/parameters.target" ]; then
    cmdline_words target "$kept/original" "$kept/original" >"$WORK/cmdline"
  else
    cat "$kept/original" >"$WORK/cmdline"
  fi
  write_file "$kept/next" <"$WORK/cmdline"
  cmp -s "$1" "$WORK/cmdline" || replace_on_fat "$1" "$kept/original"
  mv -f -- "$kept/next" "$kept/written"
  if [ ! -s "$WORK/parameters.target" ]; then
    rm -f "$1.stead-original"
    rm -rf "$kept"
  fi
}

# cmdline_words target ORIGINAL FILE: the file's words without those to remove, with those to add.
# cmdline_words other ORIGINAL FILE: the file's words without what stead had added to the original, and with what it
# had removed from it.
cmdline_words() {
  awk -v way="$1" '
    FILENAME ~ /parameters\.(target|other)$/ {
      split($0, field, "\t")
      if (field[1] == "add") add[++added] = field[3]
      else remove[++removed] = field[3]
      action[field[3]] = field[1]
      next
    }
    part == "original" { for (i = 1; i <= NF; i++) original[$i] = 1; next }
    FNR == 1 {
      for (i = 1; i <= NF; i++) {
        if (way == "target" ? action[$i] == "remove" : action[$i] == "add" && !($i in original)) continue
        put($i)
      }
    }
    END {
      if (way == "target") for (i = 1; i <= added; i++) if (!(add[i] in there)) put(add[i])
      if (way == "other") for (i = 1; i <= removed; i++) if ((remove[i] in original) && !(remove[i] in there)) put(remove[i])
      print text
    }
    function put(word) { there[word] = 1; text = text (text == "" ? "" : " ") word }
    ' "$WORK/parameters.$1" part=original "$2" part=file "$3"
}

# replace_on_fat FILE ORIGINAL: with $WORK/cmdline.
replace_on_fat() {
  cp -- "$2" "$1.stead-original"
  cp -- "$WORK/cmdline" "$1.stead-new"
  sync "$1.stead-original" "$1.stead-new" 9>&-
  mv -f -- "$1.stead-new" "$1"
  sync -f "$1" 9>&-
}

# Notes that the words differ from those that were in force when this boot began, or that they do not any more.
mark_reboot() {
  local boot='' marked=''
  read -r boot </proc/sys/kernel/random/boot_id
  [ ! -e "$STATE/reboot-needed" ] || read -r marked <"$STATE/reboot-needed" || :
  if [ "$marked" != "$boot" ]; then
    { printf '%s\n' "$boot"; cat "$WORK/parameters.other"; } | write_file "$STATE/reboot-needed"
  fi
  if sed 1d "$STATE/reboot-needed" | cmp -s - "$WORK/parameters.target"; then rm -f "$STATE/reboot-needed"; fi
}

# Why the host is to be restarted, one reason a line.
reboot_reasons() {
  [ -z "$ROOT" ] || return 0
  local boot='' marked=''
  if [ -e "$STATE/reboot-needed" ]; then
    read -r boot </proc/sys/kernel/random/boot_id
    read -r marked <"$STATE/reboot-needed" || :
    [ "$boot" != "$marked" ] || printf 'the kernel command line has changed\n'
  fi
  if [ -e /run/reboot-required.pkgs ]; then
    printf 'packages were upgraded: %s\n' "$(sort -u /run/reboot-required.pkgs | paste -s -d ' ' -)"
  elif [ -e /run/reboot-required ]; then
    printf 'packages were upgraded\n'
  fi
}

# Told at the end of a switch; it is no failure.
say_reboot() {
  local reasons='' reason
  reboot_reasons >"$WORK/reboot"
  while IFS= read -r reason; do reasons="$reasons${reasons:+; }$reason"; done <"$WORK/reboot"
  [ -z "$reasons" ] || say "a restart of this host is needed: $reasons"
}
