// stead secrets check, and rekey: whom every secret is encrypted for, and whom it should be.
import { EXIT, type ExitCode } from '../../deploy/outcome.ts';
import { SteadError, SteadErrors } from '../../options/error.ts';
import {
  checkSecrets,
  seal,
  secretState,
  unseal,
  type AnyIdentity,
  type SecretState,
} from '../../secrets/index.ts';
import { refuseCutOff } from '../rotation.ts';
import { printTable } from '../table.ts';
import { report, type Sealed, type Work } from './work.ts';

export async function check(work: Work): Promise<ExitCode> {
  const { context, store, fleet, names } = work;
  refuseCutOff(context);
  const all = await checkSecrets(store, fleet);
  const states =
    names.length === 0 ? all : await Promise.all(names.map((name) => secretState(store, fleet, name)));
  if (context.json) context.print(JSON.stringify({ secrets: states }, null, 2));
  else
    printTable(
      context,
      states.map((one) => [one.name, stateText(one), one.hosts.join(', ')]),
    );
  return states.every(({ state }) => state === 'sound' || state === 'unused') ? EXIT.done : EXIT.input;
}

function stateText({ state, lacking, tooMany }: SecretState): string {
  const differs = [
    ...(lacking.length > 0 ? [`not for ${lacking.join(', ')}`] : []),
    ...(tooMany > 0 ? [`for ${tooMany} who should not read it`] : []),
  ].join('; ');
  switch (state) {
    case 'sound':
      return 'as it should be';
    case 'unused':
      return ['no host uses it', ...(differs === '' ? [] : [differs])].join('; ');
    case 'missing':
      return 'MISSING';
    case 'unreadable':
      return 'NOT ENCRYPTED, or damaged';
    case 'recipients':
      return `WRONG RECIPIENTS: ${differs === '' ? 'not those of the fleet' : differs}`;
    default:
      return state satisfies never;
  }
}

/** Each secret whose recipients are not those of its uses is encrypted again; the others stay as they are, to the byte. */
export async function rekey(work: Work): Promise<ExitCode> {
  const { store, fleet, names } = work;
  const states =
    names.length === 0
      ? await checkSecrets(store, fleet)
      : await Promise.all(names.map((name) => secretState(store, fleet, name)));
  const errors: SteadError[] = [];
  const done: Sealed[] = [];
  let keys: readonly AnyIdentity[] | undefined;
  for (const { name, state, lacking, tooMany } of states) {
    if (state === 'sound' || (state === 'unused' && lacking.length === 0 && tooMany === 0)) continue;
    try {
      const plaintext = await unseal(store, name, (keys ??= work.identities()));
      done.push({ name, changed: true, recipients: await seal(store, fleet, name, plaintext) });
    } catch (error) {
      if (!(error instanceof SteadError)) throw error;
      errors.push(error);
    }
  }
  report(work, done);
  if (errors.length > 0) throw new SteadErrors(errors);
  return EXIT.done;
}
