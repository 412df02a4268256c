/** `modules/tls/certificates-adapter` without Mbed TLS, in plain TypeScript: bare XS has it, too. */

import { isEqual } from "../../../modules/data/bytes.js";
import type { CertificateFacts } from "../../../modules/tls/certificates-adapter.js";
import { DerReader } from "./der.js";
import { namesIn } from "./name.js";
import { parseCertificate } from "./x509.js";

export { isKeyOf } from "./private-key.js";

export function readCertificate(der: Uint8Array): CertificateFacts | undefined {
  try {
    return factsOf(der);
  } catch {
    return undefined;
  }
}

/** @throws RangeError where its subject is no name */
function factsOf(der: Uint8Array): CertificateFacts | undefined {
  const certificate = parseCertificate(der);
  if (!certificate) return undefined;
  const { subject, issuer, alternativeNames, isAuthority, notBeforeMs, notAfterMs } = certificate;
  return {
    ...{ bytes: new DerReader(der).next().whole.length, isAuthority, notBeforeMs, notAfterMs },
    isServersOwn: isEqual(subject, issuer) && alternativeNames.length > 0,
    ...namesIn(subject),
  };
}
