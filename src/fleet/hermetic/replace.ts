// Putting something else in the place of a property for a while.

/** Gives the property another descriptor; the function returned puts the one before back. */
export function replaceProperty(
  target: object,
  key: PropertyKey,
  descriptor: PropertyDescriptor,
): () => void {
  const before = Object.getOwnPropertyDescriptor(target, key)!;
  Object.defineProperty(target, key, { ...descriptor, configurable: true });
  return () => void Object.defineProperty(target, key, before);
}

/** As `replaceProperty`, for a plain value that keeps the property's other attributes. */
export function replaceValue(target: object, key: PropertyKey, value: unknown): () => void {
  const { enumerable = false, writable = true } = Object.getOwnPropertyDescriptor(target, key)!;
  return replaceProperty(target, key, { value, enumerable, writable });
}
