/** A configuration that the service gave, between its answer and the connection that proves it. */
import { describe, expect } from "vitest";
import { failed } from "../../modules/base/failure.js";
import type { MqttOptions } from "../../modules/mqtt/mqtt.js";
import { answer, deviceInfo, deviceService, SECRETS, SERVICE_URL } from "../scripted/cloud.js";
import { ScriptedStore } from "../scripted/store.js";
import type { World } from "../scripted/world.js";
import { DAY, HOUR, life, MINUTE, pass, SECOND, withSettings } from "./support.js";

const URL = `${SERVICE_URL}/`;
const passwordsIn = (world: World) =>
  world.device.journal.stored(URL).map(({ credentials }) => credentials.password.reveal());
const info = (password: string) => deviceService(() => answer(200, deviceInfo(password)));
const takes =
  (...passwords: string[]) =>
  ({ password }: MqttOptions) =>
    passwords.includes(password.reveal()) ? undefined : ("broker-credentials" as const);

describe("a newer configuration", () => {
  life("is kept beside the old one until a connection has lasted for some seconds", async ({ boot, warm }) => {
    const world = boot({ http: info("rotated"), broker: takes("rotated", SECRETS.mqtt) }, await warm());
    await world.untilState("online", 2);
    expect(passwordsIn(world)).toEqual(["rotated", SECRETS.mqtt]);
    await pass(world, 10 * SECOND);
    expect(passwordsIn(world)).toEqual(["rotated"]);
  });

  life("that the broker refuses is thrown away, and the old one goes on", async ({ boot, warm }) => {
    const world = boot({ http: info("wrong"), broker: takes(SECRETS.mqtt) }, await warm());
    await world.untilState("online", 2);
    expect(passwordsIn(world)).toEqual([SECRETS.mqtt]);
    await pass(world, HOUR);
    expect(world.state).toBe("online");
    // Once a day the service offers it again: no loop.
    await pass(world, 3 * DAY);
    expect(world.requests.length).toBeLessThan(20);
    expect(world.state).toBe("online");
  });

  life("whose broker accepts everybody and closes then proves nothing", async ({ boot, warm }) => {
    const world = boot({ http: info("wrong"), broker: () => undefined }, await warm());
    const closeAtOnce = () => {
      const { session } = world;
      if (session?.options.password.reveal() === "wrong") session.end(failed("broker-closed").failure);
      if (!world.isOff) world.clock.after(SECOND, closeAtOnce);
    };
    closeAtOnce();
    await world.until(() => passwordsIn(world)[0] === "wrong");
    await pass(world, 10 * MINUTE);
    expect(world.session?.options.password.reveal()).toBe(SECRETS.mqtt);
    expect(world.state).toBe("online");
    expect(passwordsIn(world)).toEqual(["wrong", SECRETS.mqtt]);
  });

  life("whose broker is not there takes turns with the old one, and stays", async ({ boot, warm }) => {
    const world = boot(
      {
        http: info("moved"),
        broker: ({ password }) => (password.reveal() === "moved" ? "unreachable" : undefined),
      },
      await warm(),
    );
    await world.untilState("online", 2);
    expect(world.session?.options.password.reveal()).toBe(SECRETS.mqtt);
    expect(passwordsIn(world)).toEqual(["moved", SECRETS.mqtt]);
    // Its broker comes: the next power cycle tries it first.
    const next = boot(
      { http: info("moved"), broker: takes("moved", SECRETS.mqtt) },
      new ScriptedStore(world.store.entries),
    );
    await next.untilState("online");
    expect(next.session?.options.password.reveal()).toBe("moved");
    await pass(next, 10 * SECOND);
    expect(passwordsIn(next)).toEqual(["moved"]);
  });

  life("is tried again after a power cut before it was proven", async ({ boot, warm }) => {
    const first = boot({ http: info("rotated"), broker: takes("rotated", SECRETS.mqtt) }, await warm());
    await first.until(() => passwordsIn(first).length === 2);
    const second = boot({ broker: takes("rotated") }, new ScriptedStore(first.store.entries));
    await second.untilState("online");
    expect(second.requests).toHaveLength(0);
  });
});

life("settings with another URL wipe what the first service gave", async ({ boot, warm }) => {
  const store = await warm();
  const entries = new Map([...store.entries, ...withSettings("http://other.example.com/").entries]);
  for (const key of store.entries.keys()) if (key.startsWith("settings")) entries.set(key, "");
  for (const [key, value] of withSettings("http://other.example.com/").entries) entries.set(key, value);
  const world = boot({ http: () => failed("unreachable") }, new ScriptedStore(entries));
  await world.untilState("failed");
  expect([...world.store.entries.values()].join()).not.toContain(SECRETS.mqtt);
});

describe("what the service says about pace", () => {
  life("holds for status messages, tries and time-outs", async ({ boot }) => {
    const configuration = { heartbeat_interval: 30, retry_attempts: 2, timeout_ms: 10_000 };
    const mqtt = {
      endpoint: "mqtt.example.com:1883",
      client_id: "c",
      username: "u",
      password: SECRETS.mqtt,
      keepalive: 240,
      publish_topic: "up",
    };
    let isUp = true;
    const world = boot(
      { http: () => answer(200, { mqtt, configuration }), broker: () => (isUp ? undefined : "unreachable") },
      withSettings("http://cloud.example.com/ota/"),
    );
    await world.untilState("online");
    expect(world.session?.options).toMatchObject({ keepAliveMs: 240_000, timeoutMs: 10_000 });
    const statuses = () => world.published.filter(({ payload }) => payload.includes('"online":true')).length;
    const before = statuses();
    await pass(world, 5 * MINUTE);
    expect(statuses() - before).toBeGreaterThanOrEqual(9);
    const asked = world.requests.length;
    isUp = false;
    world.session?.end(failed("connection-lost").failure);
    await world.until(() => world.requests.length > asked);
    const tries = world.events.filter((event) => event.state === "offline");
    expect(tries).toHaveLength(2);
    expect(world.requests.at(-1)?.timeoutMs).toBe(10_000);
  });
});

describe("firmware", () => {
  const check = { update_available: true, latest_version: "1.1.0", download_url: "http://ota.example.com/1.1.0.bin" };
  const service = () => {
    const times: number[] = [];
    const script = deviceService((request) => {
      if (!request.url.path.endsWith("/firmware/check")) return answer(200, deviceInfo());
      times.push(0);
      return answer(200, {
        ...check,
        current_version: "1.0.0",
        file_size: 1_048_576,
        checksum: `sha256:${"ab".repeat(32)}`,
      });
    });
    return { times, script };
  };

  life("is asked for about once a day", async ({ boot, warm }) => {
    const { times, script } = service();
    const world = boot({ http: script }, await warm());
    await world.untilState("online");
    await pass(world, 10 * DAY);
    expect(times.length).toBeGreaterThanOrEqual(8);
    expect(times.length).toBeLessThanOrEqual(13);
    expect(world.offers[0]).toEqual({
      version: "1.1.0",
      urls: ["http://ota.example.com/1.1.0.bin"],
      sizeBytes: 1_048_576,
      sha256: "ab".repeat(32),
      notes: undefined,
      force: false,
    });
  });

  life("is asked for on request, but not faster than the service takes it", async ({ boot, warm }) => {
    const { times, script } = service();
    const world = boot({ http: script }, await warm());
    await world.untilState("online");
    const update = () =>
      world.session?.options.onMessage({
        topic: "t",
        payload: '{"cmd":"update","id":1}',
        retained: false,
        duplicate: false,
        packetId: undefined,
      });
    for (let second = 0; second < 300; second++) {
      update();
      await pass(world, SECOND);
    }
    expect(times.length).toBe(2);
    expect(
      world.published.some(({ payload }) => payload.includes('"cmd":"update"') && payload.includes('"ok":true')),
    ).toBe(true);
    expect(world.state).toBe("online");
  });
});
