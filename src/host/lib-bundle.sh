# shellcheck shell=dash
# Checks a bundle against its own name: hash, identity, tables, runtime, tree, contents.
# Reads: a bundle folder. Writes: nothing.

TABLES='files.tsv units.tsv packages.tsv users.tsv groups.tsv kernel.tsv checks.tsv health.tsv settings.tsv'

# Lines of hex digits on standard input, 160 bits of each taken, as Nix's base 32, most significant bits first.
base32() {
  awk '{
    digits = "0123456789abcdfghijklmnpqrsvwxyz"
    split("1 2 4 8", power, " ")
    text = ""
    value = bits = 0
    for (i = 1; i <= 40; i++) {
      value = value * 16 + index("0123456789abcdef", substr($0, i, 1)) - 1
      bits += 4
      if (bits >= 5) {
        bits -= 5
        digit = int(value / power[bits + 1])
        value -= digit * power[bits + 1]
        text = text substr(digits, digit + 1, 1)
      }
    }
    print text
  }'
}

is_bundle_name() {
  case $1 in
    */* | *[!A-Za-z0-9._-]* | -* | .*) return 1 ;;
    ????????????????????????????????-?*) return 0 ;;
    *) return 1 ;;
  esac
}

# check_bundle FOLDER NAME: all that can be told without an accident of what is on the host.
check_bundle() {
  check_identity "$1" "$2"
  check_rows "$1" "$2"
  check_tree "$1" "$2"
  check_contents "$1" "$2"
}

# The hash of the identity, and by it all tables and runtime files.
check_identity() {
  read_sums "$1" "$2"
  (cd "$1" && printf '%s\n' "$SUMS" | sha256sum --check --strict --quiet - >&2) ||
    die "the bundle $2 is corrupt: a table or a runtime file does not hold"
}

# Sets SUMS to the sums of all tables and runtime files, from an identity.json whose hash holds.
read_sums() {
  local folder=$1 name=$2 sum
  sum=$(sha256sum <"$folder/identity.json") || die "the bundle $name has no identity.json"
  sum=$(printf '%.64s\n' "$sum" | base32)
  [ "$sum" = "${name%%-*}" ] || die "the bundle $name is corrupt: its hash is $sum"
  SUMS=$(listed_sums "$folder/identity.json" "${name#*-}") || die "the bundle $name is not of a form that this version knows"
}

# The sums that an identity.json lists, as sha256sum reads them; fails unless it is of this format,
# for this host, and lists every table. A quote inside a JSON string is escaped, so `"key":` in the
# text is always a key; canonical JSON writes each key once and without spaces.
listed_sums() {
  tr -d '\n' <"$1" | awk -v host="$2" -v tables="$TABLES" -v format="$STEAD_FORMAT" '
    function section(key, folder,    start, rest, pairs, parts, count, i) {
      start = index($0, ",\"" key "\":{")
      if (!start) return 0
      rest = substr($0, start + length(key) + 5)
      if (index(rest, ",\"" key "\":{")) return 0
      rest = substr(rest, 1, index(rest, "}") - 1)
      count = split(rest, pairs, ",")
      for (i = 1; i <= count; i++) {
        if (pairs[i] !~ /^"[A-Za-z0-9_-][A-Za-z0-9._-]*":"[0-9a-f]+"$/) return 0
        split(pairs[i], parts, "\"")
        if (length(parts[4]) != 64) return 0
        listed[folder parts[2]] = 1
        print parts[4] "  " folder parts[2]
      }
      return count
    }
    {
      if (!index($0, ",\"host\":\"" host "\",")) exit 1
      if (!index($0, ",\"schema\":" format ",")) exit 1
      if (!section("tables", "") || !section("runtime", "runtime/")) exit 1
      count = split(tables, names, " ")
      for (i = 1; i <= count; i++) if (!(names[i] in listed)) exit 1
      if (!("runtime/stead-host" in listed)) exit 1
    }'
}

# Rows that a build would not write, whatever their hash: paths that are none or that belong to the kernel or to
# stead (src/bundle/tree.ts has the same list), twice the same, below what is no folder; modes, owners and names of
# objects that are none.
check_rows() {
  local problem
  problem=$(awk -F "$TAB" '
    function bad(text) { if (problem == "") problem = text }
    function is_mode(text) { return length(text) == 4 && text !~ /[^0-7]/ }
    function is_object(text) { return index(text, "-") == 33 && text !~ /[^A-Za-z0-9._-]/ }
    {
      if (NF != 9 || $0 ~ /[\001-\010\013-\037\177]/) bad("line " NR " of files.tsv is none")
      if ($1 !~ /^\/[^\/]/ || $1 ~ /\/\// || ($1 "/") ~ /\/\.\.?\//) bad($1 " is not a path")
      if ($1 ~ /\/$/) bad($1 " is not a path")
      if ($1 in kind) bad($1 " is there twice")
      if (($1 "/") ~ /^\/(var\/lib\/stead|run\/stead|proc|sys|dev|usr\/local\/bin\/stead-host)\//) bad($1 " is a path that no bundle may own")
      if ($2 == "symlink") { if ($9 == "" || $9 == "-") bad($1 " points nowhere") }
      else if ($2 == "link" || $2 == "copy" || $2 == "directory") {
        if (!is_mode($3) || $4 !~ /^[A-Za-z0-9_][A-Za-z0-9_.$-]*$/ || $5 !~ /^[A-Za-z0-9_][A-Za-z0-9_.$-]*$/) bad($1 " has no such mode or owner")
        if ($2 != "directory" && !is_object($8)) bad($1 " has no such object")
      } else bad($1 " is of no known kind")
      kind[$1] = $2
    }
    END {
      kind["/var/lib/stead/"] = kind["/run/stead/"] = kind["/proc/"] = kind["/usr/local/bin/stead-host"] = "reserved"
      for (path in kind) {
        above = path
        while (sub("/[^/]*$", "", above) && above != "") {
          if ((above in kind) && kind[above] != "directory") bad(above " is no folder, and " path " is in it")
        }
      }
      print problem
    }' "$1/files.tsv")
  [ -z "$problem" ] || die "the bundle $2 is refused: $problem"
}

# The folder holds exactly what the sums and the tables say: kinds, sizes, link targets, nothing besides,
# and files of no other type than plain. With SIZES=no sizes are left to whoever compares contents.
SIZES=yes
check_tree() {
  local folder=$1 name=$2 problem
  problem=$(
    {
      printf '%s\n' "$SUMS" | sed "s/^.\{66\}/sum$TAB/"
      awk -F "$TAB" -v OFS="$TAB" '{ print "row", $1, $2, $7, $6, $9 }' "$folder/files.tsv"
      (cd "$folder" && find . -mindepth 1 -printf 'disk\t%P\t%y\t%s\t%l\n')
    } | awk -F "$TAB" -v sizes="$SIZES" '
      BEGIN {
        folder["root"] = folder["runtime"] = 1
        plain["identity.json"] = plain["manifest.json"] = plain["signature"] = 1
      }
      $1 == "sum" { plain[$2] = 1; next }
      $1 == "row" {
        if ($3 == "directory") next
        path = "root" $2
        kind[path] = $3 == "symlink" ? "l" : "f"
        size[path] = $5
        target[path] = $6
        next
      }
      $3 == "d" && (($2 in folder) || $2 ~ /^root\//) { next }
      $3 == "f" && ($2 in plain) { next }
      $2 in kind {
        if ($3 != kind[$2]) bad($2 " is of the wrong kind")
        if (sizes == "yes" && $3 == "f" && $4 != size[$2]) bad($2 " has the wrong size")
        if ($3 == "l" && $5 != target[$2]) bad($2 " points elsewhere")
        delete kind[$2]
        next
      }
      { bad($2 " does not belong to it") }
      function bad(text) { if (problem == "") problem = text }
      END {
        for (path in kind) bad(path " is missing")
        print problem
      }'
  )
  [ -z "$problem" ] || die "the bundle $name is corrupt: $problem"
}

# The content of every file of root/ against files.tsv.
check_contents() {
  local folder=$1 name=$2 bad
  bad=$(file_rows "$folder/files.tsv" 1 | (cd "$folder" && sums_of root) | compare_sums "$folder/files.tsv" 1)
  [ -z "$bad" ] || die "the bundle $name is corrupt: the content of ${bad%%"$NEWLINE"*} does not hold"
}

# One column of the rows that have content: 1 the path, 8 the object.
file_rows() {
  awk -F "$TAB" -v column="$2" '$2 == "link" || $2 == "copy" { print $column }' "$1"
}

# Names on standard input, each a file below the folder $1; prints `sum name`, one a line.
sums_of() {
  sed "s|^|$1/|; s|//|/|g" | xargs -r -d '\n' sha256sum -z -- | tr '\0' '\n' | sed "s|^\(.\{64\}\)..$1|\1 |"
}

# Which names of column $2 have, by the sums on standard input, not the content that the table says.
compare_sums() {
  awk -v column="$2" '
    table { split($0, field, "\t"); if (field[2] == "link" || field[2] == "copy") want[field[column]] = field[7]; next }
    {
      name = substr($0, 66)
      if (column == 8) sub(/^\//, "", name)
      if (!(name in want)) next
      if (want[name] != substr($0, 1, 64)) print name
      delete want[name]
    }
    END { if (column == 1) for (name in want) print name }' table=1 "$1" table=0 -
}
