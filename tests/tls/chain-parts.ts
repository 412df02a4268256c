/** Authorities and servers, on P-256 unless something else is asked. */
import {
  type CertificateOptions,
  der,
  extension,
  type Identity,
  makeCertificate,
  type Name,
  nameOf,
  oid,
  sequence,
  signCertificate,
} from "../../mocks/certificates.js";
import { ADDRESS, HOST } from "./cases.js";

export const authority = (subject: Name = "Root", options: Partial<CertificateOptions> = {}): Identity =>
  makeCertificate({ subject, keyType: "ec", isAuthority: true, ...options });

/** @param issuer undefined: itself */
export const server = (issuer: Identity | undefined, options: Partial<CertificateOptions> = {}): Identity =>
  makeCertificate({ subject: "server", keyType: "ec", names: [HOST, ADDRESS], ...(issuer && { issuer }), ...options });

/** The same key and name, signed by somebody else, or otherwise. */
export function again(identity: Identity, issuer: Identity, options: Partial<CertificateOptions> = {}): Identity {
  const { subject, publicKey } = identity;
  return { ...identity, der: signCertificate({ subject, isAuthority: true, ...options }, publicKey, issuer) };
}

export const SERVER_AUTH = "2b06010505070301";
export const CLIENT_AUTH = "2b06010505070302";
export const ANY_USAGE = "551d2500";
export const extendedKeyUsage = (...ids: string[]): Buffer => extension("551d25", sequence(...ids.map(oid)));

/** RFC 5280 §4.2.1.3: the bits are counted from the left. */
export const DIGITAL_SIGNATURE = 0x80;
export const KEY_CERT_SIGN = 0x04;
export const CRL_SIGN = 0x02;
export const keyUsage = (bits: number): Buffer => extension("551d0f", der(0x03, Buffer.from([1, bits])), true);

export const domain = (name: string): Buffer => der(0x82, Buffer.from(name));
/** @param numbers the address, then its mask */
export const network = (...numbers: number[]): Buffer => der(0x87, Buffer.from(numbers));
export const directory = (name: Name): Buffer => der(0xa4, nameOf(name));

interface Subtrees {
  readonly permitted?: readonly Buffer[];
  readonly excluded?: readonly Buffer[];
}
export function nameConstraints({ permitted, excluded }: Subtrees, isCritical = false): Buffer {
  const subtrees = (tag: number, names: readonly Buffer[] = []) =>
    names.length ? [der(tag, ...names.map((name) => sequence(name)))] : [];
  return extension("551d1e", sequence(...subtrees(0xa0, permitted), ...subtrees(0xa1, excluded)), isCritical);
}
