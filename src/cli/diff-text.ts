// The differences between two bundles of a host, as text for people.
import { styleText } from 'node:util';
import { isEmptyDiff, type FileChange, type ManifestDiff } from '../bundle/index.ts';
import type { HostDiff } from '../deploy/index.ts';
import { byteText } from './bytes.ts';
import { planText } from './plan-text.ts';

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

/** One host's differences: a line for each thing that changes, the changes of texts, what the host does. */
export function diffText(host: string, { manifest, texts, size, plan }: HostDiff, colour: boolean): string {
  const isSame = isEmptyDiff(manifest);
  if (isSame && (plan === undefined || plan.steps.length === 0)) return `${host}: nothing would change`;
  const paint: Paint = (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
  const total =
    isSame || size.before === size.after
      ? []
      : [`files ${byteText(size.before)} to ${byteText(size.after)} in all`];
  return [
    paint('bold', `${host}:`),
    ...[...summary(manifest, paint), ...total].map((line) => `  ${line}`),
    ...Object.values(texts).map((text) => painted(text.replace(/\n$/, ''), paint)),
    ...(plan === undefined
      ? []
      : ['  what the host would do, in order:', ...planText(plan).map((line) => `    ${line}`)]),
  ].join('\n');
}

function summary(diff: ManifestDiff, paint: Paint): string[] {
  const names = (word: string, lists: object): string[] =>
    Object.entries(lists as Readonly<Record<string, readonly string[]>>).flatMap(([change, list]) =>
      list.map((name) => `${word} ${name} ${change}`),
    );
  return [
    ...diff.files.map((file) => paint(STYLES[file.change], fileLine(file))),
    ...diff.units.map(unitLine),
    ...names('package', diff.packages),
    ...names('user', diff.users),
    ...names('group', diff.groups),
    ...names('recipe', diff.recipes),
    ...names('download', diff.downloads),
    ...names('check', diff.checks),
    ...names('health check', diff.health),
    ...names('step by hand', diff.manual),
    ...(diff.settings ? ['how the host is switched changes'] : []),
    ...(diff.runtime ? ['the host scripts change'] : []),
  ];
}

function unitLine({ name, scope, action, change }: ManifestDiff['units'][number]): string {
  const unit = scope === 'user' ? `${name} of users` : name;
  return action === 'none' ? `nothing for ${unit}, which is ${change}` : `${action} ${unit}`;
}

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;
const STYLES = { added: 'green', removed: 'red', changed: 'yellow' } as const;

function fileLine({ path, change, before, after, aspects }: FileChange): string {
  const facts = aspects.map((aspect) => aspectText(aspect, before, after));
  const only = before ?? after;
  if (facts.length === 0 && only !== null && 'size' in only) facts.push(byteText(only.size));
  return `${SIGNS[change]} ${path}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}`;
}

function aspectText(
  aspect: FileChange['aspects'][number],
  before: FileChange['before'],
  after: FileChange['after'],
): string {
  const [old, current]: readonly (Readonly<Partial<Record<string, unknown>>> | null)[] = [before, after];
  const field = aspect === 'content' ? 'size' : aspect;
  const [was, is] = [old?.[field], current?.[field]];
  if (was === undefined || is === undefined || was === is) return aspect;
  if (aspect !== 'content') return `${aspect} ${String(was)} to ${String(is)}`;
  return `content, ${byteText(Number(was))} to ${byteText(Number(is))}`;
}

function painted(text: string, paint: Paint): string {
  const styleOf = (line: string): Style | undefined => {
    if (/^(---|\+\+\+) /.test(line)) return 'bold';
    return { '+': 'green', '-': 'red', '@': 'cyan' }[line[0] ?? ''] as Style | undefined;
  };
  return text
    .split('\n')
    .map((line) => {
      const style = styleOf(line);
      return style === undefined ? line : paint(style, line);
    })
    .join('\n');
}
