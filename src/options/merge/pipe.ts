// Pipes: `z.preprocess` changes each definition before they are merged, `.transform` the merged value.
import type { z } from 'zod';
import { parsed } from './check.ts';
import { compileAnything } from './anything.ts';
import type { Compile, Merger } from './compile.ts';
import { scalarMerger } from './scalar.ts';

const COMPOSITE = new Set(['object', 'record', 'array', 'pipe', 'union', 'unknown', 'any']);

export function pipeMerger(core: z.core.$ZodPipe, schema: z.core.$ZodType, compile: Compile): Merger {
  const { in: input, out } = core._zod.def;
  if (input._zod.def.type === 'transform') {
    const inner = compile(out);
    return {
      ...inner.merger(),
      merge: (inputs, at, parents) =>
        inner.merge(
          inputs.map((one) => ({
            ...one,
            value: at.scope.call(one, () => parsed(input, one.value, [one], at)),
          })),
          at,
          parents,
        ),
    };
  }
  const before = compile(input);
  if (!COMPOSITE.has(before.core._zod.def.type)) return scalarMerger(schema, compileAnything(compile));
  return {
    ...before.merger(),
    readsAll: true,
    merge: (inputs, at, parents) =>
      at.scope.call(inputs[0], () => parsed(out, before.merge(inputs, at, parents), inputs, at)),
  };
}
