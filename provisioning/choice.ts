/** Which of the protocols is meant: by a person, by an address, by what was found out before. */
import type { Address } from "../modules/data/address.js";
import { AUTOMATIC } from "../modules/settings/settings.js";
import type { Protocol } from "./protocol.js";
import { PROTOCOLS } from "./protocols.js";

/** What a person may choose, as settings have it. */
export const PROTOCOL_CHOICES: readonly string[] = Object.freeze([
  AUTOMATIC,
  ...PROTOCOLS.filter(({ isChoice }) => isChoice).map(({ name }) => name),
]);

/** @returns undefined for AUTOMATIC, and for what another firmware knows */
export function chosenProtocol(choice: string): Protocol | undefined {
  return PROTOCOLS.find(({ isChoice, name }) => isChoice && name === choice);
}

export function protocolOfAddress(address: Address): Protocol | undefined {
  return PROTOCOLS.find((protocol) => protocol.owns?.(address));
}

/** @param name as habits have it */
export function detectedProtocol(name: unknown): Protocol | undefined {
  return PROTOCOLS.find((protocol) => protocol.detection && protocol.name === name);
}
