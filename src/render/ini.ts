// INI files: sections of `key=value` lines, keys repeated for lists.
import { SteadError } from '../options/error.ts';
import { writerPlaces, type Writer } from './plain.ts';

export type IniValue = string | number | bigint | boolean;

/** The settings of one section. A list repeats the key; null and undefined leave it out. */
export type IniSection = Readonly<Record<string, IniValue | readonly IniValue[] | null | undefined>>;

/** Sections by name, in the order they are written; a list repeats the section. */
export type IniSections = Readonly<Record<string, IniSection | readonly IniSection[]>>;

/** What sets one dialect of INI apart from another. */
export interface IniDialect {
  /** Named in errors. */
  readonly name: string;
  /** The function that configuration calls. */
  readonly writer: Writer['writer'];
  readonly boolean: (value: boolean) => string;
  /** What is wrong with a value, if anything is. */
  readonly problem: (value: string) => string | null;
}

const plainIni: IniDialect = {
  name: 'INI',
  writer: ini,
  boolean: String,
  problem: (value) => (/[\n\r\0]/.test(value) ? 'holds a line break or a NUL' : null),
};

/**
 * Sections as INI text. Settings under the section name `''` come first, without a heading.
 * @throws SteadError `render.ini` for a section, key or value that would be read back differently.
 */
export function ini(sections: IniSections): string {
  return writeIni(sections, plainIni);
}

/** Sections as text of one dialect of INI; see `ini` and `systemdUnit`. */
export function writeIni(sections: IniSections, dialect: IniDialect): string {
  const blocks: string[] = [];
  for (const [name, given] of Object.entries(sections)) {
    for (const section of isList(given) ? given : [given]) {
      const lines = sectionLines(name, section, dialect);
      if (name === '') blocks.unshift(...(lines === '' ? [] : [lines]));
      else blocks.push(`[${sectionName(name, dialect)}]\n${lines}`);
    }
  }
  return blocks.join('\n');
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}

function sectionName(name: string, dialect: IniDialect): string {
  if (/[\n\r\0[\]]/.test(name))
    refuse(dialect, `section ${JSON.stringify(name)}`, 'holds a bracket or a line break', [name], 'key');
  return name;
}

function sectionLines(section: string, settings: IniSection, dialect: IniDialect): string {
  let text = '';
  for (const [key, given] of Object.entries(settings)) {
    if (given === null || given === undefined) continue;
    if (!/^[^\s=#;[\]][^\n\r\0=]*(?<!\s)$/.test(key)) {
      refuse(
        dialect,
        `key ${JSON.stringify(key)} in section ${section}`,
        'would not be read back as written',
        [section, key],
        'key',
      );
    }
    for (const [index, value] of (isList(given) ? given : [given]).entries()) {
      const written = typeof value === 'boolean' ? dialect.boolean(value) : String(value);
      const problem = dialect.problem(written);
      if (problem !== null) {
        refuse(dialect, `${section}.${key}`, problem, [section, key, ...(isList(given) ? [index] : [])]);
      }
      text += `${key}=${written}\n`;
    }
  }
  return text;
}

function refuse(
  dialect: IniDialect,
  what: string,
  problem: string,
  keys: readonly (string | number)[],
  focus?: 'key',
): never {
  throw new SteadError({
    code: 'render.ini',
    message: `${dialect.name}: ${what} ${problem}`,
    places: writerPlaces(dialect.writer, keys, focus),
    hint: 'Such files hold one setting a line; give a list to write a key several times.',
  });
}
