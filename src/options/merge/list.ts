// Lists: the items of all definitions one after the other, in the order asked for. Lines are text alike.
import type { z } from 'zod';
import type { Kind } from '../kinds.ts';
import { below } from './at.ts';
import { checksOf, parsed } from './check.ts';
import type { Compile, Merger } from './compile.ts';
import { wrongValue } from './errors.ts';
import { childInput, inOrder, opened } from './input.ts';

export function listMerger(
  core: z.core.$ZodArray,
  kind: Kind,
  schema: z.core.$ZodType,
  compile: Compile,
): Merger {
  const item = compile(core._zod.def.element);
  const check = checksOf(schema);
  return {
    emptyValue: true,
    pushesPriorityDown: false,
    merge(inputs, at) {
      const items: unknown[] = [];
      const seen = kind.unique === true ? new Set<string>() : undefined;
      for (const input of inOrder(inputs)) {
        if (!Array.isArray(input.value)) throw wrongValue(at, 'a list', input.value, [input]);
        for (const [index, given] of input.value.entries()) {
          for (const one of opened([childInput(input, index, given)], at)) {
            const value = item.merge([one], below(at, items.length), [one]);
            if (seen !== undefined) {
              const identity = identityOf(value);
              if (seen.has(identity)) continue;
              seen.add(identity);
            }
            items.push(value);
          }
        }
      }
      check?.(items, inputs, at);
      return Object.freeze(items);
    },
  };
}

export function linesMerger(schema: z.core.$ZodType): Merger {
  return {
    emptyValue: false,
    pushesPriorityDown: false,
    merge(inputs, at) {
      for (const input of inputs) {
        if (typeof input.value !== 'string') throw wrongValue(at, 'text', input.value, [input]);
      }
      const text = inOrder(inputs).map((input) => input.value as string);
      return parsed(schema, text.map((part) => part.replace(/\n$/, '')).join('\n'), inputs, at);
    },
  };
}

/** Equal for equal values, whatever the order of their keys. */
function identityOf(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
