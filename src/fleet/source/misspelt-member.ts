// What to write instead of `profiles.rak`, which is undefined, where the source shows what is in `profiles`.
import type { MemberExpression, Node } from 'oxc-parser';
import { didYouMean, nearest, type LabelledPlace } from '../../options/index.ts';
import { exportedNames, keysOfConstant } from './constant.ts';
import { sourceFile, type SourceFile } from './file.ts';
import { pinpointNode } from './pinpoint.ts';

/** How many names a hint lists. */
const MOST = 12;

/** A sentence where a place means the reading of a name that there is not; undefined where that cannot be told. */
export function misspeltMember(labelled: LabelledPlace): string | undefined {
  const source = sourceFile(labelled.place.file);
  const node = source && pinpointNode(labelled);
  const member = node && memberIn(node);
  if (member?.object.type !== 'Identifier') return undefined;
  const name = nameOf(member);
  const known = namesIn(source!, member.object.name, member.object.start);
  if (name === undefined || known === undefined || known.includes(name)) return undefined;
  const owner = member.object.name;
  const near = nearest(name, known).map((one) => `\`${accessed(owner, one)}\``);
  const guess = didYouMean(near);
  if (guess !== undefined) return guess;
  const listed = known.length > 0 && known.length <= MOST ? `, only ${known.join(', ')}` : '';
  return `There is no \`${name}\` in \`${owner}\`${listed}.`;
}

/** `a.b` in `a.b` and `a.b!`. */
function memberIn(node: Node): MemberExpression | undefined {
  if (node.type === 'MemberExpression') return node;
  const isWrapped =
    node.type === 'TSNonNullExpression' ||
    node.type === 'TSAsExpression' ||
    node.type === 'ParenthesizedExpression';
  return isWrapped ? memberIn(node.expression) : undefined;
}

function nameOf({ property, computed }: MemberExpression): string | undefined {
  if (computed) return property.type === 'Literal' ? String(property.value) : undefined;
  return property.type === 'Identifier' ? property.name : undefined;
}

function namesIn(source: SourceFile, owner: string, offset: number): readonly string[] | undefined {
  return exportedNames(source, owner) ?? keysOfConstant(source, owner, offset);
}

function accessed(owner: string, name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${owner}.${name}` : `${owner}['${name}']`;
}
