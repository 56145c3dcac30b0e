// The command line: verbs as data, errors to text, outcomes to exit codes.
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { EXIT, type ExitCode } from '../deploy/outcome.ts';
import { SteadError, SteadErrors } from '../options/error.ts';
import { contextOf, wantsColour, withSharedOptions, type CliContext, type Process } from './context.ts';
import { VERBS, type Verb } from './verbs.ts';

/** Runs the command line and gives the exit code. Nothing is thrown, and nothing but the exit code is left to set. */
export async function main(process: Process): Promise<ExitCode> {
  const state: { code: ExitCode; context: CliContext | undefined } = { code: EXIT.done, context: undefined };
  const version = ownVersion();
  const program = new Command('stead')
    .description('Host configuration in TypeScript: built into hashed generations, switched to atomically.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void process.stdout.write(text),
      writeErr: (text) => void process.stderr.write(text),
    });
  for (const verb of VERBS) addVerb(program, verb, process, version, state);
  try {
    await program.parseAsync([...process.argv]);
    return state.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.input;
    await printError(error, process, state.context);
    return isInputError(error) ? EXIT.input : EXIT.failed;
  }
}

function addVerb(
  program: Command,
  verb: Verb,
  process: Process,
  version: string,
  state: { code: ExitCode; context: CliContext | undefined },
): void {
  const command = withSharedOptions(verb.declare(program.command(verb.usage).description(verb.summary)));
  command.exitOverride().action(async (...given: unknown[]) => {
    // commander passes the arguments, then the options, then the command itself.
    const options = given.at(-2);
    state.context = contextOf(process, options, version);
    const { run } = await verb.load();
    state.code = await run(state.context, given.slice(0, -2), options);
  });
}

/** Errors that a person mends in the repository or on the command line, as against those of hosts. */
function isInputError(error: unknown): boolean {
  if (error instanceof SteadErrors) return error.errors.every(isInputError);
  return (
    error instanceof SteadError &&
    !/^(target|host-script|bundle\.write|fleet\.invalid|signing|fetch|debian\.(?!package)|lab\.(?!host|topology))/.test(
      error.code,
    )
  );
}

async function printError(error: unknown, process: Process, context: CliContext | undefined): Promise<void> {
  const { report } = await import('../fleet/index.ts');
  const repository = context?.repository ?? process.cwd();
  process.stderr.write(`${await report(error, { repository, colour: wantsColour(process) })}\n`);
  if (context?.verbose === true) {
    const { stacksOf } = await import('./stacks.ts');
    process.stderr.write(stacksOf(error));
  }
  if (context?.json === true) {
    const { errorDocument } = await import('./document.ts');
    process.stdout.write(`${JSON.stringify(await errorDocument(error), null, 2)}\n`);
  }
}

function ownVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
