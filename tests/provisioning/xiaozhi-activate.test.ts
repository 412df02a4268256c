import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { failed, type Reason, type Result } from "../../modules/base/failure.js";
import { formatUrl, parseUrl } from "../../modules/data/url.js";
import { type HttpResponse, MAX_ANSWER_BYTES } from "../../modules/http/http.js";
import type { Activation } from "../../provisioning/protocol.js";
import { activationV1, activationV2, xiaozhi } from "../../provisioning/xiaozhi/xiaozhi.js";
import { createHmacIdentity } from "../modules/identities.js";
import { answer } from "../scripted/cloud.js";
import { SERIAL, Service } from "./support.js";

const URL = "http://cloud.example.com/xiaozhi/ota/";
const activation: Activation = {
  code: "123456",
  message: undefined,
  url: undefined,
  challenge: "dac852d6-4ac4-4650-ba1a-c2a5bf00a766",
  timeoutMs: 300_000,
};
const mqtt = {
  endpoint: "m.example:1883",
  client_id: "c",
  username: "u",
  password: "p",
  publish_topic: "device-server",
};

const activate = (service: Service, change: Partial<Activation> = {}, url = URL, protocol = xiaozhi) =>
  service.run(protocol.activate(service.context(url), { ...activation, ...change }, { isOver: false }));
const bodies = (service: Service) => service.requests.map(({ body }) => JSON.parse(body!) as Record<string, unknown>);
const pauses = ({ times, delayMs }: Service) => times.slice(1).map((time, index) => time - times[index]! - delayMs);
const reasonOf = (result: Result<unknown>): Reason | undefined => (result.ok ? undefined : result.failure.reason);

describe("the request", () => {
  test.each([
    [URL, "http://cloud.example.com/xiaozhi/ota/activate"],
    ["http://cloud.example.com/xiaozhi/ota", "http://cloud.example.com/xiaozhi/ota/activate"],
    ["http://cloud.example.com:8002/ota/?k=1", "http://cloud.example.com:8002/ota/activate?k=1"],
  ])("for %s goes to %s", async (url, expected) => {
    const service = new Service(() => answer(200, "success"));
    await activate(service, {}, url);
    expect(parseUrl(formatUrl(service.requests[0]!.url))).toEqual(parseUrl(expected));
  });

  test("signs the challenge, exactly, with the device's key", async () => {
    const key = Buffer.from("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "hex");
    const service = new Service(() => answer(200, "success"));
    service.identity = { ...service.identity, ...createHmacIdentity(key) };
    await activate(service);
    expect(bodies(service)).toEqual([
      {
        algorithm: "hmac-sha256",
        serial_number: SERIAL,
        challenge: activation.challenge,
        hmac: createHmac("sha256", key).update(activation.challenge!).digest("hex"),
      },
    ]);
    expect(service.requests[0]!.body).not.toContain(key.toString("hex"));
  });

  test.each([
    ["no serial number", { serial: undefined }],
    ["no key", { sign: () => undefined }],
  ])("with %s is an empty object", async (_label, identity) => {
    const service = new Service(() => answer(200, "success"));
    service.identity = { ...service.identity, ...identity };
    await activate(service);
    expect(bodies(service)).toEqual([{}]);
  });

  test("of version 1 never signs, whatever the device has and whatever it is given", async () => {
    const service = new Service(() => answer(200, "success"));
    let signatures = 0;
    service.identity = { ...service.identity, sign: () => `${signatures++}` };
    await activate(service, {}, URL, activationV1);
    expect([bodies(service), signatures]).toEqual([[{}], 0]);
    expect(service.requests[0]!.headers).toMatchObject({ "activation-version": "1" });
    expect(service.requests[0]!.headers).not.toHaveProperty("serial-number");
  });

  test("of version 2 is not made without a serial number", async () => {
    const service = new Service(() => answer(200, "success"));
    service.identity = { ...service.identity, serial: undefined };
    expect(reasonOf(await activate(service, {}, URL, activationV2))).toBe("no-identity");
    expect(service.requests).toEqual([]);
  });
});

describe("the end", () => {
  test.each<[number, Reason]>([
    [401, "signature-refused"],
    [403, "device-disabled"],
    [404, "serial-unknown"],
    [409, "activated-elsewhere"],
    [405, "unexpected-status"],
    [302, "unexpected-status"],
    [418, "unexpected-status"],
  ])("status %i ends it at once: %s", async (status, reason) => {
    const service = new Service(() => answer(status, { error: { code: "X" } }));
    expect(reasonOf(await activate(service))).toBe(reason);
    expect(service.requests).toHaveLength(1);
  });

  test.each([
    ["success", "success"],
    ["nothing", ""],
    ["an object", { status: "activated" }],
    ["a list", []],
  ])("200 with %s: ask again for the settings", async (_label, body) => {
    expect(await activate(new Service(() => answer(200, body)))).toEqual({ ok: true, value: undefined });
  });

  test("200 with the settings, as the seed has it: no need to ask", async () => {
    const result = await activate(new Service(() => answer(200, { status: "activated", mqtt })));
    expect(result).toMatchObject({
      value: { kind: "configuration", configuration: { credentials: { host: "m.example", clientId: "c" } } },
    });
  });

  test("200 with the settings tells what is beside them, too", async () => {
    const body = {
      mqtt,
      server_time: { timestamp: 1_800_000_000_000 },
      firmware: { version: "2", url: "http://f.x/" },
    };
    const service = new Service(() => answer(200, body));
    await activate(service);
    expect([service.toldTimes, service.offers.length]).toEqual([[1_800_000_000_000], 1]);
  });

  test.each([
    ["that make no sense", { mqtt: { endpoint: "" } }],
    ["of a WebSocket alone", { websocket: { url: "wss://a" } }],
  ])("200 with settings %s: the query says what is wrong", async (_label, body) => {
    expect(await activate(new Service(() => answer(200, body)))).toEqual({ ok: true, value: undefined });
  });

  test("404 of version 1 is about the device: it has shown no serial number", async () => {
    for (const body of [{ error: "no" }, ""]) {
      const result = await activate(new Service(() => answer(404, body)), {}, URL, activationV1);
      expect(result).toMatchObject({ failure: { reason: "not-registered", detail: "AA:BB:CC:DD:EE:FF" } });
    }
    for (const body of [{ detail: "Not Found" }, "<html>"]) {
      const result = await activate(new Service(() => answer(404, body)), {}, URL, activationV1);
      expect(reasonOf(result)).toBe("unexpected-status");
    }
  });
});

describe("trouble on the way", () => {
  const troubles: [string, () => Result<HttpResponse>][] = [
    ["500", () => answer(500, "")],
    ["502 with HTML", () => answer(502, "<html>")],
    ["200 with an error", () => answer(200, { error: "Invalid device ID" })],
    ["200 with code 500", () => answer(200, { code: 500, msg: "busy", data: null })],
    ["408 at once", () => answer(408, "")],
    ["504 at once", () => answer(504, "")],
    ["no connection", () => failed("unreachable")],
    ["a connection that breaks at once", () => failed("connection-lost")],
    ["no answer", () => failed("timeout")],
    ["a body of that size", () => answer(500, "x".repeat(MAX_ANSWER_BYTES))],
  ];

  test.each(troubles)("%s passes; the same challenge goes on", async (_label, trouble) => {
    const service = new Service((_request, count) => (count <= 3 ? trouble() : answer(200, "success")));
    expect((await activate(service)).ok).toBe(true);
    expect(new Set(bodies(service).map((body) => JSON.stringify(body))).size).toBe(1);
    const [first, second, third] = pauses(service) as [number, number, number];
    for (const pauseMs of [first, second, third]) expect(pauseMs).toBeGreaterThanOrEqual(500);
    expect(third).toBeGreaterThan(first);
  });

  test("429 waits a minute at least, and as long as the server asks", async () => {
    const service = new Service((_request, count) => (count === 1 ? answer(429, "") : answer(200, "success")));
    await activate(service);
    expect(pauses(service)[0]).toBeGreaterThanOrEqual(60_000);

    const told = new Service((_request, count) =>
      count === 1 ? answer(429, { retry_after: 120_000 }) : answer(200, "success"),
    );
    await activate(told);
    expect(pauses(told)[0]).toBeGreaterThanOrEqual(120_000);
  });

  test.each([
    [{ retry_after: 20_000 }, undefined, 20_000],
    [{ error: { message: "no", retry_after: 20_000 } }, 5_000, 20_000],
    ["", 30_000, 30_000],
  ])("500 with %j and the header %s: not before %i ms", async (body, retryAfterMs, leastMs) => {
    const service = new Service((_request, count) => {
      const busy = answer(500, body);
      return count > 1 || !busy.ok ? answer(200, "success") : { ok: true, value: { ...busy.value, retryAfterMs } };
    });
    await activate(service);
    expect(pauses(service)[0]).toBeGreaterThanOrEqual(leastMs);
    expect(pauses(service)[0]).toBeLessThanOrEqual(leastMs + 2_000);
  });

  test.each([
    [503, "server-error"],
    [429, "rate-limited"],
    [202, "rate-limited"],
    [400, "request-refused"],
  ] as const)("%i with a pause that is longer than the code counts ends it: %s", async (status, reason) => {
    const service = new Service(() => answer(status, { retry_after: 600_000 }));
    const result = await activate(service, { timeoutMs: 60_000 });
    expect(result).toMatchObject({ failure: { reason, retryAfterMs: 600_000 } });
    expect(service.requests).toHaveLength(1);
    expect(service.clock.ticksMs()).toBeLessThan(1_000);
  });

  test("a short pause at the end of the code is kept; then comes a new code", async () => {
    for (const status of [202, 503]) {
      const service = new Service(() => answer(status, { retry_after: 20_000 }));
      expect(reasonOf(await activate(service, { timeoutMs: 60_000 }))).toBe("code-expired");
      expect(service.clock.ticksMs() - service.times.at(-1)!).toBeGreaterThanOrEqual(20_000);
      expect(service.clock.ticksMs()).toBeLessThan(80_000);
    }
  });

  test("nothing is asked any more when nobody waits", async () => {
    const waiting = { isOver: false };
    const service = new Service((_request, count) => {
      waiting.isOver = count === 2;
      return answer(202, "");
    });
    await service.run(xiaozhi.activate(service.context(URL), activation, waiting));
    expect(service.requests).toHaveLength(2);
  });
});

test.each([
  [400, "不支持的算法", "400: 不支持的算法"],
  [401, "", "401"],
])("version 1 at a server that wants a signature (%i) says so", async (status, body, detail) => {
  const service = new Service(() => answer(status, body));
  expect(await activate(service, {}, URL, activationV1)).toMatchObject({
    failure: { reason: "unsigned-refused", detail },
  });
  expect(service.requests).toHaveLength(1);
});

test("a page in the service's place is no acceptance", async () => {
  const service = new Service((_request, count) =>
    count === 1 ? answer(200, "<!doctype html>login") : answer(200, "success"),
  );
  expect((await activate(service)).ok).toBe(true);
  expect(service.requests).toHaveLength(2);
});
