/** X.509 certificates (RFC 5280) as values: what is asked of one outside of a handshake, and nothing else. */
import { type CertificateFacts, readCertificate } from "modules/tls/certificates-adapter";
import { printable } from "../base/failure.js";

/** RFC 5280, ub-common-name. */
const MAX_CHARACTERS = 64;
const NAMELESS = "?";

export interface Certificate extends Pick<CertificateFacts, "bytes" | "isAuthority" | "isServersOwn"> {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly commonName: string | undefined;
  /** Its common name, or what comes nearest to it: any characters, at most 64 of them. */
  readonly name: string;
}

/** @returns undefined where it is no certificate, or one whose key the device cannot use */
export function parseCertificate(der: Uint8Array): Certificate | undefined {
  const facts = readCertificate(der);
  if (!facts) return undefined;
  const commonName = textOf(facts.commonName);
  return { ...facts, commonName, name: commonName ?? textOf(facts.lastName) ?? NAMELESS };
}

/** Most kinds of strings are UTF-8, or ASCII. */
function textOf(bytes: ArrayBuffer | undefined): string | undefined {
  try {
    return (bytes && printable(String.fromArrayBuffer(bytes), MAX_CHARACTERS)) || undefined;
  } catch {
    return undefined; // others cannot be read
  }
}
