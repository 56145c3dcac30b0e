// The errors for imports that configuration may not make, or that lead nowhere.
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { didYouMean, nearest, SteadError, type LabelledPlace } from '../../options/index.ts';
import { sourceFile } from '../source/file.ts';
import { importMetaSpot, importSpot } from '../source/imports.ts';
import { steadFolder } from './repositories.ts';
import type { Importer, Origin } from './imports.ts';

const readSourceHint =
  "Write what it would give into a file of the repository, and read that with readSource('./file').";
const builtinHints: Readonly<Record<string, string>> = {
  fs: "Read files of the repository with readSource('./file'), from 'stead'.",
  'fs/promises': "Read files of the repository with readSource('./file'), from 'stead'.",
  path: "Paths on a host are plain text; files of the repository are read with readSource('./file').",
  url: "`URL` is there without an import; files of the repository are read with readSource('./file').",
  http: 'Fetch it beforehand into a file of the repository, and read that with readSource(…).',
  https: 'Fetch it beforehand into a file of the repository, and read that with readSource(…).',
};

/** @param origins how packages came to be imported, by file */
export function builtinRefused(
  importer: Importer,
  specifier: string,
  origins: ReadonlyMap<string, Origin>,
): SteadError {
  const name = specifier.replace(/^node:/, '');
  if (importer.kind === 'package') {
    const first = firstOrigin(importer.file, origins);
    return new SteadError({
      code: 'evaluation.impure',
      message: `the package ${first.specifier} imports \`${specifier}\`, which configuration cannot use`,
      places: [
        placeOfImport(first.importer.file, first.specifier, 'imported here'),
        placeOfImport(importer.file, specifier, `imports ${specifier}`),
      ],
      hint: 'Configuration sees the files of its repository and nothing else: do without this package.',
    });
  }
  return new SteadError({
    code: 'evaluation.impure',
    message: `\`${specifier}\` cannot be imported: configuration sees the files of its repository and nothing else`,
    places: [placeOfImport(importer.file, specifier)],
    hint: builtinHints[name] ?? readSourceHint,
  });
}

/** @param target the file, or the URL, that the import leads to */
export function outside(importer: Importer, specifier: string, target: string): SteadError {
  return new SteadError({
    code: 'evaluation.impure',
    message: `'${specifier}' is outside the repository: ${target}`,
    places: [placeOfImport(importer.file, specifier)],
    hint: 'Move the file into the repository, or import it as a package.',
  });
}

export function unknownModule(importer: Importer, specifier: string): SteadError {
  const name = /^stead\/(?:modules\/)?([^/]+)/.exec(specifier)?.[1] ?? '';
  const known = readdirSync(join(steadFolder, 'modules'));
  const near = nearest(name, known).map((one) => `'stead/modules/${one}'`);
  return new SteadError({
    code: 'import.unresolved',
    message: `there is no module '${specifier}'`,
    places: [placeOfImport(importer.file, specifier)],
    hint:
      didYouMean(near) ??
      "Modules are imported as 'stead/modules/NAME'; `stead options` lists what there is.",
  });
}

/** For what Node could not resolve; `cause` is its own error. */
export function unresolved(importer: Importer, specifier: string, cause: unknown): SteadError {
  const places = [placeOfImport(importer.file, specifier)];
  if (/^\.{1,2}(\/|$)/.test(specifier)) {
    const hint = nearFiles(importer.file, specifier);
    return new SteadError({
      code: 'import.unresolved',
      message: `there is no file '${specifier}' to import`,
      places,
      hint,
      cause,
    });
  }
  const near = nearest(specifier, ['stead', 'zod']).map((one) => `'${one}'`);
  return new SteadError({
    code: 'import.unresolved',
    message: `there is no package '${specifier}'`,
    places,
    hint:
      didYouMean(near) ??
      `A file of the repository is imported as './${specifier}${extname(specifier) === '' ? '.ts' : ''}'; a package has to be installed with npm first.`,
    cause,
  });
}

export function notCode(importer: Importer, specifier: string, file: string): SteadError {
  const isCommonJs = /\.c[jt]s$/.test(file);
  return new SteadError({
    code: 'import.kind',
    message: isCommonJs
      ? `'${specifier}' is a CommonJS file`
      : `'${specifier}' cannot be imported: only TypeScript, JavaScript and JSON can`,
    places: [placeOfImport(importer.file, specifier)],
    hint: isCommonJs
      ? `Write it with import and export, and call it ${relative(dirname(file), file).replace(/\.c([jt]s)$/, '.$1')}.`
      : `Read its text with readSource('${specifier}').`,
  });
}

export function plainJson(importer: Importer, specifier: string): SteadError {
  return new SteadError({
    code: 'import.kind',
    message: `'${specifier}' is JSON and is imported as if it were code`,
    places: [placeOfImport(importer.file, specifier)],
    hint: `Write: import … from '${specifier}' with { type: 'json' };`,
  });
}

/** @throws SteadError where the file uses `import.meta`, rather than only mentioning it */
export function refuseImportMeta(file: string): void {
  const source = sourceFile(file);
  const spot = source && importMetaSpot(source);
  if (spot === undefined) return;
  throw new SteadError({
    code: 'evaluation.impure',
    message: '`import.meta` is not available to configuration: it says where the repository happens to lie',
    places: [spot],
    hint: "Files are read relative to the file that asks: readSource('./file').",
  });
}

/** Names of files beside the one that is missing, as they would be imported. */
function nearFiles(importer: string, specifier: string): string | undefined {
  const wanted = resolve(dirname(importer), specifier);
  const folder = dirname(wanted);
  const stem = wanted.slice(0, wanted.length - extname(wanted).length);
  const exact = [`${wanted}.ts`, `${stem}.ts`, join(wanted, 'index.ts'), `${wanted}.json`];
  const found = exact.filter((file) => file !== wanted && existsSync(file)).slice(0, 1);
  if (found.length === 0) found.push(...namedLike(wanted).filter((file) => file !== importer));
  const near = found.map((file) => `'${asSpecifier(dirname(importer), file)}'`);
  return (
    didYouMean(near) ??
    (existsSync(folder)
      ? undefined
      : `There is no folder '${asSpecifier(dirname(importer), folder)}' either.`)
  );
}

/** Files in the folder of `wanted` whose names, without endings, are near its own. */
function namedLike(wanted: string): string[] {
  const folder = dirname(wanted);
  if (!existsSync(folder)) return [];
  const stem = (name: string): string => basename(name, extname(name));
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  const near = nearest(
    stem(wanted),
    files.map((entry) => stem(entry.name)),
  );
  return near.flatMap((name) =>
    files.filter((entry) => stem(entry.name) === name).map((entry) => join(folder, entry.name)),
  );
}

function asSpecifier(from: string, file: string): string {
  const path = relative(from, file).split(sep).join('/');
  return path.startsWith('.') ? path : `./${path}`;
}

function firstOrigin(file: string, origins: ReadonlyMap<string, Origin>): Origin {
  let origin = origins.get(file)!;
  while (origin.importer.kind === 'package') origin = origins.get(origin.importer.file)!;
  return origin;
}

function placeOfImport(file: string, specifier: string, label?: string): LabelledPlace {
  const source = sourceFile(file);
  const spot = (source && importSpot(source, specifier)) ?? { place: { file, line: 1, column: 1 } };
  return label === undefined ? spot : { ...spot, label };
}
