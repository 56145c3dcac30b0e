// What is wrong with the syntax of a file, or is TypeScript that cannot simply be left out when it runs.
import type { Node, Span } from 'oxc-parser';
import { SteadError, type LabelledPlace } from '../../options/index.ts';
import { bindingErrors } from './bindings.ts';
import type { SourceFile } from './file.ts';
import { nodes } from './tree.ts';

/** TypeScript that makes code, which Node does not do. */
const unsupported: Partial<Record<Node['type'], { readonly what: string; readonly hint: string }>> = {
  TSEnumDeclaration: {
    what: '`enum`',
    hint: "Write a union of texts, `type Role = 'hub' | 'spoke'`, or an object `as const`.",
  },
  TSModuleDeclaration: { what: '`namespace`', hint: 'Export the names from a file of their own.' },
  TSParameterProperty: {
    what: 'a parameter property',
    hint: 'Declare the field in the class, and assign it in the constructor.',
  },
  TSImportEqualsDeclaration: { what: '`import … = `', hint: "Write `import … from '…'`." },
  TSExportAssignment: { what: '`export = `', hint: 'Write `export default`.' },
  TSTypeAssertion: { what: '`<T>value`', hint: 'Write `value as T`.' },
  Decorator: { what: 'a decorator', hint: 'Call the function yourself.' },
};

/** The errors that keep a file from running, in the order of the source; empty where it is fine. */
export function syntaxErrors(source: SourceFile): readonly SteadError[] {
  const { errors, program } = source.parsed;
  const [first] = errors;
  // What follows a syntax error is seldom an error of its own.
  if (first !== undefined) {
    const places = first.labels.map((label) => spotOf(source, label));
    return [
      new SteadError({
        code: 'import.syntax',
        message: `syntax error: ${lowerFirst(inWords(first.message, source, first.labels[0]))}`,
        places: places.length > 0 ? places : [{ place: { file: source.path, line: 1, column: 1 } }],
        ...syntaxHint(first, source),
      }),
    ];
  }
  const unsupportedCode = [...nodes(program)].flatMap((node) => {
    const found = unsupported[node.type];
    if (found === undefined || ('declare' in node && node.declare === true)) return [];
    return new SteadError({
      code: 'import.syntax',
      message: `${found.what} is TypeScript that cannot run as it is: Node only leaves types out`,
      places: [source.spot(node)],
      hint: found.hint,
    });
  });
  return unsupportedCode.length > 0 ? unsupportedCode : bindingErrors(source);
}

/** What the parser advises, or what a person has most likely done. */
function syntaxHint(
  {
    message,
    helpMessage,
    labels: [label],
  }: { readonly message: string; readonly helpMessage: string | null; readonly labels: readonly Span[] },
  source: SourceFile,
): { readonly hint?: string } {
  if (message.includes("'0'-prefixed octal")) {
    const digits = label === undefined ? '' : source.text.slice(label.start, label.end);
    return { hint: `A file mode is text, '${digits}'; as a number it is 0o${digits.replace(/^0/, '')}.` };
  }
  if (helpMessage !== null) return { hint: /[.?!]$/.test(helpMessage) ? helpMessage : `${helpMessage}.` };
  const opened =
    label === undefined ? undefined : unclosed(source.text.slice(0, label.start), source.text[label.start]);
  if (opened === undefined) return {};
  const { line } = source.placeOf(opened.offset);
  return { hint: `The \`${opened.bracket}\` of line ${line} is not closed before it.` };
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** The innermost bracket that is open where `next` closes another one. */
function unclosed(
  text: string,
  next: string | undefined,
): { readonly bracket: string; readonly offset: number } | undefined {
  if (next === undefined || !')]}'.includes(next)) return undefined;
  const open: { readonly bracket: string; readonly offset: number }[] = [];
  for (const { 0: found, index } of text.matchAll(
    /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/.*|\/\*[^]*?\*\/|[()[\]{}]/g,
  )) {
    if (CLOSING[found] !== undefined) open.push({ bracket: found, offset: index });
    else if (found.length === 1) open.pop();
  }
  const last = open.at(-1);
  return last !== undefined && CLOSING[last.bracket] !== next ? last : undefined;
}

function spotOf(
  source: SourceFile,
  label: { readonly start: number; readonly end: number; readonly message: string | null },
): LabelledPlace {
  // A file that ends too early is shown with what stands last in it.
  const end = source.text.trimEnd().length;
  const spot = source.spot(label.start < end ? label : { start: end, end: end + 1 });
  return label.message === null ? spot : { ...spot, label: lowerFirst(label.message) };
}

/** The parser names kinds of words; a person sees the word that stands there. */
function inWords(message: string, source: SourceFile, label: { readonly start: number } | undefined): string {
  const word = label === undefined ? undefined : /^[\w$]+/.exec(source.text.slice(label.start))?.[0];
  return message
    .replace(/ found `EOF`/, ' found the end of the file')
    .replace(/ found `(?:Identifier|Number|Decimal|Float)`/, (found) =>
      word === undefined ? found : ` found \`${word}\``,
    );
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text;
}
