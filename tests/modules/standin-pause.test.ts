/** HTTP in the place of MQTT: when it is worth it, and how often. */
import { describe, expect, test } from "vitest";
import type { Session } from "../../agent/session/session.js";
import { isBlocked, pauseOffline, uploadPauseMs } from "../../agent/session/stand-in/stand-in.js";
import { type Failure, failed, type Reason, success } from "../../modules/base/failure.js";
import { Pauses } from "../../modules/clock/pauses.js";
import type { Configuration } from "../../provisioning/configuration.js";
import { VirtualClock } from "../scripted/clock.js";
import { Backend, numbered, reply, STATUS, standIn, taken } from "./standin-support.js";

describe("it is worth it", () => {
  const failure = (reason: Reason): Failure => ({ reason });

  test.each<[Reason, boolean]>([
    ...(["unreachable", "timeout", "name-unknown", "connection-lost", "tls-failed"] as const).map(
      (reason): [Reason, boolean] => [reason, true],
    ),
    ...(["broker-closed", "broker-busy"] as const).map((reason): [Reason, boolean] => [reason, true]),
    ...(["broker-credentials", "broker-refused", "topic-refused", "wifi-lost", "no-internet"] as const).map(
      (reason): [Reason, boolean] => [reason, false],
    ),
    ...(["tls-untrusted", "tls-name", "tls-expired", "internal"] as const).map((reason): [Reason, boolean] => [
      reason,
      false,
    ]),
  ])("after %s: %s", (reason, is) => {
    expect(isBlocked({ failure: failure(reason), tries: 20 })).toBe(is);
  });

  test.each([
    [1, false],
    [4, false],
    [5, true],
    [50, true],
  ])("after %i tries: %s", (tries, is) => {
    expect(isBlocked({ failure: failure("unreachable"), tries })).toBe(is);
  });
});

describe("the pause between uploads", () => {
  const pace = { retryAttempts: undefined, timeoutMs: undefined, keepAliveMs: undefined, dataMs: undefined };
  const pauses = (heartbeatMs: number | undefined, failure?: Failure, tries = 0) =>
    [0, 1].map((random) => uploadPauseMs({ ...pace, heartbeatMs }, failure, tries, () => random));

  test("is the status's, with jitter, and a minute at least", () => {
    expect(pauses(undefined)).toEqual([60_000, 75_000]);
    expect(pauses(5_000)).toEqual([60_000, 75_000]);
    expect(pauses(3_600_000)).toEqual([3_600_000, 4_500_000]);
  });

  test("grows with failures, which come on top of it, and obeys what the service asks for", () => {
    expect(pauses(undefined, { reason: "unreachable" })).toEqual([60_500, 77_500]);
    expect(pauses(undefined, { reason: "unreachable" }, 20)[1]).toBeGreaterThan(374_000);
    expect(pauses(undefined, { reason: "rate-limited", retryAfterMs: 1_800_000 })[0]).toBe(1_860_000);
    expect(pauses(undefined, { reason: "device-disabled" })[0]).toBeGreaterThanOrEqual(12 * 3_600_000);
  });
});

describe("a pause between two tries of the broker", () => {
  class Scene extends Backend {
    readonly clock = new VirtualClock();
    readonly outbox = numbered(20);
    readonly failures: string[] = [];
    /** When uploads began. */
    readonly times: number[] = [];
    /** What the journal has of the service. */
    habits: object = {};
    /** Until then the network is there. */
    networkUntilMs = Number.POSITIVE_INFINITY;
    readonly #session = this.#sessionOf();

    async pause(pauseMs: number, standsIn = standIn): Promise<number> {
      const { clock, networkUntilMs } = this;
      const { wifi } = this.#session.device;
      const lost = clock.after(networkUntilMs, () => wifi.onLost?.());
      const configuration = { standIn: standsIn, pace: {} } as Configuration;
      const startMs = clock.ticksMs();
      let isOver = false;
      const paused = pauseOffline(
        this.#session,
        pauseMs,
        { configuration, url: "u" },
        {
          failure: { reason: "unreachable" },
          tries: 5,
        },
      ).finally(() => {
        isOver = true;
      });
      for (;;) {
        await new Promise((done) => setImmediate(done));
        if (isOver) break;
        clock.step();
      }
      await paused;
      clock.cancel(lost);
      return clock.ticksMs() - startMs;
    }

    #sessionOf(): Session {
      const { clock, http } = this;
      const device = {
        ...{ clock, http, random: () => 0, pauses: new Pauses(clock) },
        wifi: { joined: true, onLost: undefined, status: () => ({ address: undefined, rssi: undefined }) },
        calendar: { isKnown: false },
        journal: {
          habits: () => this.habits,
          learn: (_url: string, learnt: object) => {
            this.habits = learnt;
            return success(undefined);
          },
        },
        system: { freeHeapBytes: () => 0, resetReason: () => undefined, storageRepair: () => undefined },
        ...{ build: {}, updates: {} },
        log: {
          note: (text: string) => {
            if (!text.startsWith("HTTP")) this.failures.push(text.replace(/:.*/, ""));
          },
        },
      };
      const outbox = {
        oldest: (topic: string, count: number) => {
          expect(topic).toBe("data");
          this.times.push(clock.ticksMs());
          return this.outbox.slice(0, count);
        },
        taken: (readings: readonly unknown[]) => this.outbox.splice(0, readings.length),
      };
      return { device, outbox, connections: 1 } as unknown as Session;
    }
  }

  test("is as long as it was to be, with an upload when it is due, eight readings each", async () => {
    const scene = new Scene();
    expect(await scene.pause(150_000)).toBe(150_000);
    expect(scene.times).toEqual([0, 60_000, 120_000]);
    expect(scene.outbox).toEqual([]);
    expect(scene.got.map(([url]) => url).filter((url) => url === STATUS)).toHaveLength(3);
    expect(scene.got.map(([, { sensors }]) => (sensors as { n?: number }).n).filter((n) => n !== undefined)).toEqual(
      Array.from({ length: 20 }, (_, index) => index),
    );
  });

  test("after another one goes on where that left off: short pauses are no reason for more uploads", async () => {
    const scene = new Scene();
    for (let count = 0; count < 60; count++) expect(await scene.pause(2_000)).toBe(2_000);
    expect(scene.times).toEqual([0, 60_000]);
  });

  test("keeps what is not taken, tells why, and leaves the service alone for as long as it asks", async () => {
    const scene = new Scene((_body, _path, count) => (count === 4 ? reply(429, "", 100_000) : reply(200, taken)));
    await scene.pause(180_000);
    expect(scene.failures).toEqual(["rate-limited"]);
    expect(scene.times).toEqual([0, 160_000]);
    expect(scene.outbox).toHaveLength(20 - 3 - 8);
  });

  test("remembers which form of a body the service took", async () => {
    const scene = new Scene(({ sensors, status: word }, path) =>
      reply((path === "/data" ? Array.isArray(sensors) : word === "online") ? 200 : 422, taken),
    );
    await scene.pause(1_000);
    expect(scene.got).toHaveLength(10); // eight readings and a status; the first of them twice
    expect(scene.habits).toEqual({ uploadsListed: true });
    scene.got.length = 0;
    await scene.pause(120_000);
    expect(scene.outbox).toEqual([]);
    expect(scene.got.every(([, { sensors, status: word }]) => Array.isArray(sensors) || word === "online")).toBe(true);
  });

  test("ends when the network is lost", async () => {
    const scene = new Scene();
    scene.networkUntilMs = 70_000;
    expect(await scene.pause(300_000)).toBe(70_000);
    expect(scene.times).toEqual([0, 60_000]);
  });

  test("ends with the upload that takes longer than it", async () => {
    const scene: Scene = new Scene(() => {
      scene.clock.after(15_000, () => {});
      scene.clock.step();
      return failed("timeout");
    });
    expect(await scene.pause(1_000)).toBe(15_000);
    expect(scene.outbox).toHaveLength(20);
  });
});
