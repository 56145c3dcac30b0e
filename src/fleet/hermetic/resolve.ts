// What configuration may import: files of its repository, stead with its modules, zod, and packages that
// keep to the same rule. Node asks here about every import.
import { existsSync } from 'node:fs';
import {
  createRequire,
  isBuiltin,
  registerHooks,
  type ImportAttributes,
  type LoadHookSync,
  type ResolveFnOutput,
  type ResolveHookContext,
  type ResolveHookSync,
} from 'node:module';
import { extname, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { guardCostly } from './guarded.ts';
import { packageFiles, remember, type Importer } from './imports.ts';
import { folderAround, repositoryOf, steadFolder } from './repositories.ts';

const require = createRequire(import.meta.url);
const engineFolder = join(steadFolder, 'src') + sep;
const engineEntry = pathToFileURL(join(engineFolder, 'index.ts')).href;
const formats: Readonly<Record<string, string>> = {
  '.ts': 'module-typescript',
  '.mts': 'module-typescript',
  '.js': 'module',
  '.mjs': 'module',
  '.json': 'json',
};
let registered = false;

/** Puts every later import of this process under these rules. */
export function enforceImports(): void {
  if (registered) return;
  registered = true;
  registerHooks({ resolve, load });
}

const resolve: ResolveHookSync = (specifier, context, next) => {
  const importer = importerOf(context.parentURL);
  if (importer === undefined) return formatted(next(specifier, context));
  if (isBuiltin(specifier) || specifier.startsWith('node:')) {
    throw refusals().builtinRefused(importer, specifier, packageFiles);
  }
  const result = steadsOwn(importer, specifier) ?? found(importer, specifier, context, next);
  const file = checked(importer, specifier, result);
  if (importer.kind === 'configuration') {
    checkFormat(importer, specifier, file, context.importAttributes);
    remember(importer.file, specifier, file);
  }
  return formatted(result);
};

const load: LoadHookSync = (url, context, next) => {
  const result = next(url, context);
  const file = fileOf(url);
  const { source } = result;
  if (file === undefined || source === undefined || source === null) return result;
  const isConfiguration = repositoryOf(file) !== undefined;
  if (!isConfiguration && !packageFiles.has(file)) return result;
  const bytes = typeof source === 'string' ? Buffer.from(source) : Buffer.from(source as Uint8Array);
  if (bytes.includes('WebSocket')) guardCostly('WebSocket');
  if (isConfiguration && bytes.includes('import.meta')) refusals().refuseImportMeta(file);
  return result;
};

function importerOf(url: string | undefined): Importer | undefined {
  const file = url === undefined ? undefined : fileOf(url);
  if (file === undefined) return undefined;
  const repository = repositoryOf(file);
  if (repository !== undefined) return { kind: 'configuration', file, repository };
  return packageFiles.has(file) ? { kind: 'package', file } : undefined;
}

/** `stead` and its modules are those that run, wherever the repository stands. */
function steadsOwn(importer: Importer, specifier: string): ResolveFnOutput | undefined {
  if (specifier === 'stead') return { url: engineEntry, shortCircuit: true };
  if (!specifier.startsWith('stead/')) return undefined;
  const name = /^stead\/modules\/([^/]+)$/.exec(specifier)?.[1];
  const file = name === undefined ? undefined : join(steadFolder, 'modules', name, 'index.ts');
  if (file === undefined || !existsSync(file)) throw refusals().unknownModule(importer, specifier);
  return { url: pathToFileURL(file).href, shortCircuit: true };
}

function found(
  importer: Importer,
  specifier: string,
  context: ResolveHookContext,
  next: (specifier: string, context?: Partial<ResolveHookContext>) => ResolveFnOutput,
): ResolveFnOutput {
  const isZod = importer.kind === 'configuration' && /^zod(\/|$)/.test(specifier);
  try {
    return next(specifier, isZod ? { ...context, parentURL: import.meta.url } : context);
  } catch (error) {
    if (importer.kind === 'package') throw error;
    throw refusals().unresolved(importer, specifier, error);
  }
}

/** The file that an import leads to, if it may be read. */
function checked(importer: Importer, specifier: string, { url }: ResolveFnOutput): string {
  if (url.startsWith('node:')) throw refusals().builtinRefused(importer, specifier, packageFiles);
  const file = fileOf(url);
  if (file === undefined) throw refusals().outside(importer, specifier, url);
  const around = folderAround(file);
  const isPackage = !/^(\.{0,2}\/|file:|#)/.test(specifier);
  const isNear = around === steadFolder || around === folderAround(importer.file);
  if (importer.kind === 'configuration' && !isPackage && !isNear) {
    throw refusals().outside(importer, specifier, file);
  }
  const isFree = file.startsWith(engineFolder) || file.includes(`${sep}node_modules${sep}zod${sep}`);
  if (repositoryOf(file) === undefined && !isFree && !packageFiles.has(file)) {
    packageFiles.set(file, { importer, specifier });
  }
  return file;
}

function checkFormat(
  importer: Importer,
  specifier: string,
  file: string,
  attributes: ImportAttributes,
): void {
  if (repositoryOf(file) === undefined) return;
  const format = formats[extname(file)];
  if (format === undefined) throw refusals().notCode(importer, specifier, file);
  if (format === 'json' && attributes.type !== 'json') throw refusals().plainJson(importer, specifier);
}

/** Says what language a configuration file is in, which Node would otherwise guess, with a warning. */
function formatted(result: ResolveFnOutput): ResolveFnOutput {
  const file = fileOf(result.url);
  const format = file === undefined || repositoryOf(file) === undefined ? undefined : formats[extname(file)];
  return format === undefined ? result : { ...result, format };
}

function fileOf(url: string): string | undefined {
  return url.startsWith('file:') ? fileURLToPath(url.replace(/[?#].*$/, '')) : undefined;
}

/** The texts of refusals, loaded when there is one. Node wants the answer at once, so not by `import()`. */
function refusals(): typeof import('./refusals.ts') {
  return require('./refusals.ts') as typeof import('./refusals.ts');
}
