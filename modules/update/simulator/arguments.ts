/** How the SDK's C code takes its arguments (xs/sources/xsmc.c). */

/** @throws SyntaxError for an argument that is left out */
export function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new SyntaxError("no parameter");
  return value;
}

/** `xsmcToInteger`: 32 bits. @throws TypeError for a BigInt or a symbol */
export function integer(value: number): number {
  return +value | 0;
}

/** The bytes of a buffer, shared with it. @throws TypeError for anything but an ArrayBuffer or a view of single bytes */
export function bytesOf(buffer: unknown): Uint8Array {
  if (buffer instanceof ArrayBuffer || buffer instanceof SharedArrayBuffer) return new Uint8Array(buffer);
  if (ArrayBuffer.isView(buffer) && (!("BYTES_PER_ELEMENT" in buffer) || buffer.BYTES_PER_ELEMENT === 1))
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  throw new TypeError("invalid buffer");
}
