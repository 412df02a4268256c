/** The heap: that the core gives all back, and what it does where there is none. */
import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect } from "vitest";
import { type KeyType, makeCertificate, pem } from "../../mocks/certificates.js";
import { Random } from "../../tools/fuzz/random.js";
import { type Fields, KNOWN, State } from "../tls/cases.js";
import { authority, server } from "../tls/chain-parts.js";
import { coreTest, type Figures, openCore } from "./core.js";
import { listening, serve, tlsServer } from "./servers.js";

const core = openCore();

const HELLO = { send: Buffer.from("hello"), expect: 5 };
const connect = (port: number, fields: Fields) => core.connect(port, { ...KNOWN, ...HELLO, ...fields });

/** The first and the last of so many, and some of those between. */
function sample(count: number): number[] {
  const random = new Random(1);
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return numbers.filter((number) => number <= 120 || number > count - 60 || random.below(count) < 100);
}

/** Hundreds of handshakes, on a busy machine; behind one that ran out of time the core would have two callers. */
const LONG = { timeout: 900_000 };

coreTest("1,000 connections in a row leave nothing behind", LONG, async () => {
  const root = authority("Root", { keyType: "rsa" });
  const port = await serve([server(root, { keyType: "rsa" })]);
  const trust = root.der;
  const { live } = await connect(port, { trust, forget: 1 });
  for (let count = 0; count < 1_000; count++) {
    const outcome = await connect(port, { trust, forget: Number(count % 10 === 9) });
    expect(outcome).toMatchObject({ state: State.OPEN, isResumed: Number(count % 10 > 0), plain: "68656c6c6f" });
  }
  expect(await connect(port, { trust, forget: 1 })).toMatchObject({ live });
});

/** Every call for memory gets none in turn, and perhaps all behind it. */
describe.each([
  ["once", 1],
  ["from there on", 1_000_000],
])("no memory %s", (_name, refusals) => {
  coreTest.each<KeyType>(["rsa", "ec"])(
    "in a handshake with %s: it says so, or goes on without",
    LONG,
    async (keyType) => {
      const root = authority("Root", { keyType });
      const middle = authority("Middle", { keyType, issuer: root });
      const own = makeCertificate({ subject: "device", keyType });
      const options = { requestCert: true, rejectUnauthorized: false, ca: pem(own) };
      const port = await listening(tlsServer([server(middle, { keyType }), middle], options));
      const key = own.key.export({ format: "der", type: "pkcs8" });
      const fields = { trust: root.der, own: own.der, key, forget: 1 };
      const { allocations, live } = await connect(port, fields);
      let refused = 0;
      for (const refuse of sample(allocations)) {
        const outcome = await connect(port, { ...fields, refuse, refusals });
        const where = `the ${refuse}th of ${allocations} was refused`;
        expect(outcome.live, where).toBe(live);
        if (outcome.end === State.NO_MEMORY) refused++;
        else expect(outcome, where).toMatchObject({ end: State.OPEN, plain: "68656c6c6f" });
      }
      // Few can be done without: a session that is kept.
      expect(refused).toBeGreaterThan(150);
      expect(await connect(port, fields)).toMatchObject({ state: State.OPEN, live });
    },
  );

  coreTest("in a handshake that is resumed", LONG, async () => {
    const root = authority();
    const port = await serve([server(root)]);
    const trust = root.der;
    const { live } = await connect(port, { trust, forget: 1 });
    await connect(port, { trust });
    const { allocations } = await connect(port, { trust });
    const ends = new Set<number>();
    for (let refuse = 1; refuse <= allocations; refuse++) {
      await connect(port, { trust });
      const { end } = await connect(port, { trust, refuse, refusals });
      ends.add(end);
    }
    expect([...ends]).toEqual(expect.arrayContaining([State.NO_MEMORY, State.OPEN]));
    // The library does not see that it had no memory for its Finished, which is the last; the server does (decrypt_error).
    for (const end of ends) expect([State.NO_MEMORY, State.OPEN, State.ALERT - 51]).toContain(end);
    expect(await connect(port, { trust, forget: 1 })).toMatchObject({ state: State.OPEN, live });
  });

  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const own = makeCertificate({ subject: "device", keyType: "ec" });
  const key = own.key.export({ format: "der", type: "sec1" });
  const point = own.publicKey.export({ format: "der", type: "spki" }).subarray(-65);
  coreTest.each<[operation: string, Fields]>([
    ["read", { der: own.der }],
    ["pair", { der: own.der, key }],
    ["key", {}],
    ["request", { key, name: Buffer.from("device\0") }],
    [
      "signed",
      {
        digest: Buffer.alloc(32),
        signature: sign(null, Buffer.alloc(32), privateKey),
        point,
      },
    ],
  ])("%s: it does not come about, or is as ever", async (operation, fields) => {
    const { allocations, live } = await core.do<Figures>(operation, fields);
    for (const refuse of sample(allocations)) {
      const outcome = await core.do<Figures>(operation, { ...fields, refuse, refusals });
      expect(outcome.live, `the ${refuse}th of ${allocations} was refused`).toBe(live);
    }
    expect(await core.do(operation, fields)).toMatchObject({ live });
  });
});
