import { expect, test } from "vitest";
import {
  activate,
  activateBody,
  deviceInfo,
  fakeClock,
  mac,
  postJson,
  query,
  queryActivation,
  startCloud,
} from "./support.js";

async function statuses(count: number, send: (index: number) => Promise<Response>): Promise<number[]> {
  const seen: number[] = [];
  for (let index = 0; index < count; index++) seen.push((await send(index)).status);
  return seen;
}

test("device/info: the eleventh request within a minute gets 429 without Retry-After", async () => {
  const clock = fakeClock();
  const cloud = await startCloud({ now: clock.now });
  cloud.register(mac);
  expect(await statuses(10, () => deviceInfo(cloud))).toEqual(Array(10).fill(200));
  const refused = await deviceInfo(cloud);
  expect(refused.status).toBe(429);
  expect(refused.headers.has("retry-after")).toBe(false);
  expect(await refused.json()).toEqual({ detail: expect.any(String) });
  clock.advance(60_000);
  expect((await deviceInfo(cloud)).status).toBe(200);
});

test("device/info: a client that keeps asking stays locked out", async () => {
  const clock = fakeClock();
  const cloud = await startCloud({ now: clock.now });
  cloud.register(mac);
  await statuses(11, () => deviceInfo(cloud));
  const impatient = await statuses(20, () => {
    clock.advance(5_000);
    return deviceInfo(cloud);
  });
  expect(impatient).toEqual(Array(20).fill(429));
});

test("device/info: one address is limited over all its devices", async () => {
  const cloud = await startCloud({ autoRegister: true, now: fakeClock().now });
  const seen = await statuses(11, (index) => deviceInfo(cloud, { mac_address: `AA:BB:CC:DD:EE:${10 + index}` }));
  expect(seen).toEqual([...Array(10).fill(200), 429]);
});

test("firmware/check: five in five minutes", async () => {
  const clock = fakeClock();
  const cloud = await startCloud({ now: clock.now });
  cloud.register(mac);
  const check = () =>
    postJson(`${cloud.url}/firmware/check`, { mac_address: mac, current_version: "1.0.0", product_id: 1 });
  expect(await statuses(6, check)).toEqual([200, 200, 200, 200, 200, 429]);
  clock.advance(299_999);
  expect((await check()).status).toBe(429);
  clock.advance(300_000);
  expect((await check()).status).toBe(200);
});

test("xiaozhi: a loop without a pause gets 429 that says in milliseconds how long to wait", async () => {
  const clock = fakeClock();
  const cloud = await startCloud({ now: clock.now });
  const { challenge } = await queryActivation(cloud);
  expect(await statuses(30, () => activate(cloud, activateBody(challenge)))).toEqual(Array(30).fill(202));
  clock.advance(10_000);
  const refused = await activate(cloud, activateBody(challenge));
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ error: { code: "TOO_MANY_REQUESTS" }, retry_after: 50_000 });
  clock.advance(50_000);
  expect((await activate(cloud, activateBody(challenge))).status).toBe(202);
});

test.each([
  ["none", null],
  ["seconds", "50"],
  ["date", "Thu, 06 Nov 2025 10:31:00 GMT"],
] as const)("device/info: Retry-After can be there: %s", async (infoRetryAfter, header) => {
  const clock = fakeClock();
  const cloud = await startCloud({ now: clock.now, infoRetryAfter });
  await statuses(10, () => deviceInfo(cloud));
  clock.advance(10_000);
  expect((await deviceInfo(cloud)).headers.get("retry-after")).toBe(header);
});

test.each([
  ["body", null, 50_000],
  ["seconds", "50", undefined],
  ["date", "Thu, 06 Nov 2025 10:31:00 GMT", undefined],
  ["none", null, undefined],
] as const)("xiaozhi: how long to wait can be told: %s", async (retryAfterForm, header, body) => {
  const clock = fakeClock();
  const cloud = await startCloud({ now: clock.now, retryAfterForm });
  await statuses(30, () => query(cloud));
  clock.advance(10_000);
  const refused = await query(cloud);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, header]);
  expect(((await refused.json()) as { retry_after?: number }).retry_after).toBe(body);
});

test("what the limits refused is counted for each device, what a fault refused is not", async () => {
  const cloud = await startCloud({ now: fakeClock().now });
  const other = "AA:BB:CC:DD:EE:02";
  cloud.faults.add("device-info", { kind: "status", status: 429 }, 1);
  await statuses(13, () => deviceInfo(cloud));
  await statuses(31, () => query(cloud, { "Device-Id": other }));
  const counts = cloud.state().devices.map((device) => [device.mac, device.tooManyCount]);
  expect(counts).toEqual([
    [mac, 2],
    [other, 1],
  ]);
});

test("the limits can be switched off", async () => {
  const cloud = await startCloud({ rateLimited: false });
  cloud.register(mac);
  expect(await statuses(12, () => deviceInfo(cloud))).toEqual(Array(12).fill(200));
  expect(await statuses(31, () => query(cloud))).toEqual(Array(31).fill(200));
});
