import { makeUuid } from "./credentials.js";
import type { CloudSettings } from "./switches.js";

/** A code for a person to enter, with the challenge for the device to sign. */
export interface ActivationOffer {
  /** Six digits, unlike every other code in use. */
  readonly code: string;
  /** Undefined where the server asks for no signature. */
  readonly challenge: string | undefined;
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
  taken: (code: string) => boolean;
  settings: Pick<CloudSettings, "challengeSource" | "codeLifetimeMs">;
  random: (byteCount: number) => Uint8Array;
  nowMs: number;
}

export function makeOffer({ clientId, deviceId, taken, settings, random, nowMs }: OfferIngredients): ActivationOffer {
  return {
    code: makeCode(random(4), taken),
    challenge: makeChallenge(settings.challengeSource, deviceId, random),
    clientId,
    expiresAtMs: nowMs + settings.codeLifetimeMs,
    used: false,
  };
}

function makeChallenge(
  source: CloudSettings["challengeSource"],
  deviceId: string,
  random: (byteCount: number) => Uint8Array,
): string | undefined {
  if (source === "none") return undefined;
  return source === "mac" ? deviceId : makeUuid(random(16));
}

function makeCode(bytes: Uint8Array, taken: (code: string) => boolean): string {
  let value = Buffer.from(bytes).readUInt32BE(0) % 1_000_000;
  const digits = () => String(value).padStart(6, "0");
  while (taken(digits())) value = (value + 1) % 1_000_000;
  return digits();
}
