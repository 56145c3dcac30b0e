// The option reference: every option of an option set as data, from its one declaration.
import { z } from 'zod';
import type { Place } from './error.ts';
import { kindOf } from './kinds.ts';
import { rawSet } from './set.ts';
import type { AnyOptionSet } from './types.ts';
import { coreOf, layers, typeText, written } from './type-text.ts';
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

/** @param inside schemas that this one stands in, so that one which holds itself is told once */
function walk(
  schema: z.core.$ZodType,
  path: string,
  inside: ReadonlySet<z.core.$ZodType> = new Set(),
): OptionReferenceEntry[] {
  const core = coreOf(schema);
  if (inside.has(core)) return [];
  const within = new Set([...inside, core]);
  const { def } = core._zod;
  switch (def.type) {
    case 'object':
      return Object.entries(def.shape).flatMap(([key, child]) => option(child, `${path}.${key}`, within));
    case 'record':
      return walk(def.valueType, `${path}.<name>`, within);
    case 'array':
      return walk(def.element, `${path}[]`, within);
    case 'pipe':
      return walk(written(def), path, within);
    case 'intersection':
      return [...walk(def.left, path, within), ...walk(def.right, path, within)];
    case 'union':
      return unique(def.options.flatMap((branch) => walk(branch, path, within)));
    default:
      return [];
  }
}

function option(
  schema: z.core.$ZodType,
  path: string,
  inside: ReadonlySet<z.core.$ZodType>,
): OptionReferenceEntry[] {
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
    ...walk(schema, path, inside),
  ];
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
    const text = z.globalRegistry.get(layer as z.core.$ZodType)?.description;
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Options that several branches of a union have, once, with all their types. */
function unique(entries: readonly OptionReferenceEntry[]): OptionReferenceEntry[] {
  const byPath = Map.groupBy(entries, (entry) => entry.path);
  return [...byPath.values()].map(([first, ...others]) => {
    const types = new Set([first!, ...others].map((entry) => entry.type));
    return { ...first!, type: [...types].join(' or ') };
  });
}
