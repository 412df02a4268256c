/**
 * The text of bytes that came in parts; joined first, because a character can be cut by a packet.
 * @returns undefined where the bytes are no UTF-8
 */
export function textOf(parts: readonly ArrayBuffer[]): string | undefined {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let position = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part), position);
    position += part.byteLength;
  }
  try {
    return String.fromArrayBuffer(bytes.buffer);
  } catch {
    return undefined;
  }
}
