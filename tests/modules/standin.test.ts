/** HTTP in the place of MQTT: what is sent, and what counts as taken. */
import { describe, expect, test } from "vitest";
import { uploadOnce } from "../../agent/session/stand-in/upload.js";
import { failed, type Reason, type Result } from "../../modules/base/failure.js";
import { Secret } from "../../modules/base/secret.js";
import type { HttpRequest, HttpResponse } from "../../modules/http/http.js";
import {
  type Answering,
  Backend,
  credentials,
  DATA,
  numbered,
  reading,
  reply,
  SECRET,
  STATUS,
  standIn,
  status,
  taken,
} from "./standin-support.js";

describe("an upload", () => {
  test("is a request for each reading, the oldest first, and one for the status", async () => {
    const backend = new Backend();
    const readings = [reading({ sensor: "DHT11", temperature: 25.5, timestamp: "t" }), reading({ n: 2 })];
    expect(await backend.upload(readings)).toEqual({ taken: 2, failure: undefined });
    expect(backend.got).toEqual([
      [DATA, { ...credentials, sensors: { sensor: "DHT11", temperature: 25.5, timestamp: "t" }, status }],
      [DATA, { ...credentials, sensors: { n: 2 }, status }],
      [STATUS, { ...credentials, sensors: {}, status }],
    ]);
    const [{ method, headers, timeoutMs }] = backend.requests as [HttpRequest];
    expect([method, headers?.["content-type"], timeoutMs]).toEqual(["POST", "application/json", 15_000]);
  });

  test("goes where there is an endpoint, and nowhere else", async () => {
    const noData = new Backend();
    expect(await noData.upload(numbered(2), { dataUrl: undefined })).toEqual({ taken: 0, failure: undefined });
    expect(noData.got.map(([url]) => url)).toEqual([STATUS]);
    const noStatus = new Backend();
    expect(await noStatus.upload(numbered(2), { statusUrl: undefined })).toEqual({ taken: 2, failure: undefined });
    expect(noStatus.got.map(([url]) => url)).toEqual([DATA, DATA]);
  });

  test.each(["a text", "[1,2]", "5", "null", "{", ""])(
    "a payload that is no object goes as a value: %j",
    async (text) => {
      const backend = new Backend();
      expect(await backend.upload([reading(text)])).toMatchObject({ taken: 1 });
      expect(backend.got[0]![1].sensors).toEqual({ value: text });
    },
  );

  test("no reading and no status takes the place of the credentials", async () => {
    const backend = new Backend((body) =>
      reply(Array.isArray(body.sensors) || body.status === "online" ? 200 : 422, {}),
    );
    const forged = { device_id: "other", device_secret: "other", n: 1 };
    const report = { status: { ...status, ...forged }, readings: [reading(forged)], isListed: false };
    expect(await uploadOnce(backend.http, standIn, report)).toMatchObject({ taken: 1, failure: undefined });
    for (const [, body] of backend.got) expect(body).toMatchObject(credentials);
  });
});

describe("servers that take a list", () => {
  const isListed: Answering = ({ sensors, status: word }, path) => {
    const isUnderstood = path === "/data" ? Array.isArray(sensors) : typeof word === "string";
    return isUnderstood ? reply(200, taken) : reply(422, { detail: [{ loc: ["body", "sensors"], msg: "no list" }] });
  };

  test("get one after a 422, with the numbers of the reading, and from then on", async () => {
    const backend = new Backend(isListed);
    const dht = { sensor: "DHT11", temperature: 25.5, humidity: 60, timestamp: "2026-01-01T00:00:00Z" };
    const uploaded = { taken: 2, failure: undefined, isListed: true };
    expect(await backend.upload([reading(dht), reading({ lux: 3 })])).toEqual(uploaded);
    const { timestamp } = dht;
    expect(backend.got.slice(1)).toEqual([
      [
        DATA,
        {
          ...credentials,
          status,
          sensors: [
            { sensor_name: "temperature", value: 25.5, timestamp },
            { sensor_name: "humidity", value: 60, timestamp },
          ],
        },
      ],
      [DATA, { ...credentials, status, sensors: [{ sensor_name: "lux", value: 3 }] }],
      [STATUS, { ...credentials, ...status, status: "online" }],
    ]);
  });

  test("get it at once where they took it the last time, and the other where they take that now", async () => {
    const backend = new Backend(isListed);
    expect(await backend.upload(numbered(2), {}, true)).toEqual({ taken: 2, failure: undefined });
    expect(backend.got).toHaveLength(3);
    const documented = new Backend(({ sensors }) => reply(Array.isArray(sensors) || !sensors ? 422 : 200, taken));
    expect(await documented.upload(numbered(2), {}, true)).toEqual({ taken: 2, failure: undefined, isListed: false });
    expect(documented.got).toHaveLength(4);
  });

  test("are not asked again where neither is understood, nor with what a list cannot say", async () => {
    const neither = new Backend(() => reply(422, { detail: "no" }));
    expect(await neither.upload(numbered(3))).toMatchObject({ taken: 0, failure: { reason: "request-refused" } });
    // The reading in both forms, and then the status, which is not held up by it.
    expect(neither.got).toHaveLength(4);
    const backend = new Backend(isListed);
    const { taken: count, failure } = await backend.upload([reading({ door: "open" }), reading({ n: 1 })]);
    expect([count, failure?.reason, backend.got.length]).toEqual([0, "request-refused", 3]);
  });
});

describe("what is not taken", () => {
  test.each<[string, Result<HttpResponse>, Reason, number | undefined]>([
    ["401", reply(401, { detail: "设备ID或密钥无效" }), "secret-refused", undefined],
    ["403", reply(403, { detail: "disabled" }), "device-disabled", undefined],
    ["404", reply(404, { detail: "Not Found" }), "unexpected-status", undefined],
    ["429 with a header", reply(429, "", 90_000), "rate-limited", 90_000],
    ["429 with a member", reply(429, { retry_after: 5_000 }), "rate-limited", 5_000],
    ["500", reply(500, "oops"), "server-error", undefined],
    ["301", reply(301, ""), "unexpected-status", undefined],
    ["204", reply(204, ""), "unexpected-status", undefined],
    ["a hotel's login", reply(200, "<html>Welcome</html>"), "bad-answer", undefined],
    ["an empty 200", reply(200, ""), "bad-answer", undefined],
    ["a list", reply(200, "[]"), "bad-answer", undefined],
    ["an error in a 200", reply(200, { error: "Device not found" }), "server-error", undefined],
    ["no success in a 200", reply(200, { success: false, message: "x" }), "server-error", undefined],
    ["a code in a 200", reply(200, { code: 500, msg: "服务器内部异常" }), "server-error", undefined],
    ["a detail in a 200", reply(200, { detail: "设备未注册" }), "server-error", undefined],
    ["no network", failed("unreachable"), "unreachable", undefined],
  ])("%s", async (_label, answer, reason, retryAfterMs) => {
    const backend = new Backend((_body, _path, count) => (count === 3 ? answer : reply(200, taken)));
    const { taken: count, failure } = await backend.upload(numbered(5));
    expect([count, failure?.reason, failure?.retryAfterMs]).toEqual([2, reason, retryAfterMs]);
    // Neither the next reading nor the status is tried: it was asked to be left alone, or is not there.
    expect(backend.got).toHaveLength(3);
  });

  test.each([reply(200, {}), reply(201, { id: 1 }), reply(200, taken)])("%j is no failure", async (answer) => {
    expect(await new Backend(() => answer).upload(numbered(1))).toEqual({ taken: 1, failure: undefined });
  });

  test("the status alone: the readings are taken all the same", async () => {
    const backend = new Backend((_body, path) => (path === "/status" ? reply(500, "") : reply(200, taken)));
    expect(await backend.upload(numbered(2))).toMatchObject({ taken: 2, failure: { reason: "server-error" } });
  });
});

test.each([
  [200, { error: `no device ${SECRET}` }],
  [401, { detail: `the secret ${SECRET} is wrong` }],
  [422, { detail: [{ loc: ["body", SECRET], msg: `${SECRET}?`, input: credentials }] }],
  // Cut in the middle of it.
  [500, { detail: `${"x".repeat(110)}${SECRET}` }],
])("a service that quotes the secret, %i, does not get it into the log", async (code, body) => {
  const quoting = JSON.stringify(body);
  const escaped = quoting.replaceAll("device", "\\u0064evice");
  for (const text of [quoting, escaped]) {
    const { failure } = await new Backend(() => reply(code, text)).upload(numbered(1));
    expect(failure?.detail).toMatch(/••••|x{100}/);
    expect(failure?.detail).not.toMatch(/device"|"secret/);
  }
  const plain = new Backend(() => reply(code, quoting.replaceAll(JSON.stringify(SECRET).slice(1, -1), "plain-secret")));
  const { failure } = await plain.upload(numbered(1), { deviceSecret: new Secret("plain-secret") });
  expect(failure?.detail).not.toContain("plain");
});
