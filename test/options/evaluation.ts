// Evaluates small hosts, and shows what was found in a form that reads well in a test.
import {
  Evaluation,
  host,
  SteadError,
  type Contribution,
  type Host,
  type HostEvaluation,
  type OptionSet,
} from '../../src/options/index.ts';
import type { z } from 'zod';

/** A host named `a` that uses `use`, evaluated alone. */
export function hostOf(...use: Contribution[]): HostEvaluation {
  return fleetOf(host('a', { use })).host('a');
}

export function fleetOf(...hosts: Host[]): Evaluation {
  return new Evaluation(hosts);
}

/** The merged value of `set` on a host that uses `use` and has no error. */
export function valueOf<S extends z.ZodObject>(set: OptionSet<S>, ...use: Contribution[]): z.output<S> {
  const evaluation = fleetOf(host('a', { use }));
  const { errors } = evaluation.check();
  if (errors.length > 0) throw new Error(errors.map(told).join('\n'));
  return evaluation.host('a').get(set);
}

/** The errors of a host `a` that uses `use`, each as `option: message`. */
export function errorsOf(...use: Contribution[]): string[] {
  return foundIn(host('a', { use }));
}

export function foundIn(...hosts: Host[]): string[] {
  return fleetOf(...hosts)
    .check()
    .errors.map(told);
}

export function warningsOf(...use: Contribution[]): string[] {
  return fleetOf(host('a', { use })).check().warnings.map(told);
}

/** The single error of a host `a` that uses `use`. */
export function errorOf(...use: Contribution[]): SteadError {
  return single(fleetOf(host('a', { use })).check().errors);
}

export function single<T>(items: readonly T[]): T {
  if (items.length !== 1)
    throw new Error(`expected one, got ${items.length}: ${items.map(String).join('\n')}`);
  return items[0]!;
}

/** What reading throws. */
export function thrown(read: () => unknown): SteadError {
  try {
    read();
  } catch (error) {
    if (error instanceof SteadError) return error;
    throw error;
  }
  throw new Error('expected an error');
}

/** Places as `line:keys label`, for places in one file. */
export function placesOf(error: SteadError): string[] {
  return error.places.map(({ place, keys, label }) =>
    [place.line, keys === undefined ? undefined : `[${keys.join(', ')}]`, label]
      .filter((part) => part !== undefined)
      .join(' '),
  );
}

/** The line in the test's file that this is called on. */
export function line(): number {
  const frame = new Error().stack!.split('\n')[2]!;
  return Number(/:(\d+):\d+\)?$/.exec(frame)![1]);
}

export function told(error: SteadError): string {
  return `${error.option === undefined ? '' : `${error.option}: `}${error.message}`;
}
