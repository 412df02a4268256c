/** One field for all certificates: what stands in it decides what they are for. */
import type { Secret } from "../modules/base/secret.js";
import { type Authorities, parseAuthorities } from "../modules/settings/authorities.js";
import type { SettingsMistake } from "../modules/settings/settings.js";
import { type Claim, parseClaim } from "./claim.js";
import { parseHandOver } from "./hand-over.js";

/** What a person has handed over. */
export interface Certificates {
  readonly claim?: Claim;
  readonly authorities?: Authorities;
  /** For a certificate vending machine. */
  readonly token?: Secret;
  /** The address that came with them, in place of the one that was typed. */
  readonly url?: string;
}

/**
 * A certificate with a private key is a claim, certificates alone are authorities; JSON brings a claim or a token.
 * @param nowMs of the calendar, which nobody may have set
 */
export function parseCertificates(text: string, nowMs: number): Certificates | SettingsMistake {
  const begin = text.trimStart();
  if (begin === "") return {};
  if (begin.startsWith("{")) return parseHandOver(text, nowMs);
  if (text.includes("PRIVATE KEY-----")) {
    const claim = parseClaim(text, nowMs);
    return typeof claim === "string" ? claim : { claim };
  }
  const authorities = parseAuthorities(text, nowMs);
  return typeof authorities === "string" ? authorities : { authorities };
}
