/** What a connection costs, without sanitizers: of the heap, of the stack, in round trips. A limit for each. */
import { expect } from "vitest";
import { type KeyType, makeCertificate, pem } from "../../mocks/certificates.js";
import { coreTest, type Fields, type Outcome, openCore, PLAIN, State } from "./core.js";
import { authority, server } from "./identities.js";
import { KNOWN } from "./meet.js";
import { listening, tlsServer } from "./servers.js";

const core = openCore(PLAIN);

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
  const rows = {
    full: await connect({ trust: root.der, forget: 1 }),
    "with a certificate": await connect(shown),
    resumed: await connect(shown),
  };
  for (const [name, outcome] of Object.entries(rows)) {
    const { steady, peak, kept, stack } = figures(outcome);
    console.log(`${keyType}, ${name}: ${steady} bytes, at most ${peak}, kept ${kept}; stack ${stack}`);
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
