/** Every status at every endpoint, with the bodies that servers put beside it. */
import { describe, expect, test } from "vitest";
import { failed, type Reason, type Result } from "../../modules/base/failure.js";
import { deviceService } from "../../provisioning/device-service/device-service.js";
import { xiaozhi as protocol } from "../../provisioning/xiaozhi/xiaozhi.js";
import { answer } from "../scripted/cloud.js";
import { ask, MAC, outcomeOf, Service } from "./support.js";

const service = "http://provision.example.com";
const xiaozhi = "http://cloud.example.com/xiaozhi/ota/";

const activation = { code: "123456", message: undefined, url: undefined, challenge: "c", timeoutMs: 300_000 };

type Asking = (service: Service) => Promise<Result<unknown>>;
const endpoints = {
  "device/info": (asked) => asked.query(service),
  "firmware/check": (asked) => asked.run(deviceService.checkFirmware(asked.context(service))),
  query: (asked) => asked.query(xiaozhi),
  activate: (asked) => asked.run(protocol.activate(asked.context(xiaozhi), activation, { isOver: false })),
} as const satisfies Record<string, Asking>;
type Endpoint = keyof typeof endpoints;

const bodies = {
  nothing: "",
  HTML: "<html>no</html>",
  "FastAPI's detail": { detail: "Device not found" },
  "FastAPI's route": { detail: "Not Found" },
  "the seed's error": { error: { code: "NO", message: "no such device" } },
  "Spring's error": { timestamp: 1, status: 404, error: "Not Found", path: "/x" },
  "an error text": { error: "no such device" },
  "the Java server's": { code: 500, msg: "no such device", data: null },
  "a list": [],
} as const;
type Body = keyof typeof bodies;

/** What each body says, for all bodies or for some. */
type Expected = Reason | "success" | ({ [Name in Body]?: Reason } & { other: Reason | "success" });
const always = (reason: Expected): Record<Endpoint, Expected> => ({
  "device/info": reason,
  "firmware/check": reason,
  query: reason,
  activate: reason,
});

/** In the service's own words; a firewall has a page, a gateway a `message`. */
const own = (reason: Reason): Expected => ({
  ...{ nothing: "unexpected-status", HTML: "unexpected-status", "a list": "unexpected-status" },
  ...{ "the Java server's": "unexpected-status", other: reason },
});

const unexpected = always("unexpected-status");
/** A server that fails is asked again as long as the code counts. */
const passing = { activate: "code-expired" } as const;
const table: Record<number, Record<Endpoint, Expected>> = {
  201: unexpected,
  204: unexpected,
  301: unexpected,
  302: unexpected,
  400: always("request-refused"),
  401: { ...unexpected, query: "signature-refused", activate: "signature-refused" },
  403: always(own("device-disabled")),
  404: {
    "device/info": { "FastAPI's detail": "not-registered", other: "unexpected-status" },
    "firmware/check": { "FastAPI's detail": "not-registered", other: "success" },
    query: {
      "FastAPI's detail": "not-registered",
      "the seed's error": "not-registered",
      "an error text": "not-registered",
      "the Java server's": "not-registered",
      other: "unexpected-status",
    },
    activate: {
      nothing: "serial-unknown",
      "FastAPI's detail": "serial-unknown",
      "the seed's error": "serial-unknown",
      "an error text": "serial-unknown",
      "the Java server's": "serial-unknown",
      other: "unexpected-status",
    },
  },
  405: { ...unexpected, "firmware/check": "success" },
  408: { ...always("timeout"), ...passing },
  409: { ...unexpected, query: "activated-elsewhere", activate: "activated-elsewhere" },
  418: unexpected,
  422: always("request-refused"),
  429: { ...always("rate-limited"), ...passing },
  500: { ...always("server-error"), ...passing },
  502: { ...always("server-error"), ...passing },
  503: { ...always("server-error"), ...passing },
  599: { ...always("server-error"), ...passing },
};

describe.each(Object.entries(table))("status %s", (status, row) => {
  for (const [endpoint, expected] of Object.entries(row) as [Endpoint, Expected][])
    test.each(Object.keys(bodies) as Body[])(`of ${endpoint} with %s`, async (body) => {
      const asked = new Service(() => answer(Number(status), bodies[body]));
      const result = await endpoints[endpoint](asked);
      const reason = typeof expected === "string" ? expected : (expected[body] ?? expected.other);
      expect(result.ok ? "success" : result.failure.reason).toBe(reason);
      expect([asked.learnt, asked.offers, asked.toldTimes]).toEqual([[], [], []]);
    });
});

test.each<Reason>(["name-unknown", "unreachable", "timeout", "connection-lost", "tls-untrusted", "answer-too-large"])(
  "an exchange that did not happen passes its reason on: %s",
  async (reason) => {
    for (const url of [service, xiaozhi])
      expect(outcomeOf(await new Service(() => failed(reason)).query(url))).toBe(reason);
    expect(await endpoints["firmware/check"](new Service(() => failed(reason)))).toEqual(failed(reason));
  },
);

describe("what the service says", () => {
  const detailOf = async (url: string, status: number, body: unknown) => {
    const result = await ask(url, status, body);
    return result.ok ? "" : result.failure.detail;
  };

  test.each([
    [403, { detail: "设备已禁用" }, "403: 设备已禁用"],
    [500, { error: "boom" }, "500: boom"],
    [500, { error: { code: "X", message: "boom" } }, "500: boom"],
    [500, { error: { code: "X" } }, "500: X"],
    [500, { msg: "boom" }, "500: boom"],
    [422, { detail: [{ loc: ["body", "product_id"], msg: "field required" }] }, "422: body.product_id: field required"],
    [422, { detail: [null, { loc: "x" }] }, "422: ?: ?, ?: ?"],
    [500, "Internal Server Error", "500: Internal Server Error"],
    [400, "不支持的算法", "400: 不支持的算法"],
    [400, " device unknown\n", "400: device unknown"],
    [400, "x".repeat(201), "400"],
    [400, "<h1>Bad Request</h1>", "400"],
    [400, '{"cut": ', "400"],
    [500, { detail: { nested: true } }, "500"],
    [500, "", "500"],
  ])("with %i %j is passed on", async (status, body, detail) => {
    expect(await detailOf(service, status, body)).toBe(detail);
  });

  test("who is not registered is told the address to register", async () => {
    expect(await detailOf(service, 404, { detail: "Device not found" })).toBe(MAC);
    expect(await detailOf(xiaozhi, 404, { error: "Device not found" })).toBe(MAC);
  });

  test("is short and printable when it comes to a person: it goes to a terminal and a page", async () => {
    const detail = `\u001b[31mred\u0007\r\n${"x".repeat(300)}`;
    for (const url of [service, xiaozhi])
      for (const body of [{ detail }, { error: { message: detail } }, { detail: [{ loc: [detail], msg: detail }] }]) {
        const said = (await detailOf(url, 500, body))!;
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
        expect(said).not.toMatch(/[\u0000-\u001f\u007f]/);
        expect(said.length).toBeLessThan(200);
      }
  });
});

describe("how long it asks to wait", () => {
  const MINUTE = 60_000;
  const waitOf = async (endpoint: Endpoint, status: number, body: unknown, retryAfterMs?: number) => {
    const response = answer(status, body);
    if (!response.ok) throw new Error();
    const asked = new Service(() => ({ ok: true, value: { ...response.value, retryAfterMs } }));
    const result = await endpoints[endpoint](asked);
    return result.ok ? undefined : result.failure.retryAfterMs;
  };

  test.each<[unknown, number | undefined, number | undefined]>([
    [{ error: {}, retry_after: 5_000 }, undefined, 5_000],
    [{ error: { message: "no", retry_after: 5_000 } }, undefined, 5_000],
    [{ error: { retry_after: 8_000 }, retry_after: 5_000 }, undefined, 8_000],
    [{ error: {}, retry_after: 5_000 }, 9_000, 9_000],
    [{ error: {}, retry_after: 9_000 }, 5_000, 9_000],
    ["slow down", 9_000, 9_000],
    [{ retry_after: 0 }, undefined, 0],
    [{}, undefined, undefined],
    [{ retry_after: "5000" }, undefined, undefined],
    [{ retry_after: -1 }, undefined, undefined],
    [{ retry_after: null }, undefined, undefined],
    ["<html>", undefined, undefined],
  ])("comes from the body %j and the header %s: %s", async (body, header, expected) => {
    for (const status of [403, 429, 500, 503]) expect(await waitOf("query", status, body, header)).toBe(expected);
    for (const status of [403, 500, 503]) expect(await waitOf("device/info", status, body, header)).toBe(expected);
  });

  test.each<[Endpoint, number | undefined, number]>([
    ["device/info", undefined, MINUTE],
    ["device/info", 1_000, MINUTE],
    ["device/info", 2 * MINUTE, 2 * MINUTE],
    ["firmware/check", undefined, 5 * MINUTE],
    ["firmware/check", 1_000, 5 * MINUTE],
    ["firmware/check", 6 * MINUTE, 6 * MINUTE],
  ])("429 of %s with %s: the service's window at least, %i ms", async (endpoint, header, expected) => {
    expect(await waitOf(endpoint, 429, { detail: "slow down" }, header)).toBe(expected);
  });
});
