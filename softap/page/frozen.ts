/** For the constants of a preloaded module, whole: what could change keeps a place for that in RAM. */
export function frozen<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    // Bytes cannot be frozen; in ROM they are read-only anyway.
    if (typeof part === "object" && part && !ArrayBuffer.isView(part)) frozen(part);
  }
  return Object.freeze(value);
}
