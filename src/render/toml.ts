// TOML files.
import { SteadError } from '../options/error.ts';
import { loadToml } from './load.ts';
import { plainData, writerPlaces, type WriterOptions } from './plain.ts';

/**
 * `value`, a record, as TOML 1.0 with a newline at the end.
 * @throws SteadError `render.value` for anything that TOML has no word for, null among them.
 */
export function toml(value: Readonly<Record<string, unknown>>, options?: WriterOptions): string {
  const data = plainData(value, { format: 'TOML', writer: toml }, options);
  const { stringify } = loadToml();
  try {
    return `${stringify(data).trimEnd()}\n`;
  } catch (cause) {
    throw new SteadError({
      code: 'render.value',
      message: `TOML cannot hold this value: ${cause instanceof Error ? cause.message : String(cause)}`,
      places: writerPlaces(toml, []),
      hint: 'Leave out keys that are null: TOML says "not set" by a key that is absent.',
      cause,
    });
  }
}
