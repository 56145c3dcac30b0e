// What a function of the host's script calls and uses, told from its text; as much of a shell's grammar as that takes.

/** A function, or a variable that is set outside of all. */
export interface Definition {
  readonly name: string;
  /** Where it begins in the script. */
  readonly at: number;
  readonly body: string;
}

/** The functions of a script, and what it sets beside them: both begin their line. */
export function definitionsOf(script: string): ReadonlyMap<string, Definition> {
  const found = [
    ...script.matchAll(/^([a-z_0-9]+)\(\) \{\n(.*?)^\}/gms),
    ...script.matchAll(/^([A-Z_0-9]+)=/gm),
  ];
  return new Map(
    found.map(({ 1: name, 2: body, index }) => [name!, { name: name!, at: index, body: body ?? '' }]),
  );
}

/** All that runs with some functions, those that are passed on by name (`each STEP NAME`) included. */
export function reachedFrom(names: readonly string[], known: ReadonlyMap<string, Definition>): Set<string> {
  const reached = new Set<string>();
  const open = [...names];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const definition = known.get(name);
    if (definition === undefined || reached.has(name)) continue;
    reached.add(name);
    open.push(...usedIn(definition.body));
  }
  return reached;
}

const COMMAND =
  /(?:^|[;&|({!]|\b(?:then|do|else|elif|if|while|until|trap)\s|\beach_manager\s|\b(?:each|planned)\s+[a-z]+\s)\s*([a-z_0-9]+)(?![\w)=-])/gm;
const VARIABLE = /\$\{?([A-Z_0-9]+)(?!-)\b/g;

function usedIn(body: string): string[] {
  const commands = [...withoutText(body).matchAll(COMMAND)].map(([, name]) => name!);
  return [...commands, ...[...body.matchAll(VARIABLE)].map(([, name]) => name!)];
}

/** Without comments and quoted text, but for single quoted words and what double quoted text has from commands. */
function withoutText(code: string): string {
  let at = 0;
  const nextOf = (char: string): number => {
    const found = code.indexOf(char, at);
    return found < 0 ? code.length : found;
  };
  const read = (end: string | undefined): string => {
    let text = '';
    for (; at < code.length && code[at] !== end; at++) {
      const char = code[at]!;
      if (char === '\\') at++;
      else if (char === "'") {
        at++;
        const close = nextOf("'");
        const quoted = code.slice(at, close);
        if (/^[a-z_]+$/.test(quoted)) text += quoted;
        at = close;
      } else if (char === '"') text += quotedCommands();
      else if (char === '#' && /\s/.test(code[at - 1] ?? ' ')) at = nextOf('\n') - 1;
      else if (char === '$' && code[at + 1] === '{') at = nextOf('}');
      else if (char === '(') {
        at++;
        text += `(${read(')')})`;
      } else text += char;
    }
    return text;
  };
  const quotedCommands = (): string => {
    let text = '';
    for (at++; at < code.length && code[at] !== '"'; at++) {
      if (code[at] === '\\') at++;
      else if (code[at] === '$' && code[at + 1] === '(') {
        at += 2;
        text += `(${read(')')})`;
      }
    }
    return text;
  };
  return read(undefined);
}
