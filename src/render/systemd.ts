// systemd's unit files and its command lines.
import { SteadError } from '../options/error.ts';
import { writeIni, type IniDialect, type IniSections } from './ini.ts';
import { writerPlaces, type Writer } from './plain.ts';

const unitFile: IniDialect = {
  name: 'systemd unit',
  writer: systemdUnit,
  boolean: (value) => (value ? 'yes' : 'no'),
  problem: unitValueProblem,
};

/** What is wrong with the text of a setting in a unit file: how systemd would read it otherwise than written. */
export function unitValueProblem(value: string): string | null {
  if (/[\n\r\0]/.test(value)) return 'holds a line break or a NUL';
  // systemd joins such a line with the next one, whatever that is.
  if (value.endsWith('\\')) return 'ends in a backslash, which continues the line';
  if (value !== value.trim()) return 'begins or ends with white space, which systemd would drop';
  return null;
}

/**
 * A unit file, drop-in or other file of systemd's. A list repeats its key; an empty string writes
 * `Key=`, which resets what earlier files put into that list; booleans are `yes` and `no`; `%`
 * specifiers are the caller's: write `%%` for a percent sign.
 * @throws SteadError `render.ini` for a value that systemd would read differently.
 * @see systemd.syntax(7)
 */
export function systemdUnit(sections: IniSections): string {
  return writeIni(sections, unitFile);
}

/**
 * An argument vector as the value of `ExecStart=` and its kin: every word reaches the program as
 * it is given, `$` included; `%` specifiers are the caller's. For `$MAINPID` and the like, write
 * the line by hand.
 * @throws SteadError `render.command` for an empty vector or a program that systemd would take for a prefix.
 * @see systemd.service(5), COMMAND LINES
 */
export function systemdCommand(argv: readonly string[]): string {
  const [program] = argv;
  if (program === undefined || !/^[A-Za-z0-9_./%]/.test(program)) {
    throw new SteadError({
      code: 'render.command',
      message: `a systemd command begins with a program, not with ${JSON.stringify(program ?? '')}`,
      places: writerPlaces(systemdCommand, program === undefined ? [] : [0]),
      hint: 'Put the absolute path of the program first; prefixes such as "-" belong before the finished line.',
    });
  }
  return argv.map(systemdQuote).join(' ');
}

/**
 * One word of a systemd command line, quoted where it needs to be; `$` is doubled, so that nothing is expanded.
 * @throws SteadError `render.command` for a word with a NUL.
 * @see systemd.syntax(7), QUOTING
 */
export function systemdQuote(word: string): string {
  return quoted(word.replaceAll('$', '$$$$'), systemdQuote);
}

/**
 * Variables as the values of `Environment=`: every one reaches the program as it is given, `$` and `%` included.
 * @throws SteadError `render.command` for one with a NUL.
 * @see systemd.exec(5), ENVIRONMENT
 */
export function systemdEnvironment(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables).map(([name, value]) =>
    quoted(`${name}=${value}`.replaceAll('%', '%%'), systemdEnvironment),
  );
}

function quoted(literal: string, writer: Writer['writer']): string {
  if (literal.includes('\0')) {
    throw new SteadError({
      code: 'render.command',
      message: `a word of a systemd command holds a NUL: ${JSON.stringify(literal)}`,
      places: writerPlaces(writer, []),
      hint: 'No program can be given a NUL in an argument; leave it out.',
    });
  }
  if (/^[A-Za-z0-9_./:,=@%+^$-]+$/.test(literal)) return literal;
  return `"${literal.replace(/[\\"]|\p{Cc}/gu, escapeCharacter)}"`;
}

function escapeCharacter(character: string): string {
  switch (character) {
    case '\\':
    case '"':
      return `\\${character}`;
    case '\n':
      return '\\n';
    case '\t':
      return '\\t';
    default:
      return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  }
}
