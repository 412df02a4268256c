import { createHash, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import {
  der,
  extension,
  type Identity,
  type KeyType,
  keyPem,
  makeCertificate,
  type Name,
  oid,
  pem,
  sequence,
  signCertificate,
} from "../certificates.js";
import type { TlsIdentity } from "../cloud/settings.js";

/** A certificate that was issued for a device. */
export interface Issued {
  /** The SHA-256 of the DER in hexadecimal: what AWS IoT calls `certificateId`. */
  readonly id: string;
  readonly der: Buffer;
  readonly pem: string;
}

/** A key pair as AWS IoT hands it out: PEM, the private key in PKCS#1. */
export interface KeyPairPem {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** The times of Amazon's roots: good under any clock that a test may want. */
const NOT_BEFORE_MS = Date.UTC(2015, 4, 26);
const NOT_AFTER_MS = Date.UTC(2038, 0, 17);
const DEVICE_NOT_AFTER_MS = Date.UTC(2049, 11, 31, 23, 59, 59);

const DEVICE_ISSUER: Name = { OU: "Amazon Web Services O=Amazon.com Inc. L=Seattle ST=Washington C=US" };
const DEVICE_SUBJECT: Name = { CN: "AWS IoT Certificate" };

const makeKeyPair = promisify(generateKeyPair);

/** Amazon's side of the certificates: the root that devices trust, the servers' chains, and who signs for devices. */
export class Authority {
  /** What devices have to trust, as AmazonRootCA1 (RSA) or AmazonRootCA3 (EC). */
  readonly root: Identity;
  readonly #intermediate: Identity;
  /** What the servers send behind the intermediate: the root as an older authority has signed it, and that one's. */
  readonly #crossSigned: readonly { readonly der: Buffer }[];
  readonly #keyType: KeyType;
  readonly #deviceIssuer = makeCertificate({ subject: DEVICE_ISSUER, isAuthority: true, ...times });

  constructor(keyType: "rsa" | "ec") {
    this.#keyType = keyType;
    const authority = { isAuthority: true, keyType, ...times };
    const number = keyType === "rsa" ? 1 : 3;
    this.root = makeCertificate({ subject: { C: "US", O: "Amazon", CN: `Amazon Root CA ${number}` }, ...authority });
    const subject = { C: "US", O: "Amazon", CN: keyType === "rsa" ? "Amazon RSA 2048 M01" : "Amazon ECDSA 256 M01" };
    this.#intermediate = makeCertificate({ subject, issuer: this.root, ...authority, extensions: [ACCESS] });
    this.#crossSigned = keyType === "rsa" ? crossSigned(this.root) : [];
  }

  get rootPem(): string {
    return pem(this.root);
  }

  /**
   * A server's key and its chain, as long as AWS IoT's: with RSA four certificates, two of which nobody needs
   * (awsdocs/aws-iot-docs #6), with EC two.
   */
  server(...names: readonly [string, ...string[]]): TlsIdentity {
    const issuer = this.#intermediate;
    const options = { subject: names[0], names, issuer, keyType: this.#keyType, extensions: [ACCESS, SCTS] };
    const server = makeCertificate({ ...options, ...times });
    return { key: keyPem(server), cert: pem(server, issuer, ...this.#crossSigned) };
  }

  /** A new certificate for this key, another one each time. */
  sign(publicKey: KeyObject, nowMs: number): Issued {
    const options = {
      subject: DEVICE_SUBJECT,
      notBeforeMs: nowMs - 120_000,
      notAfterMs: DEVICE_NOT_AFTER_MS,
      extensions: [extension("551d13", sequence(), true), extension("551d0f", der(0x03, Buffer.of(7, 0x80)), true)],
    };
    return issuedOf(signCertificate(options, publicKey, this.#deviceIssuer));
  }

  /** RSA of 2,048 bits, and a certificate for it. */
  async issue(nowMs: number): Promise<Issued & KeyPairPem> {
    const { publicKey, privateKey } = await makeKeyPair("rsa", { modulusLength: 2048 });
    return {
      ...this.sign(publicKey, nowMs),
      publicKey: String(publicKey.export({ format: "pem", type: "spki" })),
      privateKey: String(privateKey.export({ format: "pem", type: "pkcs1" })),
    };
  }
}

/** Authority information access (RFC 5280, 4.2.2.1), and as many bytes as three certificate timestamps (RFC 6962). */
const ACCESS = extension(
  "2b06010505070101",
  sequence(
    sequence(oid("2b06010505073001"), der(0x86, Buffer.from("http://ocsp.rootca1.amazontrust.com"))),
    sequence(oid("2b06010505073002"), der(0x86, Buffer.from("http://crt.rootca1.amazontrust.com/rootca1.cer"))),
  ),
);
const SCTS = extension("2b06010401d679020402", der(0x04, Buffer.alloc(362, 0x5c)));

function crossSigned(root: Identity): { der: Buffer }[] {
  const options = { isAuthority: true, extensions: [ACCESS], ...times };
  const services = { C: "US", ST: "Arizona", L: "Scottsdale", O: "Starfield Technologies, Inc." };
  const older = makeCertificate({
    subject: { ...services, OU: "Starfield Class 2 Certification Authority" },
    ...options,
  });
  const CN = "Starfield Services Root Certificate Authority - G2";
  const middle = makeCertificate({ subject: { ...services, CN }, issuer: older, ...options });
  return [{ der: signCertificate({ subject: root.subject, ...options }, root.publicKey, middle) }, middle];
}

const times = { notBeforeMs: NOT_BEFORE_MS, notAfterMs: NOT_AFTER_MS };

export function issuedOf(bytes: Buffer): Issued {
  return { id: createHash("sha256").update(bytes).digest("hex"), der: bytes, pem: pem({ der: bytes }) };
}
