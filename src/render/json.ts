// JSON files.
import { plainData, type WriterOptions } from './plain.ts';

/**
 * `value` as JSON, indented by two spaces, with a newline at the end.
 * @throws SteadError `render.value` for anything JSON has no word for.
 */
export function json(value: unknown, options?: WriterOptions): string {
  return `${JSON.stringify(plainData(value, { format: 'JSON', writer: json }, options), null, 2)}\n`;
}
