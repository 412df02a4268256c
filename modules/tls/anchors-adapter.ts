/** The certificates that the device trusts: resources in flash (see this folder's manifest.json), and what a person gave. */
import Resource from "Resource";
import { guarded } from "../base/guard.js";
import { fromBase64 } from "../data/base64.js";
import { type Certificate, parseCertificate } from "./certificate.js";
import { DerReader, isEqual } from "./der.js";

/** A build's own authorities, one after the other in DER. */
const PRIVATE = "private-ca.der";
/** The SDK's index of its authorities: key ids, the n-th that of `ca<n>.der`. */
const INDEX = "ca.ski";
const KEY_ID_BYTES = 20;

/**
 * Those that may have issued the certificate: by name, or by the key that it names.
 * @param given DER in base64, of the portal
 */
export function anchorsFor({ issuer, authorityKeyId }: Certificate, given: readonly string[]): readonly Certificate[] {
  const anchors: Certificate[] = [];
  const add = (der: Uint8Array) => {
    const anchor = parseCertificate(der);
    if (anchor && isEqual(anchor.subject, issuer)) anchors.push(anchor);
  };
  for (const base64 of given) add(fromBase64(base64));
  // What is no DER (PEM, a byte too many) must not take the public authorities away.
  guarded(PRIVATE, () => {
    for (const reader = new DerReader(resource(PRIVATE)); !reader.isAtEnd; ) add(reader.next().whole);
  })();
  const number = authorityKeyId && indexOf(authorityKeyId);
  const known = number === undefined ? undefined : parseCertificate(resource(`ca${number}.der`));
  return known ? [...anchors, known] : anchors;
}

/** The index names all that the SDK has; the build carries some of them. */
function indexOf(keyId: Uint8Array): number | undefined {
  const index = resource(INDEX);
  for (let position = 0; position < index.length; position += KEY_ID_BYTES) {
    if (index[position] === keyId[0] && isEqual(index.subarray(position, position + KEY_ID_BYTES), keyId))
      return position / KEY_ID_BYTES;
  }
  return undefined;
}

/** The bytes where they lie in flash; none where the build has no such resource. */
function resource(name: string): Uint8Array {
  return Resource.exists(name) ? new Uint8Array(new Resource(name) as unknown as ArrayBuffer) : new Uint8Array();
}
