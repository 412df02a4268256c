import { makeUuid } from "./credentials.js";
import type { CloudSettings } from "./settings.js";

/** A code for a person to enter, with the challenge for the device to sign. */
export interface ActivationOffer {
  /** Six digits, unlike every other code in use. */
  readonly code: string;
  readonly challenge: string;
  /** The Client-Id that asked. */
  readonly clientId: string;
  readonly expiresAtMs: number;
  /** A person entered the code. The challenge is still good for the device's last poll. */
  used: boolean;
}

export interface OfferIngredients {
  clientId: string;
  /** The Device-Id header as it was sent; the Java server uses it as the challenge. */
  deviceId: string;
  taken: ReadonlySet<string>;
  settings: Pick<CloudSettings, "challengeSource" | "codeLifetimeMs">;
  random: (byteCount: number) => Uint8Array;
  nowMs: number;
}

export function makeOffer({ clientId, deviceId, taken, settings, random, nowMs }: OfferIngredients): ActivationOffer {
  return {
    code: makeCode(random(4), taken),
    challenge: settings.challengeSource === "mac" ? deviceId : makeUuid(random(16)),
    clientId,
    expiresAtMs: nowMs + settings.codeLifetimeMs,
    used: false,
  };
}

function makeCode(bytes: Uint8Array, taken: ReadonlySet<string>): string {
  let value = Buffer.from(bytes).readUInt32BE(0) % 1_000_000;
  const digits = () => String(value).padStart(6, "0");
  while (taken.has(digits())) value = (value + 1) % 1_000_000;
  return digits();
}
