// What `stead facts` wrote about a host, for defaults that follow from it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SteadError, type HostEvaluation, type HostView } from '../options/index.ts';
import { noteSource } from './hermetic/read-source.ts';
import { repositoryOf } from './hermetic/repositories.ts';

/** The content of `hosts/facts/<host>.json`; undefined where there is none. @throws SteadError `facts.invalid` */
export function recordedFacts(host: HostView): unknown {
  const { declared } = host as HostEvaluation;
  const repository = repositoryOf(declared.site.place().file);
  if (repository === undefined) return undefined;
  const file = join(repository, 'hosts/facts', `${host.name}.json`);
  const facts = parsed(file);
  if (facts !== undefined) noteSource(repository, file);
  return facts;
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SteadError({
      code: 'facts.invalid',
      message: `the facts of a host cannot be read: ${(cause as Error).message}`,
      places: [{ place: { file, line: 1, column: 1 } }],
      hint: 'Write it again with `stead facts`.',
      cause,
    });
  }
}
