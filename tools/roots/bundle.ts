/** Writes the bundle of root certificates that mocks/moddable/tls/roots.ts describes and reads. */

import { DerReader } from "../../mocks/moddable/tls/der.js";
import { COUNT_BYTES, ENTRY_BYTES, nameKey } from "../../mocks/moddable/tls/roots.js";

/** @param certificates in DER; those of one name keep their order, that of the others makes no difference */
export function writeBundle(certificates: readonly Uint8Array[]): Buffer {
  const roots = certificates.map((der) => ({ key: nameKey(subjectOf(der)), der })).sort((a, b) => a.key - b.key);
  const index = Buffer.alloc(COUNT_BYTES + roots.length * ENTRY_BYTES);
  index.writeUInt16BE(roots.length);
  let offset = index.length;
  for (const [number, { key, der }] of roots.entries()) {
    const entry = COUNT_BYTES + number * ENTRY_BYTES;
    index.writeUInt32BE(key, entry);
    index.writeUInt32BE(offset, entry + 4);
    index.writeUInt16BE(der.length, entry + 8);
    offset += der.length;
  }
  return Buffer.concat([index, ...roots.map(({ der }) => der)]);
}

/** The subject's Name in DER, with its tag and length (RFC 5280 §4.1). @throws RangeError where it is no certificate */
export function subjectOf(certificate: Uint8Array): Uint8Array {
  const fields = new DerReader(certificate).inside().inside();
  // Its version, which only v1 leaves out, then serial number, algorithm, issuer, validity.
  fields.optional(0xa0);
  for (let field = 0; field < 4; field++) fields.next();
  return fields.next().whole;
}
