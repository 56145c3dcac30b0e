// The errors of evaluating hosts: cycles, code that throws, names.
import { SteadError, type LabelledPlace, type Place } from '../error.ts';
import { isHostName, type Host } from '../host.ts';
import { placeOf } from '../merge/errors.ts';
import { shown } from '../merge/shown.ts';
import { didYouMean, nearest } from '../nearest.ts';
import { userPlace, type Site } from '../place.ts';
import type { RawSet } from '../set.ts';
import type { Frame } from './once.ts';

/**
 * Something needs itself: the chain from its first mention to the last.
 * @param readers where the code of each frame reads the next, as far as that is known
 */
export function cycle(frames: readonly Frame[], readers: readonly (Place | undefined)[]): SteadError {
  // That the value of an option set comes from its definitions goes without saying.
  const ring = frames.filter((frame, index) => {
    const before = frames.at(index - 1)!;
    return frame.label() !== `the definitions of ${before.label()}` || frame.host !== before.host;
  });
  const first = ring[0]!;
  const names = ring.map((frame) => `${frame.label()} on ${frame.host}`);
  const needed = [...names.slice(1), names[0]].map((name) => `  needs ${name}`);
  return new SteadError({
    code: 'option.cycle',
    host: first.host,
    option: first.label(),
    message: ['needs its own value:', `  ${names[0]}`, ...needed].join('\n'),
    places: ring.flatMap((frame, index) => {
      const reader = readers[frames.indexOf(frame)];
      // An implementation is long: what tells is where in it the next value is read.
      if (frame.site !== undefined && reader !== undefined) {
        const next = names[(index + 1) % names.length]!;
        return [{ place: reader, keys: [], argument: 0, label: `${names[index]} needs ${next} here` }];
      }
      const place = framePlace(frame);
      return place === undefined ? [] : [{ ...place, label: `${names[index]} is computed here` }];
    }),
    hint: ring.some((frame) => frame.site !== undefined)
      ? 'An implementation that reads an option set which depends on it has to do so in a thunk: write `() => …` around the value that needs it.'
      : cycleHint(names),
  });
}

function cycleHint(names: readonly string[]): string {
  if (names.some((name) => name.startsWith('a condition of '))) {
    return 'Decide the condition by something that does not depend on what stands under it.';
  }
  return names.length === 1
    ? 'Set it to a value that does not depend on itself.'
    : 'Set one of them to a value that does not depend on the others.';
}

/**
 * What user code threw, as an error with a place. Errors that have a host pass as they are.
 * @param declared where the option set stands, shown where nothing nearer is known
 */
export function understood(
  error: unknown,
  host: string,
  option: string,
  frame: Frame | undefined,
  declared: Site | undefined,
): SteadError {
  if (error instanceof SteadError && error.host !== undefined) return error;
  const place = error instanceof Error ? userPlace(error.stack) : undefined;
  const places = placesOf(place, frame, declared);
  const during = frame?.running?.source ?? frame?.of;
  if (error instanceof SteadError) {
    const { code, message, hint } = error;
    return new SteadError({
      code,
      host,
      option,
      message,
      places: error.places.length > 0 ? error.places : places,
      hint,
      cause: error,
      during,
    });
  }
  // No regular expression: with the stack used up there is no room to compile one.
  if (error instanceof RangeError && error.message.includes('call stack')) {
    return new SteadError({
      code: 'evaluation.too-deep',
      host,
      option,
      message: 'values nest or depend on each other too deeply to be evaluated',
      places,
      hint: 'Look for a function or a value that holds itself, or calls itself without an end.',
      cause: error,
    });
  }
  return new SteadError({
    code: 'evaluation.threw',
    host,
    option,
    message: `its code threw ${error instanceof Error ? `${error.name}: ${error.message}` : shown(error)}`,
    places,
    cause: error,
    during,
  });
}

/** Where code threw, and the definition that it ran for where that stands in another file. */
function placesOf(
  thrown: Place | undefined,
  frame: Frame | undefined,
  declared: Site | undefined,
): LabelledPlace[] {
  const nearest = frame && framePlace(frame);
  if (thrown !== undefined) {
    // Where an implementation is declared tells nothing; where it is used is found out once all is evaluated.
    const isElsewhere =
      nearest !== undefined && frame?.of === undefined && nearest.place.file !== thrown.file;
    return [{ place: thrown }, ...(isElsewhere ? [{ ...nearest, label: 'for what is defined here' }] : [])];
  }
  if (nearest !== undefined) return [nearest];
  return declared === undefined ? [] : [{ place: declared.place() }];
}

export function unknownHost(
  name: string,
  known: readonly string[],
  site: Site,
  frame: Frame | undefined,
): SteadError {
  const near = nearest(name, known);
  return new SteadError({
    code: 'host.unknown',
    ...(frame === undefined ? {} : { host: frame.host, option: frame.label() }),
    message: `there is no host "${name}" in this fleet`,
    // The name may be a parameter of the profile whose definition asks.
    places: [{ place: site.place(), keys: [], calls: frame?.running?.source.site.calls() ?? [] }],
    hint: didYouMean(near) ?? `Hosts: ${known.join(', ')}.`,
  });
}

export function sameHostName(hosts: readonly Host[]): SteadError {
  const [{ name }] = hosts as [Host];
  const isPair = hosts.length === 2;
  return new SteadError({
    code: 'host.duplicate',
    host: name,
    message: `${isPair ? 'two' : hosts.length} hosts are called ${name}`,
    places: hosts.map((host) => ({ ...namePlace(host), label: 'declared here' })),
    hint: isPair ? 'Give one of them another name.' : 'Give each a name of its own.',
  });
}

/** Where a host is given its name. */
function namePlace({ name, site, variantOf }: Host): LabelledPlace {
  const place = site.place();
  if (variantOf === undefined) return { place, keys: [], argument: 0 };
  return variantOf.base.name === name ? { place } : { place, keys: ['name'] };
}

export function sameSetName(one: RawSet, other: RawSet): SteadError {
  return new SteadError({
    code: 'option-set.duplicate',
    message: `two option sets are called ${one.name}`,
    places: [one, other].map((set) => ({
      place: set.site.place(),
      keys: [],
      argument: 0,
      label: 'declared here',
    })),
    hint: 'Give one of them another name, so that an option path means one option.',
  });
}

/** A host's name has to do as the name of a folder and of a machine. */
export function wrongHostName(declared: Host): SteadError {
  return new SteadError({
    code: 'host.name',
    message: `expected a host name of lower-case letters, digits and hyphens, such as pi5-0, got ${shown(declared.name)}`,
    places: [namePlace(declared)],
    hint: hostNameHint(declared.name),
  });
}

function hostNameHint(name: string): string {
  const label = name.split('.')[0]!.toLowerCase().replaceAll('_', '-');
  if (!isHostName(label)) return 'Other hosts, commands and folders use it as it is.';
  const domain = name.includes('.') ? ', without the domain' : '';
  return `Write '${label}'${domain}: other hosts, commands and folders use the name as it is.`;
}

function framePlace(frame: Frame): LabelledPlace | undefined {
  if (frame.running !== undefined) return placeOf(frame.running);
  return frame.site && { place: frame.site.place() };
}
