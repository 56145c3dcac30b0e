// Following option keys through the literals of a syntax tree.
import type {
  ArrayExpression,
  CallExpression,
  MemberExpression,
  Node,
  ObjectExpression,
  Program,
} from 'oxc-parser';
import type { SourceKey } from '../../options/index.ts';
import { constantNamed, nodes } from './tree.ts';

/** The node that keys lead to, or the last one on the way to it. */
export interface Found {
  readonly node: Node;
  /** How many of the keys were followed. */
  readonly depth: number;
}

export interface Way {
  readonly program: Program;
  readonly keys: readonly SourceKey[];
  readonly focus: 'key' | undefined;
  /** Stay at the use of a constant instead of going where it is declared. */
  readonly staysAtUse?: boolean;
}

const wrappers = new Set(['force', 'fallback', 'before', 'after', 'priority', 'order', 'when', 'merge']);

/** The node below `start` that the keys name; the deepest one found where the source computes the rest. */
export function descend(start: Node, way: Way): Node {
  return descended(start, way).node;
}

/** As `descend`, with how many of the keys were followed. */
export function descended(start: Node, way: Way): Found {
  return follow(start, 0, way, new Set());
}

/** @param passed identifiers on the way, so that constants that name each other end */
function follow(node: Node, depth: number, way: Way, passed: ReadonlySet<Node>): Found {
  const here: Found = { node, depth };
  const into = (inner: Node): Found => follow(inner, depth, way, passed);
  const key = way.keys[depth];
  if (typeof key === 'object') {
    const part = isMerge(node) ? node.arguments[key.part] : undefined;
    if (part !== undefined && part.type !== 'SpreadElement') return follow(part, depth + 1, way, passed);
    // A `merge` that the source does not show.
    if (isMerge(node) || isLiteral(node)) return follow(node, depth + 1, way, passed);
  }
  const inner = enclosed(node);
  if (inner.length === 1) return into(inner[0]!);
  if (depth === way.keys.length) return here;
  switch (node.type) {
    case 'ObjectExpression':
      return followObject(node, depth, way, passed);
    case 'ArrayExpression':
      return followArray(node, depth, way, passed);
    case 'Identifier': {
      if (passed.has(node) || way.staysAtUse === true) return here;
      const constant = constantNamed(way.program, node.name, node.start);
      if (constant === undefined) return here;
      return deepest([follow(constant, depth, way, new Set([...passed, node]))], here);
    }
    case 'MemberExpression': {
      if (node.computed || node.property.type !== 'Identifier' || way.staysAtUse === true) return here;
      const keys = [node.property.name, ...way.keys.slice(depth)];
      const found = follow(node.object, 0, { ...way, keys }, passed);
      return deepest([{ node: found.node, depth: depth + found.depth - 1 }], here);
    }
    case 'ConditionalExpression':
      return deepest([into(node.consequent), into(node.alternate)], here);
    case 'LogicalExpression':
      return deepest([into(node.left), into(node.right)], here);
    case 'CallExpression': {
      const [shape] =
        node.callee.type === 'MemberExpression' && isShape(node.callee) ? node.arguments : inner;
      return inner.length > 1 || shape === undefined
        ? deepest(inner.map(into), here)
        : deepest([into(shape)], here);
    }
    default:
      return deepest(inner.map(into), here);
  }
}

function followObject(node: ObjectExpression, depth: number, way: Way, passed: ReadonlySet<Node>): Found {
  const key = String(way.keys[depth]);
  for (const property of node.properties.toReversed()) {
    if (property.type === 'SpreadElement') {
      const found = follow(property.argument, depth, way, passed);
      if (found.depth > depth) return found;
    } else if (keyOf(property.key, property.computed, way.program) === key) {
      const last = depth + 1 === way.keys.length;
      if (last && way.focus === 'key') return { node: property.key, depth: depth + 1 };
      return follow(property.value, depth + 1, way, passed);
    }
  }
  const [only, ...more] = node.properties.filter(
    (property) => property.type === 'Property' && mayBe(property.key, property.computed, way.program, key),
  );
  if (only === undefined || only.type === 'SpreadElement' || more.length > 0) return { node, depth };
  const last = depth + 1 === way.keys.length;
  return last && way.focus === 'key'
    ? { node: only.key, depth: depth + 1 }
    : follow(only.value, depth + 1, way, passed);
}

/** Whether a key that is computed may come out as `key`. */
function mayBe(node: Node, computed: boolean, program: Program, key: string): boolean {
  if (!computed || keyOf(node, computed, program) !== undefined) return false;
  if (node.type !== 'TemplateLiteral') return true;
  const [first = '', ...others] = node.quasis.map(({ value }) => value.cooked ?? '');
  return key.startsWith(first) && key.endsWith(others.at(-1) ?? '');
}

function followArray(node: ArrayExpression, depth: number, way: Way, passed: ReadonlySet<Node>): Found {
  let index = Number(way.keys[depth]);
  for (const element of node.elements) {
    if (element?.type === 'SpreadElement') {
      const spread = listLiteral(element.argument, way.program);
      if (spread === undefined) break;
      if (index < spread.elements.length) {
        const keys = way.keys.with(depth, index);
        return follow(spread, depth, { ...way, keys }, passed);
      }
      index -= spread.elements.length;
    } else if (index === 0) {
      return element === null ? { node, depth } : follow(element, depth + 1, way, passed);
    } else {
      index -= 1;
    }
  }
  return { node, depth };
}

function isMerge(node: Node): node is CallExpression {
  return node.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === 'merge';
}

function isLiteral(node: Node): boolean {
  return node.type === 'ObjectExpression' || node.type === 'ArrayExpression';
}

/** What a node only wraps: a value in parentheses, in `force(…)`, in a thunk. Several where it could be any. */
function enclosed(node: Node): readonly Node[] {
  switch (node.type) {
    case 'ParenthesizedExpression':
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
    case 'ChainExpression':
      return [node.expression];
    case 'CallExpression':
      return wrappedIn(node);
    case 'ArrowFunctionExpression':
      return node.expression ? [node.body] : returned(node.body);
    case 'FunctionExpression':
    case 'FunctionDeclaration':
      return node.body === null ? [] : returned(node.body);
    default:
      return [];
  }
}

function wrappedIn({ callee, arguments: values }: CallExpression): readonly Node[] {
  if (callee.type !== 'Identifier' || !wrappers.has(callee.name)) return [];
  return callee.name === 'merge' ? values : values.slice(-1);
}

/** `z.object`, which holds what schemas of an object there are. */
function isShape({ property, object }: MemberExpression): boolean {
  return (
    object.type === 'Identifier' &&
    object.name === 'z' &&
    property.type === 'Identifier' &&
    /^(?:strict|loose)?object$/i.test(property.name)
  );
}

/** What a function's own `return` statements give. */
function returned(body: Node): readonly Node[] {
  const inner = new Set<Node>();
  const results: Node[] = [];
  for (const node of nodes(body)) {
    const isFunction = node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression';
    if (isFunction || node.type === 'FunctionDeclaration') for (const one of nodes(node)) inner.add(one);
    if (node.type === 'ReturnStatement' && node.argument !== null && !inner.has(node)) {
      results.push(node.argument);
    }
  }
  return results;
}

function deepest(candidates: readonly Found[], otherwise: Found): Found {
  return candidates.reduce((best, one) => (one.depth > best.depth ? one : best), otherwise);
}

function keyOf(key: Node, computed: boolean, program: Program): string | undefined {
  if (key.type === 'Literal') return key.value === null ? undefined : String(key.value);
  if (key.type === 'TemplateLiteral') {
    return key.expressions.length === 0 ? (key.quasis[0]?.value.cooked ?? undefined) : undefined;
  }
  if (key.type !== 'Identifier') return undefined;
  if (!computed) return key.name;
  const constant = constantNamed(program, key.name, key.start);
  return constant?.type === 'Literal' ? String(constant.value) : undefined;
}

function listLiteral(node: Node, program: Program): ArrayExpression | undefined {
  const list: Node | undefined =
    node.type === 'Identifier' ? constantNamed(program, node.name, node.start) : node;
  if (list?.type === 'TSAsExpression') return listLiteral(list.expression, program);
  return list?.type === 'ArrayExpression' && list.elements.every((one) => one?.type !== 'SpreadElement')
    ? list
    : undefined;
}
