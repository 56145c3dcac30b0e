// Answers of hosts to a question: errors beside, values as text or as one JSON document.
import { answersExitCode, type Answer, type ExitCode } from '../deploy/index.ts';
import type { CliContext } from './context.ts';
import { errorData } from '../fleet/error-data.ts';

/**
 * @param show prints one host's value for people
 * @param isGood whether a value is what was hoped for: the exit code says so
 */
export async function printAnswers<T>(
  context: CliContext,
  answers: readonly Answer<T>[],
  show: (host: string, value: T) => void,
  isGood: (value: T) => boolean = () => true,
): Promise<ExitCode> {
  const { report } = await import('../fleet/index.ts');
  for (const answer of answers) {
    if ('value' in answer && !context.json) show(answer.host, answer.value);
    if ('error' in answer) {
      context.note(await report(answer.error, { repository: context.repository, colour: context.colour }));
    }
  }
  if (context.json) {
    const hosts = await Promise.all(
      answers.map(async (answer) =>
        'error' in answer
          ? { host: answer.host, error: await errorData(answer.error) }
          : { host: answer.host, ...answer.value },
      ),
    );
    context.print(JSON.stringify({ hosts }, null, 2));
  }
  return answersExitCode(answers, isGood);
}
