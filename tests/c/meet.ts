/** What the core makes of a chain. */
import { expect } from "vitest";
import { type Case, type Fields, KNOWN, State } from "../tls/cases.js";
import { type Core, ders } from "./core.js";
import { serve } from "./servers.js";

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
