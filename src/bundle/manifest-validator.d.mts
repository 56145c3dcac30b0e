// Types of the validator that ajv generates from the manifest's schema.

/** One violation of the schema, as ajv reports it. */
export interface SchemaViolation {
  /** JSON pointer to what is wrong. */
  readonly instancePath: string;
  readonly message?: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Whether data is a manifest; says what is wrong in `errors`, until the next call. */
export declare const validate: ((data: unknown) => boolean) & { errors?: readonly SchemaViolation[] | null };
