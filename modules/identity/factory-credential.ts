/** Certificates with their keys as the factory's record has them (tools/factory/record.ts), checked. */

import { isKeyOf } from "modules/tls/certificates-adapter";
import { parseCertificate } from "../tls/certificate.js";
import type { ClientIdentity } from "../tls/client-identity.js";

/** A leaf, and whom it is from. */
const MAX_CERTIFICATES = 3;

/**
 * @param blobs of the factory's namespace: `device_cert`, `device_key`, `claim_cert`, `claim_key`
 * @returns undefined where there is none, or where the key is not the certificate's
 */
export function readFactoryCredential(
  blobs: { getBytes(key: string): Uint8Array | undefined },
  owner: "device" | "claim",
): ClientIdentity | undefined {
  const key = blobs.getBytes(`${owner}_key`);
  const chain = chainIn(blobs.getBytes(`${owner}_cert`));
  return chain?.[0] && key && isKeyOf(key, chain[0]) ? { chain, key } : undefined;
}

/** One behind the other. */
function chainIn(bytes: Uint8Array | undefined): Uint8Array[] | undefined {
  if (!bytes) return undefined;
  const chain: Uint8Array[] = [];
  for (let position = 0; position < bytes.length; ) {
    const rest = bytes.subarray(position);
    const certificate = parseCertificate(rest);
    if (!certificate || chain.length === MAX_CERTIFICATES) return undefined;
    chain.push(rest.subarray(0, certificate.bytes));
    position += certificate.bytes;
  }
  return chain;
}
