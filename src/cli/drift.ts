// What is wrong with a path or a file of the store, in words.

export const DRIFT = {
  missing: 'is missing',
  replaced: 'was replaced by something else',
  changed: 'was changed',
  mode: 'has another mode or owner',
  undeclared: 'holds keys that nobody declared',
} as const;
