# shellcheck shell=dash
# Checks a bundle against its own name: hash, identity, tables, runtime, tree, contents.
# Reads: a bundle folder. Writes: nothing.

TABLES='files.tsv units.tsv readers.tsv packages.tsv users.tsv groups.tsv kernel.tsv secrets.tsv downloads.tsv recipes.tsv checks.tsv health.tsv manual.tsv settings.tsv'

# 160 bits of hex digits as Nix's base 32, most significant bits first.
BASE32='
function base32(hex,    digits, power, text, value, bits, i, digit) {
  digits = "0123456789abcdfghijklmnpqrsvwxyz"
  split("1 2 4 8", power, " ")
  text = ""
  value = bits = 0
  for (i = 1; i <= 40; i++) {
    value = value * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
    bits += 4
    if (bits >= 5) {
      bits -= 5
      digit = int(value / power[bits + 1])
      value -= digit * power[bits + 1]
      text = text substr(digits, digit + 1, 1)
    }
  }
  return text
}
'

# Lines of hex digits on standard input, as base 32.
base32() {
  awk "$BASE32"'{ print base32($0) }'
}

is_bundle_name() {
  case $1 in
    */* | *[!A-Za-z0-9._-]* | -* | .*) return 1 ;;
    ????????????????????????????????-?*) return 0 ;;
    *) return 1 ;;
  esac
}

# check_bundle FOLDER NAME: all that can be told without an account of what is on the host.
check_bundle() {
  examine_bundle "$1" "$2" contents
}

# The hash of the identity, and by it all tables and runtime files.
check_identity() {
  examine_bundle "$1" "$2" identity
}

# Identity, rows and tree; contents and sizes are left to whoever compares objects.
check_shape() {
  examine_bundle "$1" "$2" shape
}

# examine_bundle FOLDER NAME DEPTH: awk says what is wrong on descriptor 3 and hands the sums that must hold to sha256sum.
examine_bundle() {
  local folder=$1 name=$2 depth=$3 sum found
  sum=$(sha256sum <"$folder/identity.json") || die "the bundle $name has no identity.json"
  found=$(
    exec 3>&1
    cd "$folder" || exit
    set -- -F "$TAB" -v depth="$depth" -v sum="$sum" -v name="$name" -v tables="$TABLES" -v format="$STEAD_FORMAT" "$IDENTITY$EXAMINE" \
      part=identity identity.json
    if [ "$depth" = identity ]; then
      { awk "$@" || printf '\n' >&3; } | sha256sum --check --strict --quiet -
    else
      find . -mindepth 1 -printf '%P\t%y\t%s\t%l\n' | { awk "$@" part=rows files.tsv part=disk - || printf '\n' >&3; } |
        sha256sum --check --strict --quiet -
    fi 2>/dev/null && printf .
  ) || :
  # Nothing but the dot: awk came to its end, and all sums that it handed on hold.
  [ "$found" = . ] || die "the bundle $name $(first_problem "${found%.}")"
}

# Of what was found, the one that the others may follow from.
first_problem() {
  printf '%s\n' "$1" | awk '
    /: FAILED/ {
      sub(/: FAILED.*/, "")
      if (!/^\\?root\//) own = "is corrupt: a table or a runtime file does not hold"
      else if (content == "") { sub(/^\\?root/, ""); content = "is corrupt: the content of " $0 " does not hold" }
      next
    }
    $0 != "" { said = $0 }
    END { print(own != "" ? own : said != "" ? said : content != "" ? content : "is corrupt: it cannot be read") }'
}

# bundle_sum FOLDER NAME MEMBER: prints the sum that an identity.json, whose hash holds, lists for a table or runtime file.
bundle_sum() {
  local sum
  sum=$(sha256sum <"$1/identity.json") || die "the bundle $2 has no identity.json"
  awk -v sum="$sum" -v name="$2" -v tables="$TABLES" -v format="$STEAD_FORMAT" -v member="$3" "$IDENTITY"'
    { said = read_identity() }
    END { if (said != "") { print "stead-host: the bundle " name " " said | "cat >&2"; exit 1 } print listed[member] }' "$1/identity.json"
}

# Reads an identity.json, which is one line: read_identity() sets listed[file] to the sums of tables and runtime files, or says
# why not: another hash than the name's, not of this format, not for this host, a table not listed. A quote inside
# a JSON string is escaped, so `"key":` in the text is always a key; canonical JSON writes each key once and without spaces.
# shellcheck disable=SC2016 # awk's own $
IDENTITY=$BASE32'
function read_identity(    count, names, i) {
  if (base32(sum) != substr(name, 1, 32)) return "is corrupt: its hash is " base32(sum)
  if (FNR == 1 && index($0, ",\"host\":\"" substr(name, 34) "\",") && index($0, ",\"schema\":" format ",")) {
    if (section("tables", "") && section("runtime", "runtime/")) {
      count = split(tables, names, " ")
      for (i = 1; i <= count && (names[i] in listed); i++) {}
      if (i > count && ("runtime/stead-host" in listed)) return ""
    }
  }
  return "is not of a form that this version knows"
}
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
    listed[folder parts[2]] = parts[4]
  }
  return count
}
'

# Rows that a build would not write are refused, whatever their hash: paths that are none or that belong to the kernel or to
# stead (src/bundle/tree.ts has the same list), twice the same, below what is no folder; modes, owners and names of
# objects that are none. The folder must hold exactly what sums and rows say: kinds, sizes, link targets, nothing
# besides, and files of no other type than plain.
# shellcheck disable=SC2016 # awk's own $
EXAMINE='
part == "identity" {
  said = read_identity()
  if (said != "") { lost = 1; exit }
  for (file in listed) print listed[file] "  " file
  next
}
part == "rows" { read_row(); next }
part == "disk" { read_disk() }
END {
  if (!lost && depth != "identity") {
    check_parents()
    for (path in wanted) bad("is corrupt: " path " is missing")
    if (said == "" && depth == "contents") for (path in content) print content[path] "  " path
  }
  if (said != "") { print said | "cat >&3"; exit 1 }
}
function bad(text) { if (said == "") said = text }
function is_mode(text) { return length(text) == 4 && text !~ /[^0-7]/ }
function is_object(text) { return index(text, "-") == 33 && text !~ /[^A-Za-z0-9._-]/ }
function is_owner(text) { return text ~ /^[A-Za-z0-9_][A-Za-z0-9_.$-]*$/ }
function refuse(text) { bad("is refused: " text) }
function read_row(    path) {
  if (NF != 9 || $0 ~ /[\001-\010\013-\037\177]/) refuse("line " FNR " of files.tsv is none")
  if ($1 !~ /^\/[^\/]/ || $1 ~ /\/\// || ($1 "/") ~ /\/\.\.?\//) refuse($1 " is not a path")
  if ($1 ~ /\/$/) refuse($1 " is not a path")
  if ($1 in kind) refuse($1 " is there twice")
  if (($1 "/") ~ /^\/(var\/lib\/stead|run\/stead|proc|sys|dev|usr\/local\/bin\/stead-host)\//) refuse($1 " is a path that no bundle may own")
  if ($2 == "symlink") { if ($9 == "" || $9 == "-") refuse($1 " points nowhere") }
  else if ($2 == "link" || $2 == "copy" || $2 == "directory") {
    if (!is_mode($3) || !is_owner($4) || !is_owner($5)) refuse($1 " has no such mode or owner")
    if ($2 != "directory" && !is_object($8)) refuse($1 " has no such object")
  } else refuse($1 " is of no known kind")
  kind[$1] = $2
  if ($2 == "directory") return
  path = "root" $1
  wanted[path] = $2 == "symlink" ? "l" : "f"
  if ($2 == "symlink") target[path] = $9
  else { size[path] = $6; content[path] = $7 }
  if ($2 != "symlink" && ($7 !~ /^[0-9a-f]+$/ || length($7) != 64)) refuse($1 " has no such content")
}
function check_parents(    path, above) {
  kind["/var/lib/stead/"] = kind["/run/stead/"] = kind["/proc/"] = kind["/usr/local/bin/stead-host"] = "reserved"
  for (path in kind) {
    above = path
    while (sub("/[^/]*$", "", above) && above != "") {
      if ((above in kind) && kind[above] != "directory") refuse(above " is no folder, and " path " is in it")
    }
  }
}
function read_disk() {
  if ($2 == "d" && ($1 == "root" || $1 == "runtime" || $1 ~ /^root\//)) return
  if ($2 == "f" && (($1 in listed) || $1 == "identity.json" || $1 == "manifest.json" || $1 == "signature")) return
  if (!($1 in wanted)) { bad("is corrupt: " $1 " does not belong to it"); return }
  if ($2 != wanted[$1]) bad("is corrupt: " $1 " is of the wrong kind")
  if (depth == "contents" && $2 == "f" && $3 != size[$1]) bad("is corrupt: " $1 " has the wrong size")
  if ($2 == "l" && $4 != target[$1]) bad("is corrupt: " $1 " points elsewhere")
  delete wanted[$1]
}
'

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

check_stored() {
  [ -d "$STORE/$1" ] || die "the bundle $1 is not in the store here"
  check_bundle "$STORE/$1" "$1"
}
