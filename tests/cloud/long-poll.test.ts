import { expect, test } from "vitest";
import { fairMs } from "../fair-time.js";
import { activate, activateBody, fakeClock, mac, queryActivation, startCloud } from "./support.js";

/** Resolves to "held" when the request has no answer within this time. */
function within<Value>(ms: number, promise: Promise<Value>): Promise<Value | "held"> {
  return Promise.race([promise, new Promise<"held">((resolve) => setTimeout(resolve, ms, "held"))]);
}

test("activate is held, and answered at once when the person enters the code", async () => {
  const cloud = await startCloud({ holdMs: 10_000 });
  const { code, challenge } = await queryActivation(cloud);
  const poll = activate(cloud, activateBody(challenge));
  expect(await within(150, poll)).toBe("held");
  const enteredMs = fairMs();
  cloud.enterCode(code);
  expect((await poll).status).toBe(200);
  expect(fairMs() - enteredMs).toBeLessThan(1_000);
});

test("when the hold is over, 202 with an empty body", async () => {
  const cloud = await startCloud({ holdMs: 200 });
  const { challenge } = await queryActivation(cloud);
  const started = performance.now();
  const response = await activate(cloud, activateBody(challenge));
  expect([response.status, await response.text()]).toEqual([202, ""]);
  expect(performance.now() - started).toBeGreaterThanOrEqual(199);
});

test("a held device that gets disabled is told so at once", async () => {
  const cloud = await startCloud({ holdMs: 10_000 });
  const { challenge } = await queryActivation(cloud);
  const poll = activate(cloud, activateBody(challenge));
  expect(await within(100, poll)).toBe("held");
  await cloud.disable(mac);
  expect((await poll).status).toBe(403);
});

test("a held device that gets forgotten is told so at once", async () => {
  const cloud = await startCloud({ holdMs: 10_000 });
  const { challenge } = await queryActivation(cloud);
  const poll = activate(cloud, activateBody(challenge));
  expect(await within(100, poll)).toBe("held");
  await cloud.forget(mac);
  expect((await poll).status).toBe(404);
});

test("another device's code does not release it", async () => {
  const cloud = await startCloud({ holdMs: 10_000, now: fakeClock().now });
  const { challenge } = await queryActivation(cloud);
  const poll = activate(cloud, activateBody(challenge));
  const other = await queryActivation(cloud, { "Device-Id": "aa:bb:cc:dd:ee:02" });
  cloud.enterCode(other.code);
  expect(await within(150, poll)).toBe("held");
  await cloud.stop();
  await expect(poll).rejects.toThrow();
});

test("stop() does not wait for held requests", async () => {
  const cloud = await startCloud({ holdMs: 600_000 });
  const { challenge } = await queryActivation(cloud);
  const poll = activate(cloud, activateBody(challenge));
  expect(await within(100, poll)).toBe("held");
  const refused = expect(poll).rejects.toThrow();
  expect(await within(2_000, cloud.stop())).toBeUndefined();
  await refused;
});
