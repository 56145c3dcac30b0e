// Lists: the items of all definitions one after the other, in the order asked for. Lines are text alike.
import type { z } from 'zod';
import { SteadError } from '../error.ts';
import type { Kind } from '../kinds.ts';
import { below, type At } from './at.ts';
import { parsed } from './check.ts';
import type { Compile, Compiled, Merger } from './compile.ts';
import { wrongKind } from './errors.ts';
import { childInput, inOrder, opened, type Input } from './input.ts';
import { holdsLazy } from './lazy.ts';

export function listMerger(core: z.core.$ZodArray, kind: Kind, compile: Compile): Merger {
  const item = compile(core._zod.def.element);
  return {
    emptyValue: true,
    pushesPriorityDown: false,
    runsUserCode: holdsLazy,
    // Telling equal items apart reads them, and what their schema computes for them.
    readsAll: kind.unique === true && !SCALAR.has(item.core._zod.def.type),
    merge(inputs, at) {
      const stray = inputs.find((input) => !Array.isArray(input.value));
      if (stray !== undefined) throw wrongKind(at, 'a list', stray, core);
      const merged = mergedItems(inputs, at, item);
      return Object.freeze(kind.unique === true ? unique(merged) : merged);
    },
  };
}

const SCALAR: ReadonlySet<string> = new Set([
  'string',
  'number',
  'int',
  'boolean',
  'bigint',
  'enum',
  'literal',
]);

/** Every item, merged by itself; all that are wrong are reported. @throws SteadError for the first of them */
function mergedItems(inputs: readonly Input[], at: At, item: Compiled): unknown[] {
  const items: unknown[] = [];
  let failed: SteadError | undefined;
  for (const input of inOrder(inputs)) {
    for (const [index, given] of (input.value as unknown[]).entries()) {
      for (const one of opened([childInput(input, index, given)], at)) {
        try {
          items.push(item.merge([one], below(at, items.length), [one]));
        } catch (error) {
          if (!(error instanceof SteadError)) throw error;
          at.scope.report(error);
          failed ??= error;
          items.push(undefined);
        }
      }
    }
  }
  if (failed !== undefined) throw failed;
  return items;
}

function unique(items: readonly unknown[]): unknown[] {
  const seen = new Set<unknown>();
  return items.filter((item) => {
    const identity = identityOf(item);
    if (seen.has(identity)) return false;
    seen.add(identity);
    return true;
  });
}

/** Equal for equal values, whatever the order of their keys. */
function identityOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

export function linesMerger(schema: z.core.$ZodType): Merger {
  return {
    emptyValue: false,
    pushesPriorityDown: false,
    parses: true,
    merge(inputs, at) {
      for (const input of inputs) {
        if (typeof input.value !== 'string') throw wrongKind(at, 'text', input, schema);
      }
      const text = inOrder(inputs).map((input) => input.value as string);
      return parsed(schema, text.map((part) => part.replace(/\n$/, '')).join('\n'), inputs, at);
    },
  };
}
