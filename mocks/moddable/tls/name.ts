/** Distinguished names (RFC 5280 §4.1.2.4), in DER. */
import { DerReader, TAG } from "./der.js";

const COMMON_NAME = "550403";

export function namesIn(name: Uint8Array): { commonName?: ArrayBuffer; lastName?: ArrayBuffer } {
  let commonName: ArrayBuffer | undefined;
  let lastName: ArrayBuffer | undefined;
  for (const sets = new DerReader(name).inside(); !sets.isAtEnd; ) {
    const attribute = sets.inside(TAG.set).inside();
    const isCommonName = attribute.oid() === COMMON_NAME;
    lastName = attribute.next().content.slice().buffer as ArrayBuffer;
    if (isCommonName) commonName ??= lastName;
  }
  return { ...(commonName && { commonName }), ...(lastName && { lastName }) };
}
