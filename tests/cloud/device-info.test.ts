import { expect, test } from "vitest";
import { deviceInfo, fakeClock, type InfoReply, infoRequest, mac, postJson, startCloud } from "./support.js";

test("a registered device gets the contract's full reply", async () => {
  const cloud = await startCloud({ now: fakeClock().now });
  cloud.register(mac);
  const response = await deviceInfo(cloud);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json");
  const reply = (await response.json()) as InfoReply;
  const { device_id, device_uuid, device_secret } = reply;
  expect(device_id).toMatch(/^AIOT-ESP32-[0-9A-F]{8}$/);
  expect(device_uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(reply).toEqual({
    device_id,
    device_uuid,
    device_secret: expect.stringMatching(/^[0-9a-f]{64}$/),
    mac_address: mac,
    mqtt_config: {
      broker: "127.0.0.1",
      port: cloud.mqttPort,
      use_ssl: false,
      url: `mqtt://127.0.0.1:${cloud.mqttPort}`,
      username: device_id,
      password: device_secret,
      client_id: device_uuid,
      topics: {
        data: `devices/${device_uuid}/data`,
        control: `devices/${device_uuid}/control`,
        status: `devices/${device_uuid}/status`,
      },
    },
    api_config: {
      server: cloud.url,
      endpoints: {
        register: `${cloud.url}/api/devices/register`,
        data_upload: `${cloud.url}/api/devices/data/upload`,
        status_update: `${cloud.url}/api/devices/status/update`,
      },
    },
    firmware_update: null,
    message: "设备配置获取成功",
    timestamp: "2025-11-06T10:30:00.000000",
  });
});

test("the same device gets the same credentials again, another device gets its own", async () => {
  const cloud = await startCloud();
  cloud.register(mac);
  cloud.register("AA:BB:CC:DD:EE:02");
  const [first, again, other] = await Promise.all(
    [mac, mac, "AA:BB:CC:DD:EE:02"].map(async (mac_address) => {
      const { device_uuid, device_secret } = (await (await deviceInfo(cloud, { mac_address })).json()) as InfoReply;
      return { device_uuid, device_secret };
    }),
  );
  expect(again).toEqual(first);
  expect(other!.device_uuid).not.toBe(first!.device_uuid);
  expect(other!.device_secret).not.toBe(first!.device_secret);
});

test("the sparse shape leaves out what newer servers leave out", async () => {
  const cloud = await startCloud({ replyShape: "sparse" });
  cloud.register(mac);
  const reply = (await (await deviceInfo(cloud)).json()) as InfoReply;
  expect(Object.keys(reply).sort()).toEqual(
    ["device_id", "device_uuid", "firmware_update", "mac_address", "mqtt_config", "product_id"].sort(),
  );
  expect(reply.product_id).toBe("P1");
  expect(Object.keys(reply.mqtt_config).sort()).toEqual(
    ["broker", "password", "port", "topics", "use_ssl", "username"].sort(),
  );
  expect(reply.mqtt_config.username).toBe(reply.device_id);
  expect(reply.mqtt_config.topics.heartbeat).toBe(`devices/${reply.device_uuid}/heartbeat`);
});

test("a MAC that is not registered gets 404 and shows up with a Register button", async () => {
  const cloud = await startCloud();
  const response = await deviceInfo(cloud);
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({ detail: "设备未注册" });
  expect(cloud.state().devices).toMatchObject([
    { mac, state: "unregistered", actions: ["register", "disable", "forget"] },
  ]);
});

test("with autoRegister an unknown MAC gets its settings at once", async () => {
  const cloud = await startCloud({ autoRegister: true });
  expect((await deviceInfo(cloud)).status).toBe(200);
  expect(cloud.state().devices).toMatchObject([{ mac, state: "registered" }]);
});

test("a disabled device gets 403, and 200 after it was enabled", async () => {
  const cloud = await startCloud();
  cloud.register(mac);
  await cloud.disable(mac);
  const response = await deviceInfo(cloud);
  expect(response.status).toBe(403);
  expect(await response.json()).toEqual({ detail: "设备已被禁用" });
  cloud.enable(mac);
  expect((await deviceInfo(cloud)).status).toBe(200);
});

test.each([
  ["mac_address", { mac_address: undefined }, "missing"],
  ["mac_address", { mac_address: "AABBCCDDEE01" }, "value_error"],
  ["mac_address", { mac_address: "aa:bb:cc:dd:ee:01" }, "value_error"],
  ["mac_address", { mac_address: 5 }, "value_error"],
  ["firmware_version", { firmware_version: 1 }, "string_type"],
  ["product_id", { product_id: undefined }, "missing"],
  ["product_id", { product_id: "" }, "string_length"],
  ["product_id", { product_id: "x".repeat(65) }, "string_length"],
  ["product_id", { product_id: 1 }, "string_type"],
])("a wrong %s (%j) gets 422 with a list", async (field, changes, type) => {
  const cloud = await startCloud();
  cloud.register(mac);
  const response = await deviceInfo(cloud, changes);
  expect(response.status).toBe(422);
  const { detail } = (await response.json()) as { detail: { type: string; loc: string[]; msg: string }[] };
  expect(detail).toHaveLength(1);
  expect(detail[0]).toMatchObject({ type, loc: ["body", field], msg: expect.any(String) });
});

test("product_id can be made optional, as in the contract", async () => {
  const cloud = await startCloud({ productIdRequired: false });
  cloud.register(mac);
  expect((await deviceInfo(cloud, { product_id: undefined })).status).toBe(200);
});

test.each([
  ["not JSON", "{", "application/json"],
  ["a list", "[]", "application/json"],
  ["no JSON type", JSON.stringify(infoRequest), "text/plain"],
])("a body that is %s gets 422", async (_, body, type) => {
  const cloud = await startCloud();
  cloud.register(mac);
  const response = await postJson(`${cloud.url}/device/info`, body, { "Content-Type": type });
  expect(response.status).toBe(422);
  expect(await response.json()).toMatchObject({ detail: [{ loc: expect.arrayContaining(["body"]) }] });
});

test("a slash too many is sent to the right place", async () => {
  const cloud = await startCloud();
  const redirect = await fetch(`${cloud.url}/device/info/`, { method: "POST", redirect: "manual" });
  expect([redirect.status, redirect.headers.get("location")]).toEqual([307, "/device/info"]);
});

test("a body over 64 KiB gets 413", async () => {
  const cloud = await startCloud();
  for (const length of [70_000, 5_000_000]) {
    const response = await deviceInfo(cloud, { hardware_version: "x".repeat(length) });
    expect(response.status).toBe(413);
  }
});

test("health answers without a device", async () => {
  const cloud = await startCloud({ now: fakeClock().now });
  const response = await fetch(`${cloud.url}/health`);
  expect(await response.json()).toEqual({
    status: "healthy",
    timestamp: "2025-11-06T10:30:00.000000",
    version: "1.0.0",
  });
  expect((await postJson(`${cloud.url}/health`, {})).status).toBe(405);
});
