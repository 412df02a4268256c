/** What a connection costs, without sanitizers: of the heap, of the stack, in round trips. A limit for each. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import { type KeyType, makeCertificate, pem } from "../../mocks/certificates.js";
import { ROOT } from "../../tools/sdk.js";
import { type Fields, KNOWN, State } from "../tls/cases.js";
import { authority, server } from "../tls/chain-parts.js";
import { coreTest, type Outcome, openCore, PLAIN } from "./core.js";
import { listening, tlsServer } from "./servers.js";

const core = openCore(PLAIN);
/** For `npm run bench -- tls`. */
const measured: Record<string, object> = {};
afterAll(() => {
  if (Object.keys(measured).length === 0) return;
  mkdirSync(join(ROOT, "build"), { recursive: true });
  writeFileSync(join(ROOT, "build", "tls.json"), JSON.stringify(measured));
});

/** With pointers of 64 bits, and buffers of 16 kB both ways: on the chip they are as long as what is in them. */
const MAX_STEADY_BYTES = 50 * 1024;
const MAX_PEAK_BYTES = 76 * 1024;
const MAX_KEPT_BYTES = 5 * 1024;
const MAX_STACK_BYTES = 10 * 1024;

coreTest.each<KeyType>(["rsa", "ec", "p384"])("a chain of %s", async (keyType) => {
  const root = authority("Root", { keyType });
  const middle = authority("Middle", { keyType, issuer: root });
  const own = makeCertificate({ subject: "device", keyType });
  const options = { requestCert: true, rejectUnauthorized: false, ca: pem(own) } as const;
  const port = await listening(tlsServer([server(middle, { keyType }), middle], options));
  const key = own.key.export({ format: "der", type: "pkcs8" });
  const shown = { trust: root.der, own: own.der, key };
  const connect = (fields: Fields) => core.connect(port, { ...KNOWN, send: Buffer.from("x"), expect: 1, ...fields });
  const { live: before } = await connect({ trust: root.der, forget: 1 });
  const figures = ({ steady, peak, stack, live }: Outcome) => ({
    steady: steady - before,
    peak: peak - before,
    kept: live - before,
    stack,
  });
  const durations: Record<string, number> = {};
  const timed = async (name: string, fields: Fields) => {
    const startMs = performance.now();
    const outcome = await connect(fields);
    durations[name] = Math.round(performance.now() - startMs);
    return outcome;
  };
  const rows = {
    full: await timed("full", { trust: root.der, forget: 1 }),
    "with a certificate": await timed("with a certificate", shown),
    resumed: await timed("resumed", shown),
  };
  for (const [name, outcome] of Object.entries(rows)) {
    const { steady, peak, kept, stack } = figures(outcome);
    const { roundTrips, received, sent } = outcome;
    measured[`${keyType}, ${name}`] = {
      roundTrips,
      bytes: received + sent,
      steady,
      peak,
      stack,
      durationMs: durations[name],
    };
    expect(outcome).toMatchObject({ state: State.OPEN, roundTrips: name === "resumed" ? 1 : 2 });
    expect(steady, name).toBeLessThan(MAX_STEADY_BYTES);
    expect(peak, name).toBeLessThan(MAX_PEAK_BYTES);
    expect(kept, name).toBeLessThan(MAX_KEPT_BYTES);
    expect(stack, name).toBeLessThan(MAX_STACK_BYTES);
  }
  await core.do("version", { forget: 1 });
});

coreTest("making a key and a request for a certificate", async () => {
  const { der, stack } = await core.do<Outcome & { der: string }>("key");
  const request = await core.do("request", { key: Buffer.from(der, "hex"), name: Buffer.from("device\0") });
  console.log(`a key: stack ${stack}; a request: stack ${request.stack}`);
  for (const figure of [stack, request.stack]) expect(figure).toBeLessThan(MAX_STACK_BYTES);
});
