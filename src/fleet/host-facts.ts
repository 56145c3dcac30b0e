// What `stead facts` wrote about a host, for defaults that follow from it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SteadError, type HostEvaluation, type HostView } from '../options/index.ts';
import { noteSource } from './hermetic/read-source.ts';
import { repositoryOf } from './hermetic/repositories.ts';
import { SourceFile } from './source/file.ts';
import { jsonError, jsonReason } from './source/json.ts';

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
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
    return JSON.parse(text);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const broken = cause instanceof SyntaxError ? jsonError(new SourceFile(file, text!)) : undefined;
    throw new SteadError({
      code: 'facts.invalid',
      message: `the facts of a host cannot be read: ${broken === undefined ? (cause as Error).message : jsonReason(broken)}`,
      places: broken?.places ?? [{ place: { file, line: 1, column: 1 } }],
      hint: 'Write it again with `stead facts`.',
      cause,
    });
  }
}
