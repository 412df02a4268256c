/**
 * The text of bytes that came in parts; joined first, because a character can be cut by a packet.
 * @param parts emptied, so that bytes and text are not all in memory at the same time
 * @returns undefined where the bytes are no UTF-8
 */
export function textOf(parts: ArrayBuffer[]): string | undefined {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let position = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part), position);
    position += part.byteLength;
  }
  parts.length = 0;
  try {
    return String.fromArrayBuffer(bytes.buffer);
  } catch {
    return undefined;
  }
}
