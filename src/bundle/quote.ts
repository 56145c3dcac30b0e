// Words for a POSIX shell: the one place in TypeScript that quotes them.

/**
 * A word that a POSIX shell reads back as `word`, whatever it holds.
 * @see POSIX.1-2024, Shell Command Language, 2.2.2 Single-Quotes
 */
export function quoteWord(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** An argument vector as one line of shell, every word quoted. */
export function quoteCommand(argv: readonly string[]): string {
  return argv.map(quoteWord).join(' ');
}
