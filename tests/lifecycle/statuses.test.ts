/** What the device does after each status of the seeds: the reason it tells, and how long it waits. */
import { describe, expect, test } from "vitest";
import type { Reason } from "../../modules/base/failure.js";
import { answer, deviceInfo, goodWorld, SERVICE_URL, XIAOZHI_URL } from "../scripted/cloud.js";
import { play } from "../scripted/play.js";
import type { Script } from "../scripted/script.js";
import { World } from "../scripted/world.js";
import { DAY, MINUTE, SECOND, withSettings } from "./support.js";

interface Wait {
  fromMs: number;
  toMs: number;
}
/** modules/base: floor, and floor plus the first window. */
const soon: Wait = { fromMs: 0.5 * SECOND, toMs: 2.5 * SECOND };
const slowly: Wait = { fromMs: 8 * SECOND, toMs: 16 * SECOND };
const limited: Wait = { fromMs: MINUTE, toMs: MINUTE + 16 * SECOND };
/** Only a person can help: the portal opens at once and says why; the wait follows there. */
const daily: Wait = { fromMs: DAY / 2, toMs: DAY };

/** Fails once, and what follows is played until the device is online. */
async function failOnce(url: string, fails: Script["http"], works: Script["http"], reason: Reason, wait: Wait) {
  await play(async (enter) => {
    let failures = 0;
    const world: World = new World(
      {
        ...goodWorld(),
        http: (request) => {
          const result = failures === 0 ? fails(request) : works(request);
          return result;
        },
      },
      withSettings(url),
    );
    enter(world);
    world.boot();
    await world.untilState("failed");
    failures = 1;
    const event = world.events.at(-1)!;
    if (event.state !== "failed") throw new Error(event.state);
    expect(event.reason).toBe(reason);
    expect(event.retryMs).toBeGreaterThanOrEqual(wait.fromMs);
    expect(event.retryMs).toBeLessThanOrEqual(wait.toMs);
    const [requests, failedMs] = [world.requests.length, world.clock.ticksMs()];
    if (wait === daily) {
      await world.untilState("portal");
      expect(world.events.at(-1)).toMatchObject({ reason });
      expect(world.clock.ticksMs() - failedMs).toBeLessThan(10 * SECOND);
    }
    await world.until(() => world.requests.length > requests);
    const waitedMs = world.clock.ticksMs() - failedMs;
    if (wait === daily) expect(waitedMs).toBeGreaterThanOrEqual(wait.fromMs);
    else expect(waitedMs).toBe(event.retryMs);
    expect(world.state).toBe("provisioning");
    await world.untilState("online");
    expect(world.events.filter(({ state }) => state === "failed")).toHaveLength(1);
  });
}

describe("the device service", () => {
  test.each<[number, Reason, Wait]>([
    [400, "request-refused", slowly],
    [403, "device-disabled", daily],
    [404, "not-registered", slowly],
    [422, "request-refused", slowly],
    [429, "rate-limited", limited],
    [500, "server-error", soon],
    [503, "server-error", soon],
    [302, "unexpected-status", slowly],
  ])("says %i: %s, waits, asks again, gets online", async (status, reason, wait) => {
    const works = () => answer(200, deviceInfo());
    await failOnce(SERVICE_URL, () => answer(status, { detail: "no" }), works, reason, wait);
  });
});

const mqtt = { endpoint: "mqtt.example.com:1883", client_id: "c", username: "u", password: "mqtt-pass-word" };

describe("xiaozhi's query", () => {
  test.each<[number, Reason, Wait]>([
    [400, "request-refused", slowly],
    [401, "signature-refused", daily],
    [403, "device-disabled", daily],
    [404, "not-registered", slowly],
    [429, "rate-limited", limited],
    [500, "server-error", soon],
  ])("says %i: %s, waits, asks again, gets online", async (status, reason, wait) => {
    const works = () => answer(200, { mqtt });
    await failOnce(XIAOZHI_URL, () => answer(status, { error: { code: "NO" } }), works, reason, wait);
  });
});

test("failures in a row: the pauses grow to an hour and stay there", async () => {
  await play(async (enter) => {
    const world = new World({ ...goodWorld(), http: () => answer(404, "") }, withSettings());
    enter(world);
    world.boot();
    await world.untilState("failed", 200);
    const waits = world.events.flatMap((event) => (event.state === "failed" ? [event.retryMs] : []));
    expect(Math.max(...waits.slice(0, 3))).toBeLessThan(45 * SECOND);
    const late = waits.slice(20);
    expect(Math.max(...late)).toBeLessThanOrEqual(60 * MINUTE + 8 * SECOND);
    const mean = late.reduce((sum, wait) => sum + wait, 0) / late.length;
    // Full jitter: half of the hour on the average.
    expect(mean).toBeGreaterThan(20 * MINUTE);
    expect(mean).toBeLessThan(40 * MINUTE);
  });
});
