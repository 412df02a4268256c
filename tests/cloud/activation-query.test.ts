import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import {
  activated,
  clientId,
  fakeClock,
  mac,
  type OtaReply,
  postJson,
  query,
  queryActivation,
  startCloud,
  xiaozhiHeaders,
} from "./support.js";

test("an unbound device gets 200 with a six-digit code, a challenge and where to enter the code", async () => {
  const clock = fakeClock();
  const cloud = await startCloud({ now: clock.now });
  const response = await query(cloud);
  expect(response.status).toBe(200);
  const reply = (await response.json()) as OtaReply;
  expect(reply.activation).toEqual({
    code: expect.stringMatching(/^\d{6}$/),
    message: `${cloud.url}/activate\n${reply.activation!.code}`,
    challenge: expect.stringMatching(/^[0-9a-f-]{36}$/),
    timeout_ms: 300_000,
    activation_url: `${cloud.url}/activate`,
  });
  expect(reply.server_time).toEqual({ timestamp: clock.now(), timezone_offset: 480 });
  expect(reply).not.toHaveProperty("mqtt");
  expect(reply).not.toHaveProperty("status");
});

test("the path works without its trailing slash, and GET tells a person that it runs", async () => {
  const cloud = await startCloud();
  const url = cloud.xiaozhiUrl.replace(/\/$/, "");
  expect((await postJson(url, { application: {} }, xiaozhiHeaders)).status).toBe(200);
  const shown = await fetch(cloud.xiaozhiUrl);
  expect([shown.status, await shown.text()]).toEqual([200, expect.stringContaining("OTA接口运行正常")]);
});

test("a bound device gets its connection settings, with credentials built as the servers build them", async () => {
  const cloud = await startCloud();
  const settings = await activated(cloud);
  expect(settings).toEqual({
    endpoint: `127.0.0.1:${cloud.mqttPort}`,
    client_id: `GID_default@@@aa_bb_cc_dd_ee_01@@@${clientId}`,
    username: Buffer.from('{"ip":"127.0.0.1"}').toString("base64"),
    password: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
    publish_topic: "device-server",
    subscribe_topic: "devices/p2p/aa_bb_cc_dd_ee_01",
  });
  const reply = (await (await query(cloud)).json()) as OtaReply;
  expect(reply).not.toHaveProperty("activation");
  expect(reply.websocket!.url).toBe(`ws://127.0.0.1:${cloud.httpPort}/xiaozhi/v1/`);
  expect(reply.configuration).toEqual({});
});

test("the password is a signature over client id and user name", async () => {
  const key = Buffer.alloc(32, 7);
  const cloud = await startCloud({ random: (byteCount) => key.subarray(0, byteCount) });
  const { client_id, username, password } = await activated(cloud);
  expect(password).toBe(createHmac("sha256", key).update(`${client_id}|${username}`).digest("base64"));
});

test("a code stays the same until its time is over; then code and challenge are new", async () => {
  const clock = fakeClock();
  const cloud = await startCloud({ now: clock.now });
  const first = await queryActivation(cloud);
  clock.advance(299_999);
  const again = await queryActivation(cloud);
  expect(again).toEqual({ ...first, timeout_ms: 1 });
  clock.advance(1);
  const next = await queryActivation(cloud);
  expect(next.code).not.toBe(first.code);
  expect(next.challenge).not.toBe(first.challenge);
  expect(next.timeout_ms).toBe(300_000);
  expect(cloud.enterCode(first.code)).toEqual({ bound: false });
  expect(cloud.enterCode(next.code)).toEqual({ bound: true, mac });
});

test("a code works once, and not after its time", async () => {
  const clock = fakeClock();
  const cloud = await startCloud({ now: clock.now });
  const { code } = await queryActivation(cloud);
  expect(cloud.enterCode(code).bound).toBe(true);
  expect(cloud.enterCode(code).bound).toBe(false);
  const other = await queryActivation(cloud, { "Device-Id": "aa:bb:cc:dd:ee:02" });
  clock.advance(300_000);
  expect(cloud.enterCode(other.code).bound).toBe(false);
});

test("two devices never show the same code", async () => {
  const cloud = await startCloud({ random: (byteCount) => new Uint8Array(byteCount) });
  const first = await queryActivation(cloud);
  const second = await queryActivation(cloud, { "Device-Id": "aa:bb:cc:dd:ee:02" });
  expect([first.code, second.code]).toEqual(["000000", "000001"]);
});

test("another client on a bound device does not get its settings, it gets a code", async () => {
  const cloud = await startCloud();
  await activated(cloud);
  const reply = (await (await query(cloud, { "Client-Id": "another" })).json()) as OtaReply;
  expect(reply).not.toHaveProperty("mqtt");
  expect(reply.activation!.code).toMatch(/^\d{6}$/);
});

test.each([
  ["Device-Id is missing", { "Device-Id": "" }],
  ["Device-Id is not a MAC", { "Device-Id": "hello" }],
  ["Client-Id is missing", { "Client-Id": "" }],
])("400 when %s", async (_, headers) => {
  const cloud = await startCloud();
  const response = await query(cloud, headers);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { code: "INVALID_REQUEST", message: expect.any(String) } });
});

test.each(["", "[]", "{}", '{"application":1}'])("400 for the body %j", async (body) => {
  const cloud = await startCloud();
  expect((await postJson(cloud.xiaozhiUrl, body, xiaozhiHeaders)).status).toBe(400);
});

test("a disabled device gets 403 and no code", async () => {
  const cloud = await startCloud();
  await query(cloud);
  await cloud.disable(mac);
  const response = await query(cloud);
  expect([response.status, await response.json()]).toMatchObject([403, { error: { code: "DEVICE_DISABLED" } }]);
});

test("the answer comes in chunks without a length, as Spring sends it", async () => {
  const cloud = await startCloud();
  const response = await query(cloud);
  expect(response.headers.get("transfer-encoding")).toBe("chunked");
  expect(response.headers.has("content-length")).toBe(false);
});
