// From a definition in a profile that is a function to the call of it, and the very argument that the value is made of.
import type { Function as FunctionNode, ArrowFunctionExpression, Node, ParamPattern } from 'oxc-parser';
import type { LabelledPlace, Place } from '../../options/index.ts';
import { writtenSpot } from './constant.ts';
import { descend } from './descend.ts';
import { sourceFile, type SourceFile } from './file.ts';
import type { Spot } from './pinpoint.ts';
import { callAt, nodes } from './tree.ts';

/**
 * Where another file calls the profile with what makes the value at a place; undefined where the profile says it all.
 * @param value the value as the profile's source has it
 */
export function callSpot(
  { place, calls = [] }: LabelledPlace,
  source: SourceFile,
  value: Node,
): (Spot & { readonly written?: Spot | undefined }) | undefined {
  let here: Standing = { source, at: place, value };
  for (const at of calls) {
    const next = outward(here, at);
    if (next === undefined) break;
    here = next;
  }
  if (here.at.file === place.file) return undefined;
  if (here.value.type === 'CallExpression') return here.source.spot(here.value.callee);
  return { ...here.source.spot(here.value), written: writtenSpot(here.source, here.value) };
}

/** A piece of source that a value is made of, the whole of a call where it is made of more than one thing there, and the call around it that has led to the definition. */
interface Standing {
  readonly source: SourceFile;
  readonly at: Place;
  readonly value: Node;
}

/** The same one call further out. */
function outward(here: Standing, call: Place): Standing | undefined {
  const { source, at, value } = here;
  const around = functionAround(source, source.offsetOf(at), value);
  const outer = sourceFile(call.file);
  const node = outer && callAt(outer.parsed.program, outer.offsetOf(call), outer.text);
  if (around === undefined || outer === undefined || node === undefined) return undefined;
  // A function in between, which the value does not depend on.
  if (outer === source && contains(around, node)) return here;
  const used = parametersIn(value, around);
  // A function that a list is mapped by.
  if (outer === source && node.arguments.some((argument) => contains(argument, around))) {
    return { source, at: call, value: node.callee.type === 'MemberExpression' ? node.callee.object : node };
  }
  const [only] = used;
  const argument = used.length === 1 ? node.arguments[only!.index] : undefined;
  if (argument === undefined || node.arguments.some(({ type }) => type === 'SpreadElement')) {
    return { source: outer, at: call, value: node };
  }
  const { program } = outer.parsed;
  return {
    source: outer,
    at: call,
    value: descend(argument, { program, keys: only!.keys, focus: undefined }),
  };
}

/** A parameter by its position, and the keys inside it where it is taken apart. */
interface Parameter {
  readonly name: string;
  readonly index: number;
  readonly keys: readonly string[];
}

type AnyFunction = FunctionNode | ArrowFunctionExpression;

/** The parameters of a function that a piece of its source is made of. */
function parametersIn(value: Node, { params }: AnyFunction): readonly Parameter[] {
  const names = new Set(namesIn(value));
  return params.flatMap(parametersOf).filter(({ name }) => names.has(name));
}

/** The variables that a piece of source reads; names of properties are none. */
function namesIn(value: Node): readonly string[] {
  const all = [...nodes(value)];
  const properties = new Set(
    all.flatMap((node) => {
      if (node.type === 'MemberExpression' && !node.computed) return [node.property];
      return node.type === 'Property' && !node.computed && !node.shorthand ? [node.key] : [];
    }),
  );
  return all.flatMap((node) =>
    node.type === 'Identifier' && !properties.has(node as never) ? [node.name] : [],
  );
}

function parametersOf(param: ParamPattern, index: number): readonly Parameter[] {
  const pattern = param.type === 'AssignmentPattern' ? param.left : param;
  if (pattern.type === 'Identifier') return [{ name: pattern.name, index, keys: [] }];
  if (pattern.type !== 'ObjectPattern') return [];
  return pattern.properties.flatMap((property) => {
    if (property.type !== 'Property' || property.key.type !== 'Identifier') return [];
    const target = property.value.type === 'AssignmentPattern' ? property.value.left : property.value;
    return target.type === 'Identifier' ? [{ name: target.name, index, keys: [property.key.name] }] : [];
  });
}

/** The innermost function around an offset that has a parameter which `value` is made of. */
function functionAround({ parsed }: SourceFile, offset: number, value: Node): AnyFunction | undefined {
  let found: AnyFunction | undefined;
  for (const node of nodes(parsed.program)) {
    const isFunction =
      node.type === 'ArrowFunctionExpression' ||
      node.type === 'FunctionExpression' ||
      node.type === 'FunctionDeclaration';
    if (!isFunction || offset < node.start || node.end <= offset) continue;
    if (parametersIn(value, node).length > 0) found = node;
  }
  return found;
}

function contains(outer: Node, inner: Node): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
