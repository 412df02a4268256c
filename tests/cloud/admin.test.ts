import { expect, test } from "vitest";
import type { MockCloud } from "../../mocks/cloud/cloud.js";
import {
  activate,
  activateBody,
  connectService,
  deviceInfo,
  hmacKeyHex,
  inboxOf,
  mac,
  postJson,
  queryActivation,
  serial,
  startCloud,
} from "./support.js";

async function admin(cloud: MockCloud, command: string, body: unknown): Promise<[number, unknown]> {
  const response = await postJson(`${cloud.url}/admin/${command}`, body);
  return [response.status, await response.json()];
}

const ok = [200, { ok: true }];

test("register, disable, enable, forget", async () => {
  const cloud = await startCloud();
  const infoStatus = async () => (await deviceInfo(cloud)).status;
  expect(await admin(cloud, "register", { mac: mac.toLowerCase() })).toEqual(ok);
  expect(await infoStatus()).toBe(200);
  expect(await admin(cloud, "disable", { mac })).toEqual(ok);
  expect(await infoStatus()).toBe(403);
  expect(await admin(cloud, "enable", { mac })).toEqual(ok);
  expect(await infoStatus()).toBe(200);
  expect(await admin(cloud, "forget", { mac })).toEqual(ok);
  expect(await infoStatus()).toBe(404);
});

test("activate enters a code", async () => {
  const cloud = await startCloud();
  const { code } = await queryActivation(cloud);
  expect(await admin(cloud, "activate", { code: "x" })).toEqual([404, { error: expect.any(String) }]);
  expect(await admin(cloud, "activate", { code })).toEqual(ok);
  expect(cloud.state().devices).toMatchObject([{ mac, state: "activated" }]);
});

test("devices makes a serial and its key known: wrong signatures are refused from then on", async () => {
  const cloud = await startCloud();
  expect(await admin(cloud, "devices", { mac, serial, hmacKeyHex })).toEqual(ok);
  const { challenge } = await queryActivation(cloud);
  expect((await activate(cloud, activateBody(challenge, { hmac: "0".repeat(64) }))).status).toBe(401);
  expect((await activate(cloud, activateBody(challenge))).status).toBe(202);
});

test("control sends a message", async () => {
  const cloud = await startCloud();
  const { client, topics } = await connectService(cloud);
  await client.subscribeAsync(topics.control);
  expect(await admin(cloud, "control", { mac, message: { cmd: "led" } })).toEqual(ok);
  await expect.poll(() => inboxOf(client)).toEqual([{ topic: topics.control, text: '{"cmd":"led"}' }]);
});

test.each([
  ["register", {}, "mac"],
  ["register", { mac: "AABB" }, "mac"],
  ["activate", { code: 123456 }, "code"],
  ["control", { mac, message: "x" }, "message"],
  ["devices", { mac, serial: "", hmacKeyHex }, "serial"],
  ["devices", { mac, serial, hmacKeyHex: "zz" }, "hmacKeyHex"],
  ["faults", { endpoint: "nowhere", kind: "hang" }, "endpoint"],
  ["faults", { endpoint: "ota", kind: "explode" }, "kind"],
  ["faults", { endpoint: "ota", kind: "status", status: 99 }, "status"],
  ["faults", { endpoint: "ota", kind: "status", status: 503, retryAfter: "1\r\nX: y" }, "retryAfter"],
  ["faults", { endpoint: "ota", kind: "hang", times: 0 }, "times"],
  ["faults", { endpoint: "mqtt", kind: "slow" }, "kind"],
  ["faults", { clear: "nowhere" }, "clear"],
])("%s refuses %j and names the member", async (command, body, member) => {
  const cloud = await startCloud();
  expect(await admin(cloud, command, body)).toEqual([400, { error: expect.stringMatching(new RegExp(`^${member}:`)) }]);
});

test("an unknown device gets 404", async () => {
  const cloud = await startCloud();
  for (const command of ["disable", "enable", "forget"]) expect((await admin(cloud, command, { mac }))[0]).toBe(404);
  expect((await admin(cloud, "control", { mac, message: {} }))[0]).toBe(404);
});

test("state changes by POST of JSON only, and not from another site", async () => {
  const cloud = await startCloud();
  const url = `${cloud.url}/admin/register`;
  expect((await fetch(url)).status).toBe(405);
  expect((await postJson(url, { mac }, { "Content-Type": "text/plain" })).status).toBe(400);
  expect((await postJson(url, { mac }, { Origin: "http://evil.example" })).status).toBe(403);
  expect(cloud.state().devices).toEqual([]);
  expect((await postJson(url, { mac }, { Origin: cloud.url })).status).toBe(200);
});

test("state tells what happened, in order", async () => {
  const cloud = await startCloud();
  await deviceInfo(cloud);
  const { client, topics } = await connectService(cloud);
  await client.publishAsync(topics.data, '{"t":1}', { qos: 1 });
  await cloud.sendControl(mac, { cmd: "ping" });
  await expect.poll(() => cloud.state().messages).toHaveLength(2);
  const state = await (await fetch(`${cloud.url}/admin/state`)).json();
  expect(state).toMatchObject({
    deviceServiceUrl: cloud.url,
    xiaozhiUrl: `${cloud.url}/xiaozhi/ota/`,
    brokerUrl: `mqtt://127.0.0.1:${cloud.mqttPort}`,
    devices: [
      {
        mac,
        serial: null,
        state: "online",
        actions: ["ping", "update", "reboot", "kick", "revoke", "disable", "forget"],
      },
    ],
    messages: [
      { direction: "down", mac, topic: topics.control, payload: '{"cmd":"ping"}' },
      { direction: "up", mac, topic: topics.data, payload: '{"t":1}' },
    ],
    requests: { "device-info": 2 },
  });
});
