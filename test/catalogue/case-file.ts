// The text files of the catalogue: read into cases, and written again with other expectations.
//
// A file begins with a few words on what it is about, and with what all of its cases share: `--- imports` ends
// every host file of every case, so that line 1 of a case is line 1 of its file; `--- PATH` is a file that every
// case has. A case is `=== a sentence`, the text of hosts/a.ts or `--- PATH` before each of its files, and
// `--- report` before the whole report.

/** One mistake, and what is said about it. */
export interface Case {
  readonly name: string;
  /** By path inside the repository. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly expected: string;
  /** Lines of the catalogue's file that hold what is expected: from `first` up to but without `end`. */
  readonly lines: { readonly first: number; readonly end: number };
}

/** A part of a catalogue's file: what follows a line `--- heading` or `=== name`, up to the next such line. */
interface Section {
  readonly heading: string;
  readonly isCase: boolean;
  readonly first: number;
  readonly lines: readonly string[];
}

/** @throws Error for a text that is no list of cases */
export function readCases(text: string): readonly Case[] {
  const sections = sectionsOf(text);
  const start = sections.findIndex(({ isCase }) => isCase);
  const shared = sections.slice(0, start);
  const imports = shared.find(({ heading }) => heading === 'imports');
  const common = Object.fromEntries(
    shared.filter((one) => one !== imports).map((one) => fileOf(one, undefined)),
  );
  const cases: Case[] = [];
  for (let index = start; index < sections.length;) {
    const end = sections.findIndex((one, at) => at > index && one.isCase);
    const next = end === -1 ? sections.length : end;
    cases.push(caseOf(sections.slice(index, next), common, imports));
    index = next;
  }
  return cases;
}

/** The same text with other expectations. */
export function withExpectations(text: string, expectations: ReadonlyMap<Case, string>): string {
  const lines = text.split('\n');
  for (const [{ lines: at }, expected] of [...expectations].reverse()) {
    lines.splice(at.first, at.end - at.first, ...expected.split('\n'), '');
  }
  return lines.join('\n');
}

function sectionsOf(text: string): Section[] {
  const sections: Section[] = [];
  let lines: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const [, mark, heading] = /^(===|---) (.+)$/.exec(line) ?? [];
    if (heading === undefined) {
      lines.push(line);
      continue;
    }
    lines = [];
    sections.push({ heading, isCase: mark === '===', first: index + 1, lines });
  }
  return sections;
}

function caseOf(
  [head, ...parts]: readonly Section[],
  common: Case['files'],
  imports: Section | undefined,
): Case {
  const { heading: name, lines } = head!;
  const report = parts.at(-1);
  if (report === undefined || report.heading !== 'report') {
    throw new Error(`the case "${name}" has no report`);
  }
  const sources = lines.some((line) => line !== '')
    ? [{ ...head!, heading: 'hosts/a.ts' }, ...parts.slice(0, -1)]
    : parts.slice(0, -1);
  return {
    name,
    files: { ...common, ...Object.fromEntries(sources.map((one) => fileOf(one, imports))) },
    expected: textOf(report),
    lines: { first: report.first, end: report.first + report.lines.length },
  };
}

/** A file of the repository. `(CRLF)`, `(Latin-1)` and the like behind its path say how it is written. */
function fileOf(
  section: Section,
  imports: Section | undefined,
): [path: string, content: string | Uint8Array] {
  const [, path, form] = /^(.*?)(?: \((.+)\))?$/.exec(section.heading) as unknown as [
    string,
    string,
    string?,
  ];
  const isHost = /^hosts\/[^/]+\.ts$/.test(path);
  const text = `${textOf(section)}\n${isHost && imports !== undefined ? `${textOf(imports)}\n` : ''}`;
  switch (form) {
    case undefined:
      return [path, text];
    case 'CRLF':
      return [path, text.replaceAll('\n', '\r\n')];
    case 'BOM':
      return [path, `\u{feff}${text}`];
    case 'Latin-1':
      return [path, Buffer.from(text, 'latin1')];
    default:
      throw new Error(`${path} is written in an unknown form, ${form}`);
  }
}

function textOf({ lines }: Section): string {
  return lines.join('\n').replace(/^\n+|\s+$/g, '');
}
