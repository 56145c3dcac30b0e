// The script that runs a recipe's phases in the sandbox.
import { shellQuote } from '../render/index.ts';
import { PHASES, type WholeDerivation } from './derivation.ts';

/** A source with the file that holds it. */
export interface PlacedSource {
  /** Folder below /build. */
  readonly place: string;
  readonly sha256: string;
  /** How many folders around its content an archive has; null for a file that is no archive. */
  readonly strip: number | null;
  /** The name of such a file. */
  readonly name: string;
}

/**
 * Files that are as they were when the kept folders were filled are made older than what was built from them, and
 * all others newer: programs that go by times (ninja, make) then build again what they must. The list of sums goes
 * while a build runs: what one that was interrupted left is not gone on from.
 *
 * Over sources that were unpacked before, with a list of their sums in /recipe/unpacked, only files in /recipe/changed are
 * read: the rest look old already.
 */
const SETTLE = `\
stead_sums_of() {
  xargs -0r sha256sum -z | sort -z
}
stead_names() {
  cut -z -c 67- "$@"
}
stead_settle() {
  [ -n "\${STEAD_KEEP-}" ] || return 0
  stead_sums=/build/\${STEAD_KEEP%%:*}/.stead-sums
  mkdir -p "\${stead_sums%/*}"
  set -- find .
  stead_rest=$STEAD_KEEP:
  while [ -n "$stead_rest" ]; do
    [ -e "$stead_sums" ] || find "/build/\${stead_rest%%:*}" -mindepth 1 -delete
    set -- "$@" -path "./\${stead_rest%%:*}" -prune -o
    stead_rest=\${stead_rest#*:}
  done
  set -- "$@" -type f -print0
  if [ -e /recipe/unpacked ]; then
    (cd /recipe/changed && "$@") | stead_sums_of >/tmp/stead-changed
    "$@" | sort -z >/tmp/stead-there
    stead_names /recipe/unpacked | sort -z | comm -z -23 - /tmp/stead-there |
      sed -z "s/^/$(printf '%-66s' gone)/" >/tmp/stead-gone
    # Of lines with one name the first is taken: what is changed or gone before what was unpacked.
    sort -z -s -u -k 1.67 /tmp/stead-changed /tmp/stead-gone /recipe/unpacked | grep -z -v '^gone ' | sort -z >/tmp/stead-sums
  else
    "$@" | stead_sums_of >/tmp/stead-sums
    cp /tmp/stead-sums /tmp/stead-changed
  fi
  stead_names /tmp/stead-changed | xargs -0r touch -d @1
  if [ -e "$stead_sums" ]; then
    # All of them at once: one that is made from another is not older than that.
    : >/tmp/stead-now
    comm -z -13 "$stead_sums" /tmp/stead-sums | stead_names | xargs -0r touch -r /tmp/stead-now
    rm "$stead_sums"
  fi
}
stead_settled() {
  [ -z "\${STEAD_KEEP-}" ] || cp /tmp/stead-sums "$stead_sums"
}`;

/**
 * POSIX sh for the sandbox: sources are in /inputs by their sha256, the output goes to "$out". Each phase begins in
 * /build and says `@stead phase NAME` first. `$STEAD_KEEP` names the kept folders below /build, with colons between.
 * With the argument `unpack` it does that alone.
 */
export function buildScript(
  recipe: WholeDerivation,
  sources: readonly PlacedSource[],
  patches: readonly string[],
): string {
  const unpack = unpackText(recipe, sources);
  const phases = PHASES.map((name) => ({
    name,
    text: recipe.phases[name] ?? (name === 'patch' ? patching(sources, patches) : ''),
  })).filter(({ text }) => text.trim() !== '');
  const steps = phases.map(({ name, text }) => `stead_phase ${name}\n${text.replace(/\n*$/, '')}\n`);
  const settle = phases.filter(({ name }) => name === 'unpack' || name === 'patch').length;
  return [
    '#!/bin/sh',
    'set -eu',
    `stead_phase() {\n  printf '@stead phase %s\\n' "$1"\n  cd /build\n}`,
    SETTLE,
    ...(unpack === '' ? [] : [`stead_unpack() {\n${unpack}}`, UNPACK]),
    ...Object.entries(recipe.environment)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, value]) => `export ${name}=${shellQuote(value)}`),
    ...steps.slice(0, settle),
    'cd /build',
    'stead_settle',
    ...steps.slice(settle),
    'cd /build',
    'stead_settled',
    '',
  ].join('\n');
}

/** What the standard phase `unpack` runs; empty where a recipe has its own. It knows nothing of a recipe's environment. */
export function unpackText(recipe: WholeDerivation, sources: readonly PlacedSource[]): string {
  return recipe.phases.unpack === undefined ? unpacking(sources) : '';
}

/** Once for all builds from the same sources, where the machine keeps them; else in each. */
const UNPACK = `\
if [ "\${1-}" = unpack ]; then
  stead_phase unpack
  stead_unpack
  : >/tmp/stead-unpacked
  [ -z "\${STEAD_KEEP-}" ] || {
    find . -type f -print0 | stead_sums_of >/tmp/stead-unpacked
    stead_names /tmp/stead-unpacked | xargs -0r touch -d @1
  }
  exit
fi
if [ ! -e /recipe/unpacked ]; then
  stead_phase unpack
  stead_unpack
fi`;

function unpacking(sources: readonly PlacedSource[]): string {
  return sources
    .map(({ place, sha256, strip, name }) => {
      const [folder, input] = [shellQuote(place), `/inputs/${sha256}`];
      return strip === null
        ? `mkdir -p ${folder}\ncp ${input} ${shellQuote(`${place}/${name}`)}\n`
        : `mkdir -p ${folder}\ntar -x --no-same-owner -f ${input} -C ${folder} --strip-components=${strip}\n`;
    })
    .join('');
}

/** In the folder of the one source, or in the build directory. */
function patching(sources: readonly PlacedSource[], patches: readonly string[]): string {
  const folder = sources.length === 1 ? sources[0]!.place : '.';
  return patches.map((sha256) => `patch -p1 -d ${shellQuote(folder)} -i /inputs/${sha256}\n`).join('');
}
