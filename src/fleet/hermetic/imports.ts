// What configuration has imported so far: which files by which names, and which packages.

/** A file that imports, as what it must be held to. */
export type Importer =
  | { readonly kind: 'configuration'; readonly file: string; readonly repository: string }
  | { readonly kind: 'package'; readonly file: string };

/** The import that brought a package's file in. */
export interface Origin {
  readonly importer: Importer;
  readonly specifier: string;
}

/** Files of packages that configuration imports, directly or not. */
export const packageFiles = new Map<string, Origin>();
const imports = new Map<string, Map<string, string>>();

export function remember(importer: string, specifier: string, file: string): void {
  const known = imports.get(importer);
  if (known === undefined) imports.set(importer, new Map([[specifier, file]]));
  else known.set(specifier, file);
}

/** The files that a configuration file imports, by what it wrote. */
export function importedFiles(file: string): ReadonlyMap<string, string> {
  return imports.get(file) ?? new Map<string, string>();
}
