// What a switch would do on a host, as text for people.
import type { HostPlan } from '../deploy/index.ts';

/** A line for each step, indented, then the plan's name; or that there is nothing to do. */
export function planText({ steps, hash }: HostPlan): string[] {
  if (steps.length === 0) return ['nothing to do there'];
  return [
    ...steps.map(
      ({ part, step, subject, why }) => `${part} ${step} ${subject}${why === '' ? '' : ` (${why})`}`,
    ),
    `plan ${hash}`,
  ];
}
