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
 * The certificate of a private key is a claim, all others are authorities; JSON brings a claim or a token.
 * @param nowMs of the calendar, which nobody may have set
 */
export function parseCertificates(text: string, nowMs: number): Certificates | SettingsMistake {
  const begin = text.trimStart();
  if (begin === "") return {};
  if (begin.startsWith("{")) return parseHandOver(text, nowMs);
  if (text.includes("PRIVATE KEY-----")) {
    const claim = parseClaim(text, nowMs);
    if (typeof claim === "string") return claim;
    const authorities = parseAuthorities(text, nowMs, claim.certificate);
    if (typeof authorities === "string") return authorities;
    return { claim, ...(authorities.length > 0 && { authorities }) };
  }
  const authorities = parseAuthorities(text, nowMs);
  return typeof authorities === "string" ? authorities : { authorities };
}
