import { describe, expect, test } from "vitest";
import { success } from "../../modules/base/failure.js";
import { formatUrl } from "../../modules/data/url.js";
import { answer, deviceInfo } from "../scripted/cloud.js";
import { ask, configurationOf, credentialsOf, outcomeOf, Service } from "./support.js";

const URL = "http://provision.example.com";
const good = deviceInfo("secret") as { mqtt_config: Record<string, unknown> } & Record<string, unknown>;
const { mqtt_config } = good;
const withMqtt = (change: object) => ({ ...good, mqtt_config: { ...mqtt_config, ...change } });

describe("the request", () => {
  test("has what old and new servers need, and no secret", async () => {
    const service = new Service(() => answer(200, good));
    await service.query(URL);
    const [{ method, headers, body, timeoutMs }] = service.requests as [(typeof service.requests)[0]];
    expect(method).toBe("POST");
    expect(headers?.["content-type"]).toBe("application/json");
    expect(JSON.parse(body!)).toEqual({
      mac_address: "AA:BB:CC:DD:EE:FF",
      firmware_version: "1.2.3",
      hardware_version: "ESP32-S3",
      product_id: "esp32-online",
    });
    expect(timeoutMs).toBe(15_000);
  });

  test("tells the time of the answer's Date header, where it has one", async () => {
    const dated = { status: 200, body: JSON.stringify(good), dateMs: 1_800_000_000_000 };
    const service = new Service(() => success(dated));
    await service.query(URL);
    expect(service.toldTimes).toEqual([1_800_000_000_000]);
    const undated = new Service(() => answer(200, good));
    await undated.query(URL);
    expect(undated.toldTimes).toEqual([]);
  });

  test("has the time that the service asked for", async () => {
    const service = new Service(() => answer(200, good));
    service.timeoutMs = 30_000;
    await service.query(URL);
    expect(service.requests[0]?.timeoutMs).toBe(30_000);
  });

  test.each([
    ["http://provision.example.com", "http://provision.example.com/device/info"],
    ["http://provision.example.com/", "http://provision.example.com/device/info"],
    ["HTTP://Provision.Example.COM:8001//", "http://provision.example.com:8001/device/info"],
    ["provision.example.com/prefix", "http://provision.example.com/prefix/device/info"],
    ["  http://provision.example.com/a/b/  ", "http://provision.example.com/a/b/device/info"],
    ["https://provision.example.com/x?key=1", "https://provision.example.com/x/device/info?key=1"],
    ["http://provision.example.com/device/info", "http://provision.example.com/device/info"],
    ["http://provision.example.com//device/info///", "http://provision.example.com/device/info"],
    ["provision.example.com/a/Device/Info?k=/v/", "http://provision.example.com/a/device/info?k=/v/"],
    ["http://provision.example.com/a/firmware/check", "http://provision.example.com/a/device/info"],
    ["http://provision.example.com/mydevice/info", "http://provision.example.com/mydevice/info/device/info"],
    ["http://provision.example.com/device/info/x", "http://provision.example.com/device/info/x/device/info"],
  ])("to %j goes to %s", async (url, expected) => {
    const service = new Service(() => answer(200, good));
    await service.query(url);
    expect(service.requests.map((request) => formatUrl(request.url))).toEqual([expected]);
  });
});

describe("the seed's reply", () => {
  test("gives what the broker wants to know", async () => {
    const seed = {
      ...good,
      device_secret: "other",
      api_config: { server: "http://api.example.com" },
      firmware_update: { available: true, version: "1.1.0" },
      message: "设备配置获取成功",
    };
    expect(credentialsOf(await ask(URL, 200, seed))).toEqual({
      host: "mqtt.example.com",
      port: 1883,
      tls: false,
      clientId: "550e8400-e29b-41d4-a716-446655440000",
      username: "AIOT-ESP32-12345678",
      password: "secret",
      topics: mqtt_config.topics,
      qos: 1,
      cleanSession: true,
    });
  });

  test.each([
    ["client_id", { client_id: undefined }, { clientId: "550e8400-e29b-41d4-a716-446655440000" }],
    ["a client_id that is null", { client_id: null }, { clientId: "550e8400-e29b-41d4-a716-446655440000" }],
    ["username", { username: undefined }, { username: "AIOT-ESP32-12345678" }],
    ["port", { port: undefined }, { port: 1883 }],
    ["use_ssl", { use_ssl: undefined }, { tls: false }],
    ["use_ssl that is null", { use_ssl: null }, { tls: false }],
  ])("without %s has its place elsewhere", async (_label, change, expected) => {
    expect(credentialsOf(await ask(URL, 200, withMqtt(change)))).toMatchObject(expected);
  });

  test("the password of older servers is the device's secret; newer ones leave that out", async () => {
    const old = { ...withMqtt({ password: undefined }), device_secret: "device-secret" };
    expect(credentialsOf(await ask(URL, 200, old))).toMatchObject({ password: "device-secret" });
    const sparse = {
      device_id: "D",
      device_uuid: "U",
      mqtt_config: { broker: "b.example", password: "p", topics: {} },
    };
    expect(credentialsOf(await ask(URL, 200, sparse))).toMatchObject({
      ...{ host: "b.example", port: 1883, clientId: "U", username: "D", password: "p" },
    });
  });

  test.each([
    ["a port as text", { port: "1884" }, { port: 1884 }],
    ["an upper-case broker", { broker: "MQTT.Example.COM" }, { host: "mqtt.example.com" }],
    ["an address as broker", { broker: "10.0.0.5" }, { host: "10.0.0.5" }],
    ["a number as client id", { client_id: 17 }, { clientId: "17" }],
    ["an empty password", { password: "" }, { password: "" }],
    ["a JWT", { password: "e".repeat(2_048) }, { password: "e".repeat(2_048) }],
    ["a password that is a number", { password: 12_345 }, { password: "12345" }],
    ["more topics", { topics: { status: "a", heartbeat: "b" } }, { topics: { status: "a", heartbeat: "b" } }],
    ["no topics", { topics: {} }, { topics: {} }],
    ["a broker with a port", { broker: "b.example:1884" }, { host: "b.example", port: 1884 }],
    ["a broker with a port, and none beside it", { broker: "b.example:1884", port: null }, { port: 1884 }],
    ["a broker with a scheme", { broker: "mqtt://b.example" }, { host: "b.example", port: 1883, tls: false }],
    ["a broker with a scheme alone", { broker: "MQTT://b.example/", port: undefined }, { port: 1883 }],
    ["a broker's whole URL", { broker: "tcp://b.example:1885", port: undefined }, { host: "b.example", port: 1885 }],
    [
      "only a URL",
      { broker: undefined, port: undefined, url: "mqtt://u.example:1886" },
      { host: "u.example", port: 1886 },
    ],
    ["a URL and a port", { broker: null, url: "mqtt://u.example" }, { host: "u.example", port: 1883 }],
    ["a broker that its URL is not", { url: "mqtt://u.example:1886" }, { host: "mqtt.example.com", port: 1883 }],
  ])("with %s is understood", async (_label, change, expected) => {
    expect(credentialsOf(await ask(URL, 200, withMqtt(change)))).toMatchObject(expected);
  });
});

test.each([
  [{ use_ssl: true }, 1883],
  [{ use_ssl: true, port: undefined }, 8883],
  [{ use_ssl: "true" }, 1883],
  [{ use_ssl: 1 }, 1883],
  [{ use_ssl: "false" }, 1883],
  [{ use_ssl: {} }, 1883],
  [{ broker: "mqtts://b.example" }, 1883],
  [{ broker: "mqtts://b.example", port: undefined }, 8883],
  [{ broker: "mqtts://b.example:1883" }, 1883],
  [{ broker: "ssl://b.example", use_ssl: undefined }, 1883],
  [{ broker: undefined, url: "mqtts://b.example:8883" }, 8883],
  [{ use_ssl: undefined, url: "mqtts://mqtt.example.com:8883" }, 1883],
  [{ use_ssl: undefined, port: 8883 }, 8883],
  [{ use_ssl: null, port: "8883" }, 8883],
])("%j never ends in a password in clear: TLS on port %i", async (change, port) => {
  expect(credentialsOf(await ask(URL, 200, withMqtt(change)))).toMatchObject({ tls: true, port });
});

test("that has no more says nothing about pace, WebSocket and the time zone", async () => {
  expect(configurationOf(await ask(URL, 200, good))).toMatchObject({
    pace: {
      ...{ heartbeatMs: undefined, dataMs: undefined, retryAttempts: undefined, timeoutMs: undefined },
      keepAliveMs: undefined,
    },
    websocket: undefined,
    utcOffsetMinutes: undefined,
  });
});

test("topics that the device does not know are left out where they make no sense", async () => {
  const topics = { status: "s", lot: "devices/+/x", none: null, more: "m" };
  expect(credentialsOf(await ask(URL, 200, withMqtt({ topics }))).topics).toEqual({ more: "m", status: "s" });
});

test("a control topic may have wildcards: it is subscribed to", async () => {
  const topics = { control: "devices/d/control/#" };
  expect(credentialsOf(await ask(URL, 200, withMqtt({ topics }))).topics).toEqual(topics);
});

test("more than flash holds is refused, not half kept", async () => {
  const topics = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`t${index}`, "x".repeat(500)]));
  expect(outcomeOf(await ask(URL, 200, withMqtt({ topics })))).toBe("answer-too-large");
});

describe("a reply that cannot be believed", () => {
  test.each([
    ["no broker", { broker: undefined, url: undefined }],
    ["a broker of nothing", { broker: "" }],
    ["a broker with another scheme", { broker: "wss://mqtt.example.com" }],
    ["a broker with a port of nothing", { broker: "mqtt.example.com:" }],
    ["a broker with port 0", { broker: "mqtt.example.com:0" }],
    ["a broker with two ports", { broker: "mqtt.example.com:1883:1883" }],
    ["a broker and its credentials", { broker: "mqtt://user:secret@mqtt.example.com" }],
    ["a broker of IPv6", { broker: "[::1]:1883" }],
    ["a URL that is an object", { broker: undefined, url: {} }],
    ["a broker of nothing beside a URL", { broker: "", url: "mqtt://mqtt.example.com" }],
    ["a broker with a path", { broker: "mqtt.example.com/x" }],
    ["a broker with credentials", { broker: "user@mqtt.example.com" }],
    ["a broker with spaces", { broker: "mqtt example" }],
    ["a broker that is an object", { broker: {} }],
    ["port 0", { port: 0 }],
    ["port 65536", { port: 65_536 }],
    ["port 1883.5", { port: 1883.5 }],
    ["a port that is a word", { port: "mqtt" }],
    ["a password that is a number which JavaScript has rounded", { password: 2 ** 60 }],
    ["a password that is a fraction", { password: 1.5 }],
    ["a password that is an object", { password: {} }],
    ["a user name that is a list", { username: [] }],
    ["a client id that is an object", { client_id: {} }],
    ["a client id of 513 characters", { client_id: "x".repeat(513) }],
    ["a password of 2,049 characters", { password: "x".repeat(2_049) }],
    ["topics that are a text", { topics: "devices/x" }],
    ["topics that are a list", { topics: ["devices/x"] }],
    ["a topic that is null", { topics: { status: null } }],
    ["a topic of nothing", { topics: { status: "" } }],
    ["a topic to publish to with a plus", { topics: { status: "devices/+/status" } }],
    ["a topic of 513 characters", { topics: { control: "x".repeat(513) } }],
    ["a topic with a hash", { topics: { data: "devices/#" } }],
    ["a topic with NUL", { topics: { data: "a\0b" } }],
  ])("for %s", async (_label, change) => {
    expect(outcomeOf(await ask(URL, 200, withMqtt(change)))).toBe("bad-answer");
  });

  test.each([
    ["nothing", ""],
    ["half of it", JSON.stringify(good).slice(0, -20)],
    ["a list", [good]],
    ["null", "null"],
    ["a number", "42"],
    ["an empty object", {}],
    ["a success without settings", { message: "ok", code: 200 }],
    ["mqtt_config that is null", { ...good, mqtt_config: null }],
    ["mqtt_config that is a list", { ...good, mqtt_config: [] }],
    ["mqtt_config on the prototype", '{"__proto__":{"mqtt_config":{"broker":"a"}}}'],
  ])("for %s", async (_label, body) => {
    expect(outcomeOf(await ask(URL, 200, body))).toBe("bad-answer");
  });
});

test("a web page in its place is told as one: a hotel's login, or another site's", async () => {
  for (const body of ["<html>Welcome to nginx</html>", "\ufeff\n <!doctype html>", "<"])
    expect(outcomeOf(await ask(URL, 200, body))).toBe("login-page");
});

describe("an error with status 200", () => {
  test.each([
    [{ error: "Device not found" }, "Device not found"],
    [{ error: { code: "X", message: "no" } }, "no"],
    [{ ...good, error: "half of it" }, "half of it"],
    [{ success: false, message: "busy" }, "busy"],
    [{ code: 500, msg: "busy" }, "busy"],
    [{ code: 10_034, msg: "busy", data: null }, "busy"],
    [{ detail: "设备未注册" }, "设备未注册"],
    [{ detail: "no", mqtt_config: null }, "no"],
  ])("%j is one", async (body, detail) => {
    expect(await ask(URL, 200, body)).toMatchObject({ ok: false, failure: { reason: "server-error", detail } });
  });

  test.each([
    [{ ...good, error: null }],
    [{ ...good, code: 0, msg: "success" }],
    [{ ...good, code: 200 }],
    [{ ...good, success: true }],
    [{ ...good, detail: "a note" }],
  ])("settings beside what is no error count", async (body) => {
    expect(outcomeOf(await ask(URL, 200, body))).toBe("configuration");
  });

  test("may say how long to wait", async () => {
    const result = await ask(URL, 200, { error: { message: "busy", retry_after: 7_000 } });
    expect(result).toMatchObject({ ok: false, failure: { retryAfterMs: 7_000 } });
  });
});
