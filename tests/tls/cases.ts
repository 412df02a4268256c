/** Chains of certificates with what has to come of them, in every engine that judges chains. */
import { DAY_MS, type Identity } from "../../mocks/certificates.js";

export const HOST = "device.example";
/** Whoever has no resolver asks for this. */
export const ADDRESS = "127.0.0.1";

/** As modules/tls/native/agent_tls.h counts them. */
export const State = {
  OPEN: 1,
  HANDSHAKE: 0,
  UNTRUSTED: -1,
  EXPIRED: -2,
  NAME: -3,
  CERTIFICATE_WANTED: -4,
  CERTIFICATE_REFUSED: -5,
  NOTHING_IN_COMMON: -6,
  NO_MEMORY: -7,
  OWN_KEY: -8,
  OTHER_LIBRARY: -9,
  CLOSED: -10,
  FAILED: -11,
  ALERT: -256,
} as const;

/** Bytes go in hexadecimal; a list is the same name several times. */
export type Fields = Readonly<Record<string, string | number | Uint8Array | readonly Uint8Array[] | undefined>>;

/** @param state which the handshake comes to */
export type Case = [
  name: string,
  state: number,
  chain: readonly Identity[],
  trust: Identity | readonly Identity[],
  fields?: Fields,
];

export const times = (fromDays: number, toDays: number) => ({
  notBeforeMs: Date.now() + fromDays * DAY_MS,
  notAfterMs: Date.now() + toDays * DAY_MS,
});
export const OVER = times(-9, -1);
export const TO_COME = times(1, 9);

const NOW = Math.floor(Date.now() / 1_000);
/** The time as the device knows it: exactly, as a floor, not at all. */
export const KNOWN: Fields = { earliest: NOW, latest: NOW };
export const FLOOR: Fields = { earliest: NOW, latest: undefined };
export const UNKNOWN: Fields = { earliest: undefined, latest: undefined };
