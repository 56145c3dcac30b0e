// From the use of a constant to where its value is written, in the same file or in one that it is imported from.
import type { Node } from 'oxc-parser';
import { importedFiles } from '../hermetic/imports.ts';
import { descended } from './descend.ts';
import { allExports } from './exports.ts';
import { sourceFile, type SourceFile } from './file.ts';
import type { Spot } from './pinpoint.ts';
import { constantNamed, nodes } from './tree.ts';

/** Where the value of `PORT`, `ports.http` or `keys['pi5-0']` is written; undefined for what is no constant. */
export function writtenSpot(source: SourceFile, use: Node, keys: readonly Key[] = []): Spot | undefined {
  const named = reference(use);
  if (named === undefined || isParameter(source, named.name, use.start)) return undefined;
  const found = declared(source, named.name, use.start, [...named.keys, ...keys]);
  if (found === undefined) return undefined;
  if (found.isWhole && named.keys.length + keys.length > 0) return found.source.spot(found.node);
  if (!WRITTEN.has(found.node.type)) return undefined;
  const isEmpty = found.node.type === 'ObjectExpression' && found.node.properties.length === 0;
  return isEmpty ? undefined : found.source.spot(found.node);
}

/** Whether a node is a constant by its name, or something in one. */
export function isReference(node: Node): boolean {
  return reference(node) !== undefined;
}

/** What is in a module that is imported as a whole under that name; undefined for another name. */
export function exportedNames(source: SourceFile, name: string): readonly string[] | undefined {
  for (const { entries, moduleRequest } of source.parsed.module.staticImports) {
    if (!entries.some((one) => one.localName.value === name && one.importName.kind === 'NamespaceObject'))
      continue;
    const file = importedFiles(source.path).get(moduleRequest.value);
    return file === undefined ? undefined : allExports(file).values;
  }
  return undefined;
}

/** The keys of the object that a constant holds; undefined where it is computed. */
export function keysOfConstant(
  source: SourceFile,
  name: string,
  offset: number,
): readonly string[] | undefined {
  const node = isParameter(source, name, offset) ? undefined : declared(source, name, offset, [])?.node;
  if (node?.type !== 'ObjectExpression') return undefined;
  const keys = node.properties.map((one) => {
    if (one.type !== 'Property' || one.computed) return undefined;
    return one.key.type === 'Identifier'
      ? one.key.name
      : one.key.type === 'Literal'
        ? String(one.key.value)
        : undefined;
  });
  return keys.every((key) => key !== undefined) ? keys : undefined;
}

type Key = string | number;

/** What says a value, and does not compute it. */
const WRITTEN: ReadonlySet<Node['type']> = new Set([
  'Literal',
  'TemplateLiteral',
  'UnaryExpression',
  'ArrayExpression',
  'ObjectExpression',
]);

/** A constant, and the keys that are read in it. */
function reference(node: Node): { readonly name: string; readonly keys: readonly Key[] } | undefined {
  switch (node.type) {
    case 'Identifier':
      return { name: node.name, keys: [] };
    case 'TSNonNullExpression':
    case 'TSAsExpression':
    case 'ParenthesizedExpression':
      return reference(node.expression);
    case 'MemberExpression': {
      const inner = reference(node.object);
      const { property } = node;
      const key =
        property.type === 'Literal' && node.computed
          ? property.value
          : property.type === 'Identifier' && !node.computed
            ? property.name
            : undefined;
      return inner === undefined || (typeof key !== 'string' && typeof key !== 'number')
        ? undefined
        : { name: inner.name, keys: [...inner.keys, key] };
    }
    default:
      return undefined;
  }
}

interface Written {
  readonly source: SourceFile;
  readonly node: Node;
  /** All keys lead to it. */
  readonly isWhole: boolean;
}

function declared(
  source: SourceFile,
  name: string,
  offset: number,
  keys: readonly Key[],
): Written | undefined {
  const { program, module } = source.parsed;
  const constant = constantNamed(program, name, offset);
  if (constant !== undefined) {
    const isFunction = constant.type === 'ArrowFunctionExpression' || constant.type === 'FunctionExpression';
    if (isFunction) return undefined;
    const { node, depth } = descended(constant, { program, keys, focus: undefined });
    return { source, node, isWhole: depth === keys.length };
  }
  for (const { entries, moduleRequest } of module.staticImports) {
    for (const { localName, importName, isType } of entries) {
      if (localName.value !== name || isType) continue;
      const target = sourceFile(importedFiles(source.path).get(moduleRequest.value) ?? '');
      const own = importName.kind === 'Name' ? importName.name : null;
      const [first, ...others] = own === null ? keys : [own, ...keys];
      if (target === undefined || typeof first !== 'string' || importName.kind === 'Default')
        return undefined;
      return declared(target, first, target.text.length, others);
    }
  }
  return undefined;
}

/** Whether a function around the offset has a parameter of that name, whose value its callers say. */
function isParameter({ parsed: { program } }: SourceFile, name: string, offset: number): boolean {
  for (const node of nodes(program)) {
    const isFunction =
      node.type === 'ArrowFunctionExpression' ||
      node.type === 'FunctionExpression' ||
      node.type === 'FunctionDeclaration';
    if (!isFunction || offset < node.start || offset >= node.end) continue;
    for (const param of node.params) {
      for (const one of nodes(param)) if (one.type === 'Identifier' && one.name === name) return true;
    }
  }
  return false;
}
