// stead why: every definition of a value, with place and priority, which one won, and what it follows from.
import { z } from 'zod';
import { EXIT, type ExitCode } from '../../deploy/index.ts';
import { exactPlaces } from '../../fleet/index.ts';
import {
  DEFINITION,
  didYouMean,
  explain,
  nearest,
  originsOf,
  parseOptionPath,
  priorityName,
  shown,
  SteadError,
  type Explanation,
  type HostEvaluation,
  type LabelledPlace,
  type Origin,
  type Place,
} from '../../options/index.ts';
import type { CliContext } from '../context.ts';
import { evaluated } from '../evaluated.ts';
import { hostNamed, setNamed } from '../lookup.ts';
import { placeText, printTable } from '../table.ts';

export async function run(context: CliContext, args: readonly unknown[]): Promise<ExitCode> {
  const [hostName, path] = z.tuple([z.string(), z.string()]).parse(args.slice(0, 2));
  const { evaluation } = await evaluated(context);
  const host = hostNamed(evaluation, hostName);
  const keys = parseOptionPath(path);
  if (keys === undefined) throw notAPath(path);
  const [setName, ...rest] = keys;
  const set = setNamed(host, String(setName));
  const value = valueAt(host, set, rest, path);
  const definitions = await Promise.all(explain(host, set, rest).map((one) => describe(one, host)));

  if (context.json) {
    context.print(JSON.stringify({ host: host.name, option: path, value, definitions }, null, 2));
    return EXIT.done;
  }
  context.print(`${path} on ${host.name} is ${shown(value)}`);
  if (definitions.length === 0) {
    context.print('Nothing defines it: this is the default.');
    return EXIT.done;
  }
  printTable(
    context,
    definitions.flatMap((one) => [
      [one.won ? '✓' : ' ', one.priorityName, shown(one.value), placeText(context.repository, one.place)],
      ...callRows(context, one.call),
      ...one.from.flatMap((origin) => fromRows(context, origin)),
    ]),
  );
  return EXIT.done;
}

async function describe(one: Explanation, host: HostEvaluation) {
  const definition = one.place[DEFINITION];
  const origins = definition === undefined ? [] : originsOf(host, definition);
  return {
    won: one.won,
    priority: one.priority,
    priorityName: priorityName(one.priority),
    value: one.value,
    ...(await placeAndCall(one.place)),
    from: await Promise.all(origins.map(describeOrigin)),
  };
}

/** What a definition follows from that an implementation made, back to what a person wrote. */
interface From {
  readonly option: string;
  readonly place: Place;
  readonly call?: Place;
  readonly from: readonly From[];
}

async function describeOrigin({ option, place, from }: Origin): Promise<From> {
  return {
    option,
    ...(await placeAndCall(place)),
    from: await Promise.all(from.map(describeOrigin)),
  };
}

/** The place of a definition, and where a profile that made it is called with what it says. */
async function placeAndCall(place: LabelledPlace): Promise<Pick<From, 'place' | 'call'>> {
  const spots = await exactPlaces([place]);
  const [call] = spots.length > 1 ? spots : [];
  return { place: spots.at(-1)!.place, ...(call === undefined ? {} : { call: call.place }) };
}

function callRows(context: CliContext, call: Place | undefined): readonly (readonly string[])[] {
  return call === undefined ? [] : [['', 'called', '', placeText(context.repository, call)]];
}

function fromRows(context: CliContext, { option, place, call, from }: From): readonly (readonly string[])[] {
  return [
    ['', 'from', option, placeText(context.repository, place)],
    ...callRows(context, call),
    ...from.flatMap((one) => fromRows(context, one)),
  ];
}

function valueAt(
  host: HostEvaluation,
  set: Parameters<HostEvaluation['get']>[0],
  keys: readonly (string | number)[],
  path: string,
): unknown {
  let value: unknown = host.get(set);
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !(key in value)) {
      throw new SteadError({
        code: 'option.unknown',
        host: host.name,
        message: `there is no option ${path}: nothing is called \`${key}\` there`,
        hint: knownThere(value, String(key)),
      });
    }
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

/** As many names as a person reads. */
const MOST_KNOWN = 12;

function knownThere(value: unknown, key: string): string {
  if (typeof value !== 'object' || value === null) return `What stands before it is ${shown(value)}.`;
  const near = nearest(key, Object.keys(value));
  const guess = didYouMean(near);
  if (guess !== undefined) return guess;
  const known = Object.keys(value);
  const more = known.length > MOST_KNOWN ? `, and ${known.length - MOST_KNOWN} more` : '';
  return `Known there: ${known.slice(0, MOST_KNOWN).join(', ') || 'nothing'}${more}.`;
}

function notAPath(text: string): SteadError {
  return new SteadError({
    code: 'usage.option-path',
    message: `"${text}" is not an option path`,
    hint: 'Write the option set and keys with dots, names with other characters in quotes: files.etc."wireguard/wg0.conf".mode',
  });
}
