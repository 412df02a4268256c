/** From the PEM that a vending machine sells to what proves the device in a TLS handshake. */

import { isKeyOf } from "modules/tls/certificates-adapter";
import { failed, type Result, success } from "../../modules/base/failure.js";
import { fromBase64 } from "../../modules/data/base64.js";
import { pemBlocks } from "../../modules/data/pem.js";
import type { ClientIdentity } from "../../modules/tls/client-identity.js";
import { keyIn } from "../claim.js";
import type { Goods } from "./dialects.js";

/** A leaf, and whom it is from. */
const MAX_CERTIFICATES = 3;

export function identityOf({ certificatePem, keyPem }: Goods): Result<ClientIdentity> {
  const chain: Uint8Array[] = [];
  for (const base64 of pemBlocks(certificatePem, "CERTIFICATE")) {
    if (base64 === undefined || chain.length === MAX_CERTIFICATES) return failed("bad-answer", "certificates");
    chain.push(fromBase64(base64));
  }
  const base64 = keyIn(keyPem);
  if (!chain[0] || !base64) return failed("bad-answer", "no certificate, or no key");
  const key = fromBase64(base64);
  return isKeyOf(key, chain[0]) ? success({ chain, key }) : failed("bad-answer", "the key is not the certificate's");
}
