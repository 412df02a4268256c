import { expect } from "vitest";
import { failed } from "../../modules/base/failure.js";
import { Activation, answer, XIAOZHI_URL } from "../scripted/cloud.js";
import { ScriptedStore } from "../scripted/store.js";
import { pathOf, type World } from "../scripted/world.js";
import {
  DAY,
  HOUR,
  life,
  MINUTE,
  mostInAMinute,
  pass,
  reasonsOf,
  type Stage,
  statesOf,
  withSettings,
} from "./support.js";

const isPoll = (request: Parameters<typeof pathOf>[0]) => pathOf(request).endsWith("/activate");
const codesOf = (world: World) => world.events.flatMap((event) => (event.state === "activating" ? [event.code] : []));

/** The device restarts into what it was given. */
async function onlineAfter(boot: Stage["boot"], world: World): Promise<World> {
  const next = boot({ http: world.script.http }, new ScriptedStore(world.store.entries));
  await next.untilState("online");
  expect(next.requests).toHaveLength(0);
  return next;
}

life("a code that expires is followed by a new query and a new code, until one is entered", async ({ boot }) => {
  const cloud = new Activation();
  let queries = 0;
  const polled: string[] = [];
  const world = boot(
    {
      http: (request) => {
        if (isPoll(request)) {
          const { challenge } = JSON.parse(request.body!) as { challenge: string };
          polled.push(challenge);
          return cloud.http(request);
        }
        if (cloud.activated) return cloud.http(request);
        queries++;
        cloud.challenge = `challenge-${queries}`;
        const activation = { code: `10000${queries}`, challenge: cloud.challenge, timeout_ms: 60_000 };
        return answer(202, { activation });
      },
    },
    withSettings(XIAOZHI_URL),
  );
  await world.until(() => queries === 3);
  await world.untilState("activating", 3);
  expect(codesOf(world)).toEqual(["100001", "100002", "100003"]);
  expect([...new Set(polled)].slice(0, 2)).toEqual(["challenge-1", "challenge-2"]);
  expect(world.clock.ticksMs()).toBeGreaterThan(2 * 55_000);
  expect(reasonsOf(world, "failed")).toEqual([]);
  cloud.entered = true;
  await world.until(() => world.restarted);
  expect([...new Set(polled)].at(-1)).toBe("challenge-3");
  await onlineAfter(boot, world);
});

life("what the person needs to know is told: code, words, page", async ({ boot }) => {
  const activation = {
    code: "123456",
    message: "Besuchen Sie …",
    challenge: "c",
    activation_url: "https://x.example/a",
  };
  const world = boot(
    { http: (request) => (isPoll(request) ? answer(202, "") : answer(202, { activation })) },
    withSettings(XIAOZHI_URL),
  );
  await world.untilState("activating");
  expect(world.events.at(-1)).toEqual({
    state: "activating",
    code: "123456",
    message: "Besuchen Sie …",
    url: "https://x.example/a",
  });
});

life("a day of nobody entering the code: no more than a request every three seconds", async ({ boot }) => {
  const cloud = new Activation();
  const times: number[] = [];
  const world = boot(
    {
      http: (request) => {
        times.push(world.clock.ticksMs());
        return cloud.http(request);
      },
    },
    withSettings(XIAOZHI_URL),
  );
  await pass(world, HOUR);
  expect(mostInAMinute(times)).toBeLessThanOrEqual(22);
  expect(codesOf(world).length).toBeGreaterThan(10);
  expect(codesOf(world).length).toBeLessThan(15);
});

life("a server that limits the polls is left alone as long as it asks, even if the code expires", async ({ boot }) => {
  const activation = { code: "123456", challenge: "c", timeout_ms: 60_000 };
  const world = boot(
    { http: (request) => (isPoll(request) ? answer(429, { retry_after: 600_000 }) : answer(200, { activation })) },
    withSettings(XIAOZHI_URL),
  );
  await world.until(() => world.requests.length >= 2);
  await world.until(() => world.clock.ticksMs() >= HOUR || world.requests.length > 1_000);
  expect(world.requests.length).toBeLessThanOrEqual(20);
  expect(world.clock.ticksMs()).toBeGreaterThanOrEqual(HOUR);
});

life("a server that accepts the code and asks for one again is not asked in a loop", async ({ boot }) => {
  const activation = { code: "123456", challenge: "c", timeout_ms: 60_000 };
  const world = boot(
    { http: (request) => (isPoll(request) ? answer(200, "success") : answer(200, { activation })) },
    withSettings(XIAOZHI_URL),
  );
  await world.until(() => reasonsOf(world, "portal").length > 0);
  expect(reasonsOf(world, "portal")).toEqual(["server-error"]);
  await world.until(() => world.clock.ticksMs() >= 6 * HOUR || world.requests.length > 5_000);
  expect(world.requests.length).toBeLessThan(1_500);
});

life("a serial number that stays unknown is asked about less and less", async ({ boot }) => {
  const activation = { code: "123456", challenge: "c", timeout_ms: 60_000 };
  const world = boot(
    { http: (request) => (isPoll(request) ? answer(404, { error: { code: "X" } }) : answer(200, { activation })) },
    withSettings(XIAOZHI_URL),
  );
  await pass(world, DAY);
  expect(world.requests.length).toBeLessThan(500);
});

life("Wi-Fi that is lost while a long-lived code waits is joined again within minutes", async ({ boot }) => {
  const activation = { code: "123456", challenge: "c", timeout_ms: DAY };
  const world = boot(
    {
      http: (request) => {
        if (!world.device.wifi.joined) return failed("unreachable");
        return isPoll(request) ? answer(202, "") : answer(200, { activation });
      },
    },
    withSettings(XIAOZHI_URL),
  );
  await world.untilState("activating");
  expect(world.joins).toHaveLength(1);
  world.loseWiFi();
  await pass(world, 10 * MINUTE);
  expect(world.joins.length).toBeGreaterThanOrEqual(2);
});

life("a device that the service unbinds while it is online shows a new code", async ({ boot }) => {
  const cloud = new Activation();
  cloud.entered = true;
  const world = boot({ http: cloud.http }, withSettings(XIAOZHI_URL));
  await world.until(() => world.restarted);
  const next = await onlineAfter(boot, world);
  cloud.activated = false;
  cloud.entered = false;
  await next.untilState("activating");
  expect(next.clock.ticksMs()).toBeLessThan(2 * DAY);
  expect(next.accessPoint).toBeDefined();
  expect(next.phase).toBe("activating");
  cloud.entered = true;
  await next.until(() => next.restarted);
  expect(statesOf(next)).not.toContain("failed");
  await onlineAfter(boot, next);
});
