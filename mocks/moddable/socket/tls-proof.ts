import type { Options as TLSOptions } from "embedded:io/socket/tcp/tls";
import { createPrivateKey, X509Certificate } from "node:crypto";

/**
 * The client's certificates and its key: RSA in PKCS#8 alone (modules/crypt/etc/pkcs8.js, "RSA only"), which signs
 * RSA/SHA-256 (ssl_handshake.js, certificateVerify). It is not looked at before it signs.
 */
export function proofOf({ clientCertificates, clientKey }: TLSOptions["secure"]): { node?: object; error?: Error } {
  const [leaf] = clientCertificates ?? [];
  if (!leaf) return {};
  try {
    const key = createPrivateKey({ key: Buffer.from(clientKey!), format: "der", type: "pkcs8" });
    if (key.asymmetricKeyType !== "rsa") throw new Error("PKCS8: RSA only");
    if (!new X509Certificate(Buffer.from(leaf)).checkPrivateKey(key)) throw new Error("another certificate's key");
    return {
      node: { cert: clientCertificates!.map(pemOf).join(""), key: key.export({ type: "pkcs8", format: "pem" }) },
    };
  } catch (error) {
    return { error: error as Error };
  }
}

function pemOf(der: ArrayBuffer): string {
  return `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString("base64")}\n-----END CERTIFICATE-----\n`;
}
