import { describe, expect, test } from "vitest";
import type { HttpRequest } from "../../modules/http/http.js";
import { answer } from "../scripted/cloud.js";
import { ask, credentialsOf, outcomeOf, SERIAL, Service } from "./support.js";

const URL = "http://cloud.example.com/xiaozhi/ota/";
const mqtt = {
  endpoint: "mqtt.example.com:1883",
  client_id: "GID_default@@@aa_bb_cc_dd_ee_ff@@@aa_bb_cc_dd_ee_ff",
  username: "eyJpcCI6IjEuMi4zLjQifQ==",
  password: "c2VjcmV0",
  publish_topic: "device-server",
  subscribe_topic: "devices/p2p/aa_bb_cc_dd_ee_ff",
};
const activation = { code: "123456", message: "Enter the code", challenge: "dac852d6-4ac4", timeout_ms: 300_000 };

async function activationOf(status: number, body: unknown) {
  const result = await ask(URL, status, body);
  if (!result.ok || result.value.kind !== "activation") throw new Error(JSON.stringify(result));
  return result.value.activation;
}

describe("settings", () => {
  test("of a device that is bound", async () => {
    expect(credentialsOf(await ask(URL, 200, { mqtt, server_time: { timestamp: 1 }, firmware: {} }))).toEqual({
      host: "mqtt.example.com",
      port: 1883,
      tls: false,
      clientId: mqtt.client_id,
      username: mqtt.username,
      password: mqtt.password,
      topics: { status: "device-server", data: "device-server", control: mqtt.subscribe_topic },
      qos: 0,
      cleanSession: true,
    });
  });

  test.each([
    ["the seed's: a host, and a port beside it", { endpoint: "m.example", port: 1883 }, { port: 1883, tls: false }],
    ["two ports: the endpoint's", { endpoint: "m.example:1884", port: 1883 }, { port: 1884 }],
    ["an address", { endpoint: "192.168.1.5:1883" }, { host: "192.168.1.5" }],
    ["a URL", { endpoint: "mqtt://m.example:1884" }, { host: "m.example", port: 1884, tls: false }],
    ["a URL without a port", { endpoint: "mqtt://m.example" }, { host: "m.example", port: 1883, tls: false }],
  ])("with %s", async (_label, change, expected) => {
    expect(credentialsOf(await ask(URL, 200, { mqtt: { ...mqtt, ...change } }))).toMatchObject(expected);
  });

  test.each([
    ["null", { status: "device-server", data: "device-server" }],
    ["", { status: "device-server", data: "device-server" }],
    [undefined, { status: "device-server", data: "device-server" }],
  ])("with the subscribe topic %j subscribe to nothing", async (subscribe_topic, topics) => {
    expect(credentialsOf(await ask(URL, 200, { mqtt: { ...mqtt, subscribe_topic } })).topics).toEqual(topics);
  });

  test("without a signing key of the server have an empty password", async () => {
    expect(credentialsOf(await ask(URL, 200, { mqtt: { ...mqtt, password: "" } })).password).toBe("");
  });
});

test.each([
  ["no port: MQTT over TLS is meant", { endpoint: "m.example" }, 8883],
  ["8883", { endpoint: "m.example:8883" }, 8883],
  ["8883 beside it", { endpoint: "m.example", port: 8883 }, 8883],
  ["a scheme that says so", { endpoint: "mqtts://m.example:1883" }, 1883],
  ["a scheme alone", { endpoint: "mqtts://m.example" }, 8883],
])("an endpoint with %s is spoken to over TLS", async (_label, change, port) => {
  const credentials = credentialsOf(await ask(URL, 200, { mqtt: { ...mqtt, ...change } }));
  expect(credentials).toMatchObject({ host: "m.example", port, tls: true });
});

describe("an answer that cannot be believed", () => {
  test.each([
    ["an endpoint with another scheme", { mqtt: { ...mqtt, endpoint: "wss://m.example:1883" } }],
    ["an endpoint with a path", { mqtt: { ...mqtt, endpoint: "mqtt://m.example:1883/x" } }],
    ["an endpoint of nothing beside a WebSocket", { mqtt: { endpoint: "" }, websocket: { url: "wss://a" } }],
    ["an endpoint with port 0", { mqtt: { ...mqtt, endpoint: "m.example:0" } }],
    ["an endpoint with port 99999", { mqtt: { ...mqtt, endpoint: "m.example:99999" } }],
    ["an endpoint that ends in a colon", { mqtt: { ...mqtt, endpoint: "m.example:" } }],
    ["an endpoint of nothing", { mqtt: { ...mqtt, endpoint: "" } }],
    ["an endpoint that is an object", { mqtt: { ...mqtt, endpoint: {} } }],
    ["an IPv6 endpoint", { mqtt: { ...mqtt, endpoint: "[::1]:1883" } }],
    ["no client id", { mqtt: { ...mqtt, client_id: undefined } }],
    ["a password that is no text", { mqtt: { ...mqtt, password: [5] } }],
    ["a wildcard to publish to", { mqtt: { ...mqtt, publish_topic: "devices/#" } }],
    ["settings that are null", { mqtt: null }],
    ["a WebSocket without a URL", { websocket: { token: "t" } }],
    ["an empty object", {}],
    ["text, as GET gives it", "OTA接口运行正常，websocket集群数量：1"],
    ["nothing", ""],
    ["a list", [mqtt]],
  ])("%s", async (_label, body) => {
    expect(outcomeOf(await ask(URL, 200, body))).toBe("bad-answer");
  });

  test("202 without a body", async () => {
    expect(outcomeOf(await ask(URL, 202, ""))).toBe("bad-answer");
  });
});

test.each([
  [{ websocket: { url: "wss://a.example/", token: "t" }, server_time: { timestamp: 1_800_000_000_000 } }],
  [{ websocket: { url: "wss://a.example/", token: "t" }, mqtt: null }],
])("WebSocket settings alone name no broker: %j", async (body) => {
  expect(outcomeOf(await ask(URL, 200, body))).toBe("no-broker");
});

test.each([
  [{ error: "Device ID is required" }, "Device ID is required"],
  [{ error: "Invalid device ID" }, "Invalid device ID"],
  [{ success: false, message: "request error." }, "request error."],
  [{ code: 500, msg: "server is busy", data: null }, "server is busy"],
  [{ code: 10_041, msg: "no such device", data: null }, "no such device"],
  [{ error: "no", activation: { code: "123456", challenge: "c" } }, "no"],
  [{ error: { code: "X", message: "no" }, mqtt }, "no"],
])("status 200 with %j is an error of the server", async (body, detail) => {
  const result = await ask(URL, 200, body);
  expect(result).toMatchObject({ ok: false, failure: { reason: "server-error", detail } });
});

describe("activation", () => {
  test.each([
    ["200, nested (firmware, Java server)", 200, { activation, mqtt, firmware: { version: "1.0.0" } }],
    ["202, nested (seed)", 202, { status: "need_activation", activation, firmware: {} }],
    ["200, flat", 200, activation],
    ["202, flat", 202, { ...activation, status: "need_activation" }],
  ])("%s", async (_label, status, body) => {
    expect(await activationOf(status, body)).toEqual({
      code: "123456",
      message: "Enter the code",
      challenge: "dac852d6-4ac4",
      url: undefined,
      timeoutMs: 300_000,
    });
  });

  test("tells the page where the code goes, as the seed has it", async () => {
    const { url } = await activationOf(202, {
      activation: { ...activation, activation_url: "https://xiaozhi.me/activate" },
    });
    expect(url).toBe("https://xiaozhi.me/activate");
  });

  test.each([
    [undefined, 300_000],
    [null, 300_000],
    [0, 300_000],
    [-5, 300_000],
    ["600000", 600_000],
    ["soon", 300_000],
    [1, 10_000],
    [1e15, 24 * 3600_000],
  ])("timeout_ms %j: the code counts for %i ms", async (timeout_ms, expected) => {
    expect((await activationOf(200, { activation: { ...activation, timeout_ms } })).timeoutMs).toBe(expected);
  });

  test.each([
    ["a number", 123456, "123456"],
    ["letters", "AB12", "AB12"],
    ["one digit", "0", "0"],
    ["the number 0", 0, "0"],
    ["of groups", "12-34-56", "12-34-56"],
    ["of words", "blue horse", "blue horse"],
    ["markup, which the page escapes", "<b>1</b>", "<b>1</b>"],
    ["on two lines", "12\n34", "12 34"],
    ["of another script", "验证码一二", "验证码一二"],
  ])("a code that is %s", async (_label, code, expected) => {
    expect((await activationOf(200, { activation: { ...activation, code } })).code).toBe(expected);
  });

  test("without a challenge is version 1: the code alone", async () => {
    expect((await activationOf(200, { activation: { code: "123456" } })).challenge).toBeUndefined();
  });

  test.each(["123456", "000512", "000500"])("flat and without a challenge, with zeros or without: %s", async (code) => {
    for (const status of [200, 202]) {
      const activation = await activationOf(status, { code, message: "Enter the code" });
      expect([activation.code, activation.challenge]).toEqual([code, undefined]);
    }
  });

  test.each([
    [200, { code: "PENDING", message: "wait" }, "bad-answer"],
    [202, { code: "PENDING", message: "wait" }, "bad-answer"],
    [200, { code: "10041", msg: "no such device" }, "bad-answer"],
    [200, { code: 10_041, message: "no such device" }, "bad-answer"],
    [200, { code: 500, message: "no" }, "server-error"],
    [200, { code: "500", message: "no" }, "server-error"],
    [200, { code: "123456", mqtt }, "configuration"],
    [200, { code: 0, msg: "success", challenge: "", mqtt }, "configuration"],
    [200, { activation: null, mqtt }, "configuration"],
    [200, { activation: {}, mqtt }, "configuration"],
    [200, { activation: { message: "", timeout_ms: 0 }, mqtt }, "configuration"],
    [200, { activation: {} }, "bad-answer"],
    [200, { code: "0", mqtt }, "configuration"],
    [200, { code: "0" }, "bad-answer"],
  ])("flat is none: %i %j", async (status, body, outcome) => {
    expect(outcomeOf(await ask(URL, status, body))).toBe(outcome);
  });

  test.each([
    ["202 alone", 202, {}],
    ["202 with a word for a code", 202, { code: "PENDING" }],
    ["a code that cannot be read", 200, { activation: { ...activation, code: "1".repeat(33) } }],
    ["a code that cannot be read, and 202", 202, { activation: { ...activation, code: "1".repeat(33) } }],
    ["202 with a word about it", 202, { activation: { message: "wait" } }],
  ])("that is half there makes no settings: %s", async (_label, status, body) => {
    for (const settings of [{ mqtt }, { mqtt, websocket: { url: "wss://a.example/" } }])
      expect(outcomeOf(await ask(URL, status, { ...body, ...settings }))).toBe("bad-answer");
    const skipped = new Service(() => answer(status, { ...body, mqtt }));
    skipped.skipActivation = true;
    expect(outcomeOf(await skipped.query(URL))).toBe("configuration");
  });

  test("beside settings is the activation", async () => {
    for (const status of [200, 202]) expect((await activationOf(status, { activation, mqtt })).code).toBe("123456");
  });

  test("is printable and short for the person's console and page", async () => {
    const { message, url } = await activationOf(200, {
      activation: { ...activation, message: `\u001b[2Jhttp://a.example\n${"x".repeat(500)}`, activation_url: "a\r\nb" },
    });
    expect(message).toMatch(/^ \[2Jhttp:\/\/a\.example x+$/);
    expect(message!.length).toBe(200);
    expect(url).toBe("a  b");
  });

  test("is skipped, where a developer wants it so, for the settings beside it alone", async () => {
    const query = async (body: object, skipActivation: boolean) => {
      const service = new Service(() => answer(200, body));
      service.skipActivation = skipActivation;
      return outcomeOf(await service.query(URL));
    };
    expect(await query({ activation, mqtt }, true)).toBe("configuration");
    expect(await query({ activation, mqtt }, false)).toBe("activation");
    expect(await query({ activation }, true)).toBe("activation");
    expect(await query({ activation, mqtt: { endpoint: "m.example" } }, true)).toBe("activation");
    expect(await query({ activation, websocket: { url: "wss://a" } }, true)).toBe("activation");
  });

  test.each([
    ["spaces", "   "],
    ["33 characters", "1".repeat(33)],
  ])("with %s for a code is none", async (_label, code) => {
    expect(outcomeOf(await ask(URL, 200, { activation: { ...activation, code } }))).toBe("bad-answer");
  });
});

describe("a challenge without a code", () => {
  const isPoll = ({ url }: HttpRequest) => url.path.endsWith("/activate");

  test.each([
    ["nested", { activation: { challenge: "c-1" } }],
    ["nested, with an empty code", { activation: { challenge: "c-1", code: "", message: "" } }],
    ["nested, with a code that is an object", { activation: { challenge: "c-1", code: { value: 1 } } }],
    ["flat", { challenge: "c-1" }],
  ])("%s is signed, and nobody is asked for anything", async (_label, body) => {
    let polls = 0;
    const service = new Service((request) => {
      if (isPoll(request)) return ++polls < 3 ? answer(202, "") : answer(200, "success");
      return answer(200, polls < 3 ? body : { mqtt });
    });
    expect(outcomeOf(await service.query(URL))).toBe("configuration");
    const signed = service.requests.filter(isPoll).map(({ body }) => JSON.parse(body!) as object);
    expect(signed[0]).toMatchObject({ challenge: "c-1", hmac: "signed(c-1)", serial_number: SERIAL });
    expect(service.requests.map(isPoll)).toEqual([false, true, true, true, false]);
  });

  test.each<[string, Parameters<typeof answer>, string]>([
    ["refused", [401, ""], "signature-refused"],
    ["disabled", [403, { detail: "disabled" }], "device-disabled"],
    ["accepted and asked for again", [200, "success"], "server-error"],
    ["looked at for ever: somebody has to let it in", [202, ""], "not-registered"],
  ])("that is %s", async (_label, reply, reason) => {
    const service = new Service((request) =>
      isPoll(request) ? answer(...reply) : answer(200, { activation: { challenge: "c" } }),
    );
    expect(outcomeOf(await service.query(URL))).toBe(reason);
    expect(service.clock.ticksMs()).toBeLessThan(90_000);
  });

  test("whose signature brings the settings or a code with it", async () => {
    for (const [beside, kind] of [
      [{ mqtt }, "configuration"],
      [{ activation: { code: "1" } }, "activation"],
    ] as const) {
      let asked = false;
      const service = new Service((request) => {
        if (isPoll(request)) asked = true;
        return answer(200, asked ? beside : { activation: { challenge: "c" } });
      });
      expect(outcomeOf(await service.query(URL))).toBe(kind);
    }
  });
});
