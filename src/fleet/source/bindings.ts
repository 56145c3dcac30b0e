// Names that a file declares twice, exports without declaring, or imports in the middle of its code: what Node
// refuses without saying where, and the parser, for the sake of TypeScript, lets pass.
import type { Node, Span } from 'oxc-parser';
import { SteadError } from '../../options/index.ts';
import type { SourceFile } from './file.ts';
import { nodes } from './tree.ts';

/** The errors of a file's names, in the order of the source. */
export function bindingErrors(source: SourceFile): readonly SteadError[] {
  const declared = new Map<string, Span>();
  const errors: SteadError[] = [];
  for (const { name, span } of declarations(source)) {
    const first = declared.get(name);
    if (first === undefined) declared.set(name, span);
    else errors.push(declaredTwice(source, name, first, span));
  }
  return [...errors, ...undeclaredExports(source, declared), ...innerImports(source)];
}

/** What stands at the top of the file: imports of values, constants, functions and classes. */
function* declarations(source: SourceFile): Generator<{ readonly name: string; readonly span: Span }> {
  const { module, program } = source.parsed;
  for (const { localName, isType } of module.staticImports.flatMap((one) => one.entries)) {
    if (!isType) yield { name: localName.value, span: localName };
  }
  for (const statement of program.body) {
    const isExport =
      statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration';
    yield* declaredBy(isExport ? statement.declaration : statement);
  }
}

function* declaredBy(node: Node | null): Generator<{ readonly name: string; readonly span: Span }> {
  if (node === null) return;
  if (node.type === 'VariableDeclaration') {
    for (const { id } of node.declarations) yield* bound(id);
  } else if ((node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') && node.id !== null) {
    yield { name: node.id.name, span: node.id };
  }
}

/** The names that a pattern binds: `a`, `{ a, b: [c] }`. */
function* bound(pattern: Node): Generator<{ readonly name: string; readonly span: Span }> {
  switch (pattern.type) {
    case 'Identifier':
      yield { name: pattern.name, span: { start: pattern.start, end: pattern.start + pattern.name.length } };
      return;
    case 'ObjectPattern':
      for (const property of pattern.properties) {
        yield* bound(property.type === 'RestElement' ? property.argument : property.value);
      }
      return;
    case 'ArrayPattern':
      for (const element of pattern.elements) if (element !== null) yield* bound(element);
      return;
    case 'AssignmentPattern':
      yield* bound(pattern.left);
      return;
    case 'RestElement':
      yield* bound(pattern.argument);
      return;
    default:
  }
}

function* undeclaredExports(source: SourceFile, declared: ReadonlyMap<string, Span>): Generator<SteadError> {
  const types = new Set<string>();
  for (const node of nodes(source.parsed.program)) {
    if (node.type === 'TSTypeAliasDeclaration' || node.type === 'TSInterfaceDeclaration')
      types.add(node.id.name);
  }
  for (const node of source.parsed.program.body) {
    if (node.type !== 'ExportNamedDeclaration' || node.source !== null || node.exportKind === 'type')
      continue;
    for (const { local, exportKind } of node.specifiers) {
      if (
        local.type !== 'Identifier' ||
        exportKind === 'type' ||
        declared.has(local.name) ||
        types.has(local.name)
      )
        continue;
      yield new SteadError({
        code: 'import.syntax',
        message: `\`${local.name}\` is exported, and the file declares nothing of that name`,
        places: [source.spot(local)],
        hint: `The file declares ${[...declared.keys()].join(', ') || 'nothing'}.`,
      });
    }
  }
}

function* innerImports(source: SourceFile): Generator<SteadError> {
  const { program } = source.parsed;
  for (const node of nodes(program)) {
    if (node.type !== 'ImportDeclaration' || program.body.includes(node)) continue;
    yield new SteadError({
      code: 'import.syntax',
      message: 'an import stands inside other code',
      places: [source.spot(node)],
      hint: 'Move it to the top of the file.',
    });
  }
}

function declaredTwice(source: SourceFile, name: string, first: Span, second: Span): SteadError {
  return new SteadError({
    code: 'import.syntax',
    message: `\`${name}\` is declared twice`,
    places: [
      { ...source.spot(first), label: 'declared here' },
      { ...source.spot(second), label: 'and here' },
    ],
    hint: 'Give one of them another name; an import is renamed by `import { a as b }`.',
  });
}
