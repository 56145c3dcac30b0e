// What configuration prints goes to stderr: stdout is for results.
import { configurationCaller } from './caller.ts';
import { replaceValue } from './replace.ts';

export function redirectConsole(): (() => void)[] {
  return (['log', 'info', 'debug'] as const).map((name) => {
    const real = console[name];
    return replaceValue(console, name, (...values: unknown[]): void => {
      if (configurationCaller(true) === undefined) real.apply(console, values);
      else console.error(...values);
    });
  });
}
