// What to do about what JavaScript threw, and the very spot that it is about: V8's words name neither.
import type { MemberExpression, Node } from 'oxc-parser';
import {
  framesOf,
  IMPORT_CYCLE,
  SteadError,
  UNDEFINED_VALUE,
  type LabelledPlace,
  type Place,
} from '../../options/index.ts';
import { repositoryOf } from '../hermetic/repositories.ts';
import { sourceFile, type SourceFile } from './file.ts';
import { mentionSpot } from './mention.ts';
import { missingImport } from './missing-import.ts';
import { misspeltMember } from './misspelt-member.ts';
import { callAt, nodes } from './tree.ts';

interface Advice {
  readonly spot?: LabelledPlace | undefined;
  readonly hint?: string;
}

/** An error of code that threw, with what to do, and with the call of a function of another file; any other as it is. */
export function advised(error: SteadError): SteadError {
  const { cause, places, code } = error;
  const [first, ...others] = places;
  if (first !== undefined && UNDEFINED.has(error.hint)) {
    const meant = misspeltMember(first);
    return meant === undefined ? error : error.with({ hint: meant });
  }
  if (!code.endsWith('.threw') || first === undefined) return error;
  const isOnPurpose = code === 'evaluation.threw' && (!(cause instanceof Error) || cause.name === 'Error');
  const usual = isOnPurpose ? ON_PURPOSE : CALLS;
  if (!(cause instanceof Error)) return error.with({ hint: error.hint ?? usual });
  const { spot = first, hint = usual } = adviceOn(cause.message, first.place);
  const callers = others.length > 0 ? [] : calledFrom(cause, first.place);
  return error.with({ places: [spot, ...callers, ...others], hint: error.hint ?? hint });
}

const CALLS = '`--verbose` shows the calls that led here.';
const ON_PURPOSE = 'Say what has to hold with `assert(…)`, which shows the options that it is about.';

/** What is said where nothing is known but that a value is undefined. */
const UNDEFINED: ReadonlySet<string | undefined> = new Set([IMPORT_CYCLE, UNDEFINED_VALUE]);

/** Where another file of the configuration called the function that threw. */
function calledFrom(cause: Error, at: Place): LabelledPlace[] {
  const outer = framesOf(cause.stack ?? '').filter(({ file }) => repositoryOf(file) !== undefined);
  const call = outer.find(({ file }) => file !== at.file);
  return call === undefined ? [] : [{ place: call, label: 'called here' }];
}

function adviceOn(message: string, place: Place): Advice {
  const source = sourceFile(place.file);
  if (source === undefined) return {};
  for (const [pattern, advise] of sentences) {
    const match = pattern.exec(message);
    if (match !== null) return advise(match[1] ?? '', place, source, match[2] ?? '');
  }
  return {};
}

type Advise = (first: string, place: Place, source: SourceFile, second: string) => Advice;

/** What V8 says, and what a person can do about it. */
const sentences: readonly (readonly [RegExp, Advise])[] = [
  [
    /^(\S+) is not defined$/,
    (name, place, source) => ({
      spot: mentionSpot(place, name, Infinity),
      hint: missingImport(name, source),
    }),
  ],
  [/^Cannot read properties of (undefined|null) \(reading '(.+)'\)$/, emptyObject],
  [
    /^Cannot destructure property '.+' of '(.+)' as it is (undefined|null)/,
    (object, _place, _source, what) => ({
      hint: `\`${object}\` is ${what}: check the names in it, or give it something to fall back on with \`??\`.`,
    }),
  ],
  [/^(.+) is not a function$/, noFunction],
  [
    /^Cannot access '(.+)' before initialization$/,
    (name, place) => ({
      spot: mentionSpot(place, name, Infinity),
      hint: `Move the line that declares \`${name}\` above this one, or read it in a thunk: \`() => ${name}\`.`,
    }),
  ],
  [
    /^Cannot (?:assign to read only property|add property|delete property)/,
    () => ({
      hint: 'Values of a host are read-only: change a copy, as in `[...list].sort()` or `list.toSorted()`.',
    }),
  ],
  [
    /^Cannot change (\S+): the settings of a host are read-only/,
    () => ({ hint: 'Compute what is to be different in a constant of its own.' }),
  ],
  [
    /^Assignment to constant variable/,
    () => ({ hint: 'Give what is computed a constant of its own, or declare this one with `let`.' }),
  ],
  [
    / is not iterable|^Spread syntax requires/,
    () => ({ hint: 'Only a list, or what a generator gives, can stand here; `?? []` stands in for none.' }),
  ],
  [
    / in JSON at position |^Unexpected end of JSON input/,
    () => ({
      hint: 'The text that is read here is no JSON: it has double quotes around keys and texts, and no comments.',
    }),
  ],
];

/** The object that has no properties, undefined or null. */
function emptyObject(what: string, place: Place, source: SourceFile, property: string): Advice {
  const member = memberAt(source, place, property);
  if (member === undefined) return {};
  const { object } = member;
  const text = source.text.slice(object.start, object.end).replace(/!$/, '');
  const isShort = text.length <= LONGEST && !text.includes('\n');
  return {
    spot: isShort
      ? { ...source.spot(object), label: `${object.type === 'CallExpression' ? 'gives' : 'is'} ${what}` }
      : source.spot(member.property),
    hint: emptyHint(object, isShort ? text : undefined, property),
  };
}

/** In characters, of code that a hint repeats. */
const LONGEST = 40;

function emptyHint(object: Node, text: string | undefined, property: string): string {
  if (text === undefined || object.type === 'CallExpression') {
    return `What stands before \`.${property}\` gives nothing: check what it looks for, or write \`?.${property}\` where there may be none.`;
  }
  const first = /^[\w$]+$/.test(text)
    ? `Look where \`${text}\` gets its value`
    : `Check the names in \`${text}\``;
  return `${first}, or write \`${text}?.${property}\` where there may be none.`;
}

/** The reading of a property that V8 places nearest to `place`. */
function memberAt(source: SourceFile, place: Place, property: string): MemberExpression | undefined {
  const offset = source.offsetOf(place);
  let best: { readonly node: MemberExpression; readonly distance: number } | undefined;
  for (const node of nodes(source.parsed.program)) {
    if (node.type !== 'MemberExpression' || nameOf(node) !== property) continue;
    const distance = Math.abs(node.property.start - offset);
    if (best === undefined || distance < best.distance) best = { node, distance };
  }
  return best !== undefined && best.distance <= NEAR ? best.node : undefined;
}

/** In characters: how far from a name V8 may place what it says of it. */
const NEAR = 4;

function nameOf({ property, computed }: MemberExpression): string | undefined {
  if (property.type === 'Literal') return String(property.value);
  return !computed && property.type === 'Identifier' ? property.name : undefined;
}

function noFunction(callee: string, place: Place, source: SourceFile): Advice {
  const call = callAt(source.parsed.program, source.offsetOf(place), source.text);
  if (call?.callee.type !== 'MemberExpression') {
    return {
      hint: `\`${callee}\` is a value, not a function: check its name, or leave out the parentheses.`,
    };
  }
  const { object } = call.callee;
  const owner = source.text.slice(object.start, object.end).replace(/^\((.+) as .+\)$/s, '$1');
  const name = nameOf(call.callee);
  if (name === undefined || owner.length > LONGEST) return {};
  return {
    hint: `\`${owner}\` has no function \`${name}\`: check the name, and that \`${owner}\` is what you take it for.`,
  };
}
