/**
 * The device's bundle of root certificates, `modules/tls/roots.dat`. Numbers are big-endian: u16 count; an entry for each
 * root, sorted by key and then by offset; then the certificates in DER, without gaps.
 */

export const COUNT_BYTES = 2;
/** u32 key of the subject, u32 offset from the file's beginning, u16 length. */
export const ENTRY_BYTES = 10;

/** FNV-1a, 32 bit. @param name a Name in DER, with its tag and length */
export function nameKey(name: Uint8Array): number {
  let key = 0x811c9dc5;
  for (const byte of name) key = Math.imul(key ^ byte, 0x01000193);
  return key >>> 0;
}

/**
 * The roots in DER whose subject has the key of this one. Two names may share a key: who asks compares them.
 * @param subject a Name in DER, such as a certificate's issuer
 */
export function rootsNamed(bundle: Uint8Array, subject: Uint8Array): readonly Uint8Array[] {
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  const count = view.getUint16(0);
  const key = nameKey(subject);
  const roots: Uint8Array[] = [];
  for (let index = firstNotBelow(key, count, view); index < count; index++) {
    const entry = COUNT_BYTES + index * ENTRY_BYTES;
    if (view.getUint32(entry) !== key) break;
    const offset = view.getUint32(entry + 4);
    roots.push(bundle.subarray(offset, offset + view.getUint16(entry + 8)));
  }
  return roots;
}

/** Binary search. @returns the first entry whose key is not smaller, or the count */
function firstNotBelow(key: number, count: number, view: DataView): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (view.getUint32(COUNT_BYTES + middle * ENTRY_BYTES) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
