// stead secrets set, edit and generate: what a secret holds.
import { EXIT, type ExitCode } from '../../deploy/outcome.ts';
import { SteadError } from '../../options/error.ts';
import { edited, generated, SECRET_KINDS, unseal } from '../../secrets/index.ts';
import { everythingFrom } from '../input.ts';
import { exists, onlyName, report, sealed, type Work } from './work.ts';

export async function set(work: Work): Promise<ExitCode> {
  const name = onlyName(work);
  const { stdin } = work.context.process;
  if (stdin.isTTY === true) work.context.note(`The content of ${name}, then Ctrl-D:`);
  const content = await everythingFrom(stdin);
  if (content.length === 0) {
    throw new SteadError({
      code: 'secrets.empty',
      message: `there is nothing on standard input for ${name}; nothing was written`,
      hint: `Pipe the content in: … | stead secrets set ${name}`,
    });
  }
  await sealed(work, name, content);
  return EXIT.done;
}

export async function edit(work: Work): Promise<ExitCode> {
  const name = onlyName(work);
  const { store, context } = work;
  const before =
    store.read(name) === undefined ? new Uint8Array() : await unseal(store, name, work.identities());
  const { env } = context.process;
  const folders = [env['XDG_RUNTIME_DIR'] || '/dev/shm', '/dev/shm', '/run'];
  const after = await edited(name, before, env['VISUAL'] || env['EDITOR'] || 'vi', folders);
  if (Buffer.compare(before, after) === 0) {
    report(work, [{ name, changed: false, recipients: [] }]);
    return EXIT.done;
  }
  await sealed(work, name, after);
  return EXIT.done;
}

export async function generate(work: Work): Promise<ExitCode> {
  const name = onlyName(work);
  const { store, options } = work;
  if (options.kind === undefined) {
    throw new SteadError({
      code: 'secrets.kind',
      message: 'what is to be generated?',
      hint: `Say --kind ${SECRET_KINDS.join(' | ')}.`,
    });
  }
  if (store.read(name) !== undefined && !options.replace) throw exists(name);
  const { secret, publicHalf } = await generated(options.kind, name);
  await sealed(work, name, Buffer.from(secret));
  if (publicHalf !== undefined) store.writePublicHalf(name, publicHalf);
  return EXIT.done;
}
