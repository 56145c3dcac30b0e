// What a recipe's `build` gives: sources, tools, environment and steps, as plain data.
import { z } from 'zod';
import { absolutePath, environmentName, size, timeSpan } from '../options/values/index.ts';
import { isSource, type Source } from './source.ts';

/** Steps of a build, in their order. */
export const PHASES = ['unpack', 'patch', 'configure', 'build', 'check', 'install'] as const;

const debianName = z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/, { error: 'the name of a Debian package' });
const folder = z.string().regex(/^(\.|(?!\.)[A-Za-z0-9._+-]+(\/(?!\.)[A-Za-z0-9._+-]+)*)$/, {
  error: 'a folder below the build directory, such as src, or . for that itself',
});
const line = z.string().regex(/^\P{Cc}*$/u, { error: 'one line of text' });

export const derivation = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9+._-]*$/, { error: 'a name of letters, digits and + . _ -' }),
  version: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9+.~_-]*$/, { error: 'a version of letters, digits and + . ~ _ -' }),
  sources: z
    .record(
      folder,
      z.custom<Source>(isSource, { error: 'what source.npm, source.git, source.url or source.folder gives' }),
    )
    .default({}),
  tools: z.array(debianName).default([]),
  beside: z
    .record(z.string().regex(/^[a-z][a-z-]*$/, { error: 'a suite, such as trixie' }), z.array(debianName))
    .default({}),
  hostPaths: z.record(absolutePath(), line.min(1)).default({}),
  doctor: z.record(line.min(1), z.strictObject({ command: line.min(1), advice: line.min(1) })).default({}),
  environment: z.record(environmentName(), z.string()).default({}),
  phases: z.strictObject(
    Object.fromEntries(PHASES.map((phase) => [phase, z.string().optional()])) as Record<
      (typeof PHASES)[number],
      z.ZodOptional<z.ZodString>
    >,
  ),
  patches: z.array(z.object({ name: z.string(), text: z.string() })).default([]),
  resources: z
    .strictObject({
      timeLimit: timeSpan().default('2h'),
      memory: size().optional(),
      jobs: z.int().min(1).optional(),
      nice: z.int().min(0).max(19).default(10),
    })
    .default({ timeLimit: '2h', nice: 10 }),
  keep: z
    .array(folder.refine((path) => path !== '.', { error: 'a folder below the build directory' }))
    .default([]),
});

/** As a recipe writes it. */
export type Derivation = Readonly<z.input<typeof derivation>>;

/** With defaults filled in. */
export type WholeDerivation = z.output<typeof derivation>;
