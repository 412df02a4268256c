/** Certificates for mocks and tests, signed here (X.509 v3, RFC 5280): no openssl is needed. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { isIPv4 } from "node:net";

/** RSA without a number has 2,048 bits. */
export type KeyType = "rsa" | "rsa1024" | "rsa4096" | "ec" | "p384";

/** A common name, or attributes by their short names, in their order. */
export type Name = string | Readonly<Record<string, string>>;

export interface Issuer {
  readonly subject: Name;
  readonly key: KeyObject;
  readonly publicKey: KeyObject;
}

export interface Identity extends Issuer {
  readonly der: Buffer;
}

export interface SigningOptions {
  readonly subject: Name;
  readonly isAuthority?: boolean;
  /** Of an authority: how many more may stand between it and the last of a chain. */
  readonly pathLength?: number;
  /** Default: as long as the issuer's key. */
  readonly hash?: "sha1" | "sha256" | "sha384" | "sha512";
  /** DNS names and IPv4 addresses. */
  readonly names?: readonly string[];
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  /** More of them, each a DER `Extension`. */
  readonly extensions?: readonly Buffer[];
  /** In place of the times and the key's SubjectPublicKeyInfo: DER, or what shall pass for it. */
  readonly validity?: Buffer;
  readonly keyInfo?: Buffer;
}

export interface CertificateOptions extends SigningOptions {
  /** Default: itself. */
  readonly issuer?: Issuer;
  readonly keyType?: KeyType;
}

export const DAY_MS = 86_400_000;

export function makeCertificate(options: CertificateOptions): Identity {
  const { subject, keyType = "rsa" } = options;
  const { privateKey: key, publicKey } = keyPair(keyType);
  const issuer = options.issuer ?? { subject, key, publicKey };
  return { subject, key, publicKey, der: signCertificate(options, publicKey, issuer) };
}

/** The certificate of somebody's public key: DER. */
export function signCertificate(options: SigningOptions, publicKey: KeyObject, issuer: Issuer): Buffer {
  const { subject, isAuthority = false, pathLength, names = [] } = options;
  const { notBeforeMs = Date.now() - DAY_MS, notAfterMs = Date.now() + DAY_MS } = options;
  const hash = options.hash ?? (issuer.key.asymmetricKeyDetails?.namedCurve === "secp384r1" ? "sha384" : "sha256");
  const algorithm = issuer.key.asymmetricKeyType === "ec" ? sequence(oid(ECDSA[hash])) : sequence(oid(RSA[hash]), NULL);
  const signed = sequence(
    der(0xa0, integer(2)),
    integer(Math.floor(Math.random() * 2 ** 31) + 1),
    algorithm,
    nameOf(issuer.subject),
    options.validity ?? sequence(time(notBeforeMs), time(notAfterMs)),
    nameOf(subject),
    options.keyInfo ?? publicKey.export({ format: "der", type: "spki" }),
    der(
      0xa3,
      sequence(
        ...(isAuthority ? [extension("551d13", basicConstraints(pathLength), true)] : []),
        extension("551d0e", der(0x04, keyId(publicKey))),
        extension("551d23", sequence(der(0x80, keyId(issuer.publicKey)))),
        ...(names.length > 0 ? [extension("551d11", sequence(...names.map(generalName)))] : []),
        ...(options.extensions ?? []),
      ),
    ),
  );
  const signature = sign(hash, signed, issuer.key);
  return sequence(signed, algorithm, der(0x03, Buffer.from([0]), signature));
}

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** A certification request (PKCS#10, RFC 2986), DER. @param signer who signs it: the owner of the key, as it has to be */
export function makeRequest(subject: Name, pair: KeyPair, signer: KeyPair = pair): Buffer {
  const { publicKey } = pair;
  const info = sequence(integer(0), nameOf(subject), publicKey.export({ format: "der", type: "spki" }), der(0xa0));
  const algorithm =
    publicKey.asymmetricKeyType === "ec" ? sequence(oid(ECDSA.sha256)) : sequence(oid(RSA.sha256), NULL);
  return sequence(info, algorithm, der(0x03, Buffer.of(0), sign("sha256", info, signer.privateKey)));
}

export const pem = (...chain: readonly { readonly der: Buffer }[]): string =>
  chain.map(({ der }) => `-----BEGIN CERTIFICATE-----\n${lines(der)}\n-----END CERTIFICATE-----\n`).join("");

export const keyPem = ({ key }: { readonly key: KeyObject }): string =>
  String(key.export({ format: "pem", type: "pkcs8" }));

/** RSA keys take long to make: four of them go round. */
const rsaKeys: KeyPair[] = [];
let nextRsaKey = 0;

function keyPair(type: KeyType): KeyPair {
  if (type === "ec") return generateKeyPairSync("ec", { namedCurve: "P-256" });
  if (type === "p384") return generateKeyPairSync("ec", { namedCurve: "P-384" });
  if (type !== "rsa") return generateKeyPairSync("rsa", { modulusLength: Number(type.slice(3)) });
  if (rsaKeys.length < 4) rsaKeys.push(generateKeyPairSync("rsa", { modulusLength: 2048 }));
  return rsaKeys[nextRsaKey++ % rsaKeys.length]!;
}

const RSA = {
  sha1: "2a864886f70d010105",
  sha256: "2a864886f70d01010b",
  sha384: "2a864886f70d01010c",
  sha512: "2a864886f70d01010d",
};
const ECDSA = {
  sha1: "2a8648ce3d0401",
  sha256: "2a8648ce3d040302",
  sha384: "2a8648ce3d040303",
  sha512: "2a8648ce3d040304",
};
const NULL = Buffer.from([0x05, 0]);

export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}
export const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
export const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));
/** RFC 4519, in the forms that RFC 5280 wants: those that X.520 has as PrintableString only, and UTF-8. */
const ATTRIBUTES: Readonly<Record<string, { id: string; tag: number }>> = {
  CN: { id: "550403", tag: 0x0c },
  serialNumber: { id: "550405", tag: 0x13 },
  C: { id: "550406", tag: 0x13 },
  L: { id: "550407", tag: 0x0c },
  ST: { id: "550408", tag: 0x0c },
  O: { id: "55040a", tag: 0x0c },
  OU: { id: "55040b", tag: 0x0c },
  dnQualifier: { id: "55042e", tag: 0x13 },
};
export function nameOf(name: Name): Buffer {
  const attributes = Object.entries(typeof name === "string" ? { CN: name } : name);
  return sequence(
    ...attributes.map(([short, value]) => {
      const { id, tag } = ATTRIBUTES[short]!;
      return der(0x31, sequence(oid(id), der(tag, Buffer.from(value))));
    }),
  );
}
export const extension = (id: string, value: Buffer, isCritical = false): Buffer =>
  sequence(oid(id), ...(isCritical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value));

const basicConstraints = (pathLength?: number): Buffer =>
  sequence(der(0x01, Buffer.from([0xff])), ...(pathLength === undefined ? [] : [integer(pathLength)]));

/** A SubjectPublicKeyInfo of RSA whose modulus has so many bytes: nobody has the key for it. */
export function rsaKeyInfo(modulusBytes: number): Buffer {
  const modulus = Buffer.alloc(modulusBytes + 1, 0xab).fill(0, 0, 1);
  const key = sequence(der(0x02, modulus), integer(65_537));
  return sequence(sequence(oid("2a864886f70d010101"), NULL), der(0x03, Buffer.from([0]), key));
}

function integer(value: number): Buffer {
  const hex = value.toString(16);
  const digits = Buffer.from(hex.length % 2 ? `0${hex}` : hex, "hex");
  return der(0x02, digits[0]! >= 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits);
}

function time(ms: number): Buffer {
  const text = `${new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "")}`;
  return text < "2050" ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text));
}

function generalName(name: string): Buffer {
  return isIPv4(name) ? der(0x87, Buffer.from(name.split(".").map(Number))) : der(0x82, Buffer.from(name));
}

function keyId(key: KeyObject): Buffer {
  const info = key.export({ format: "der", type: "spki" });
  return createHash("sha1").update(info).digest();
}

function lines(bytes: Buffer): string {
  return (bytes.toString("base64").match(/.{1,64}/g) ?? []).join("\n");
}
