// What is wrong with the syntax of a file, or is TypeScript that cannot simply be left out when it runs.
import type { Node } from 'oxc-parser';
import { SteadError, type LabelledPlace } from '../../options/index.ts';
import { bindingErrors } from './bindings.ts';
import type { SourceFile } from './file.ts';
import { syntaxAdvice } from './syntax-advice.ts';
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
    const { message, hint } = syntaxAdvice(first, source);
    return [
      new SteadError({
        code: 'import.syntax',
        message: `syntax error: ${lowerFirst(message)}`,
        places: places.length > 0 ? places : [{ place: { file: source.path, line: 1, column: 1 } }],
        hint,
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

function spotOf(
  source: SourceFile,
  label: { readonly start: number; readonly end: number; readonly message: string | null },
): LabelledPlace {
  // A file that ends too early is shown with what stands last in it.
  const end = source.text.trimEnd().length;
  const spot = source.spot(label.start < end ? label : { start: end, end: end + 1 });
  return label.message === null ? spot : { ...spot, label: lowerFirst(label.message) };
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text;
}
