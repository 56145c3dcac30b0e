// Text templates: handlebars without HTML escaping, in which every missing name is an error with its place.
import { SteadError } from '../options/error.ts';
import { loadHandlebars } from './load.ts';
import { parseTemplate, type TemplateSource } from './template-parse.ts';
import { checked, type Use } from './template-syntax.ts';
import { readValue, text, collection, type Reading } from './template-values.ts';

interface Compiled {
  readonly render: (values: object, runtime: { data: { reading: Reading } }) => string;
  readonly uses: readonly Use[];
}

const compiledByText = new Map<string, Compiled>();
let environment: typeof import('handlebars') | undefined;

/**
 * Fills a template. `{{name}}` writes text, numbers and booleans; the blocks are `if`, `unless`,
 * `each` and `with`; `lookup` reads a computed key. Nothing is escaped.
 * @throws SteadError `template.missing` for a name without a value, wherever it stands;
 *   `template.value` for one that cannot be used there; `template.syntax` for text that is no
 *   template or uses what these templates leave out (partials, decorators, other helpers).
 */
export function template(source: TemplateSource, values: object): string {
  if (typeof (source as Partial<TemplateSource> | undefined)?.text !== 'string') {
    throw new SteadError({
      code: 'template.source',
      message: 'template(…) takes a template with its text, as readSource gives it',
      hint: "Write template(readSource('./motd.hbs'), { … }).",
    });
  }
  const { render, uses } = compiled(source);
  try {
    return render(values, { data: { reading: { template: source.name, uses } } });
  } catch (error) {
    if (error instanceof SteadError || !isHandlebarsError(error)) throw error;
    throw new SteadError({
      code: 'template.value',
      message: `the template cannot be filled: ${error.message}`,
      cause: error,
    });
  }
}

function compiled(source: TemplateSource): Compiled {
  const known = compiledByText.get(source.text);
  if (known !== undefined) return known;
  const handlebars = (environment ??= prepare());
  const { program, uses } = checked(
    source.name,
    parseTemplate(source, (text) => handlebars.parse(text)),
  );
  const render = handlebars.compile<object>(program, {
    strict: true,
    noEscape: true,
    knownHelpersOnly: true,
    knownHelpers: { read: true, text: true, collection: true },
  });
  const result: Compiled = { render, uses };
  compiledByText.set(source.text, result);
  return result;
}

function prepare(): typeof import('handlebars') {
  const handlebars = loadHandlebars().create();
  handlebars.registerHelper('read', (...values: unknown[]) => readValue(values));
  handlebars.registerHelper('text', text);
  handlebars.registerHelper('collection', collection);
  return handlebars;
}

/** Errors of handlebars' own carry a description; those of a value's getter pass through as they are. */
function isHandlebarsError(error: unknown): error is Error {
  return error instanceof Error && 'description' in error;
}
