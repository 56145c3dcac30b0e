// Which places of an error tell a person something: those in the repository, and stead's own only where there are no others.
import { isAbsolute, relative, sep } from 'node:path';
import { steadFolder } from '../hermetic/repositories.ts';
import type { LabelledSpot } from '../source/spots.ts';
import type { Told } from './grouped.ts';

/**
 * The spots to show, with labels that do not say what the headline says.
 * @param folder of the repository, a real path
 */
export function tellingSpots({ error, spots: found, beside }: Told, folder: string): readonly LabelledSpot[] {
  const spots = found.every(({ place }) => isSteads(place.file, folder)) ? [...beside, ...found] : found;
  const own = spots.filter(({ place, label }) => !isSteads(place.file, folder) || !INNER.test(label ?? ''));
  const shown = own.length > 0 ? own.map((spot) => withMaker(spot, folder)) : spots;
  return error.option === undefined
    ? shown
    : shown.map((spot) => withoutSubject(spot, error.option!, error.host));
}

/** Labels of places that explain another one. */
const INNER =
  /^(?:required here|warned about here|from which .*|\S+ is declared here|\S+ computes a default)$/;

/** What one of stead's modules makes of a value, which would have stood at a place of its own. */
function withMaker(spot: LabelledSpot, folder: string): LabelledSpot {
  const { made, label } = spot;
  if (made === undefined || !isSteads(made.place.file, folder)) return spot;
  return { ...spot, label: label === undefined ? made.label : `${label}, ${made.label}` };
}

/** `defined here` for the option that the headline names. */
function withoutSubject(spot: LabelledSpot, option: string, host: string | undefined): LabelledSpot {
  const subjects = [`${option} on ${host} is `, `${option} is `];
  const subject = subjects.find((one) => /^(defined|not set) here/.test(after(spot.label, one)));
  return subject === undefined ? spot : { ...spot, label: spot.label!.slice(subject.length) };
}

function after(label: string | undefined, start: string): string {
  return label?.startsWith(start) === true ? label.slice(start.length) : '';
}

/** Relative to the repository, or to stead's own package as `stead/…`. */
export function shownPath(file: string, folder: string): string {
  if (isSteads(file, folder)) return `stead/${relative(steadFolder, file)}`;
  return isInside(file, folder) ? relative(folder, file) : file;
}

/** Whether a file is part of stead, and not of a repository that stead is developed in. */
function isSteads(file: string, folder: string): boolean {
  return isInside(file, steadFolder) && !isInside(folder, steadFolder);
}

function isInside(file: string, folder: string): boolean {
  const path = relative(folder, file);
  return path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}
