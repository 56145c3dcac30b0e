// Reads the flags of llama-server out of what `llama-server --help` prints.

/** One flag as the help speaks of it. */
export interface HelpFlag {
  /** All names that switch it on or give it its value, as they are written: `-c`, `--ctx-size`. */
  readonly names: readonly string[];
  /** The names that switch it off, where it has such. */
  readonly off: readonly string[];
  /** What stands for its value: `N`, `[on|off|auto]`; none where it takes none. */
  readonly metavar: string | undefined;
  readonly description: string;
}

/** What prints something and ends, and what has been removed, is none that a service could have. */
const NO_SETTING =
  /^--(help|usage|version|cache-list|completion-bash|list-devices)$|argument has been removed/;

/** The flags that a service can be given, in the order of the help. */
export function helpFlags(help: string): HelpFlag[] {
  const found: { head: string; description: string[] }[] = [];
  for (const line of help.split('\n')) {
    if (line.startsWith('----- ')) continue;
    if (line.startsWith('-')) {
      const [head, description] = headAndText(line);
      found.push({ head, description: description === '' ? [] : [description] });
    } else if (line.trim() !== '') found.at(-1)?.description.push(line.trim());
  }
  return found
    .map(({ head, description }) => flagOf(head, description.join(' ')))
    .filter(({ names, description }) => ![...names, description].some((text) => NO_SETTING.test(text)));
}

/** The help puts what a flag does from its fortieth column on, or on the next line where the names are too long. */
function headAndText(line: string): [string, string] {
  return line[39] === ' ' ? [line.slice(0, 40).trim(), line.slice(40).trim()] : [line.trim(), ''];
}

function flagOf(head: string, description: string): HelpFlag {
  const words = head.split(/\s+/);
  const all: string[] = [];
  while (words[0]?.startsWith('-') === true) all.push(words.shift()!.replace(/,$/, ''));
  const isOff = (name: string): boolean => /^--?no-/.test(name) || /^-n(kvo|r|ocb)$/.test(name);
  const positive = all.filter((name) => !isOff(name));
  return {
    names: positive.length > 0 ? positive : all,
    off: positive.length > 0 ? all.filter(isOff) : [],
    metavar: words.length > 0 ? words.join(' ') : undefined,
    // Without links, and without the variable that says the same.
    description: description
      .replace(/ ?\[[^\]]*\]\(https?:[^)]*\)/g, '')
      .replace(/ ?\(env: \w+\)/, '')
      .replace(/\s+/g, ' ')
      .trim(),
  };
}

/** The flags as the module's own list has them. */
export function flagsModule(help: string, version: string): string {
  const lines = helpFlags(help).map((flag) => `  ${JSON.stringify(keyOf(flag))}: ${written(flag)},\n`);
  return `// The flags of llama-server ${version}, as its --help lists them.
// Made by \`UPDATE_FLAGS=1 npx vitest run test/lab/llama.test.ts\`, which reads them from the program.
import { choice, number, onOff, pair, present, text } from './flag.ts';

export const RELEASE = ${JSON.stringify(version)};

export const serverFlags = {
${lines.join('')}} as const;
`;
}

/** What an option calls it: its first long name. */
export function keyOf({ names }: HelpFlag): string {
  return (names.find((name) => name.startsWith('--')) ?? names[0] ?? '').replace(/^-+/, '');
}

function written(flag: HelpFlag): string {
  const { names, off, metavar, description } = flag;
  const words = choices(flag);
  const about = JSON.stringify(shortened(description));
  const all = JSON.stringify(names);
  if (metavar === undefined) {
    return off.length > 0 ? `onOff(${all}, ${JSON.stringify(off)}, ${about})` : `present(${all}, ${about})`;
  }
  if (/^\S+ \S+$/.test(metavar) && !metavar.startsWith('<')) return `pair(${all}, ${about})`;
  if (/^(N|PORT|INDEX|SECONDS|SEED|L|P|SIMILARITY|<0\.\.\.100>|<0\|1>)$/.test(metavar)) {
    return `number(${all}, ${words.length > 0 ? `${JSON.stringify(words)}, ` : ''}${about})`;
  }
  return words.length > 0 ? `choice(${all}, ${JSON.stringify(words)}, ${about})` : `text(${all}, ${about})`;
}

/** The words that a flag takes for a value, where the help says all of them. */
function choices({ metavar = '', description }: HelpFlag): string[] {
  const listed =
    /^[[{]([\w|,-]+)[\]}]$/.exec(metavar)?.[1] ??
    /allowed values: ([\w, ]+?)(?= \(|$)/.exec(description)?.[1];
  if (listed !== undefined) return listed.split(/[|,] ?/);
  if (metavar === 'N') return /, '(auto)', or '(all)'/.exec(description)?.slice(1) ?? [];
  if (metavar === 'MODE' || metavar === 'TYPE') {
    return [...description.matchAll(/ - ([\w+]+): /g)].map(([, word = '']) => word);
  }
  return [];
}

/** Up to where the list of values begins, and no more than a line or two. */
function shortened(description: string): string {
  const text = description.replace(
    / (- \w+(\+\w+)?: |allowed values: |list of built-in templates:|example:).*/,
    '',
  );
  const short = text.length > 170 ? `${text.slice(0, 170).replace(/\s\S*$/, '')} …` : text;
  return short.charAt(0).toUpperCase() + short.slice(1);
}
