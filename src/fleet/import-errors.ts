// What importing a file of the repository threw, as errors with places. Loaded only when that happens.
import { fileURLToPath } from 'node:url';
import {
  didYouMean,
  framesOf,
  nearest,
  shown,
  SteadError,
  SteadErrors,
  type LabelledPlace,
  type Place,
} from '../options/index.ts';
import { repositoryOf } from './hermetic/repositories.ts';
import { importedFiles } from './hermetic/imports.ts';
import { sourceFile, type SourceFile } from './source/file.ts';
import { allExports, type Exports } from './source/exports.ts';
import { importedNameSpot } from './source/imports.ts';
import { importCycle, reachableFiles } from './source/graph.ts';
import { jsonError } from './source/json.ts';
import { syntaxErrors } from './source/syntax.ts';
import { nodes } from './source/tree.ts';

/**
 * The errors behind a failed import.
 * @param file the file whose import failed, itself or by something that it imports
 */
export function importErrors(error: unknown, file: string): readonly SteadError[] {
  if (error instanceof SteadError) return [placed(error)];
  if (error instanceof SteadErrors) return error.errors;
  if (!(error instanceof Error)) return [thrown(error, file)];
  const missing = / does not provide an export named '([^']+)'|Export '([^']+)' is not defined/.exec(
    error.message,
  );
  if (error instanceof SyntaxError) {
    const json = reachableFiles(file).filter(
      (one) => one.endsWith('.json') && error.message.startsWith(`${one}: `),
    );
    const broken = json
      .map(sourceFile)
      .map((source) => source && jsonError(source))
      .filter((one) => one !== undefined);
    if (broken.length > 0) return broken;
    const name = missing?.[1];
    const found = name === undefined ? undefined : missingExport(name, error, file);
    if (found !== undefined) return [found];
    const syntax = headedFiles(error, file).flatMap(syntaxErrors);
    if (syntax.length > 0) return syntax;
  }
  return [thrown(error, file)];
}

/** An error that was thrown without a place, as writers of files do, with the line of the configuration that led there. */
function placed(error: SteadError): SteadError {
  const place = configurationFrame(error);
  if (error.places.length > 0 || place === undefined) return error;
  return error.with({ places: [{ place }] });
}

function configurationFrame(error: Error): Place | undefined {
  return framesOf(error.stack ?? '').find((frame) => repositoryOf(frame.file) !== undefined);
}

/** The file that Node names above the stack, else every configuration file that the import reached. */
function headedFiles(error: Error, file: string): SourceFile[] {
  const headed = headOf(error);
  const paths = headed === undefined ? reachableFiles(file) : [headed.file];
  return paths
    .filter((path) => !path.endsWith('.json'))
    .map(sourceFile)
    .filter((source) => source !== undefined);
}

/** `file:///…:3` as Node writes it on the first line, before the source line that it means. */
function headOf(error: Error): { file: string; line: number } | undefined {
  const [, url, line] = /^(file:\/\/\S+):(\d+)$/m.exec(error.stack?.split('\n')[0] ?? '') ?? [];
  return url === undefined ? undefined : { file: fileURLToPath(url), line: Number(line) };
}

function missingExport(name: string, error: Error, file: string): SteadError | undefined {
  const headed = headOf(error);
  const importers = headed === undefined ? reachableFiles(file) : [headed.file];
  for (const importer of importers) {
    const source = sourceFile(importer);
    if (source === undefined) continue;
    for (const [specifier, target] of importedFiles(importer)) {
      const spot = importedNameSpot(source, specifier, name);
      if (spot === undefined) continue;
      const exported = allExports(target);
      if (exported.values.includes(name)) continue;
      return new SteadError({
        code: 'import.export',
        message: `'${specifier}' exports no ${name === 'default' ? 'default' : `\`${name}\``}`,
        places: [spot],
        ...exportHint(name, exported),
        cause: error,
      });
    }
  }
  return undefined;
}

function exportHint(name: string, { values, types }: Exports): { hint?: string | undefined } {
  if (types.includes(name)) {
    return {
      hint: `\`${name}\` is a type: write \`import type { ${name} }\`, or \`type ${name}\` inside the braces.`,
    };
  }
  const near = nearest(
    name,
    values.filter((one) => one !== 'default'),
  ).map((one) => `\`${one}\``);
  if (near.length > 0) return { hint: didYouMean(near) };
  if (values.length === 0) return { hint: 'It exports nothing.' };
  if (name === 'default' && values.length > 12)
    return { hint: 'Name what you need in braces: `import { host } from …`.' };
  return values.length > 12 ? {} : { hint: `It exports ${values.join(', ')}.` };
}

/** The first `throw` of a file, for what is thrown without a stack; else its beginning. */
function firstThrow(file: string): LabelledPlace {
  const source = sourceFile(file);
  for (const node of source === undefined ? [] : nodes(source.parsed.program)) {
    if (node.type === 'ThrowStatement') return source!.spot(node);
  }
  return { place: { file, line: 1, column: 1 } };
}

function commonJsHint(text: string): { hint?: string } {
  const name = /^ReferenceError: (require|module|exports|__dirname|__filename) is not defined/.exec(
    text,
  )?.[1];
  if (name === undefined) return {};
  if (name.startsWith('__'))
    return { hint: "Files are read relative to the file that asks: readSource('./file')." };
  return {
    hint:
      name === 'require'
        ? "Write `import … from '…'` at the top of the file."
        : 'Write `export` instead, as in `export default host(…)`.',
  };
}

function thrown(error: unknown, file: string): SteadError {
  const place = error instanceof Error ? configurationFrame(error) : undefined;
  const places: LabelledPlace[] = [place === undefined ? firstThrow(file) : { place }];
  const text = error instanceof Error ? `${error.name}: ${error.message}` : shown(error);
  const early = /^Cannot access '(.+)' before initialization$/.exec(
    error instanceof Error ? error.message : '',
  );
  const cycle = early === null || place === undefined ? undefined : importCycle(place.file);
  if (cycle === undefined) {
    return new SteadError({
      code: 'import.threw',
      message: `loading the file threw ${text}`,
      places,
      ...commonJsHint(text),
      cause: error,
    });
  }
  return new SteadError({
    code: 'import.cycle',
    message: `\`${early![1]}\` is used before the file that makes it has run, as the files import each other`,
    places: [
      ...places,
      ...cycle.map((spot, index) => ({ ...spot, label: index === 0 ? 'imports' : 'which imports' })),
    ],
    hint: 'Move what both need into a third file, or read the other host through `fleet` in a thunk.',
    cause: error,
  });
}
