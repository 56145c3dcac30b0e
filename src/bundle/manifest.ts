// The manifest of a bundle: its type, its texts, and the checks that it passes before anyone trusts it.
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { SteadError } from '../options/error.ts';
import { canonicalJson } from './canonical.ts';
import { digest } from './hash.ts';
import type { manifestSchema } from './manifest-schema.ts';
import { checkTree } from './tree.ts';
import { validate, type SchemaViolation } from './manifest-validator.mjs';

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** What a bundle consists of; see FORMAT.md. */
export type Manifest = DeepReadonly<z.infer<typeof manifestSchema>>;
export type ManifestFile = Manifest['files'][number];
export type ManifestUnit = Manifest['units'][number];
export type Provenance = Manifest['provenance'];

/** The part of a manifest that its hash is taken over. */
export type Identity = Omit<Manifest, 'hash' | 'provenance'>;

/** Address of the published schema: what `$id` says. */
export const manifestSchemaId = 'urn:stead:manifest:1';

/** The manifest's JSON Schema, draft 2020-12. */
export async function manifestJsonSchema(): Promise<object> {
  const [{ z: zod }, { manifestSchema: schema }] = await Promise.all([
    import('zod'),
    import('./manifest-schema.ts'),
  ]);
  const { $schema, ...rest } = zod.toJSONSchema(schema, { target: 'draft-2020-12' });
  return { $schema, $id: manifestSchemaId, title: 'Manifest of a stead bundle, version 1', ...rest };
}

/** identity.json: the canonical text that a bundle's hash is taken over. */
export function identityText(identity: Identity | Manifest): string {
  const { hash: _hash, provenance: _provenance, ...rest } = identity as Manifest;
  return canonicalJson(rest);
}

/** manifest.json: indented, with a newline at the end. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/**
 * The manifest in a file.
 * @throws SteadError `manifest.unreadable`, `manifest.invalid`, `manifest.hash`.
 */
export function readManifest(path: string): Manifest {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SteadError({
      code: 'manifest.unreadable',
      message: `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: 'Build the host again.',
      cause,
    });
  }
  return parseManifest(text, path);
}

/**
 * A manifest from its text, checked against the schema and against its own hash. `from` names it in errors.
 * @throws SteadError `manifest.invalid` with the field or the path that is wrong, `manifest.hash` where the hash does not hold.
 */
export function parseManifest(text: string, from: string): Manifest {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    throw invalid(from, `it is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  const manifest = checkManifest(data, from);
  const [problem] = checkTree(manifest.host, manifest.files);
  if (problem !== undefined) throw invalid(from, problem.message, problem);
  return manifest;
}

/** The schema alone, for what its hash has just been taken over; `from` names it in errors. */
export function checkSchema(data: unknown, from: string): Manifest {
  if (!validate(data)) throw invalid(from, violationText(validate.errors?.[0]));
  return data as Manifest;
}

/** Schema and hash, for data that is not text any more and whose paths were checked; `from` names it in errors. */
function checkManifest(data: unknown, from: string): Manifest {
  const manifest = checkSchema(data, from);
  const computed = digest(identityText(manifest));
  if (manifest.hash !== computed) {
    throw new SteadError({
      code: 'manifest.hash',
      host: manifest.host,
      message: `${from}: the hash does not hold: it says ${manifest.hash}, its content has ${computed}`,
      hint: 'The file was changed after it was built; build the host again.',
    });
  }
  return manifest;
}

function invalid(from: string, problem: string, cause?: unknown): SteadError {
  return new SteadError({
    code: 'manifest.invalid',
    message: `${from} is not a manifest that this version reads: ${problem}`,
    hint: 'Build the host again with this version of stead.',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** `files[3].mode must match pattern …`: the field first, as it is written in code. */
function violationText(violation: SchemaViolation | undefined): string {
  if (violation === undefined) return 'the schema does not hold';
  const field = violation.instancePath
    .slice(1)
    .split('/')
    .filter((part) => part !== '')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce(
      (text, part) => (/^\d+$/.test(part) ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
      '',
    );
  const { additionalProperty: extra } = violation.params;
  const problem = extra === undefined ? violation.message : `must not have "${String(extra)}"`;
  return `${field === '' ? 'it' : field} ${problem ?? 'is wrong'}`;
}
