/** What the identity and the system have of the SDK itself: its native digest, and C behind ffi. */
import { createHmac } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import type { Simulator } from "../../tools/simulator.js";
import { rfc4231 } from "../modules/rfc4231.js";
import { FACTORY, MAC, openApp, Watch } from "./app.js";

let simulator: Simulator;
afterEach(() => simulator?.stop());

test("RFC 4231 over the SDK's digest, the factory's key, and the machine's facts", async () => {
  const app = await openApp({
    name: "identity",
    config: { vectors: rfc4231 },
    main: "identity-probe",
  });
  simulator = app.simulator;
  const watch = new Watch(simulator);
  await simulator.start();
  const told = () =>
    watch.lines.filter((line) => line.startsWith('{"told":')).map((line) => JSON.parse(line).told as object);
  await watch.until("three answers", () => told().length === 3);
  const hmac = (key: string | Buffer) => createHmac("sha256", key).update("Möwe").digest("hex");
  const { serial, hmac_key: key } = FACTORY;
  const [{ digests }, identity, machine] = told() as [{ digests: string[] }, object, object];
  expect(digests.map((digest, at) => digest.slice(0, rfc4231[at]!.digest.length))).toEqual(
    rfc4231.map(({ digest }) => digest),
  );
  // The simulator has no eFuses: NVS counts.
  expect(identity).toEqual({ mac: MAC, serial, bytes: hmac(Buffer.from(key, "hex")), text: hmac(key) });
  expect(machine).toEqual({ isDebug: true, hasFacts: false, wifi: ["", null, null] });
  expect(watch.aborts).toEqual([]);
});
