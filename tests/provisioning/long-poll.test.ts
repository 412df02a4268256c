/** Waiting for the person who enters the code. */
import { describe, expect, test } from "vitest";
import { failed, type Reason, type Result, success } from "../../modules/base/failure.js";
import type { HttpResponse } from "../../modules/http/http.js";
import type { Waiting } from "../../provisioning/protocol.js";
import { xiaozhi } from "../../provisioning/xiaozhi/xiaozhi.js";
import { answer } from "../scripted/cloud.js";
import { Service } from "./support.js";

const URL = "http://cloud.example.com/xiaozhi/ota/";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function activate(service: Service, timeoutMs = 5 * MINUTE, waiting: Waiting = { isOver: false }) {
  const activation = { code: "123456", message: undefined, url: undefined, challenge: "c", timeoutMs };
  return service.run(xiaozhi.activate(service.context(URL), activation, waiting));
}
const gaps = ({ times }: Service) => times.slice(1).map((time, index) => time - times[index]!);
const pauses = (service: Service) => gaps(service).map((gap) => gap - service.delayMs);
const reasonOf = (result: Result<unknown>): Reason | undefined => (result.ok ? undefined : result.failure.reason);
const pending = (times: number, body: unknown = { status: "pending" }) =>
  new Service((_request, count) => (count <= times ? answer(202, body) : answer(200, "success")));

test("may take a minute and more, but no longer than the code counts", async () => {
  const service = pending(99);
  service.delayMs = 40_000;
  expect(reasonOf(await activate(service, 2 * MINUTE))).toBe("code-expired");
  expect(service.requests.map(({ timeoutMs }) => timeoutMs)).toEqual([75_000, 75_000, 35_000]);
});

test.each([
  ["", 10],
  [{ status: "pending" }, 10],
  ["<html>", 10],
])("answers of %j that come at once are 3 seconds apart", async (body, times) => {
  const service = pending(times, body);
  expect(await activate(service)).toEqual({ ok: true, value: undefined });
  expect(gaps(service)).toEqual(Array(times).fill(3_000));
});

describe("a request that was held", () => {
  test.each([3_000, 10_000, 30_000, 60_000])("for %i ms is repeated at once", async (heldMs) => {
    const service = pending(3);
    service.delayMs = heldMs;
    await activate(service);
    expect(pauses(service)).toEqual([0, 0, 0]);
  });

  const cuts: [string, () => Result<HttpResponse>][] = [
    ["the device's time-out", () => failed("timeout")],
    ["a router that forgets the connection", () => failed("connection-lost")],
    ...[408, 502, 504, 524].map((status): [string, () => Result<HttpResponse>] => [
      `a proxy's ${status}`,
      () => answer(status, "<html>"),
    ]),
  ];
  test.each(cuts)("and ended by %s is repeated at once, as often as the code counts", async (_label, cut) => {
    const service = new Service((_request, count) => (count <= 4 ? cut() : answer(200, "success")));
    service.delayMs = 30_000;
    expect((await activate(service)).ok).toBe(true);
    expect(pauses(service)).toEqual([0, 0, 0, 0]);
    const never = new Service(cut);
    never.delayMs = 30_000;
    expect(reasonOf(await activate(never))).toBe("code-expired");
    expect(never.requests).toHaveLength(10);
  });

  test.each(cuts)("is none where %s comes at once: it is trouble, and the pauses grow", async (_label, cut) => {
    const service = new Service((_request, count) => (count <= 4 ? cut() : answer(200, "success")));
    await activate(service);
    const [first, , , fourth] = pauses(service) as [number, number, number, number];
    expect(first).toBeGreaterThanOrEqual(500);
    expect(fourth).toBeGreaterThan(2 * first);
  });

  test.each([500, 503])("and ended with %i is trouble all the same", async (status) => {
    const service = new Service((_request, count) => (count === 1 ? answer(status, "") : answer(200, "success")));
    service.delayMs = 30_000;
    await activate(service);
    expect(pauses(service)[0]).toBeGreaterThanOrEqual(500);
  });
});

describe("the longer nobody enters the code, the rarer it is asked", () => {
  test("from 3 seconds to a minute", async () => {
    const service = pending(1e9);
    await activate(service, 24 * HOUR);
    const at = (timeMs: number) => gaps(service)[service.times.findIndex((time) => time >= timeMs)]!;
    expect(at(MINUTE / 2)).toBe(3_000);
    expect(at(2 * MINUTE)).toBeGreaterThan(5_500);
    expect(at(2 * MINUTE)).toBeLessThan(6_500);
    expect(at(10 * MINUTE)).toBeGreaterThan(29_000);
    expect(at(10 * MINUTE)).toBeLessThan(33_000);
    expect(Math.max(...gaps(service).slice(0, -1))).toBe(MINUTE);
    expect(at(12 * HOUR)).toBe(MINUTE);
    expect(service.requests.length).toBeLessThan(24 * 60 + 100);
  });

  test("a code that replaces an expired one does not start it anew", async () => {
    const service = pending(1e9);
    const waiting = { isOver: false };
    const requests = [];
    for (let code = 0; code < 6; code++) {
      const before = service.requests.length;
      expect(reasonOf(await activate(service, 5 * MINUTE, waiting))).toBe("code-expired");
      requests.push(service.requests.length - before);
    }
    expect(requests[0]).toBeGreaterThan(35);
    expect(requests.slice(4)).toEqual([5, 5]);
  });

  test("nobody waits between polls that the server holds", async () => {
    const service = pending(1e9);
    service.delayMs = 30_000;
    await activate(service, HOUR);
    expect(new Set(pauses(service))).toEqual(new Set([0]));
  });
});

test.each([
  [{ retry_after: 20_000 }, undefined, 20_000],
  [{ retry_after: 1 }, 20_000, 20_000],
  ["", 200_000, 200_000],
])("202 with %j and the header %s: not before %i ms", async (body, retryAfterMs, leastMs) => {
  const service = new Service((_request, count) =>
    count > 1
      ? answer(200, "")
      : success({ status: 202, body: typeof body === "string" ? body : JSON.stringify(body), retryAfterMs }),
  );
  await activate(service);
  const [pauseMs] = pauses(service);
  expect(pauseMs).toBeGreaterThanOrEqual(leastMs);
  expect(pauseMs).toBeLessThanOrEqual(leastMs + 2_000);
});

test("ends when the code does not count any more, not later", async () => {
  for (const timeoutMs of [10_000, 30_000, 5 * MINUTE, HOUR]) {
    const service = pending(1e9);
    expect(reasonOf(await activate(service, timeoutMs))).toBe("code-expired");
    expect(service.times.at(-1)).toBeGreaterThan(timeoutMs - 10_000 - MINUTE);
    expect(service.times.at(-1)).toBeLessThanOrEqual(timeoutMs - 5_000);
    // The pause before the next code.
    expect(service.clock.ticksMs()).toBeLessThanOrEqual(timeoutMs + Math.max(5_000, Math.min(MINUTE, timeoutMs / 20)));
    expect(service.requests.length).toBeLessThanOrEqual(timeoutMs / 3_000 + 1);
  }
});
