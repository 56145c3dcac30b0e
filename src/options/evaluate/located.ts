// Errors that show what a person wrote: where an implementation made a definition, first what it follows from.
import { DEFINITION, SteadError, type LabelledPlace } from '../error.ts';
import { shown } from '../merge/shown.ts';
import type { Evaluation } from './evaluation.ts';
import type { AnyOptionSet } from '../types.ts';
import { attempt } from './attempt.ts';
import { originsOf, useOf, type Origin } from './origin.ts';

/** An error, and what tells it from others that follow from the same settings. */
export interface Located {
  readonly error: SteadError;
  /** Equal for errors of one kind that follow from one value; undefined where no such value is known. */
  readonly root: string | undefined;
}

/** The last step from what a person wrote to the definition that an error is about. */
interface Root {
  readonly origin: Origin;
  /** The sets whose implementations led there, from the person's. */
  readonly makers: readonly string[];
}

/** The error with the places that its definitions follow from. */
export function located(error: SteadError, { hosts }: Evaluation): Located {
  // A cycle's places are a chain already.
  if (error.code === 'option.cycle') return { error, root: undefined };
  const values: string[] = [];
  const found = error.places.map((labelled) => {
    const { [DEFINITION]: defined, ...place } = labelled;
    const host = hosts.find(({ name }) => name === (defined?.host ?? error.host));
    const roots = defined === undefined || host === undefined ? [] : rootsOf(originsOf(host, defined));
    if (roots.length === 0) return { first: [place], made: [], isDefined: defined !== undefined };
    for (const { origin } of roots) {
      if (origin.kind === 'value') values.push(shown(origin.value));
      else if (origin.kind === 'default') values.push(origin.option);
    }
    const makers = [...new Set(roots.flatMap((root) => root.makers))];
    const label = `from which ${makers.join(' and then ')} makes ${defined!.option ?? 'this'}`;
    const first = roots.map(({ origin }) => ({
      ...origin.place,
      label: originLabel(origin, host!.name, labelled),
      // A label of its own says already who makes it.
      ...(isLabelled(labelled) ? {} : { made: { place: place.place, label } }),
    }));
    // A name that nobody but the implementation says is wrong there.
    const isOwn =
      place.focus === 'key' && roots.every(({ origin: { kind } }) => kind === 'set' || kind === 'default');
    return isOwn
      ? { first: [place], made: first, isDefined: true }
      : { first, made: [{ ...place, label }], isDefined: true };
  });
  const made = found.flatMap((one) => one.made);
  if (made.length === 0) return { error: withUse(error, hosts), root: undefined };
  const end = found.findLastIndex(({ isDefined }) => isDefined) + 1;
  const first = found.slice(0, end).flatMap((one) => one.first);
  const others = found.slice(end).flatMap((one) => one.first);
  const spots = [...first, ...others].map(({ place, keys }) => [place, keys]);
  const { code, host } = error;
  return {
    root: values.length === 0 ? undefined : JSON.stringify([code, host, spots, values]),
    error: error.with({ places: [...first, ...made, ...others] }),
  };
}

/** What an implementation threw, with where a person uses its option set. */
function withUse(error: SteadError, hosts: Evaluation['hosts']): SteadError {
  const { during, places, code } = error;
  const host = hosts.find((one) => one.name === error.host);
  if (during === undefined || host === undefined) return error;
  const maker = typeof during === 'function' ? (during as unknown as AnyOptionSet) : host.makerOf(during);
  const use = maker && attempt(() => useOf(host, maker));
  if (use === undefined) return error;
  return error.with({
    places: [
      ...places,
      {
        ...use.place,
        label: `${use.option} on ${host.name} is used here`,
        // Whoever threw an error with places of its own knew them better.
        ...(code === 'evaluation.threw' ? {} : { beside: true }),
      },
    ],
  });
}

function rootsOf(origins: readonly Origin[], makers: readonly string[] = []): readonly Root[] {
  return origins.flatMap((origin) => {
    const way = [origin.maker.name, ...makers];
    return origin.from.length === 0 ? [{ origin, makers: way }] : rootsOf(origin.from, way);
  });
}

const LABELS: Readonly<Record<Origin['kind'], string>> = {
  value: 'is defined here',
  name: 'names it',
  default: 'has its default here',
  set: 'is used here',
};

function originLabel({ option, kind, maker }: Origin, host: string, labelled: LabelledPlace): string {
  if (!isLabelled(labelled)) return `${option} on ${host} ${LABELS[kind]}`;
  return kind === 'value' ? labelled.label! : `${labelled.label} by ${maker.name}`;
}

/** Whether the error says more of a place than that something is defined there. */
function isLabelled({ label, [DEFINITION]: defined }: LabelledPlace): boolean {
  return label !== undefined && defined?.option === undefined;
}
