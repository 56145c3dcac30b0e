// Refusing what would make a result depend on when, where or by whom it is evaluated.
import { createRequire } from 'node:module';
import { SteadError } from '../../options/index.ts';
import { configurationCaller } from './caller.ts';

const require = createRequire(import.meta.url);

/** What kind of thing is refused, which decides the advice. */
export type Impurity = 'clock' | 'randomness' | 'environment' | 'network' | 'waiting';

const reasons: Readonly<Record<Impurity, { readonly why: string; readonly hint: string }>> = {
  clock: {
    why: 'the same commit must give the same hosts at any time',
    hint: 'Write the date or time into the repository.',
  },
  randomness: {
    why: 'the same commit must give the same hosts every time',
    hint: 'Write the value into the repository, or derive it from the name of the host.',
  },
  environment: {
    why: 'the same commit must give the same hosts on any machine',
    hint: "Write the value into a file of the repository, and read that with readSource('./file').",
  },
  network: {
    why: 'the same commit must give the same hosts on any machine',
    hint: "Fetch it beforehand into a file of the repository, and read that with readSource('./file').",
  },
  waiting: {
    why: 'what runs later is no longer part of the evaluation',
    hint: 'Compute the value where it is used, or in a thunk: `() => …`.',
  },
};

/**
 * @param what as a person wrote it: `Date.now()`
 * @param called see configurationCaller
 * @throws SteadError `evaluation.impure` when configuration asks for it, with the place of the attempt
 */
export function refuseToConfiguration(what: string, impurity: Impurity, called: boolean): void {
  const caller = configurationCaller(called);
  if (caller === undefined) return;
  const { why, hint } = reasons[impurity];
  const { mentionSpot } = require('../source/mention.ts') as typeof import('../source/mention.ts');
  const by = caller.isPackage ? ', which a package asks for here,' : '';
  throw new SteadError({
    code: 'evaluation.impure',
    message: `\`${what}\`${by} is not available to configuration: ${why}`,
    places: caller.place === undefined ? [] : [mentionSpot(caller.place, what)],
    hint,
  });
}
