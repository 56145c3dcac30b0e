/** What code gives, or undefined where it throws: an error elsewhere does not keep a value from being explained. */
export function attempt<T>(code: () => T): T | undefined {
  try {
    return code();
  } catch {
    return undefined;
  }
}
