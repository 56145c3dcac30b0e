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
 * while a build runs, so that after one that was interrupted everything counts as new.
 */
const SETTLE = `\
stead_settle() {
  [ -n "\${STEAD_KEEP-}" ] || return 0
  stead_sums=/build/\${STEAD_KEEP%%:*}/.stead-sums
  mkdir -p "\${stead_sums%/*}"
  set -- find .
  stead_rest=$STEAD_KEEP:
  while [ -n "$stead_rest" ]; do
    set -- "$@" -path "./\${stead_rest%%:*}" -prune -o
    stead_rest=\${stead_rest#*:}
  done
  "$@" -type f -print0 | xargs -0r sha256sum -z | sort -z >/tmp/stead-sums
  cut -z -c 67- /tmp/stead-sums | xargs -0r touch -d @1
  if [ -e "$stead_sums" ]; then
    comm -z -13 "$stead_sums" /tmp/stead-sums | cut -z -c 67- | xargs -0r touch
  else
    cut -z -c 67- /tmp/stead-sums | xargs -0r touch
  fi
  rm -f "$stead_sums"
}
stead_settled() {
  [ -z "\${STEAD_KEEP-}" ] || cp /tmp/stead-sums "$stead_sums"
}`;

/**
 * POSIX sh for the sandbox: sources are in /inputs by their sha256, the output goes to "$out". Each phase begins in
 * /build and says `@stead phase NAME` first. `$STEAD_KEEP` names the kept folders below /build, with colons between.
 */
export function buildScript(
  recipe: WholeDerivation,
  sources: readonly PlacedSource[],
  patches: readonly string[],
): string {
  const standard = { unpack: unpacking(sources), patch: patching(sources, patches) };
  const phases = PHASES.map((name) => ({
    name,
    text: recipe.phases[name] ?? (name === 'unpack' || name === 'patch' ? standard[name] : ''),
  })).filter(({ text }) => text.trim() !== '');
  const steps = phases.map(({ name, text }) => `stead_phase ${name}\n${text.replace(/\n*$/, '')}\n`);
  const settle = phases.filter(({ name }) => name === 'unpack' || name === 'patch').length;
  return [
    '#!/bin/sh',
    'set -eu',
    ...Object.entries(recipe.environment)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, value]) => `export ${name}=${shellQuote(value)}`),
    `stead_phase() {\n  printf '@stead phase %s\\n' "$1"\n  cd /build\n}`,
    SETTLE,
    ...steps.slice(0, settle),
    'cd /build',
    'stead_settle',
    ...steps.slice(settle),
    'cd /build',
    'stead_settled',
    '',
  ].join('\n');
}

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
