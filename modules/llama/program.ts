// Which llama-server runs: the output of a recipe, or one that the host has already; and what kind of GPU it is for.
import { recipes, type BuiltPackage, type HostView, type PackageSet } from 'stead';
import type { z } from 'zod';
import type { serverOptions } from './options.ts';

export interface Program {
  readonly path: string;
  readonly gpu: 'none' | 'dri' | 'nvidia';
  /** The output that it is of, if it is. */
  readonly built?: BuiltPackage;
}

type Choice = Pick<z.output<z.ZodObject<typeof serverOptions>>, 'program' | 'recipe' | 'gpu'>;

/**
 * The program of a server, found out when it is first asked for: what a recipe is built for is known once all that a
 * host says of `recipes` is.
 * @throws SteadError then, for a recipe that cannot be evaluated
 */
export function serverProgram(self: Choice, host: HostView, packages: PackageSet): () => Program {
  let found: Program | undefined;
  return () => (found ??= programOf(self, host, packages));
}

function programOf(self: Choice, host: HostView, packages: PackageSet): Program {
  if (self.program !== undefined) return { path: self.program, gpu: self.gpu ?? 'none' };
  const changes = Object.fromEntries(Object.entries(self.recipe ?? {}).filter(([, value]) => isSaid(value)));
  const built = packages['llamaCpp']!.override((before) => ({
    ...changes,
    // Those that an overlay sets stay.
    cmakeFlags: { ...(before['cmakeFlags'] as object), ...(changes['cmakeFlags'] as object | undefined) },
  })).on(host.get(recipes).platform);
  return { path: `${built.path}/bin/llama-server`, gpu: self.gpu ?? gpuOf(built), built };
}

/** The output that a host must have for it. */
export function outputsOf({ built }: Program): BuiltPackage[] {
  return built === undefined ? [] : [built];
}

function isSaid(value: unknown): boolean {
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}

/** By the variant, which the name of an output ends in. */
function gpuOf({ name }: BuiltPackage): Program['gpu'] {
  if (name.endsWith('-vulkan')) return 'dri';
  return name.endsWith('-cuda') ? 'nvidia' : 'none';
}
