// Free-form values: objects by key, lists one after the other, scalars unique, as Nix's types.anything.
import { z } from 'zod';
import { isDeepStrictEqual } from 'node:util';
import { isDefinition } from '../definition.ts';
import { below } from './at.ts';
import type { Compile, Compiled, Merger } from './compile.ts';
import { conflict, wrongKind } from './errors.ts';
import { childInput, inOrder, opened } from './input.ts';
import { holdsLazy, isPlainObject } from './lazy.ts';
import { asksConditions, mergeEntries } from './record.ts';

const anything = z.unknown();

/** The schema for any value, compiled. */
export function compileAnything(compile: Compile): () => Compiled {
  return () => compile(anything);
}

export function anythingMerger(compile: Compile): Merger {
  return {
    emptyValue: false,
    pushesPriorityDown: false,
    runsUserCode: (value) => (isPlainObject(value) ? asksConditions(value) : holdsLazy(value)),
    merge(inputs, at) {
      const value = compile(anything);
      if (inputs.every((input) => isPlainObject(input.value))) return mergeEntries(inputs, at, { value });
      if (inputs.every((input) => Array.isArray(input.value))) {
        const items = inOrder(inputs).flatMap((input) =>
          (input.value as unknown[]).flatMap((item, index) => opened([childInput(input, index, item)], at)),
        );
        return Object.freeze(items.map((item, index) => value.merge([item], below(at, index), [item])));
      }
      const definition = inputs.find((input) => isDefinition(input.value));
      if (definition !== undefined) throw wrongKind(at, 'a value', definition);
      const [first] = inputs;
      if (inputs.some((input) => !isDeepStrictEqual(input.value, first!.value))) throw conflict(at, inputs);
      return first!.value;
    },
  };
}
