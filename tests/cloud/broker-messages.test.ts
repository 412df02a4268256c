import { expect, test } from "vitest";
import type { MockCloud } from "../../mocks/cloud/cloud.js";
import { closed, connect, connectService, connectXiaozhi, inboxOf, mac, startCloud } from "./support.js";

const GREETING = '{"type":"hello","version":3}';

type Received = { topic: string; payload: string; clientId: string; retain: boolean };

function collect(cloud: MockCloud): Received[] {
  const received: Received[] = [];
  cloud.onMessage((topic, payload, clientId, retain) => received.push({ topic, payload, clientId, retain }));
  return received;
}

test("what a device publishes under its own topics arrives, with the retain flag", async () => {
  const cloud = await startCloud();
  const received = collect(cloud);
  const { client, topics, info } = await connectService(cloud);
  await client.publishAsync(topics.data, '{"t":25.5}', { qos: 1 });
  await client.publishAsync(topics.status, '{"online":true}', { qos: 1, retain: true });
  await expect
    .poll(() => received)
    .toEqual([
      { topic: topics.data, payload: '{"t":25.5}', clientId: info.device_uuid, retain: false },
      { topic: topics.status, payload: '{"online":true}', clientId: info.device_uuid, retain: true },
    ]);
});

test("the last will of a device that is cut off arrives", async () => {
  const cloud = await startCloud();
  const received = collect(cloud);
  const { topics, info } = await connectService(cloud);
  const { username, password } = info.mqtt_config;
  const will = { topic: topics.status, payload: Buffer.from('{"online":false}'), qos: 1 as const, retain: true };
  const client = await connect(cloud, { clientId: info.device_uuid, username, password, will });
  client.stream.destroy();
  await expect
    .poll(() => received)
    .toMatchObject([{ topic: topics.status, payload: '{"online":false}', retain: true }]);
});

test.each([
  ["another device's topic", () => "devices/00000000-0000-4000-8000-000000000000/data"],
  ["its own control topic", (uuid: string) => `devices/${uuid}/control`],
  ["a topic outside devices", () => "hello"],
])("publishing to %s closes the connection and delivers nothing", async (_, topic) => {
  const cloud = await startCloud();
  const received = collect(cloud);
  const { client, info } = await connectService(cloud);
  const gone = closed(client);
  client.publish(topic(info.device_uuid), "x", { qos: 0 });
  await gone;
  expect(received).toEqual([]);
});

test("subscribing is granted under its own topics only", async () => {
  const cloud = await startCloud();
  const { client, topics } = await connectService(cloud);
  const granted = await client.subscribeAsync(topics.control, { qos: 1 });
  expect(granted).toMatchObject([{ topic: topics.control, qos: 1 }]);
  for (const filter of ["#", "devices/#", "devices/+/control", "$SYS/#"]) {
    // The client reports the SUBACK code 128 as an error.
    await expect(client.subscribeAsync(filter, { qos: 1 })).rejects.toThrow();
  }
});

test("sendControl reaches a subscribed device, and says when nobody is there", async () => {
  const cloud = await startCloud();
  expect(await cloud.sendControl(mac, { cmd: "led" })).toBe(false);
  const { client, topics } = await connectService(cloud);
  await client.subscribeAsync(topics.control, { qos: 1 });
  expect(await cloud.sendControl(mac, { cmd: "led", device_id: 1, action: "on" })).toBe(true);
  const text = '{"cmd":"led","device_id":1,"action":"on"}';
  await expect.poll(() => inboxOf(client)).toEqual([{ topic: topics.control, text }]);
});

test("a device that did not subscribe hears nothing of control", async () => {
  const cloud = await startCloud();
  const { client, topics } = await connectService(cloud);
  await cloud.sendControl(mac, { cmd: "led" });
  // What comes after it on the same connection proves that it is not still on the way.
  await client.subscribeAsync(topics.status);
  await cloud.publish(topics.status, "marker");
  await expect.poll(() => inboxOf(client)).toEqual([{ topic: topics.status, text: "marker" }]);
});

test("publish reaches a subscriber; a retained message waits for it", async () => {
  const cloud = await startCloud();
  const { client, topics } = await connectService(cloud);
  await cloud.publish(topics.control, "kept", { retain: true });
  await client.subscribeAsync(topics.control, { qos: 1 });
  await expect.poll(() => inboxOf(client)).toEqual([{ topic: topics.control, text: "kept" }]);
});

test("kick closes the connection, the device may come back", async () => {
  const cloud = await startCloud();
  const { client, info } = await connectService(cloud);
  await expect.poll(() => cloud.isOnline(mac)).toBe(true);
  const gone = closed(client);
  expect(await cloud.kick(mac)).toBe(true);
  await gone;
  expect(await cloud.kick(mac)).toBe(false);
  const { username, password } = info.mqtt_config;
  expect((await connect(cloud, { clientId: info.device_uuid, username, password })).connected).toBe(true);
});

test("the broker can go away and come back on the same port", async () => {
  const cloud = await startCloud();
  const { client, info } = await connectService(cloud);
  const gone = closed(client);
  const port = cloud.mqttPort;
  await cloud.stopBroker();
  await gone;
  const { username, password } = info.mqtt_config;
  const login = { clientId: info.device_uuid, username, password };
  await expect(connect(cloud, login)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  expect(await cloud.sendControl(mac, { cmd: "ping" })).toBe(false);
  await cloud.startBroker();
  expect(cloud.mqttPort).toBe(port);
  expect((await connect(cloud, login)).connected).toBe(true);
});

test("xiaozhi: control is pushed without a subscription, after the gateway's greeting", async () => {
  const cloud = await startCloud();
  const { client, settings } = await connectXiaozhi(cloud);
  await expect.poll(() => cloud.isOnline(mac)).toBe(true);
  await cloud.sendControl(mac, { type: "system", command: "reboot" });
  await expect.poll(() => inboxOf(client)).toHaveLength(2);
  const [greeting, control] = inboxOf(client);
  expect(JSON.parse(greeting!.text)).toMatchObject({ type: "mcp", payload: { method: "initialize" } });
  expect(control).toEqual({ topic: settings.subscribe_topic, text: '{"type":"system","command":"reboot"}' });
});

test("xiaozhi: the greeting can be left out, and a subscription does not deliver twice", async () => {
  const cloud = await startCloud({ mcpGreeting: false });
  const { client, settings } = await connectXiaozhi(cloud);
  await client.subscribeAsync(settings.subscribe_topic);
  await cloud.sendControl(mac, { type: "one" });
  await cloud.sendControl(mac, { type: "two" });
  await expect.poll(() => inboxOf(client).map(({ text }) => text)).toEqual(['{"type":"one"}', '{"type":"two"}']);
});

test("xiaozhi: JSON at QoS 0 arrives, QoS 1 and anything else close the connection", async () => {
  const cloud = await startCloud();
  const received = collect(cloud);
  const { client, settings } = await connectXiaozhi(cloud);
  await client.publishAsync("device-server", GREETING, { qos: 0 });
  await expect.poll(() => received).toMatchObject([{ topic: "device-server", clientId: settings.client_id }]);
  const { client_id, username, password } = settings;
  for (const [payload, qos] of [
    ['{"type":"hello","version":3}', 1],
    ["x", 0],
    ["null", 0],
    ['{"type":"mcp"}', 0],
    ['{"type":"hello","version":1}', 0],
  ] as const) {
    const next = await connect(cloud, { clientId: client_id, username, password });
    const gone = closed(next);
    next.publish("device-server", payload, { qos });
    await gone;
  }
  // It has read the last three, and does not know what to make of them.
  expect(received.map(({ payload }) => payload)).toEqual([
    GREETING,
    "null",
    '{"type":"mcp"}',
    '{"type":"hello","version":1}',
  ]);
});
