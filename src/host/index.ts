// The scripts that run on a host, as text: shipped in every bundle, and sent to a host that has none yet.

import { readFileSync } from 'node:fs';

/** In the order in which they are sourced. */
const libraries = [
  'lib-common.sh',
  'lib-generations.sh',
  'lib-bundle.sh',
  'lib-receive.sh',
  'lib-plan.sh',
  'lib-files.sh',
  'lib-accounts.sh',
  'lib-preflight.sh',
  'lib-units.sh',
  'lib-switch.sh',
  'lib-status.sh',
] as const;

let texts: Readonly<Record<string, string>> | undefined;

/** The files of a bundle's `runtime/` folder: name to text. Read once. */
export function runtimeFiles(): Readonly<Record<string, string>> {
  texts ??= Object.fromEntries(
    ['stead-host', ...libraries].map((name) => [name, readFileSync(new URL(name, import.meta.url), 'utf8')]),
  );
  return texts;
}

/** All of the runtime as one script, which needs no file beside it. */
export function hostScript(): string {
  const files = runtimeFiles();
  return [...libraries, 'stead-host'].map((name) => files[name] ?? '').join('\n');
}
