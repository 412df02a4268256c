/** From the service to the configuration: codes that a person enters, that expire, and that nothing can be signed for. */
import { describe, expect, test } from "vitest";
import type { Result } from "../../modules/base/failure.js";
import { formatUrl } from "../../modules/data/url.js";
import type { HttpRequest, HttpResponse } from "../../modules/http/http.js";
import type { Configuration } from "../../provisioning/configuration.js";
import { obtain } from "../../provisioning/obtain.js";
import type { Waiting } from "../../provisioning/protocol.js";
import { Service as Provisioning } from "../../provisioning/service.js";
import { answer } from "../scripted/cloud.js";
import { Service } from "./support.js";

const URL = "http://cloud.example.com/xiaozhi/ota/";
const MINUTE = 60_000;
const mqtt = { endpoint: "m.example:1883", client_id: "c", username: "u", password: "p", publish_topic: "s" };
const isPoll = (request: HttpRequest) => formatUrl(request.url).endsWith("/activate");

type Choice = "automatic" | "activation-v1" | "activation-v2";

/** What is shown to the person, and what comes out. */
async function run(service: Service, protocol: Choice = "automatic", waiting: Waiting = { isOver: false }) {
  const shown: { code: string; atMs: number }[] = [];
  const result = await service.run(
    obtain(new Provisioning(protocol, service.context(URL)), {
      waiting,
      onQuery() {},
      onActivation: ({ code }) => shown.push({ code, atMs: service.clock.ticksMs() }),
    }),
  );
  return { shown, result };
}

const codes = ({ shown }: { shown: { code: string }[] }) => shown.map(({ code }) => code);
const hostOf = (result: Result<Configuration>) => result.ok && result.value.credentials.host;
const gaps = ({ times }: Service) => times.slice(1).map((time, index) => time - times[index]!);

describe("a code without a challenge", () => {
  /** `entered` after so many answers; each answer is made by `code`. */
  const cloud = (entered: number, code: (count: number) => object, status = 200) =>
    new Service((request, count) => {
      if (isPoll(request)) return answer(400, { error: { code: "BAD_REQUEST" } });
      return count > entered ? answer(200, { mqtt }) : answer(status, code(count));
    });
  const nested = () => ({ activation: { code: "123456", message: "Enter the code" } });

  test.each<[string, Choice, () => object, number]>([
    ["version 2, nested", "activation-v2", nested, 200],
    ["version 1, nested", "activation-v1", nested, 202],
    ["flat", "automatic", () => ({ code: "123456", message: "Enter the code" }), 200],
    ["flat, with 202", "automatic", () => ({ code: "123456" }), 202],
    ["an empty challenge", "automatic", () => ({ activation: { code: "123456", challenge: "" } }), 200],
  ])("is entered: the query tells (%s)", async (_label, protocol, code, status) => {
    const service = cloud(4, code, status);
    const { shown, result } = await run(service, protocol);
    expect(hostOf(result)).toBe("m.example");
    expect(shown.map(({ code }) => code)).toEqual(["123456"]);
    expect(service.requests.filter(isPoll)).toEqual([]);
    for (const gap of gaps(service)) expect(gap).toBeGreaterThanOrEqual(10_000);
    expect(service.clock.ticksMs()).toBeLessThan(MINUTE);
  });

  test("is asked for the rarer the longer nobody enters it, and stands on the page as long as the service repeats it", async () => {
    const service = cloud(200, nested);
    const { shown, result } = await run(service);
    expect([result.ok, shown.length]).toEqual([true, 1]);
    const at = (timeMs: number) => gaps(service)[service.times.findIndex((time) => time >= timeMs)]!;
    expect(at(MINUTE)).toBeLessThan(10_500);
    expect(at(10 * MINUTE)).toBeGreaterThan(28_000);
    expect(Math.max(...gaps(service))).toBeLessThanOrEqual(MINUTE + service.delayMs);
    expect(at(HOUR)).toBeGreaterThan(MINUTE - 1);
  });
  const HOUR = 60 * MINUTE;

  test("is replaced by another one, with a challenge or without", async () => {
    const service = new Service((request, count) => {
      if (isPoll(request)) return answer(200, { mqtt });
      if (count < 3) return answer(200, { activation: { code: "111111" } });
      if (count < 5) return answer(200, { activation: { code: "222222" } });
      return answer(200, { activation: { code: "222222", challenge: "c" } });
    });
    const { shown, result } = await run(service);
    expect([hostOf(result), shown.map(({ code }) => code)]).toEqual(["m.example", ["111111", "222222", "222222"]]);
    expect(service.requests.filter(isPoll)).toHaveLength(1);
  });

  test.each<[string, Result<HttpResponse>, string]>([
    ["403", answer(403, { detail: "disabled" }), "device-disabled"],
    ["no broker", answer(200, { websocket: { url: "wss://a.example/" } }), "no-broker"],
    ["404 of the server", answer(404, { error: "Device not found" }), "not-registered"],
    ["503 with a pause longer than the code counts", answer(503, { retry_after: 900_000 }), "server-error"],
  ])("ends with %s", async (_label, trouble, reason) => {
    const service = new Service((_request, count) => (count === 3 ? trouble : answer(200, nested())));
    expect((await run(service)).result).toMatchObject({ failure: { reason } });
    expect(service.requests).toHaveLength(3);
  });

  test("outlives trouble on the way", async () => {
    const service = new Service((_request, count) =>
      count === 6 ? answer(200, { mqtt }) : count === 1 ? answer(200, nested()) : answer(502, "<html>"),
    );
    expect((await run(service)).result.ok).toBe(true);
  });

  test("is not asked for any more when nobody waits", async () => {
    const waiting = { isOver: false };
    const service = new Service((_request, count) => {
      waiting.isOver = count === 3;
      return answer(200, nested());
    });
    await run(service, "automatic", waiting);
    expect(service.requests).toHaveLength(3);
  });
});

describe("codes that expire", () => {
  const expiring = (timeout_ms: number, queries: number) => {
    let asked = 0;
    return new Service((request) => {
      if (isPoll(request)) return answer(202, "");
      return ++asked > queries
        ? answer(403, "")
        : answer(202, { activation: { code: `${100_000 + asked}`, challenge: `c${asked}`, timeout_ms } });
    });
  };

  test.each([300, 10_000, 15_000])(
    "after %i ms are asked for with growing pauses, up to a minute",
    async (timeoutMs) => {
      const service = expiring(timeoutMs, 60);
      const run1 = await run(service);
      expect(new Set(codes(run1)).size).toBe(60);
      const pauses = run1.shown.slice(1).map(({ atMs }, index) => atMs - run1.shown[index]!.atMs);
      expect(pauses[0]).toBeGreaterThanOrEqual(8_000);
      expect(pauses.at(-1)).toBeGreaterThanOrEqual(MINUTE);
      const inMinute = (start: number) => service.times.filter((time) => time >= start && time < start + MINUTE).length;
      expect(inMinute(0)).toBeLessThanOrEqual(25);
      expect(inMinute(10 * MINUTE)).toBeLessThanOrEqual(7);
      expect(inMinute(25 * MINUTE)).toBeLessThanOrEqual(4);
    },
  );

  test("while nobody waits are not waited for", async () => {
    const waiting = { isOver: false };
    const service = expiring(10_000, 60);
    service.clock.after(4_000, () => {
      waiting.isOver = true;
    });
    await run(service, "automatic", waiting);
    expect(service.clock.ticksMs()).toBeLessThan(10_000);
  });
});

test("a service that asks for a long pause ends the trial: no code stands there that counts no more", async () => {
  for (const [status, reason] of [
    [202, "rate-limited"],
    [429, "rate-limited"],
    [503, "server-error"],
  ] as const) {
    const service = new Service((request) =>
      isPoll(request)
        ? answer(status, { retry_after: 900_000 })
        : answer(202, { activation: { code: "123456", challenge: "c", timeout_ms: 300_000 } }),
    );
    const { result } = await run(service);
    expect(result).toMatchObject({ failure: { reason, retryAfterMs: 900_000 } });
    expect(service.clock.ticksMs()).toBeLessThan(1_000);
  }
});
