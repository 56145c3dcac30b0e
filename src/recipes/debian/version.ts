// Versions of Debian packages, ordered as dpkg orders them (deb-version(7)).

/** Below, at or above zero, as `left` is older than, the same as, or newer than `right`. */
export function compareVersions(left: string, right: string): number {
  const [one, other] = [split(left), split(right)];
  return (
    one.epoch - other.epoch ||
    compareParts(one.upstream, other.upstream) ||
    compareParts(one.revision, other.revision)
  );
}

/** Whether a version fits a relation of a dependency: `>= 2.34`. */
export function fits(version: string, relation: string, bound: string): boolean {
  const order = compareVersions(version, bound);
  switch (relation) {
    case '<<':
      return order < 0;
    case '<=':
    case '<':
      return order <= 0;
    case '=':
      return order === 0;
    case '>=':
    case '>':
      return order >= 0;
    case '>>':
      return order > 0;
    default:
      throw new TypeError(`${relation} is no relation of versions`);
  }
}

interface Version {
  readonly epoch: number;
  readonly upstream: string;
  readonly revision: string;
}

function split(version: string): Version {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return {
    epoch: colon === -1 ? 0 : Number(version.slice(0, colon)),
    upstream: dash === -1 ? rest : rest.slice(0, dash),
    revision: dash === -1 ? '' : rest.slice(dash + 1),
  };
}

/** Text and numbers by turns: text by `weight`, numbers by value. */
function compareParts(left: string, right: string): number {
  const [ones, others] = [left, right].map((text) => text.split(/(\d+)/)) as [string[], string[]];
  for (let index = 0; index < Math.max(ones.length, others.length); index += 1) {
    const [one, other] = [ones[index] ?? '', others[index] ?? ''];
    const order = index % 2 === 0 ? compareText(one, other) : compareNumbers(one, other);
    if (order !== 0) return order;
  }
  return 0;
}

function compareNumbers(one: string, other: string): number {
  const difference = BigInt(one || '0') - BigInt(other || '0');
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

function compareText(one: string, other: string): number {
  for (let index = 0; index < Math.max(one.length, other.length); index += 1) {
    const order = weight(one[index]) - weight(other[index]);
    if (order !== 0) return order;
  }
  return 0;
}

/** A tilde comes before the end, the end before letters, letters before everything else. */
function weight(character: string | undefined): number {
  if (character === '~') return -1;
  if (character === undefined) return 0;
  return /[A-Za-z]/.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256;
}
