// Looking around in a syntax tree.
import type { CallExpression, Expression, Node, Program } from 'oxc-parser';

/** Every node below `node`, itself included, in the order of the source. */
export function* nodes(node: Node): Generator<Node> {
  yield node;
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) yield* nodes(item);
    } else if (isNode(value)) yield* nodes(value);
  }
}

/** The call that V8 places at `offset`. */
export function callAt(program: Program, offset: number, text: string): CallExpression | undefined {
  for (const node of nodes(program)) {
    if (node.type === 'CallExpression' && callPosition(node, text) === offset) return node;
  }
  return undefined;
}

/** What a `const` called `name` is initialised with: the one that last stands before `offset`, else the first. */
export function constantNamed(program: Program, name: string, offset: number): Expression | undefined {
  let found: Expression | undefined;
  for (const node of nodes(program)) {
    if (node.type !== 'VariableDeclaration' || node.kind !== 'const') continue;
    for (const { id, init } of node.declarations) {
      if (id.type !== 'Identifier' || id.name !== name || init === null) continue;
      if (found === undefined || id.start < offset) found = init;
    }
  }
  return found;
}

/** V8 places `f(…)` at `f`, `a.f(…)` at `f`, and any other call, `f?.(…)` among them, at its opening parenthesis. */
function callPosition({ callee, typeArguments, optional }: CallExpression, text: string): number {
  if (callee.type === 'Identifier' && !optional) return callee.start;
  if (callee.type === 'MemberExpression' && !callee.computed && !optional) return callee.property.start;
  return text.indexOf('(', typeArguments?.end ?? callee.end);
}

function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
  );
}
