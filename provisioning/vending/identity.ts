/** From the PEM that a vending machine sells to what proves the device in a TLS handshake. */

import { isKeyOf } from "modules/tls/certificates-adapter";
import { failed, type Result, success } from "../../modules/base/failure.js";
import { fromBase64 } from "../../modules/data/base64.js";
import { pemBlocks } from "../../modules/data/pem.js";
import type { ClientIdentity } from "../../modules/tls/client-identity.js";
import type { Goods } from "./dialects.js";

/** A leaf, and whom it is from. */
const MAX_CERTIFICATES = 3;

export function identityOf({ certificatePem, keyPem }: Goods): Result<ClientIdentity> {
  const chain: Uint8Array[] = [];
  for (const base64 of pemBlocks(certificatePem, "CERTIFICATE")) {
    if (base64 === undefined || chain.length === MAX_CERTIFICATES) return failed("bad-answer", "certificates");
    chain.push(fromBase64(base64));
  }
  const label = keyPem.includes("-----BEGIN RSA PRIVATE KEY-----") ? "RSA PRIVATE KEY" : "PRIVATE KEY";
  const base64 = pemBlocks(keyPem, label).next().value;
  const leaf = chain[0];
  if (!leaf || !base64) return failed("bad-answer", "no certificate with an RSA key");
  const key = fromBase64(base64);
  if (!isKeyOf(key, leaf)) return failed("bad-answer", "the key is not the certificate's");
  return success({ chain, key });
}
