import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { failed, type Reason, type Result } from "../../modules/failure/failure.js";
import { type HttpResponse, MAX_ANSWER_BYTES } from "../../modules/http/http.js";
import { formatUrl, parseUrl } from "../../modules/http/url.js";
import type { Activation } from "../../provisioning/protocol.js";
import { xiaozhi } from "../../provisioning/xiaozhi.js";
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

const activate = (service: Service, change: Partial<Activation> = {}, url = URL) =>
  service.run(xiaozhi.activate(service.context(url), { ...activation, ...change }, { isOver: false }));
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
    ["no serial number", { serial: undefined }, {}],
    ["no key", { sign: () => undefined }, {}],
    ["no challenge", {}, { challenge: undefined }],
  ])("with %s is an empty object", async (_label, identity, change) => {
    const service = new Service(() => answer(200, "success"));
    service.identity = { ...service.identity, ...identity };
    await activate(service, change);
    expect(bodies(service)).toEqual([{}]);
  });

  test("may be held for a minute by the server", async () => {
    const service = new Service(() => answer(200, "success"));
    await activate(service);
    expect(service.requests[0]!.timeoutMs).toBeGreaterThan(60_000);
  });
});

describe("the Payload wrapper", () => {
  test("comes after a 400, once, at once, and stays", async () => {
    const service = new Service(({ body }, count) => {
      if (!body!.includes("Payload")) return answer(400, { error: { code: "BAD_REQUEST" } });
      return count < 4 ? answer(202, "") : answer(200, "success");
    });
    expect((await activate(service)).ok).toBe(true);
    const [flat, ...wrapped] = bodies(service);
    expect(wrapped).toEqual([{ Payload: flat }, { Payload: flat }, { Payload: flat }]);
    expect(pauses(service)[0]).toBe(0);
  });

  test("does not help twice: then the request is refused", async () => {
    const service = new Service(() => answer(400, { error: { message: "bad" } }));
    expect(reasonOf(await activate(service))).toBe("request-refused");
    expect(service.requests).toHaveLength(2);
  });

  test("is not for a version 1 request", async () => {
    const service = new Service(() => answer(400, ""));
    expect(reasonOf(await activate(service, { challenge: undefined }))).toBe("request-refused");
    expect(service.requests).toHaveLength(1);
  });
});

describe("waiting for the person", () => {
  const pending = (times: number) => (_request: unknown, count: number) =>
    count <= times ? answer(202, { status: "pending" }) : answer(200, "success");

  test("answers that come at once are 3 seconds apart", async () => {
    const service = new Service(pending(10));
    expect(await activate(service)).toEqual({ ok: true, value: undefined });
    for (const [index, time] of service.times.slice(1).entries()) expect(time - service.times[index]!).toBe(3_000);
  });

  test.each([3_000, 30_000, 60_000])("a request that was held for %i ms is repeated at once", async (heldMs) => {
    const service = new Service(pending(3));
    service.delayMs = heldMs;
    await activate(service);
    expect(pauses(service)).toEqual([0, 0, 0]);
  });

  test("ends when the code does not count any more, not later", async () => {
    for (const timeoutMs of [30_000, 300_000]) {
      const service = new Service(() => answer(202, ""));
      expect(reasonOf(await activate(service, { timeoutMs }))).toBe("code-expired");
      expect(service.clock.ticksMs()).toBeGreaterThan(timeoutMs - 10_000);
      expect(service.clock.ticksMs()).toBeLessThanOrEqual(timeoutMs);
      expect(service.requests.length).toBeLessThanOrEqual(timeoutMs / 3_000 + 1);
    }
  });
});

describe("the end", () => {
  test.each<[number, Reason]>([
    [401, "signature-refused"],
    [403, "device-disabled"],
    [404, "serial-unknown"],
    [409, "activated-elsewhere"],
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
    expect(result).toMatchObject({ ok: true, value: { host: "m.example", clientId: "c" } });
  });
});

describe("trouble on the way", () => {
  const troubles: [string, () => Result<HttpResponse>][] = [
    ["500", () => answer(500, "")],
    ["502 with HTML", () => answer(502, "<html>")],
    ["200 with an error", () => answer(200, { error: "Invalid device ID" })],
    ["200 with code 500", () => answer(200, { code: 500, msg: "busy", data: null })],
    ["no connection", () => failed("unreachable")],
    ["a held request that a proxy cut", () => failed("connection-lost")],
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
});
