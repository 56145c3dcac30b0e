// Which way of merging belongs to which kind of schema.
import type { z } from 'zod';
import type { Kind } from '../kinds.ts';
import { anythingMerger, compileAnything } from './anything.ts';
import type { Compile, Merger } from './compile.ts';
import { linesMerger, listMerger } from './list.ts';
import { objectMerger } from './object.ts';
import { pipeMerger } from './pipe.ts';
import { recordMerger } from './record.ts';
import { customMerger, intersectionMerger, scalarMerger } from './scalar.ts';
import { discriminatedMerger, unionMerger } from './union.ts';

/** @param schema the option's schema with its wrappers; `core` is what stands inside them */
export function mergerOf(
  core: z.core.$ZodTypes,
  kind: Kind,
  schema: z.core.$ZodType,
  compile: Compile,
): Merger {
  const anything = compileAnything(compile);
  if (kind.merge !== undefined) return customMerger(schema, kind.merge, anything);
  if (kind.lines === true) return linesMerger(schema);
  if (kind.whole === true) return scalarMerger(schema, anything);
  const { def } = core._zod;
  switch (def.type) {
    case 'object':
      return objectMerger(core as z.core.$ZodObject, compile);
    case 'record':
      return recordMerger(core as z.core.$ZodRecord, kind, compile);
    case 'array':
      return listMerger(core as z.core.$ZodArray, kind, compile);
    case 'union':
      return 'discriminator' in def
        ? discriminatedMerger(core as z.core.$ZodDiscriminatedUnion, compile)
        : unionMerger(core as z.core.$ZodUnion, schema, compile);
    case 'pipe':
      return pipeMerger(core as z.core.$ZodPipe, schema, compile);
    case 'intersection':
      return intersectionMerger(schema, anything);
    case 'unknown':
    case 'any':
      return anythingMerger(compile);
    default:
      return scalarMerger(schema, anything);
  }
}
