/**
 * X.509 certificates (RFC 5280) as values: what a chain's check asks for, and nothing else. They are read before anybody
 * is trusted: whatever can be long or many stays where it is, in views, or a stranger fills the heap or the stack.
 */
import { isEqual } from "../../../modules/data/bytes.js";
import { DerReader, TAG } from "./der.js";

export type HashName = "SHA256" | "SHA384" | "SHA512";
export type CurveName = "secp256r1" | "secp384r1";

/** Numbers are big-endian, without leading zeros. */
export type PublicKey =
  | { readonly type: "rsa"; readonly modulus: Uint8Array; readonly exponent: Uint8Array }
  /** X and Y, each as long as the curve's order. */
  | { readonly type: "ec"; readonly curve: CurveName; readonly x: Uint8Array; readonly y: Uint8Array };

export interface SignatureAlgorithm {
  readonly type: PublicKey["type"];
  readonly hash: HashName;
}

export interface Certificate {
  /** What the issuer has signed. */
  readonly signed: Uint8Array;
  /** Undefined where the device does not know it: it does not matter for what is trusted anyway. */
  readonly algorithm: SignatureAlgorithm | undefined;
  readonly signature: Uint8Array;
  /** DER. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly key: PublicKey;
  /** May sign certificates. */
  readonly isAuthority: boolean;
  /** May be a server's, over TLS, or vouch for one. */
  readonly isForServers: boolean;
  /** How many intermediates may stand below it. */
  readonly pathLength: number;
  /** Of an authority: GeneralSubtrees, DER. */
  readonly nameConstraints: Uint8Array;
  /** GeneralNames one after the other, DER. */
  readonly alternativeNames: Uint8Array;
}

const ALGORITHMS: ReadonlyMap<string, SignatureAlgorithm> = new Map<string, SignatureAlgorithm>([
  ["2a864886f70d01010b", { type: "rsa", hash: "SHA256" }],
  ["2a864886f70d01010c", { type: "rsa", hash: "SHA384" }],
  ["2a864886f70d01010d", { type: "rsa", hash: "SHA512" }],
  ["2a8648ce3d040302", { type: "ec", hash: "SHA256" }],
  ["2a8648ce3d040303", { type: "ec", hash: "SHA384" }],
  ["2a8648ce3d040304", { type: "ec", hash: "SHA512" }],
]);
const RSA_KEY = "2a864886f70d010101";
const EC_KEY = "2a8648ce3d0201";
const CURVES: ReadonlyMap<string, { name: CurveName; bytes: number }> = new Map([
  ["2a8648ce3d030107", { name: "secp256r1", bytes: 32 }],
  ["2b81040022", { name: "secp384r1", bytes: 48 }],
] as const);
/** Smaller RSA keys can be broken, larger ones fill the heap; small exponents make forging easy. */
const MIN_MODULUS_BYTES = 256;
const MAX_MODULUS_BYTES = 512;
const EXPONENT = Uint8Array.of(1, 0, 1);

const EXTENSIONS = 0xa3;
const VERSION = 0xa0;
const KEY_USAGE = "551d0f";
const SUBJECT_ALT_NAME = "551d11";
const BASIC_CONSTRAINTS = "551d13";
const POLICIES = "551d20";
const NAME_CONSTRAINTS = "551d1e";
const EXTENDED_KEY_USAGE = "551d25";
/** RFC 5280 §4.2: a critical extension that is not understood makes a certificate useless. */
const UNDERSTOOD: readonly string[] = [KEY_USAGE, SUBJECT_ALT_NAME, BASIC_CONSTRAINTS, POLICIES, EXTENDED_KEY_USAGE];
/** keyCertSign, bit 5 of the first byte. */
const SIGNS_CERTIFICATES = 0x04;
/** serverAuth and anyExtendedKeyUsage. */
const FOR_SERVERS: readonly string[] = ["2b06010505070301", "551d2500"];
const UTC_TIME_BYTES = 13;
const GENERALIZED_TIME_BYTES = 15;
const NONE = new Uint8Array();

type Extensions = Pick<
  Certificate,
  "isAuthority" | "isForServers" | "pathLength" | "nameConstraints" | "alternativeNames"
>;

/** Without extensions: for no name, of no authority. */
const VERSION_1: Extensions = {
  isAuthority: false,
  isForServers: true,
  pathLength: Number.POSITIVE_INFINITY,
  nameConstraints: NONE,
  alternativeNames: NONE,
};

/** @returns undefined where it is no certificate, or one whose key the device cannot use */
export function parseCertificate(der: Uint8Array): Certificate | undefined {
  try {
    const outer = new DerReader(der).inside();
    const signed = outer.next(TAG.sequence);
    const algorithm = ALGORITHMS.get(outer.inside().oid());
    const signature = outer.bits();
    const reader = new DerReader(signed.content);
    // One after the other: inside each other they would be as deep as both.
    const fields = fieldsOf(reader);
    const key = keyOf(reader.inside());
    const found = reader.find(EXTENSIONS);
    const extensions = found ? extensionsOf(new DerReader(found.content).inside()) : VERSION_1;
    return key && { signed: signed.whole, algorithm, signature, key, ...fields, ...extensions };
  } catch {
    return undefined;
  }
}

/** All in front of the key. */
function fieldsOf(reader: DerReader) {
  reader.optional(VERSION);
  reader.next(TAG.integer);
  reader.next(TAG.sequence);
  const issuer = reader.next(TAG.sequence).whole;
  const validity = reader.inside();
  const notBeforeMs = timeOf(validity);
  const notAfterMs = timeOf(validity);
  const subject = reader.next(TAG.sequence).whole;
  return { issuer, notBeforeMs, notAfterMs, subject };
}

/** RFC 5280 §4.1.2.5: UTCTime with two digits of the year, GeneralizedTime with four; both to the second, in UTC. */
function timeOf(reader: DerReader): number {
  const { tag, content } = reader.next();
  // Each argument of a call takes one of the stack's slots.
  if (content.length !== (tag === TAG.utcTime ? UTC_TIME_BYTES : GENERALIZED_TIME_BYTES)) throw new RangeError("time");
  const digits = String.fromCharCode(...content);
  const text = tag === TAG.utcTime ? (digits < "5" ? "20" : "19") + digits : digits;
  if ((tag !== TAG.utcTime && tag !== TAG.generalizedTime) || !/^\d{14}Z$/.test(text)) throw new RangeError("time");
  const part = (from: number, to: number) => Number(text.slice(from, to));
  return Date.UTC(part(0, 4), part(4, 6) - 1, part(6, 8), part(8, 10), part(10, 12), part(12, 14));
}

function keyOf(info: DerReader): PublicKey | undefined {
  const algorithm = info.inside();
  const type = algorithm.oid();
  if (type === RSA_KEY) {
    const numbers = new DerReader(info.bits()).inside();
    const modulus = numbers.integer();
    const exponent = numbers.integer();
    const isUsable = modulus.length >= MIN_MODULUS_BYTES && modulus.length <= MAX_MODULUS_BYTES;
    return isUsable && isEqual(exponent, EXPONENT) ? { type: "rsa", modulus, exponent } : undefined;
  }
  const curve = type === EC_KEY ? CURVES.get(algorithm.oid()) : undefined;
  if (!curve) return undefined;
  const point = info.bits();
  // SEC 1 §2.3.3, uncompressed.
  if (point[0] !== 4 || point.length !== 1 + 2 * curve.bytes) return undefined;
  return { type: "ec", curve: curve.name, x: point.subarray(1, 1 + curve.bytes), y: point.subarray(1 + curve.bytes) };
}

function extensionsOf(list: DerReader): Extensions {
  let isCa = false;
  let signsCertificates = true;
  let isForServers = true;
  let pathLength = Number.POSITIVE_INFINITY;
  let nameConstraints: Uint8Array = NONE;
  let alternativeNames: Uint8Array = NONE;
  while (!list.isAtEnd) {
    const extension = list.inside();
    const id = extension.oid();
    const isCritical = isTrue(extension);
    const value = extension.inside(TAG.octetString);
    if (id === BASIC_CONSTRAINTS) {
      const constraints = value.inside();
      isCa = isTrue(constraints);
      if (!constraints.isAtEnd) pathLength = constraints.integer()[0] ?? 0;
    } else if (id === NAME_CONSTRAINTS && !isCritical) nameConstraints = value.next(TAG.sequence).content;
    else if (id === KEY_USAGE) signsCertificates = (value.next(TAG.bitString).content[1]! & SIGNS_CERTIFICATES) !== 0;
    else if (id === EXTENDED_KEY_USAGE) isForServers = includesServers(value.inside());
    else if (id === SUBJECT_ALT_NAME) alternativeNames = value.next(TAG.sequence).content;
    else if (isCritical && !UNDERSTOOD.includes(id)) throw new RangeError("critical extension");
  }
  return { isAuthority: isCa && signsCertificates, isForServers, pathLength, nameConstraints, alternativeNames };
}

/** A BOOLEAN that may be left out for false. @throws RangeError for what is neither (X.690 §11.1) */
function isTrue(reader: DerReader): boolean {
  const flag = reader.optional(TAG.boolean)?.content;
  if (flag && (flag.length !== 1 || (flag[0] !== 0 && flag[0] !== 0xff))) throw new RangeError("DER: boolean");
  return flag?.[0] === 0xff;
}

function includesServers(uses: DerReader): boolean {
  while (!uses.isAtEnd) if (FOR_SERVERS.includes(uses.oid())) return true;
  return false;
}
