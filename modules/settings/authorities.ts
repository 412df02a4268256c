/**
 * Authorities of a person's own, whose certificates are trusted beside the build's: PEM in, the DER of each in base64
 * out. They are no secret.
 */
import { fromBase64 } from "../data/base64.js";
import { pemBlocks } from "../data/pem.js";
import { StoredRecord } from "../storage/record.js";
import { type Certificate, parseCertificate } from "../tls/certificate.js";
import type { SettingsMistake } from "./settings.js";

/** DER, base64. */
export type Authorities = readonly string[];

/** What a person sees of one. */
export interface AuthorityFacts {
  /** Its own word: any characters, at most 64 of them. */
  readonly name: string;
  /** YYYY-MM-DD, UTC. */
  readonly until: string;
}

/** As many of P-256 fit; of RSA-2048 three, of RSA-4096 two. */
const MAX_AUTHORITIES = 4;
/** In all: the record has to fit into an NVS string. */
const MAX_CHARACTERS = 3_900;

/**
 * @param text certificates in PEM
 * @param nowMs a calendar that nobody has set is behind: what has ended by it has ended
 * @param claim one of them that is no authority, as it is returned here; with it there need not be others
 */
export function parseAuthorities(text: string, nowMs: number, claim?: string): Authorities | SettingsMistake {
  const authorities: string[] = [];
  let characters = 0;
  for (const base64 of pemBlocks(text, "CERTIFICATE")) {
    if (base64 === undefined) return "certificates-invalid";
    if (base64 === claim) continue;
    characters += base64.length;
    if (authorities.length === MAX_AUTHORITIES || characters > MAX_CHARACTERS) return "certificates-too-large";
    const mistake = mistakeOf(base64, nowMs);
    if (mistake) return mistake;
    authorities.push(base64);
  }
  return authorities.length > 0 || claim !== undefined ? authorities : "certificates-invalid";
}

function mistakeOf(base64: string, nowMs: number): SettingsMistake | undefined {
  const certificate = parseCertificate(fromBase64(base64));
  if (!certificate) return "authority-unusable";
  // A server's own certificate that signs itself is of use without any authority.
  if (!certificate.isAuthority && !certificate.isServersOwn) return "authority-none";
  return certificate.notAfterMs < nowMs ? "authority-expired" : undefined;
}

export function factsOf(authorities: Authorities): readonly AuthorityFacts[] {
  return authorities
    .map((base64) => parseCertificate(fromBase64(base64)))
    .filter((certificate) => certificate !== undefined)
    .map(facts);
}

function facts({ name, notAfterMs }: Certificate): AuthorityFacts {
  return { name, until: new Date(notAfterMs).toISOString().slice(0, 10) };
}

export const AUTHORITIES: StoredRecord<Authorities> = new StoredRecord({
  key: "authorities",
  encode: (authorities: Authorities) => authorities,
  decode: (value) => (Array.isArray(value) && value.every((one) => typeof one === "string") ? value : undefined),
});
