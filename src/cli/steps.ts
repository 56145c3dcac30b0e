// What is left for a person to do, as lines.
import type { ManualStep } from '../targets/index.ts';

/** Each step, and below it what the host says of it. */
export function stepLines(steps: readonly ManualStep[]): string[] {
  return steps.flatMap(({ name, instruction, output }) => [
    `to do by hand (${name}): ${instruction}`,
    ...output.map((line) => `  ${line}`),
  ]);
}
