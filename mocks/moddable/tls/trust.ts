/** Whom a session trusts: what `agent_tls_verify.c` does with Mbed TLS, with Node's cryptography. */
import { createPublicKey, verify } from "node:crypto";
import type { Reason } from "../../../modules/base/failure.js";
import { isEqual } from "../../../modules/data/bytes.js";
import { checkChain, type Trust } from "./chain.js";
import { DerReader } from "./der.js";
import { rootsNamed } from "./roots.js";
import { type Certificate, type PublicKey, parseCertificate } from "./x509.js";

export interface Trusted {
  readonly host: string;
  readonly earliestMs: number;
  readonly latestMs: number;
  /** As roots.dat has them; may be empty. */
  readonly roots: Uint8Array;
  /** DER, one behind the other in each. */
  readonly given: readonly Uint8Array[];
}

/** @param chain DER, as the server has sent it. @returns why it is refused */
export function refusalOf(chain: readonly Uint8Array[], trusted: Trusted): Reason | undefined {
  const { host, earliestMs, latestMs } = trusted;
  const certificates = chain.map(parseCertificate);
  const trust: Trust = {
    anchorsFor: (certificate) => anchorsFor(certificate, trusted),
    isSignedBy: ({ signed, signature }, { hash }, key) => {
      const publicKey = createPublicKey({ key: jwkOf(key), format: "jwk" });
      return verify(hash, signed, publicKey, signature);
    },
    isValid: ({ notBeforeMs, notAfterMs }) => notBeforeMs <= latestMs && notAfterMs >= earliestMs,
  };
  if (certificates.length === 0 || certificates.some((one) => !one)) return "tls-untrusted";
  return checkChain(certificates as Certificate[], { host, trust });
}

function anchorsFor({ issuer }: Certificate, { roots, given }: Trusted): Certificate[] {
  const candidates = [...given.flatMap(certificatesIn), ...(roots.length > 0 ? rootsNamed(roots, issuer) : [])];
  return candidates.map(parseCertificate).filter((one) => one && isEqual(one.subject, issuer)) as Certificate[];
}

function certificatesIn(bytes: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  try {
    for (const reader = new DerReader(bytes); !reader.isAtEnd; ) found.push(reader.next().whole);
  } catch {
    // What is no DER does not take the others away.
  }
  return found;
}

function jwkOf(key: PublicKey) {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
  if (key.type === "rsa") return { kty: "RSA", n: text(key.modulus), e: text(key.exponent) };
  return { kty: "EC", crv: key.curve === "secp256r1" ? "P-256" : "P-384", x: text(key.x), y: text(key.y) };
}
