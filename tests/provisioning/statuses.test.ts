import { describe, expect, test } from "vitest";
import { failed, type Reason } from "../../modules/failure/failure.js";
import { answer } from "../scripted/cloud.js";
import { ask, MAC, outcomeOf, Service } from "./support.js";

const service = "http://provision.example.com";
const xiaozhi = "http://cloud.example.com/xiaozhi/ota/";
const bodies = { [service]: { detail: "no" }, [xiaozhi]: { error: { code: "NO", message: "no" } } };

const statuses: [number, Reason, Reason][] = [
  [201, "unexpected-status", "unexpected-status"],
  [204, "unexpected-status", "unexpected-status"],
  [301, "unexpected-status", "unexpected-status"],
  [302, "unexpected-status", "unexpected-status"],
  [400, "request-refused", "request-refused"],
  [401, "unexpected-status", "signature-refused"],
  [403, "device-disabled", "device-disabled"],
  [404, "not-registered", "unexpected-status"],
  [405, "unexpected-status", "unexpected-status"],
  [409, "unexpected-status", "unexpected-status"],
  [422, "request-refused", "unexpected-status"],
  [429, "rate-limited", "rate-limited"],
  [500, "server-error", "server-error"],
  [502, "server-error", "server-error"],
  [503, "server-error", "server-error"],
  [599, "server-error", "server-error"],
];

describe.each(statuses)("status %i", (status, ofService, ofXiaozhi) => {
  test(`of the device service is ${ofService}`, async () => {
    expect(outcomeOf(await ask(service, status, bodies[service]))).toBe(ofService);
  });
  test(`of xiaozhi's query is ${ofXiaozhi}`, async () => {
    expect(outcomeOf(await ask(xiaozhi, status, bodies[xiaozhi]))).toBe(ofXiaozhi);
  });
});

test.each<Reason>(["name-unknown", "unreachable", "timeout", "connection-lost", "tls-unsupported", "answer-too-large"])(
  "an exchange that did not happen passes its reason on: %s",
  async (reason) => {
    for (const url of [service, xiaozhi])
      expect(outcomeOf(await new Service(() => failed(reason)).query(url))).toBe(reason);
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
    [500, { msg: "boom" }, "500: boom"],
    [422, { detail: [{ loc: ["body", "product_id"], msg: "field required" }] }, "422: body.product_id: field required"],
    [422, { detail: [null, { loc: "x" }] }, "422: ?: ?, ?: ?"],
    [500, "Internal Server Error", "500"],
    [500, { detail: { nested: true } }, "500"],
    [500, "", "500"],
  ])("with %i %j is passed on", async (status, body, detail) => {
    expect(await detailOf(service, status, body)).toBe(detail);
  });

  test("who is not registered is told the address to register", async () => {
    expect(await detailOf(service, 404, { detail: "Device not found" })).toBe(MAC);
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
  const waitOf = async (body: unknown, retryAfterMs?: number) => {
    const response = answer(429, body);
    const service = new Service(() =>
      response.ok ? { ok: true, value: { ...response.value, retryAfterMs } } : response,
    );
    const result = await service.query(xiaozhi);
    return result.ok ? undefined : result.failure.retryAfterMs;
  };

  test("comes from the header, or from the body in milliseconds (seed 001)", async () => {
    expect(await waitOf({ error: {}, retry_after: 5_000 })).toBe(5_000);
    expect(await waitOf({ error: {}, retry_after: 5_000 }, 9_000)).toBe(9_000);
    expect(await waitOf("slow down", 9_000)).toBe(9_000);
  });

  test.each([[{}], [{ retry_after: "5000" }], [{ retry_after: -1 }], [{ retry_after: null }], ["<html>"]])(
    "is unknown after %j",
    async (body) => {
      expect(await waitOf(body)).toBeUndefined();
    },
  );
});
