/** Whether a server is who it should be: RFC 5280 §6 as far as a device needs it, and the name after RFC 6125 §6.4. */
import type { Reason } from "../../../modules/base/failure.js";
import { isEqual } from "../../../modules/data/bytes.js";
import { isAddress } from "../../../modules/data/url.js";
import { DerReader } from "./der.js";
import type { Certificate, PublicKey, SignatureAlgorithm } from "./x509.js";

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
  if (!path?.every(({ isForServers }) => isForServers)) return "tls-untrusted";
  if (path.slice(1).some((authority) => isForbidden(authority, host))) return "tls-untrusted";
  if (!path.every((certificate) => trust.isValid(certificate))) return "tls-expired";
  return isFor(chain[0]!, host) ? undefined : "tls-name";
}

/** From the server's own certificate to an anchor; undefined where none leads to one. Of two anchors the valid one counts. */
function trustedPath(chain: readonly Certificate[], trust: Trust): readonly Certificate[] | undefined {
  const path: Certificate[] = [];
  for (let rest = chain; rest[0]; ) {
    const certificate = rest[0];
    path.push(certificate);
    const anchors = trust.anchorsFor(certificate).filter((one) => isAnchored(certificate, one, path.length, trust));
    const anchor = anchors.find((one) => trust.isValid(one)) ?? anchors[0];
    if (anchor) return [...path, anchor];
    const next = rest.findIndex((one, index) => index > 0 && mayIssue(one, certificate, path.length, trust));
    rest = next < 0 ? [] : rest.slice(next);
  }
  return undefined;
}

/** A server's own certificate vouches for itself and for nobody else. */
function isAnchored(certificate: Certificate, anchor: Certificate, depth: number, trust: Trust): boolean {
  const isItself = isEqual(anchor.signed, certificate.signed) && depth === 1;
  return isItself ? isIssuedBy(certificate, anchor, trust) : mayIssue(anchor, certificate, depth, trust);
}

/** @param depth how many stand below it, the server's own with them */
function mayIssue(issuer: Certificate, certificate: Certificate, depth: number, trust: Trust): boolean {
  return issuer.isAuthority && issuer.pathLength >= depth - 1 && isIssuedBy(certificate, issuer, trust);
}

function isIssuedBy(certificate: Certificate, issuer: Certificate, trust: Trust): boolean {
  const { algorithm } = certificate;
  if (!algorithm || algorithm.type !== issuer.key.type || !isEqual(certificate.issuer, issuer.subject)) return false;
  return trust.isSignedBy(certificate, algorithm, issuer.key);
}

const PERMITTED = 0xa0;

/** Whether an authority's name constraints speak against the host (RFC 5280 §4.2.1.10). */
function isForbidden({ nameConstraints }: Certificate, host: string): boolean {
  for (const lists = new DerReader(nameConstraints); !lists.isAtEnd; ) {
    const { tag, content } = lists.next();
    let isAny = false;
    let isFound = false;
    for (const subtrees = new DerReader(content); !subtrees.isAtEnd; ) {
      const base = subtrees.inside().next();
      if (base.tag !== (isAddress(host) ? IP_ADDRESS : DNS_NAME)) continue;
      isAny = true;
      isFound ||= isInside(host, base.content);
    }
    if (tag === PERMITTED ? isAny && !isFound : isFound) return true;
  }
  return false;
}

function isInside(host: string, base: Uint8Array): boolean {
  if (isAddress(host)) {
    const address = host.split(".").map(Number);
    return base.length === 8 && address.every((byte, index) => ((byte ^ base[index]!) & base[index + 4]!) === 0);
  }
  const domain = String.fromCharCode(...base).toLowerCase();
  const name = host.toLowerCase();
  return domain === "" || name === domain || name.endsWith(domain.startsWith(".") ? domain : `.${domain}`);
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
