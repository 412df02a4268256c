import { createPublicKey, type KeyObject, verify } from "node:crypto";

/** What AWS IoT takes: RSA of 2,048 bits and more, P-256, P-384, P-521. */
const CURVES: ReadonlySet<string | undefined> = new Set(["prime256v1", "secp384r1", "secp521r1"]);
const MIN_RSA_BITS = 2_048;

const LABEL = "CERTIFICATE REQUEST";

/** Signature algorithms by the DER of their object identifiers. */
const HASHES: Readonly<Record<string, string>> = {
  "2a864886f70d01010b": "sha256",
  "2a864886f70d01010c": "sha384",
  "2a864886f70d01010d": "sha512",
  "2a8648ce3d040302": "sha256",
  "2a8648ce3d040303": "sha384",
  "2a8648ce3d040304": "sha512",
};

/**
 * The public key of a certification request (PKCS#10, RFC 2986), which has to be signed by its private key.
 * @throws {RangeError} saying what is wrong with it
 */
export function readCsr(pem: string): KeyObject {
  const [info, algorithm, signature] = children(single(derOf(pem)));
  const keyInfo = children(info)[2];
  const hash = HASHES[children(algorithm)[0]?.content.toString("hex") ?? ""];
  if (!info || !keyInfo || !signature) throw new RangeError("no certificate request");
  if (!hash) throw new RangeError("its signature algorithm is not supported");
  const key = publicKey(keyInfo.whole);
  // A BIT STRING's first byte counts the bits that are unused.
  if (!verify(hash, info.whole, key, signature.content.subarray(1))) throw new RangeError("its signature is wrong");
  return key;
}

/** @throws {RangeError} saying what about the PEM (RFC 7468) is wrong */
function derOf(pem: string): Buffer {
  const label = /-----BEGIN ([^-\r\n]*)-----/.exec(pem)?.[1];
  if (label === undefined) throw new RangeError("no PEM: a BEGIN line is missing");
  if (label !== LABEL) throw new RangeError(`PEM of a ${label.slice(0, 64)}, not of a ${LABEL}`);
  if (pem.includes("\\n") || pem.includes("\\r")) throw new RangeError("PEM with backslashes in place of line ends");
  const [before = "", rest = ""] = pem.split(`-----BEGIN ${LABEL}-----`);
  const [body = "", after] = rest.split(`-----END ${LABEL}-----`);
  if (after === undefined) throw new RangeError("PEM that is cut: its END line is missing");
  if ((before + after).trim() !== "") throw new RangeError("PEM with other text around it");
  if (!/^\s/.test(body)) throw new RangeError("PEM without a line end behind its BEGIN line");
  const sign = /[^A-Za-z0-9+/=\s]/.exec(body)?.[0];
  if (sign !== undefined) throw new RangeError(`PEM with ${JSON.stringify(sign)} in it, which is no base64`);
  return Buffer.from(body, "base64");
}

function publicKey(der: Buffer): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: der, format: "der", type: "spki" });
  } catch {
    throw new RangeError("its public key is not understood");
  }
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  const isRsa = key.asymmetricKeyType === "rsa" && modulusLength >= MIN_RSA_BITS;
  if (!isRsa && !CURVES.has(namedCurve)) throw new RangeError("its key is too short or of an unsupported kind");
  return key;
}

interface Element {
  readonly whole: Buffer;
  readonly content: Buffer;
}

function single(bytes: Buffer): Element {
  const [element, ...more] = elements(bytes);
  if (!element || more.length > 0) throw new RangeError("no certificate request");
  return element;
}

const children = (element: Element | undefined): Element[] => (element ? elements(element.content) : []);

/** The DER elements that follow one another. */
function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const first = bytes[offset + 1] ?? 0;
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    const start = offset + 2 + lengthBytes;
    if (lengthBytes > 3 || start > bytes.length) throw new RangeError("no DER");
    const length = lengthBytes === 0 ? first : bytes.readUIntBE(offset + 2, lengthBytes);
    if (start + length > bytes.length) throw new RangeError("no DER");
    found.push({ whole: bytes.subarray(offset, start + length), content: bytes.subarray(start, start + length) });
    offset = start + length;
  }
  return found;
}
