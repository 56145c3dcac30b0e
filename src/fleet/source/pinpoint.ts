// From the place of a call, and the keys of an option inside it, to the exact spot in the source.
import type { Node, Program } from 'oxc-parser';
import type { LabelledPlace, Place } from '../../options/index.ts';
import { callSpot } from './call.ts';
import { isReference, writtenSpot } from './constant.ts';
import { descend, descended } from './descend.ts';
import { sourceFile, type SourceFile } from './file.ts';
import { callAt, nodes } from './tree.ts';

/** A spot on one line: where it begins, and how many characters it covers there. */
export interface Spot {
  readonly place: Place;
  readonly length: number;
}

/**
 * The spot in the source that a place means: with `keys`, the value (or with `focus`, the key) that
 * they lead to in the last argument (or in `argument`) of the call that stands there. Where the source computes that
 * value or takes it from another file, the nearest spot around it, at worst the call's name.
 */
export function pinpoint(labelled: LabelledPlace): Spot {
  const { place, length } = labelled;
  const source = sourceFile(place.file);
  if (source === undefined) return { place, length: length ?? 1 };
  const node = pinpointNode(labelled);
  if (node !== undefined) return source.spot(node);
  const rest = source.line(place.line)?.slice(place.column - 1) ?? '';
  // V8 places the reading of a property at its dot.
  const [, dot = '', name = ''] = /^((?:\?\.|\.)\s*)?([\w$]+)/.exec(rest) ?? [];
  return {
    place: dot === '' ? place : { ...place, column: place.column + dot.length },
    length: length ?? Math.max(1, name.length),
  };
}

/** The spot where a profile that is a function is called with what the value at a place is made of, if it is so. */
export function pinpointCall(labelled: LabelledPlace): ReturnType<typeof callSpot> {
  const source = labelled.calls === undefined ? undefined : sourceFile(labelled.place.file);
  const node = source && pinpointNode(labelled);
  return node && callSpot(labelled, source!, node);
}

/**
 * The other end of a constant that the value at a place comes through: where it is written if the spot is its use, and
 * the use if the spot is where it is written.
 */
export function pinpointConstant(labelled: LabelledPlace): (Spot & { readonly label: string }) | undefined {
  const { keys = [], focus } = labelled;
  const source = sourceFile(labelled.place.file);
  const argument = source && argumentAt(source, labelled);
  if (argument === undefined || focus !== undefined) return undefined;
  const { program } = source!.parsed;
  const use = descended(argument, { program, keys, focus, staysAtUse: true });
  const { node } = descended(argument, { program, keys, focus });
  if (node.start < argument.start || node.end > argument.end) {
    return isReference(use.node) ? { ...source!.spot(use.node), label: 'used here' } : undefined;
  }
  const rest = keys.slice(use.depth).filter((key) => typeof key !== 'object');
  const written = writtenSpot(source!, use.node, rest);
  return written && { ...written, label: 'written here' };
}

/** The node that a place with keys means. */
export function pinpointNode(labelled: LabelledPlace): Node | undefined {
  const { place, keys, focus } = labelled;
  const source = sourceFile(place.file);
  const argument = source && argumentAt(source, labelled);
  if (argument === undefined || keys === undefined) return undefined;
  const { program } = source!.parsed;
  const node = descend(argument, { program, keys, focus: focus === undefined ? undefined : 'key' });
  return focus === 'yield' ? (yieldedBy(program, node) ?? node) : node;
}

/** The argument that keys begin in. */
function argumentAt(source: SourceFile, { place, keys, argument = -1 }: LabelledPlace): Node | undefined {
  if (keys === undefined) return undefined;
  return callAt(source.parsed.program, source.offsetOf(place), source.text)?.arguments.at(argument);
}

/** The one thing that a function yields and that is no call, or the one thing it yields; undefined where it cannot be told. */
function yieldedBy(program: Program, key: Node): Node | undefined {
  for (const node of nodes(program)) {
    if (node.type !== 'Property' || node.key !== key || node.value.type !== 'FunctionExpression') continue;
    const all = [...nodes(node.value)].filter((one) => one.type === 'YieldExpression' && !one.delegate);
    const plain = all.filter((one) => 'argument' in one && one.argument?.type !== 'CallExpression');
    const [only, ...more] = plain.length > 0 ? plain : all;
    return more.length === 0 ? only : undefined;
  }
  return undefined;
}
