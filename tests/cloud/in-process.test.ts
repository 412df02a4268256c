import { expect, test } from "vitest";
import { MockCloud } from "../../mocks/cloud/cloud.js";
import type { Answer } from "../../mocks/cloud/exchange.js";
import { fakeClock, type InfoReply, type OtaReply } from "./support.js";

const macOf = (index: number) =>
  `02:00:00:00:${[index >> 8, index & 255].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`.toUpperCase();
const ipOf = (index: number) => `10.0.${index >> 8}.${index & 255}`;

/** Without a start, without sockets. */
function quietCloud(clock: { now: () => number }): MockCloud {
  return new MockCloud({ now: clock.now, minimumAnswerMs: 0, holdMs: 0, httpPort: 8001, mqttPort: 1883 });
}

function info(cloud: MockCloud, index: number): Promise<Answer | null> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ mac_address: macOf(index), product_id: "P1" });
  return cloud.handle({ method: "POST", target: "/device/info", headers, body, ip: ipOf(index) });
}

function ota(cloud: MockCloud, index: number, path = "", body: unknown = { application: {} }): Promise<Answer | null> {
  const headers = { "device-id": macOf(index), "client-id": `c${index}` };
  return cloud.handle({
    method: "POST",
    target: `/xiaozhi/ota/${path}`,
    headers,
    body: JSON.stringify(body),
    ip: ipOf(index),
  });
}

test("a request of this process gets the answer that a socket would get, from the address it names", async () => {
  const cloud = quietCloud(fakeClock());
  cloud.register(macOf(1));
  const answer = await info(cloud, 1);
  expect(answer!.status).toBe(200);
  expect((JSON.parse(answer!.body) as InfoReply).mqtt_config).toMatchObject({ broker: "127.0.0.1", port: 1883 });
  expect((await cloud.handle({ method: "GET", target: "/health?x=1", ip: "10.0.0.1" }))!.status).toBe(200);
  expect((await cloud.handle({ method: "GET", target: "/nowhere", ip: "10.0.0.1" }))!.status).toBe(404);
  expect(cloud.state().requests).toEqual({ "device-info": 1, health: 1 });
});

test("a thousand devices keep their limits, their codes and their places", async () => {
  const clock = fakeClock();
  const cloud = quietCloud(clock);
  const all = Array.from({ length: 1000 }, (_, index) => index);
  for (let round = 0; round < 10; round++)
    for (const index of all) expect((await info(cloud, index))!.status).toBe(404);
  // Each at its own address: only who asks once more is refused.
  expect((await info(cloud, 7))!.status).toBe(429);
  clock.advance(60_000);
  const codes = new Set<string>();
  for (const index of all) codes.add((JSON.parse((await ota(cloud, index))!.body) as OtaReply).activation!.code);
  expect(codes.size).toBe(1000);
  for (const code of codes) expect(cloud.enterCode(code).bound).toBe(true);
  for (const index of all) expect((await ota(cloud, index, "activate", {}))!.status).toBe(200);
  const { devices } = cloud.state();
  expect(devices.map(({ mac }) => mac)).toEqual(all.map(macOf));
  expect(devices.filter(({ tooManyCount }) => tooManyCount > 0)).toMatchObject([{ mac: macOf(7), tooManyCount: 1 }]);
});

test("a flood of made-up MACs does not push out devices that belong here, nor grow for ever", async () => {
  const cloud = quietCloud(fakeClock());
  cloud.register(macOf(0));
  for (let index = 1; index <= 12_000; index++) await info(cloud, index);
  const macs = cloud.state().devices.map(({ mac }) => mac);
  expect(macs).toContain(macOf(0));
  expect(macs).toContain(macOf(12_000));
  expect(macs).not.toContain(macOf(1));
  expect(macs.length).toBeLessThanOrEqual(5_500);
});

test.each([
  [
    { kind: "status", status: 503, retryAfter: "9" },
    { status: 503, headers: { "Retry-After": "9" } },
  ],
  [{ kind: "hang" }, null],
  [{ kind: "cut", at: "headers" }, null],
  [{ kind: "cut", at: "body" }, null],
  [{ kind: "slow", chunkBytes: 1, intervalMs: 600_000 }, { status: 404 }],
] as const)("the fault %j is met without a socket, too", async (fault, expected) => {
  const cloud = quietCloud(fakeClock());
  cloud.faults.add("device-info", fault, 1);
  const answer = await info(cloud, 1);
  if (expected === null) expect(answer).toBeNull();
  else expect(answer).toMatchObject(expected);
  expect((await info(cloud, 1))!.status).toBe(404);
});
