/** One field for all certificates: what stands in it decides what they are for. */
import { type Authorities, parseAuthorities } from "../modules/settings/authorities.js";
import type { SettingsMistake } from "../modules/settings/settings.js";
import { parseClaim } from "./claim.js";
import { type HandOver, parseHandOver } from "./hand-over.js";

/** What a person has handed over. */
export interface Certificates extends HandOver {
  readonly authorities?: Authorities;
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
