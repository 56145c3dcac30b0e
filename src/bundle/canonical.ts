// Canonical JSON (RFC 8785): one text for one value, so that a hash can be taken over it.

/**
 * The canonical JSON of `value`: keys sorted by UTF-16 code units, no white space, numbers as
 * ECMAScript prints them.
 * @throws TypeError for what JSON has no word for: undefined, NaN, infinities, big integers,
 *   functions, lone surrogates.
 * @see RFC 8785
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return canonicalString(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`canonical JSON cannot hold ${value}`);
      return JSON.stringify(value);
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${Array.from(value, canonicalJson).join(',')}]`;
      return canonicalRecord(value as Readonly<Record<string, unknown>>);
    default:
      throw new TypeError(`canonical JSON cannot hold a value of type ${typeof value}`);
  }
}

function canonicalRecord(value: Readonly<Record<string, unknown>>): string {
  // Without a comparison, sort() goes by UTF-16 code units, which is what the RFC asks for.
  const members = Object.keys(value)
    .sort()
    .map((key) => `${canonicalString(key)}:${canonicalJson(value[key])}`);
  return `{${members.join(',')}}`;
}

function canonicalString(text: string): string {
  if (!text.isWellFormed())
    throw new TypeError(`canonical JSON cannot hold the lone surrogate in ${JSON.stringify(text)}`);
  return JSON.stringify(text);
}
