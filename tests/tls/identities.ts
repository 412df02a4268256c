/** Who the tests' servers are: good, and bad in the ways that have names. */

import {
  type CertificateOptions,
  DAY_MS,
  type Identity,
  type KeyType,
  makeCertificate,
  type Name,
} from "../../mocks/certificates.js";
import type { Reason } from "../../modules/base/failure.js";

export const ADDRESS = "127.0.0.1";

export function authority(keyType: KeyType, subject: Name = `Test CA ${keyType}`): Identity {
  return makeCertificate({ subject, keyType, isAuthority: true });
}

/** Five ways in which a certificate is not good, each with the reason that a person reads. */
export function badCertificates(issuer: Identity, keyType: KeyType): [name: string, reason: Reason, Identity][] {
  const make = (options: Partial<CertificateOptions>) =>
    makeCertificate({ subject: "server", issuer, keyType, names: [ADDRESS], ...options });
  const self = makeCertificate({ subject: "server", keyType, names: [ADDRESS] });
  return [
    ["expired", "tls-expired", make({ notBeforeMs: Date.now() - 9 * DAY_MS, notAfterMs: Date.now() - DAY_MS })],
    ["not yet valid", "tls-expired", make({ notBeforeMs: Date.now() + DAY_MS, notAfterMs: Date.now() + 9 * DAY_MS })],
    ["for another name", "tls-name", make({ names: ["other.example", "127.0.0.2"] })],
    ["of an unknown authority", "tls-untrusted", make({ issuer: authority(keyType, "Somebody") })],
    ["signed by itself", "tls-untrusted", self],
  ];
}

export function goodCertificate(issuer: Identity, keyType: KeyType): Identity {
  return makeCertificate({ subject: "server", issuer, keyType, names: [ADDRESS] });
}
