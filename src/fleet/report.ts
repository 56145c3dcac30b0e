// The formatter of everything a user is told to have gone wrong, loaded when something has.
import type { ReportOptions } from './report/text.ts';

export type { ReportOptions } from './report/text.ts';

/**
 * The text of an error: its headline, an excerpt of the source for each place with the caret under the
 * exact key or value, and what to do next. Several errors come root causes first, with their number at the
 * end; one that several hosts share is told once. At most 24 lines an error, no newline at the end.
 */
export async function report(error: unknown, options: ReportOptions): Promise<string> {
  const { reportText } = await import('./report/text.ts');
  return reportText(error, options);
}
