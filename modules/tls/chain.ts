/** Whether a server is who it should be: RFC 5280 §6 as far as a device needs it, and the name after RFC 6125 §6.4. */
import type { Reason } from "../base/failure.js";
import { isAddress } from "../data/url.js";
import type { Certificate, PublicKey, SignatureAlgorithm } from "./certificate.js";
import { DerReader, isEqual } from "./der.js";

/** GeneralName, RFC 5280 §4.2.1.6. */
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;
const ASTERISK = 0x2a;
const CAPITAL_A = 0x41;
const CAPITAL_Z = 0x5a;
const TO_SMALL = 0x20;

export interface Trust {
  /** The anchors that may have issued it, by their names or keys. */
  anchorsFor(certificate: Certificate): readonly Certificate[];
  /** Whether the key, which is of the algorithm's type, made the certificate's signature. */
  isSignedBy(certificate: Certificate, algorithm: SignatureAlgorithm, key: PublicKey): boolean;
  /** Whether it counts now, as far as the time is known. */
  isValid(certificate: Certificate): boolean;
}

/**
 * @param chain as the server sent it: its own certificate, then the issuer of each; the anchor may be left out
 * @returns why the server is refused, or undefined where it is to be trusted
 */
export function checkChain(
  chain: readonly Certificate[],
  { host, trust }: { host: string; trust: Trust },
): Reason | undefined {
  const path = trustedPath(chain, trust);
  if (!path || !chain[0]!.isForServers) return "tls-untrusted";
  if (!path.every((certificate) => trust.isValid(certificate))) return "tls-expired";
  return isFor(chain[0]!, host) ? undefined : "tls-name";
}

/** From the server's own certificate to an anchor; undefined where none leads to one. Of two anchors the valid one counts. */
function trustedPath(chain: readonly Certificate[], trust: Trust): readonly Certificate[] | undefined {
  for (const [index, certificate] of chain.entries()) {
    const anchors = trust.anchorsFor(certificate).filter((anchor) => isAnchored(certificate, anchor, trust));
    const anchor = anchors.find((one) => trust.isValid(one)) ?? anchors[0];
    if (anchor) return [...chain.slice(0, index + 1), anchor];
    const issuer = chain[index + 1];
    if (!issuer?.isAuthority || !isIssuedBy(certificate, issuer, trust)) return undefined;
  }
  return undefined;
}

/** A server's own certificate vouches for itself and for nobody else. */
function isAnchored(certificate: Certificate, anchor: Certificate, trust: Trust): boolean {
  if (!anchor.isAuthority && !isEqual(anchor.signed, certificate.signed)) return false;
  return isIssuedBy(certificate, anchor, trust);
}

function isIssuedBy(certificate: Certificate, issuer: Certificate, trust: Trust): boolean {
  const { algorithm } = certificate;
  if (!algorithm || algorithm.type !== issuer.key.type || !isEqual(certificate.issuer, issuer.subject)) return false;
  return trust.isSignedBy(certificate, algorithm, issuer.key);
}

/** @throws RangeError where the names are no DER */
function isFor({ alternativeNames }: Certificate, host: string): boolean {
  const address = isAddress(host) ? Uint8Array.from(host.split("."), Number) : undefined;
  for (const names = new DerReader(alternativeNames); !names.isAtEnd; ) {
    const { tag, content } = names.next();
    if (address ? tag === IP_ADDRESS && isEqual(content, address) : tag === DNS_NAME && isNameOf(content, host))
      return true;
  }
  return false;
}

/** In capitals or small letters; an asterisk stands for one whole first label. */
function isNameOf(name: Uint8Array, host: string): boolean {
  const start = name[0] === ASTERISK ? 1 : 0;
  const hostStart = start ? host.indexOf(".") : 0;
  if (hostStart < 0 || name.length - start !== host.length - hostStart) return false;
  for (let index = start; index < name.length; index++)
    if (smallLetter(name[index]!) !== host.charCodeAt(hostStart + index - start)) return false;
  return true;
}

function smallLetter(code: number): number {
  return code >= CAPITAL_A && code <= CAPITAL_Z ? code + TO_SMALL : code;
}
