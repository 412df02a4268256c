import { expect, test } from "vitest";
import { deviceInfo, mac, startCloud } from "./support.js";

test("found and not found both take at least 100 ms", async () => {
  const cloud = await startCloud({ minimumAnswerMs: 100 });
  cloud.register(mac);
  for (const [mac_address, status] of [
    [mac, 200],
    ["AA:BB:CC:DD:EE:99", 404],
  ] as const) {
    const started = performance.now();
    expect((await deviceInfo(cloud, { mac_address })).status).toBe(status);
    // A timer of Node may fire a millisecond early.
    expect(performance.now() - started).toBeGreaterThanOrEqual(99);
  }
});
