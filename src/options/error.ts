// The one error class that reaches a user: data, which the command line turns into text.

/** A place in a source file; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One step on the way to a value in the source: a key, the index of an item, or which value of a `merge(…)`. */
export type SourceKey = string | number | { readonly part: number };

/** On the place of a definition: which one it is, so that an error can show what it follows from. */
export const DEFINITION: unique symbol = Symbol('stead definition');

/** A value in a definition. */
export interface DefinedValue {
  /** The definition. */
  readonly source: object;
  /** Keys that lead to the value in its source. */
  readonly keys: readonly SourceKey[];
  /** The value, where it is known. */
  readonly value?: unknown;
  /** The host on which it counts, where that is not the error's own. */
  readonly host?: string;
  /** The option that an error speaks of by this place. */
  readonly option?: string;
}

/** A place with what it has to do with the error (`defined here`, `and here`). */
export interface LabelledPlace {
  readonly place: Place;
  readonly label?: string;
  /** Keys that lead from the call at `place` to the value meant; resolved when the source is shown. */
  readonly keys?: readonly SourceKey[];
  /** With `keys`: which argument of the call they begin in, from 0; the last where nothing is said. */
  readonly argument?: number;
  /** With `keys`: point at the key itself instead of its value, or at what the function there yields if that can be told. */
  readonly focus?: 'key' | 'yield';
  /** Length in characters of what the caret underlines, where known. */
  readonly length?: number;
  /** It tells something only where no other place is in the repository. */
  readonly beside?: true;
  /** Where an implementation makes something of it, which the error is about, with the label of that place. */
  readonly made?: { readonly place: Place; readonly label: string };
  /** The calls around the one at `place`, from the innermost: those of profiles that are functions. */
  readonly calls?: readonly Place[];
  readonly [DEFINITION]?: DefinedValue;
}

/** A name that there is not. */
export interface Misspelt {
  /** The option that it stands in. */
  readonly within: string;
  /** Options there that may have been meant. */
  readonly meant: readonly string[];
}

/** What a problem consists of; see `SteadError`. */
export interface ErrorFields {
  /** Stable, dotted, for tools: `option.unknown`, `target.unreachable`. */
  readonly code: string;
  /** What is wrong, in one or a few lines, without a full stop's worth of blame. */
  readonly message: string;
  readonly host?: string;
  /** Dotted option path within the host: `wireguard.port`. */
  readonly option?: string | undefined;
  readonly places?: readonly LabelledPlace[];
  /** What to do next, as a sentence. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** The definition whose code threw it, or the option set whose implementation did. */
  readonly during?: object | undefined;
  /** Of an error that is about a name: other errors may follow from it. */
  readonly misspelt?: Misspelt;
}

/** An error meant for a user. Every field is data; `src/cli` makes the text and the exit code. */
export class SteadError extends Error {
  override readonly name = 'SteadError';
  readonly code: string;
  readonly host: string | undefined;
  readonly option: string | undefined;
  readonly places: readonly LabelledPlace[];
  readonly hint: string | undefined;
  readonly misspelt: Misspelt | undefined;
  readonly during: object | undefined;
  readonly #fields: ErrorFields;

  constructor(fields: ErrorFields) {
    super(fields.message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.code = fields.code;
    this.host = fields.host;
    this.option = fields.option;
    this.places = fields.places ?? [];
    this.hint = fields.hint;
    this.misspelt = fields.misspelt;
    this.during = fields.during;
    this.#fields = fields;
  }

  /** The same error but for some of its fields. */
  with(changes: Partial<ErrorFields>): SteadError {
    return new SteadError({ ...this.#fields, ...changes });
  }
}

/** Several errors found in one run, reported together. */
export class SteadErrors extends Error {
  override readonly name = 'SteadErrors';
  readonly errors: readonly SteadError[];
  /** What stops nothing by itself and was found beside them. */
  readonly warnings: readonly SteadError[];

  constructor(errors: readonly SteadError[], warnings: readonly SteadError[] = []) {
    super(`${errors.length} errors`);
    this.errors = errors;
    this.warnings = warnings;
  }
}
