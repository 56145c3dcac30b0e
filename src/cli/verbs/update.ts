// stead update: resolves what recipes and models are made from into stead.lock, and says what is another now.
import { LOCK_FILE } from '../../fleet/index.ts';
import { EXIT, type ExitCode } from '../../deploy/outcome.ts';
import { resolveModel } from '../../recipes/hub.ts';
import type { LockChange } from '../../recipes/lock-changes.ts';
import { updateLock } from '../../recipes/update.ts';
import type { CliContext } from '../context.ts';

export async function run(context: CliContext, args: readonly unknown[]): Promise<ExitCode> {
  const names = args[0] as readonly string[];
  const changes = await updateLock(context.repository, {
    names,
    note: (text) => context.note(text),
    model: (_name, request) => resolveModel(request, context.process.env['HF_TOKEN']),
  });
  if (context.json) context.print(JSON.stringify({ lock: LOCK_FILE, changes }, null, 2));
  else for (const line of lines(changes)) context.print(line);
  return EXIT.done;
}

function lines(changes: readonly LockChange[]): string[] {
  if (changes.length === 0) return [`${LOCK_FILE} is as it was`];
  const others = changes.filter((change) => change.kind !== 'debian' || isMoved(change));
  return [...others.map(line), ...packageLines(changes.filter((change) => change.kind === 'debian'))];
}

function line({ name, before, after }: LockChange): string {
  if (before === null) return `${name}: ${after}`;
  return after === null ? `${name}: gone, it was ${before}` : `${name}: ${before} → ${after}`;
}

function isMoved({ before, after }: LockChange): boolean {
  return before !== null && after !== null;
}

/** Packages that came and went are many, and mostly what others need: names, one line an archive. */
function packageLines(changes: readonly LockChange[]): string[] {
  const told = changes.filter((change) => !isMoved(change));
  const archives = [...new Set(told.map(({ name }) => name.split(' ')[0]!))];
  return archives.flatMap((archive) => {
    const names = (gone: boolean): string =>
      told
        .filter(({ name, after }) => name.startsWith(`${archive} `) && (after === null) === gone)
        .map(({ name }) => name.slice(archive.length + 1))
        .join(' ');
    const [come, gone] = [names(false), names(true)];
    return [
      ...(come === '' ? [] : [`${archive}, new: ${come}`]),
      ...(gone === '' ? [] : [`${archive}, gone: ${gone}`]),
    ];
  });
}
