// What a file imports and exports, as its source says.
import type { Span } from 'oxc-parser';
import type { LabelledPlace } from '../../options/index.ts';
import type { SourceFile } from './file.ts';
import { nodes } from './tree.ts';

/** Where `source` names the module `specifier`. */
export function importSpot(source: SourceFile, specifier: string): LabelledPlace | undefined {
  const { module, program } = source.parsed;
  const requests = [
    ...module.staticImports.map((one) => one.moduleRequest),
    ...module.staticExports.flatMap((one) => one.entries.flatMap((entry) => entry.moduleRequest ?? [])),
  ];
  const found = requests.find((request) => request.value === specifier);
  if (found !== undefined) return source.spot(found);
  for (const node of nodes(program)) {
    const isRequire = node.type === 'CallExpression' && node.callee.type === 'Identifier';
    const argument =
      node.type === 'ImportExpression' ? node.source : isRequire ? node.arguments[0] : undefined;
    if (argument?.type === 'Literal' && argument.value === specifier) return source.spot(argument);
  }
  return undefined;
}

/** Where `source` imports `name` from `specifier`, or hands it on. */
export function importedNameSpot(
  source: SourceFile,
  specifier: string,
  name: string,
): LabelledPlace | undefined {
  const { staticImports, staticExports } = source.parsed.module;
  const imported = staticImports
    .filter((one) => one.moduleRequest.value === specifier)
    .flatMap((one) => one.entries.map((entry) => entry.importName));
  const handedOn = staticExports
    .flatMap((one) => one.entries)
    .filter((entry) => entry.moduleRequest?.value === specifier)
    .map((entry) => entry.importName);
  for (const { kind, name: own, start, end } of [...imported, ...handedOn]) {
    const isNamed = kind === 'Default' ? name === 'default' : own === name;
    if (isNamed && start !== null && end !== null) return source.spot({ start, end });
  }
  return name === 'default' ? importSpot(source, specifier) : undefined;
}

/** The names a file exports as values and as types, and the modules whose exports it hands on whole. */
export function exportsOf(source: SourceFile): {
  readonly values: readonly string[];
  readonly types: readonly string[];
  readonly all: readonly string[];
} {
  const values: string[] = [];
  const types: string[] = [];
  const all: string[] = [];
  for (const { exportName, moduleRequest, isType } of source.parsed.module.staticExports.flatMap(
    (one) => one.entries,
  )) {
    const name = exportName.kind === 'Default' ? 'default' : exportName.name;
    if (name !== null) (isType ? types : values).push(name);
    else if (moduleRequest !== null) all.push(moduleRequest.value);
  }
  return { values, types, all };
}

/** Where a file's `import.meta` stands, if it says so in code. */
export function importMetaSpot(source: SourceFile): LabelledPlace | undefined {
  const [first] = source.parsed.module.importMetas;
  return first && source.spot(first);
}

/** The default export: what follows `export default`, or the name that is exported as such. */
export function defaultExportSpot(source: SourceFile): LabelledPlace | undefined {
  for (const node of source.parsed.program.body) {
    if (node.type === 'ExportDefaultDeclaration') return source.spot(node.declaration);
  }
  return exportSpot(source, 'default');
}

/** The name `name` where it is exported. */
export function exportSpot(source: SourceFile, name: string): LabelledPlace | undefined {
  for (const { exportName } of source.parsed.module.staticExports.flatMap((one) => one.entries)) {
    if (exportName.name === name && exportName.start !== null && exportName.end !== null) {
      return source.spot(exportName as Span);
    }
  }
  return undefined;
}
