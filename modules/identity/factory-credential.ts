/** Certificates with their keys as the factory's record has them (tools/factory/record.ts), checked. */

import { parseCertificate } from "../tls/certificate.js";
import type { ClientIdentity } from "../tls/client-identity.js";
import { DerReader, TAG } from "../tls/der.js";
import { isKeyOf, PKCS8_LABEL } from "../tls/private-key.js";

/** A leaf, and whom it is from. */
const MAX_CERTIFICATES = 3;

/**
 * @param blobs of the factory's namespace: `device_cert`, `device_key`, `claim_cert`, `claim_key`
 * @returns undefined where there is none, or where the TLS cannot use it: a key that is not the certificate's, or no RSA
 */
export function readFactoryCredential(
  blobs: { getBytes(key: string): Uint8Array | undefined },
  owner: "device" | "claim",
): ClientIdentity | undefined {
  const key = blobs.getBytes(`${owner}_key`);
  const chain = chainIn(blobs.getBytes(`${owner}_cert`));
  const leaf = chain?.[0] && parseCertificate(chain[0]);
  return chain && leaf && key && isKeyOf(key, PKCS8_LABEL, leaf) ? { chain, key } : undefined;
}

/** One behind the other. */
function chainIn(bytes: Uint8Array | undefined): Uint8Array[] | undefined {
  if (!bytes) return undefined;
  const chain: Uint8Array[] = [];
  try {
    for (const reader = new DerReader(bytes); !reader.isAtEnd; ) {
      if (chain.length === MAX_CERTIFICATES) return undefined;
      chain.push(reader.next(TAG.sequence).whole);
    }
  } catch {
    return undefined;
  }
  return chain;
}
