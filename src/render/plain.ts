// Values on their way into JSON, YAML or TOML: plain data only, in an order that does not depend on who set what first.
import { SteadError, type LabelledPlace } from '../options/error.ts';
import { callOf } from '../options/place.ts';

/** How a writer orders the keys of records: by name, or as the caller gave them. */
export interface WriterOptions {
  /** `sorted` (the default) makes the text independent of the order in which definitions were merged. */
  readonly order?: 'sorted' | 'given';
}

/**
 * A copy of `value` that consists of null, booleans, finite numbers, strings, arrays and plain
 * records. Keys whose value is undefined are left out, as in JSON.
 * @throws SteadError `render.value` naming the path of a value that has no place in a file.
 */
export function plainData(value: unknown, { format, writer }: Writer, options: WriterOptions = {}): unknown {
  return copy(value, { format, writer, sorted: options.order !== 'given', path: [], open: new Set() });
}

/** Who writes the data, as errors name it. */
export interface Writer {
  readonly format: string;
  /** The function that configuration calls, with the value as its first argument. */
  readonly writer: (...args: never[]) => unknown;
}

/** Where the call of a writer that is running says what `keys` lead to in its first argument. */
export function writerPlaces(
  writer: Writer['writer'],
  keys: readonly (string | number)[],
  focus?: 'key',
): readonly LabelledPlace[] {
  const place = callOf(writer);
  if (place === undefined) return [];
  return [{ place, keys: [...keys], argument: 0, ...(focus === undefined ? {} : { focus }) }];
}

interface Walk extends Writer {
  readonly sorted: boolean;
  readonly path: (string | number)[];
  readonly open: Set<object>;
}

function copy(value: unknown, walk: Walk): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : refuse(`the number ${value}`, walk);
    case 'object':
      if (value === null) return walk.format === 'TOML' ? refuse('null', walk) : null;
      return copyObject(value, walk);
    default:
      return refuse(value === undefined ? 'undefined' : `a ${typeof value}`, walk);
  }
}

function copyObject(value: object, walk: Walk): unknown {
  if (walk.open.has(value)) return refuse('a value that contains itself', walk);
  walk.open.add(value);
  try {
    if (Array.isArray(value)) return value.map((item, index) => inside(index, item, walk));
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
      return refuse(`an object of class ${value.constructor.name}`, walk);
    }
    return copyRecord(value as Readonly<Record<string, unknown>>, walk);
  } finally {
    walk.open.delete(value);
  }
}

function copyRecord(value: Readonly<Record<string, unknown>>, walk: Walk): Record<string, unknown> {
  const keys = walk.sorted ? Object.keys(value).sort() : Object.keys(value);
  const result: Record<string, unknown> = {};
  for (const key of keys) {
    const item = value[key];
    if (item === undefined) continue;
    // Assigning to `__proto__` would set the prototype instead of a key.
    Object.defineProperty(result, key, {
      value: inside(key, item, walk),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return result;
}

function inside(key: string | number, value: unknown, walk: Walk): unknown {
  walk.path.push(key);
  const result = copy(value, walk);
  walk.path.pop();
  return result;
}

function refuse(what: string, { format, writer, path }: Walk): never {
  const where = path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`),
    '',
  );
  throw new SteadError({
    code: 'render.value',
    message: `${format} cannot hold ${what}${where === '' ? '' : `, found at ${where}`}`,
    places: writerPlaces(writer, path),
    hint:
      what === 'null'
        ? 'Leave the key out: what TOML does not name is not set.'
        : `Give the writer plain data: text, finite numbers, booleans,${format === 'TOML' ? '' : ' null,'} lists and records of them.`,
  });
}
