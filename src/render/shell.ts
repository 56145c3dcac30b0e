// The one place where words become shell text: used for every command line built in TypeScript.
/**
 * A word as POSIX shell text that expands to exactly that word (POSIX.1-2024, Shell 2.2.2).
 * @throws TypeError for a NUL, which no process argument can hold
 */
export function shellQuote(word: string): string {
  if (word.includes('\0')) throw new TypeError('a NUL cannot be part of a shell word');
  if (/^[A-Za-z0-9_@%+:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** An argument list as one shell command line. */
export function shellCommand(argv: readonly string[]): string {
  return argv.map(shellQuote).join(' ');
}
