import type { Options as TLSOptions } from "embedded:io/socket/tcp/tls";
import { X509Certificate } from "node:crypto";
import { keyOf } from "../tls/keys.js";

/** The client's certificates and its key: RSA, or EC of P-256. It is not looked at before it signs. */
export function proofOf({ clientCertificates, clientKey }: TLSOptions["secure"]): { node?: object; error?: Error } {
  const [leaf] = clientCertificates ?? [];
  if (!leaf) return {};
  try {
    const key = keyOf(Buffer.from(clientKey!));
    const isP256 = key?.asymmetricKeyDetails?.namedCurve === "prime256v1";
    if (!key || (key.asymmetricKeyType !== "rsa" && !isP256)) throw new Error("a key that is neither RSA nor P-256");
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
