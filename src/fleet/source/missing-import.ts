// What to import for a name that a file uses and does not have.
import { readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { didYouMean, nearest } from '../../options/index.ts';
import { repositoryOf, steadFolder } from '../hermetic/repositories.ts';
import { allExports } from './exports.ts';
import { sourceFile, type SourceFile } from './file.ts';

/** The sentence to write for it, or the nearest names. */
export function missingImport(name: string, source: SourceFile): string {
  const ofStead = allExports(join(steadFolder, 'src', 'index.ts')).values;
  if (ofStead.includes(name)) {
    return importsFrom(source, 'stead')
      ? `Add \`${name}\` to what is imported from 'stead'.`
      : `Import it: \`import { ${name} } from 'stead';\``;
  }
  const own = exportingFile(name, source);
  const specifier = own ?? moduleOfStead(name);
  if (specifier !== undefined) return `Import it: \`import { ${name} } from '${specifier}';\``;
  const near = nearest(name, [...namesIn(source), ...ofStead]).map((one) => `\`${one}\``);
  return didYouMean(near) ?? 'Declare it in this file, or import it from the one that exports it.';
}

function importsFrom(source: SourceFile, specifier: string): boolean {
  return source.parsed.module.staticImports.some(({ moduleRequest }) => moduleRequest.value === specifier);
}

/** The file of the repository that exports the name, as `source` would import it. */
function exportingFile(name: string, { path }: SourceFile): string | undefined {
  const repository = repositoryOf(path);
  const folders = repository === undefined ? [] : ['hosts', 'modules'].map((one) => join(repository, one));
  const file = folders.flatMap(filesBelow).find((one) => one !== path && declaresExport(one, name));
  if (file === undefined) return undefined;
  const way = relative(dirname(path), file).split(sep).join('/');
  return way.startsWith('.') ? way : `./${way}`;
}

function moduleOfStead(name: string): string | undefined {
  const folder = join(steadFolder, 'modules');
  const found = namesBelow(folder).find((module) =>
    allExports(join(folder, module, 'index.ts')).values.includes(name),
  );
  return found && `stead/modules/${found}`;
}

function filesBelow(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return names
      .filter((name) => /\.[jt]s$/.test(name) && !name.includes('node_modules'))
      .map((name) => join(folder, name));
  } catch {
    // A repository has what folders it likes.
    return [];
  }
}

function namesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
}

/** Without parsing every file there is. */
function declaresExport(file: string, name: string): boolean {
  const text = sourceFile(file)?.text ?? '';
  return text.includes(name) && allExports(file).values.includes(name);
}

/** What a file imports and declares at its top. */
function namesIn({ parsed: { module, program } }: SourceFile): readonly string[] {
  const imported = module.staticImports.flatMap(({ entries }) =>
    entries.map(({ localName }) => localName.value),
  );
  const declared = program.body.flatMap((statement) => {
    const node = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (node?.type === 'VariableDeclaration') {
      return node.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []));
    }
    return node?.type === 'FunctionDeclaration' && node.id !== null ? [node.id.name] : [];
  });
  return [...imported, ...declared];
}
