// Pipes: `z.preprocess` changes each definition before they are merged, `.transform` the merged value.
import type { z } from 'zod';
import { compileAnything } from './anything.ts';
import { outcome, parsed, refused } from './check.ts';
import type { Compile, Compiled, Merger } from './compile.ts';
import type { At } from './at.ts';
import type { Input } from './input.ts';
import { holdsLazy } from './lazy.ts';
import { scalarMerger } from './scalar.ts';

const KEYED: ReadonlySet<string> = new Set(['object', 'record']);
const COMPOSITE: ReadonlySet<string> = new Set([
  ...KEYED,
  'array',
  'pipe',
  'union',
  'unknown',
  'any',
  'intersection',
]);

export function pipeMerger(core: z.core.$ZodPipe, schema: z.core.$ZodType, compile: Compile): Merger {
  const { in: input, out } = core._zod.def;
  if (input._zod.def.type === 'transform') return preprocessed(input, compile(out));
  const before = compile(input);
  const isScalar = !COMPOSITE.has(before.core._zod.def.type);
  // A codec has a step of its own between the two, which only a parse of the whole runs.
  if (isScalar || 'reverseTransform' in core._zod.def) return scalarMerger(schema, compileAnything(compile));
  return {
    emptyValue: before.merger().emptyValue,
    pushesPriorityDown: before.merger().pushesPriorityDown,
    readsAll: true,
    merge: (inputs, at, parents) => parsed(out, before.mergeChecked(inputs, at, parents), inputs, at),
  };
}

function preprocessed(step: z.core.$ZodType, inner: Compiled): Merger {
  const { runsUserCode, ...merger } = inner.merger();
  return {
    ...merger,
    emptyValue: inner.hasDefault || merger.emptyValue,
    parses: false,
    runsUserCode: KEYED.has(inner.core._zod.def.type) ? (runsUserCode ?? (() => false)) : holdsLazy,
    merge: (inputs, at, parents) =>
      inner.merge(
        inputs.map((one) => ({ ...one, value: stepped(step, one, at) })),
        at,
        parents,
      ),
  };
}

/** What the step makes of one definition, whose thunks inside stay as they are. */
export function stepped(step: z.core.$ZodType, input: Input, at: At): unknown {
  const result = outcome(step, input.value, input, at);
  if (result.success) return result.data;
  throw refused(result.problems, [input], at);
}
