// The text of errors meant for a person: headline, source excerpts, what to do next.
import { realpathSync } from 'node:fs';
import { styleText } from 'node:util';
import { SteadError, SteadErrors } from '../../options/index.ts';
import { sourceFile } from '../source/file.ts';
import type { LabelledSpot } from '../source/spots.ts';
import { excerpt } from './excerpt.ts';
import { grouped, type Told } from './grouped.ts';
import { shownPath, tellingSpots } from './telling.ts';

export interface ReportOptions {
  /** The repository's folder: files are named relative to it. */
  readonly repository: string;
  readonly severity?: 'error' | 'warning';
  readonly colour?: boolean;
}

/** The most lines one error takes: a screen. */
const SCREEN = 24;
const PLACES = 4;
const LINES_OF_A_PLACE = 4;

interface Style {
  readonly bold: (text: string) => string;
  readonly frame: (text: string) => string;
  readonly severity: (text: string) => string;
}

/** The text of an error, of several, or of anything else that was thrown; without a newline at its end. */
export function reportText(error: unknown, options: ReportOptions): string {
  const severity = options.severity ?? 'error';
  const style = styleOf(severity, options.colour === true);
  if (!(error instanceof SteadError) && !(error instanceof SteadErrors)) {
    const message = error instanceof Error ? error.message : String(error);
    return `${style.severity(`${severity}:`)} ${style.bold(message)}`;
  }
  const told = grouped(error instanceof SteadError ? [error] : error.errors);
  const beside = grouped(error instanceof SteadErrors ? error.warnings : []);
  const folder = realFolder(options.repository);
  const lesser = styleOf('warning', options.colour === true);
  const texts = [
    ...told.map((one) => oneText(one, severity, folder, style)),
    ...beside.map((one) => oneText(one, 'warning', folder, lesser)),
  ];
  if (texts.length > 1) {
    const counts = [
      counted(told.length, severity),
      ...(beside.length > 0 ? [counted(beside.length, 'warning')] : []),
    ];
    texts.push(style.bold(counts.join(' and ')));
  }
  return texts.join('\n\n');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function oneText(told: Told, severity: string, folder: string, style: Style): string {
  const { error, hosts } = told;
  const found = tellingSpots(told, folder);
  const hint = error.hint === undefined ? [] : error.hint.split('\n');
  const message = headline(error, hosts, SCREEN - hint.length - LINES_OF_A_PLACE - 1);
  const room = Math.floor((SCREEN - hint.length - message.length - 1) / LINES_OF_A_PLACE);
  const spots = found.slice(0, Math.min(PLACES, Math.max(1, room)));
  const hidden = found.length - spots.length;
  const margin = Math.max(1, ...spots.map(({ place }) => String(place.line).length));
  const edge = (text: string): string => style.frame(' '.repeat(margin) + text);
  return [
    `${style.severity(`${severity}:`)} ${style.bold(message[0]!)}`,
    ...message.slice(1).map((line) => `  ${line}`),
    ...spots.flatMap((spot) => placeLines(spot, margin, folder, style)),
    ...(hidden > 0 ? [`${edge(' … ')}and ${hidden} more ${hidden === 1 ? 'place' : 'places'}`] : []),
    ...hint.map((line, index) => `${edge(index === 0 ? ' = ' : '   ')}${line}`),
  ].join('\n');
}

function headline(error: SteadError, hosts: readonly string[], room: number): string[] {
  const on = namesOf(hosts);
  const subject = error.option === undefined ? on : on === '' ? error.option : `${error.option} on ${on}`;
  const lines = `${subject === '' ? '' : `${subject}: `}${error.message}`.split('\n');
  if (lines.length <= room) return lines;
  const last = Math.floor(room / 3);
  const first = room - last - 1;
  const hidden = lines.length - first - last;
  return [...lines.slice(0, first), `… ${hidden} more lines`, ...lines.slice(-last)];
}

function namesOf(hosts: readonly string[]): string {
  const shown = hosts.length > 3 ? [...hosts.slice(0, 2), `${hosts.length - 2} more hosts`] : hosts;
  return shown.length < 2 ? (shown[0] ?? '') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

function placeLines(
  { place, length, label }: LabelledSpot,
  margin: number,
  folder: string,
  style: Style,
): string[] {
  const pad = ' '.repeat(margin);
  const line = sourceFile(place.file)?.line(place.line);
  const where = `${style.frame(`${pad}-->`)} ${shownPath(place.file, folder)}:${place.line}:${place.column}`;
  if (line === undefined) return [label === undefined ? where : `${where} ${label}`];
  const { text, indent, caret } = excerpt(line, place.column, length);
  const number = String(place.line).padStart(margin);
  return [
    where,
    style.frame(`${pad} |`),
    `${style.frame(`${number} |`)} ${text}`.trimEnd(),
    `${style.frame(`${pad} |`)} ${indent}${style.severity(label === undefined ? caret : `${caret} ${label}`)}`,
  ];
}

/** Places name files as Node does: with links followed. */
function realFolder(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // The error may be that there is no such folder.
    return path;
  }
}

function styleOf(severity: 'error' | 'warning', colour: boolean): Style {
  const painted =
    (...formats: ('bold' | 'red' | 'yellow' | 'blue')[]) =>
    (text: string) =>
      colour ? styleText(formats, text, { validateStream: false }) : text;
  return {
    bold: painted('bold'),
    frame: painted('bold', 'blue'),
    severity: painted('bold', severity === 'error' ? 'red' : 'yellow'),
  };
}
