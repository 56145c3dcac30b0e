// The option reference: every option of an option set as data, from its one declaration.
import type { z } from 'zod';
import type { Place } from './error.ts';
import { kindOf, innerType } from './kinds.ts';
import { rawSet } from './set.ts';
import type { AnyOptionSet } from './types.ts';
import { valueName } from './values/name.ts';

/** One option, as documentation shows it. */
export interface OptionReferenceEntry {
  /** `wireguard.roaming.<name>.address` */
  readonly path: string;
  /** `port`, `list of IPv4 addresses`, … */
  readonly type: string;
  readonly description?: string;
  /** The static default; options without one are required, empty collections, or computed. */
  readonly default?: unknown;
  readonly example?: unknown;
  readonly readOnly?: true;
}

export interface SetReference {
  readonly name: string;
  /** The `options(…)` call; the keys of an option lead on from there. */
  readonly declared: Place;
  readonly options: readonly OptionReferenceEntry[];
  /** Options that had another name, are gone or changed: dotted path and what to write. */
  readonly migrations: Readonly<Record<string, string>>;
  /** Names of the option sets that this one's implementation defines. */
  readonly defines: readonly string[];
}

/** Everything that can be said in an option set, internal options left out, in the order declared. */
export function reference(set: AnyOptionSet): SetReference {
  const raw = rawSet(set);
  return {
    name: raw.name,
    declared: raw.site.place(),
    options: walk(raw.schema, raw.name),
    migrations: Object.fromEntries(
      raw.migrations.map(([keys, migration]) => [
        keys.join('.'),
        migration.kind === 'renamed' ? `is called ${raw.name}.${migration.to} now` : migration.advice,
      ]),
    ),
    defines: (raw.implementation?.defines ?? []).map((defined) => defined.name),
  };
}

function walk(schema: z.core.$ZodType, path: string): OptionReferenceEntry[] {
  const core = coreOf(schema);
  const { def } = core._zod;
  switch (def.type) {
    case 'object':
      return Object.entries(def.shape).flatMap(([key, child]) => option(child, `${path}.${key}`));
    case 'record':
      return walk(def.valueType, `${path}.<name>`);
    case 'array':
      return walk(def.element, `${path}[]`);
    case 'pipe':
      return walk(def.in._zod.def.type === 'transform' ? def.out : def.in, path);
    case 'union':
      return unique(def.options.flatMap((branch) => walk(branch, path)));
    default:
      return [];
  }
}

function option(schema: z.core.$ZodType, path: string): OptionReferenceEntry[] {
  const kind = kindOf(schema);
  if (kind.internal === true) return [];
  const fallback = staticDefault(schema);
  const description = described(schema);
  const example = valueName(schema)?.example;
  return [
    {
      path,
      type: typeText(schema),
      ...(description === undefined ? {} : { description }),
      ...(fallback === undefined ? {} : { default: fallback.value }),
      ...(example === undefined ? {} : { example }),
      ...(kind.readOnly === true ? { readOnly: true as const } : {}),
    },
    ...walk(schema, path),
  ];
}

/** A type in words. */
export function typeText(schema: z.core.$ZodType): string {
  const named = valueName(schema)?.name;
  const nullable = layers(schema).some((layer) => layer._zod.def.type === 'nullable');
  const text = named ?? coreText(schema);
  return nullable ? `${text} or null` : text;
}

function coreText(schema: z.core.$ZodType): string {
  const core = coreOf(schema);
  const { def } = core._zod;
  switch (def.type) {
    case 'number':
      return /int/.test(String((def as { format?: string }).format)) || hasIntegerCheck(def)
        ? 'integer'
        : 'number';
    case 'enum':
      return `one of ${Object.values(def.entries)
        .map((value) => JSON.stringify(value))
        .join(', ')}`;
    case 'literal':
      return def.values.map((value) => JSON.stringify(value)).join(' or ');
    case 'array':
      return `list of ${typeText(def.element)}`;
    case 'record':
      return `${typeText(def.valueType)} by name`;
    case 'union':
      return [...new Set(def.options.map(typeText))].join(' or ');
    case 'pipe':
      return typeText(def.in._zod.def.type === 'transform' ? def.out : def.in);
    case 'string':
      return kindOf(schema).lines === true ? 'lines of text' : 'text';
    case 'unknown':
    case 'any':
      return 'anything';
    default:
      return def.type;
  }
}

function hasIntegerCheck(def: z.core.$ZodTypeDef): boolean {
  return (def.checks ?? []).some((check) =>
    /int/.test(String((check._zod.def as { format?: string }).format)),
  );
}

function staticDefault(schema: z.core.$ZodType): { readonly value: unknown } | undefined {
  for (const layer of layers(schema)) {
    const { def } = (layer as z.core.$ZodTypes)._zod;
    if (def.type === 'default' || def.type === 'prefault') return { value: def.defaultValue };
  }
  return undefined;
}

function described(schema: z.core.$ZodType): string | undefined {
  for (const layer of layers(schema)) {
    const text = (layer as z.ZodType).description;
    if (text !== undefined) return text;
  }
  return undefined;
}

function layers(schema: z.core.$ZodType): z.core.$ZodType[] {
  const result = [schema];
  for (let inner = innerType(schema); inner !== undefined; inner = innerType(inner)) result.push(inner);
  return result;
}

function coreOf(schema: z.core.$ZodType): z.core.$ZodTypes {
  return layers(schema).at(-1) as z.core.$ZodTypes;
}

function unique(entries: readonly OptionReferenceEntry[]): OptionReferenceEntry[] {
  return [...new Map(entries.map((entry) => [entry.path, entry])).values()];
}
