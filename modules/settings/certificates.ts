/** One field for all certificates: what stands in it decides what they are for. */
import { type Authorities, parseAuthorities } from "./authorities.js";
import { type Claim, parseClaim } from "./claim.js";
import type { SettingsMistake } from "./settings.js";

/** What a person has handed over. */
export interface Certificates {
  readonly claim?: Claim;
  readonly authorities?: Authorities;
}

/**
 * A certificate with a private key is a claim, certificates alone are authorities.
 * @param nowMs of the calendar, which nobody may have set
 */
export function parseCertificates(text: string, nowMs: number): Certificates | SettingsMistake {
  if (text.trim() === "") return {};
  if (text.includes("PRIVATE KEY-----")) {
    const claim = parseClaim(text);
    return typeof claim === "string" ? claim : { claim };
  }
  const authorities = parseAuthorities(text, nowMs);
  return typeof authorities === "string" ? authorities : { authorities };
}
