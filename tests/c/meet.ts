/** Tables of chains, and what the core makes of each. */
import { expect } from "vitest";
import { DAY_MS, type Identity } from "../../mocks/certificates.js";
import { type Core, ders, type Fields, State } from "./core.js";
import { serve } from "./servers.js";

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

/** Where the handshake is over, data goes both ways. */
export const meeting =
  (core: Core) =>
  async (...[, state, chain, trust, fields]: Case): Promise<void> => {
    const port = await serve(chain);
    const sent = Buffer.from("hello");
    const given: Fields = { trust: ders(...[trust].flat()), send: sent, expect: sent.length, forget: 1 };
    const outcome = await core.connect(port, { ...given, ...KNOWN, ...fields });
    expect(outcome).toMatchObject({ state, plain: state === State.OPEN ? sent.toString("hex") : "", hasTimedOut: 0 });
  };
