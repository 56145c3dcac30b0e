// The options inside an object's schema.
import type { z } from 'zod';
import type { Compile, Compiled } from './compile.ts';

interface Child {
  readonly key: string;
  readonly child: Compiled;
}

/** Gives each key of a shape with its schema, compiled on first use: a recursive schema meets itself there. */
export function childrenOf(shape: z.core.$ZodShape, compile: Compile): () => readonly Child[] {
  let children: readonly Child[] | undefined;
  return () => (children ??= Object.keys(shape).map((key) => ({ key, child: compile(shape[key]!) })));
}
