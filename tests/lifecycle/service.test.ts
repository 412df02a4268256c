import { describe, expect } from "vitest";
import { failed } from "../../modules/base/failure.js";
import { answer, deviceInfo, deviceService, SECRETS } from "../scripted/cloud.js";
import type { Script } from "../scripted/script.js";
import { DAY, HOUR, life, MINUTE, pass, statesOf, withSettings } from "./support.js";

/** Set at the start, erased some seconds later. */
const COUNTING_THE_START = 2;

describe("a warm boot", () => {
  life("with the service down stays online on what is cached, for days", async ({ boot, warm }) => {
    const world = boot({ http: () => failed("unreachable") }, await warm());
    await world.untilState("online");
    await pass(world, 3 * DAY);
    expect(statesOf(world)).toEqual(["connecting", "connecting", "online"]);
    // Asked soon after the boot, then about once a day; for firmware as often.
    expect(world.requests.length).toBeGreaterThanOrEqual(5);
    expect(world.requests.length).toBeLessThanOrEqual(9);
    expect(world.notes.join("\n")).toContain("unreachable");
  });

  for (const status of [403, 404, 429, 500])
    life(`stays online when the service says ${status}`, async ({ boot, warm }) => {
      const world = boot({ http: () => answer(status, { detail: "no" }) }, await warm());
      await world.untilState("online");
      await pass(world, HOUR);
      expect(world.state).toBe("online");
      expect(world.requests).toHaveLength(1);
    });

  life("with nonsense from the service keeps what is cached", async ({ boot, warm }) => {
    const world = boot({ http: () => answer(200, { mqtt_config: {} }) }, await warm());
    await world.untilState("online");
    await pass(world, HOUR);
    expect(world.state).toBe("online");
    expect(world.device.journal.stored("http://provision.example.com/")[0]?.credentials.password.reveal()).toBe(
      SECRETS.mqtt,
    );
  });
});

describe("a refresh", () => {
  life("with new credentials: stored, then a connection with them", async ({ boot, warm }) => {
    const rotated = { isNew: false };
    const passwords: string[] = [];
    const world = boot(
      {
        http: () => answer(200, deviceInfo(rotated.isNew ? "rotated" : SECRETS.mqtt)),
        broker: ({ password }) => {
          passwords.push(password.reveal());
          return undefined;
        },
      },
      await warm(),
    );
    await world.untilState("online");
    await pass(world, MINUTE);
    expect(passwords).toEqual([SECRETS.mqtt]);
    rotated.isNew = true;
    await world.untilState("online", 2);
    expect(passwords).toEqual([SECRETS.mqtt, "rotated"]);
    expect(world.clock.ticksMs()).toBeLessThan(2 * DAY);
    // The next boot does not have to ask.
    const next = boot(
      { broker: ({ password }) => (password.reveal() === "rotated" ? undefined : "broker-credentials") },
      world.store,
    );
    await next.untilState("online");
    expect(next.requests).toHaveLength(0);
  });

  life("with the same credentials changes nothing and writes nothing", async ({ boot, warm }) => {
    const world = boot({}, await warm());
    await world.untilState("online");
    await pass(world, 3 * DAY);
    expect(world.requests.length).toBeGreaterThanOrEqual(3);
    expect(world.store.operations).toBe(COUNTING_THE_START);
    expect(statesOf(world).filter((state) => state === "online")).toHaveLength(1);
  });
});

life("full storage does not keep the device from its broker", async ({ boot }) => {
  const store = withSettings();
  store.full = true;
  const world = boot({}, store);
  await world.untilState("online");
  expect(world.notes.join("\n")).toContain("storage-full");
  await pass(world, HOUR);
  expect(world.state).toBe("online");
});

life("credentials of another service do not count", async ({ boot, warm }) => {
  const first = boot({}, await warm());
  await first.untilState("online");
  first.session?.options.onMessage({
    topic: "t",
    payload: '{"cmd":"portal"}',
    retained: false,
    duplicate: false,
    packetId: undefined,
  });
  await first.until(() => first.restarted);
  const broker: Script["broker"] = ({ password }) =>
    password.reveal() === "others" ? undefined : "broker-credentials";
  const second = boot({ http: deviceService(() => answer(200, deviceInfo("others"))), broker }, first.store);
  await second.untilState("portal");
  second.fillIn({ ssid: "Home", password: "", url: "http://other.example.com" });
  await second.until(() => second.restarted);
  expect(second.requests.map(({ url }) => url.host)).toEqual(["other.example.com", "other.example.com"]);
  const third = boot({ broker }, second.store);
  await third.untilState("online");
});

life("reprovision counts after a minute at most, whatever the service has answered before", async ({ boot, warm }) => {
  const world = boot({}, await warm());
  await world.untilState("online");
  await world.until(() => world.requests.length === 1);
  const reprovision = () =>
    world.session!.options.onMessage({
      ...{ topic: "devices/550e/control", payload: '{"cmd":"reprovision","id":1}' },
      ...{ retained: false, duplicate: false, packetId: undefined },
    });
  world.script.http = () => answer(403, { detail: "disabled" });
  reprovision();
  await world.untilState("online", 2);
  expect(world.device.pauses.remainingMs("service")).toBeGreaterThan(10 * HOUR);
  world.script.http = () => answer(200, deviceInfo());
  const startMs = world.clock.ticksMs();
  reprovision();
  await world.untilState("online", 3);
  expect(world.requests.length).toBe(3);
  expect(world.clock.ticksMs() - startMs).toBeLessThan(62_000);
});
