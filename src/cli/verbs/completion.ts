// stead completion: what a shell needs to complete verbs, flags and the hosts of the repository it stands in.
import { Command } from 'commander';
import { z } from 'zod';
import { EXIT, type ExitCode } from '../../deploy/outcome.ts';
import { SteadError } from '../../options/error.ts';
import { withSharedOptions, type CliContext } from '../context.ts';
import { VERBS } from '../verbs.ts';

/** A verb as a shell completes it. */
interface Completed {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly { readonly name: string; readonly description: string }[];
}

export async function run(context: CliContext, args: readonly unknown[]): Promise<ExitCode> {
  const shell = z.string().parse(args[0]);
  const script = SCRIPTS[shell];
  if (script === undefined) {
    throw new SteadError({
      code: 'usage.completion',
      message: `there is no completion for "${shell}"`,
      hint: `Known: ${Object.keys(SCRIPTS).join(', ')}.`,
    });
  }
  context.print(script(VERBS.map(completed)));
  return EXIT.done;
}

function completed({ usage, summary, declare }: (typeof VERBS)[number]): Completed {
  const command = withSharedOptions(declare(new Command(usage)));
  return {
    name: usage,
    summary,
    flags: command.options.map(({ long, description }) => ({ name: long ?? '', description })),
  };
}

/** Names of hosts: the files in `hosts/`. */
const HOSTS = `ls hosts 2>/dev/null | sed -n 's/\\.ts$//p'`;

const SCRIPTS: Readonly<Record<string, (verbs: readonly Completed[]) => string>> = {
  bash: (verbs) => `# stead completion bash > ~/.local/share/bash-completion/completions/stead
_stead() {
  local word=\${COMP_WORDS[COMP_CWORD]} words
  if [ "$COMP_CWORD" = 1 ]; then
    words='${verbs.map(({ name }) => name).join(' ')}'
  else
    case \${COMP_WORDS[1]} in
${verbs.map(({ name, flags }) => `      ${name}) words='${flags.map((flag) => flag.name).join(' ')}' ;;`).join('\n')}
    esac
    case $word in
      -*) ;;
      *) words="$words $(${HOSTS})" ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _stead stead`,
  zsh: (verbs) => `#compdef stead
# stead completion zsh > a folder of $fpath, as _stead
local -a verbs flags hosts
verbs=(
${verbs.map(({ name, summary }) => `  '${name}:${inQuotes(summary)}'`).join('\n')}
)
if (( CURRENT == 2 )); then
  _describe verb verbs
  return
fi
case $words[2] in
${verbs
  .map(
    ({ name, flags }) =>
      `  ${name}) flags=(${flags.map((flag) => `'${flag.name}:${inQuotes(flag.description)}'`).join(' ')}) ;;`,
  )
  .join('\n')}
esac
hosts=(\${(f)"$(${HOSTS})"})
_describe -o flag flags
compadd -a hosts`,
  fish: (verbs) =>
    [
      '# stead completion fish > ~/.config/fish/completions/stead.fish',
      `complete -c stead -n __fish_use_subcommand -f`,
      ...verbs.map(
        ({ name, summary }) =>
          `complete -c stead -n __fish_use_subcommand -a ${name} -d '${inQuotes(summary)}'`,
      ),
      `complete -c stead -n 'not __fish_use_subcommand' -f -a "(${HOSTS.replaceAll('$', '\\$')})"`,
      ...verbs.flatMap(({ name, flags }) =>
        flags.map(
          (flag) =>
            `complete -c stead -n '__fish_seen_subcommand_from ${name}' -l ${flag.name.slice(2)} -d '${inQuotes(flag.description)}'`,
        ),
      ),
    ].join('\n'),
};

/** Text for single quotes of any of these shells; a colon would end zsh's words. */
function inQuotes(text: string): string {
  return text.replaceAll("'", '’').replaceAll(':', ' ').replaceAll('\\', '');
}
