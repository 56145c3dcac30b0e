// Files that export something else than their folder asks for. Loaded only when one does.
import { isHost, SteadError, type LabelledPlace } from '../options/index.ts';
import { isOverride } from './overrides.ts';
import { descend } from './source/descend.ts';
import { sourceFile } from './source/file.ts';
import { defaultExportSpot, exportSpot } from './source/imports.ts';
import { constantNamed } from './source/tree.ts';

const rules = {
  host: {
    export: 'default',
    code: 'host.export',
    wanted: 'the default export of a file in hosts/ is a host',
    hint: "Write `export default host('NAME', { use: [ … ] })`; what hosts share is exported by name.",
  },
  overlay: {
    export: 'default',
    code: 'overlay.export',
    wanted: 'the default export of an overlay is a function',
    hint: 'Write `export default (final, prev) => ({ name: { … } })`.',
  },
  overrides: {
    export: 'implementations',
    code: 'overlay.export',
    wanted: '`implementations` of an overlay is a list of changes to implementations',
    hint: 'Write `export const implementations = [wrap(set, (previous) => ({ … }))]`.',
  },
} as const;

/** The error for a file that exports `value` where its folder asks for something else. */
export function wrongExport(file: string, rule: keyof typeof rules, value: unknown): SteadError {
  const { code, wanted, hint } = rules[rule];
  const item = Array.isArray(value) && rule === 'overrides' ? value.findIndex((one) => !isOverride(one)) : -1;
  return new SteadError({
    code,
    message: `${wanted}, and here it ${item === -1 ? `is ${described(value)}` : `lists ${described((value as unknown[])[item])}`}`,
    places: [(item === -1 ? undefined : itemSpot(file, item)) ?? exportPlace(file, rules[rule].export)],
    hint,
  });
}

/** A host that two files export: its errors, and its bundle, would be there twice. */
export function exportedTwice(name: string, first: string, second: string): SteadError {
  return new SteadError({
    code: 'host.export',
    host: name,
    message: 'two files export this host',
    places: [first, second].map((file) => ({ ...exportPlace(file, 'default'), label: 'exported here' })),
    hint: "Export it from one of them; extend(base, { name: 'NAME', use: [ … ] }) makes a variant.",
  });
}

/** A name that a file exports. */
export interface ExportName {
  readonly file: string;
  readonly name: string;
}

/** Hosts that are exported by name alone, so that the fleet would be without them. */
export function exportedByName(hosts: readonly ExportName[]): SteadError {
  return new SteadError({
    code: 'host.export',
    message: 'a host is the default export of its file, and here it is exported by name',
    places: hosts.map(({ file, name }) => exportPlace(file, name)),
    hint: "Write `export default host('NAME', { use: [ … ] })`, each host in a file of its own.",
  });
}

/** Where in the default export of an overlay a package, or a field of it, is said. */
export function packagePlace(file: string, keys: readonly string[], focus?: 'key'): LabelledPlace {
  const source = sourceFile(file);
  const exported = source?.parsed.program.body.find((node) => node.type === 'ExportDefaultDeclaration');
  if (source === undefined || exported === undefined) return exportPlace(file, 'default');
  return source.spot(descend(exported.declaration, { program: source.parsed.program, keys, focus }));
}

/** An item of the list that an overlay exports as `implementations`. */
function itemSpot(file: string, index: number): LabelledPlace | undefined {
  const source = sourceFile(file);
  if (source === undefined) return undefined;
  const list = constantNamed(source.parsed.program, rules.overrides.export, source.text.length);
  if (list === undefined) return undefined;
  return source.spot(descend(list, { program: source.parsed.program, keys: [index], focus: undefined }));
}

/** Where a file exports `name`. */
export function exportPlace(file: string, name: string): LabelledPlace {
  const source = sourceFile(file);
  const spot = source && (name === 'default' ? defaultExportSpot(source) : exportSpot(source, name));
  return spot ?? { place: { file, line: 1, column: 1 } };
}

function described(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return 'schema' in value ? `the option set ${value.name}` : 'a function';
  if (value instanceof Promise) return 'a promise';
  if (isHost(value)) return `the host ${value.name}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
