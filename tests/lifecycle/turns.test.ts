/** Whose turn it is: the broker, the other configuration, the service, a person; and for how long each is left alone. */
import { describe, expect } from "vitest";
import { failed, success } from "../../modules/base/failure.js";
import type { MqttOptions } from "../../modules/mqtt/mqtt.js";
import { SETTINGS } from "../../modules/settings/settings.js";
import { Journal } from "../../provisioning/journal.js";
import { build } from "../scripted/build.js";
import { Activation, answer, deviceInfo, deviceService, SECRETS, SERVICE_URL, XIAOZHI_URL } from "../scripted/cloud.js";
import { ScriptedStore } from "../scripted/store.js";
import { pathOf, type World } from "../scripted/world.js";
import { DAY, HOUR, life, MINUTE, pass, SECOND, type Stage, withSettings } from "./support.js";

const URL = `${SERVICE_URL}/`;
const isCheck = ({ url }: { url: { path: string } }) => url.path.endsWith("/firmware/check");
const takesOnly =
  (password: string) =>
  (options: MqttOptions): "broker-credentials" | undefined =>
    options.password.reveal() === password ? undefined : "broker-credentials";
const code = { activation: { code: "123456", message: "m", challenge: "c", timeout_ms: 300_000 } };

/** A device whose service has just given `change` beside what works; the power fails right then. */
async function withCandidate({ boot, warm }: Stage, password: string, change: object = {}): Promise<ScriptedStore> {
  const info = deviceInfo(password) as { mqtt_config: object };
  const reply = { ...info, mqtt_config: { ...info.mqtt_config, ...change } };
  const world = boot({ http: deviceService(() => answer(200, reply)) }, await warm());
  await world.until(() => world.device.journal.stored(URL).length === 2);
  return new ScriptedStore(world.store.entries);
}

describe("with a newer configuration that does not work, and a service that is down", () => {
  life("one that is refused is left for the one that worked", async (stage) => {
    const store = await withCandidate(stage, "wrong");
    const world = stage.boot({ http: () => failed("unreachable"), broker: takesOnly(SECRETS.mqtt) }, store);
    await world.untilState("online");
    expect(world.clock.ticksMs()).toBeLessThan(MINUTE);
    await pass(world, 2 * DAY);
    expect(world.state).toBe("online");
  });

  for (const retryAttempts of [1, 2, 3, 4])
    life(`one whose broker is gone takes turns, retry_attempts ${retryAttempts}`, async (stage) => {
      const store = await withCandidate(stage, SECRETS.mqtt, { broker: "gone.example.com" });
      const world = stage.boot(
        {
          http: () => answer(503, "down"),
          broker: ({ host }) => (host === "gone.example.com" ? "unreachable" : undefined),
        },
        store,
        ({ device: { journal } }) => {
          const [candidate] = journal.stored(URL);
          journal.keep(URL, { ...candidate!, pace: { ...candidate!.pace, retryAttempts } });
        },
      );
      await world.untilState("online");
      expect(world.clock.ticksMs()).toBeLessThan(5 * MINUTE);
    });
});

describe("the service's pause", () => {
  for (const [name, reply] of [
    ["503", answer(503, "")],
    ["403", answer(403, { detail: "no" })],
    ["429 for a day", success({ status: 429, body: "", retryAfterMs: DAY })],
  ] as const)
    life(`does not keep a device from a broker that returns: ${name}`, async ({ boot, warm }) => {
      let isUp = false;
      const world = boot({ http: () => reply, broker: () => (isUp ? undefined : "unreachable") }, await warm());
      await pass(world, 3 * MINUTE);
      isUp = true;
      const returnedMs = world.clock.ticksMs();
      await world.untilState("online");
      expect(world.clock.ticksMs() - returnedMs).toBeLessThan(6 * MINUTE);
    });

  life("is not cut short by a Wi-Fi that comes and goes", async ({ boot }) => {
    const asked: number[] = [];
    const limited = deviceService(() => {
      asked.push(world.clock.ticksMs());
      return success({ status: 429, body: "", retryAfterMs: HOUR });
    });
    const world: World = boot({ http: limited }, withSettings());
    await world.untilState("failed");
    for (let loss = 0; loss < 10; loss++) {
      await pass(world, 20 * SECOND);
      world.loseWiFi();
    }
    expect(asked).toHaveLength(1);
    await world.until(() => asked.length === 2);
    expect(asked[1]! - asked[0]!).toBeGreaterThanOrEqual(HOUR);
  });

  life("holds for firmware, too, over commands and sessions", async ({ boot, warm }) => {
    const asked: number[] = [];
    const limited = deviceService((request) => {
      if (!isCheck(request)) return answer(200, deviceInfo());
      asked.push(world.clock.ticksMs());
      return success({ status: 429, body: "", retryAfterMs: HOUR });
    });
    const world: World = boot({ http: limited }, await warm());
    await world.untilState("online");
    for (let minute = 0; minute < 50; minute++) {
      world.session?.options.onMessage({
        topic: "t",
        payload: '{"cmd":"update"}',
        retained: false,
        duplicate: false,
        packetId: undefined,
      });
      if (minute % 7 === 0) world.session?.end(failed("connection-lost").failure);
      await pass(world, MINUTE);
    }
    expect(asked).toHaveLength(1);
    expect(world.published.some(({ payload }) => payload.includes("too soon"))).toBe(true);
  });
});

describe("the daily questions", () => {
  life("are asked however short the sessions are", async ({ boot, warm }) => {
    const paths: string[] = [];
    const http = deviceService((request) => {
      paths.push(pathOf(request));
      return isCheck(request) ? answer(200, { update_available: false }) : answer(200, deviceInfo());
    });
    const world = boot({ http }, await warm());
    for (let half = 0; half < 40; half++) {
      await pass(world, 12 * HOUR);
      world.session?.end(failed("broker-closed").failure);
    }
    const checks = paths.filter((path) => path.endsWith("check")).length;
    for (const count of [checks, paths.length - checks]) {
      expect(count).toBeGreaterThanOrEqual(14);
      expect(count).toBeLessThanOrEqual(27);
    }
  });

  life("are not asked at each joining of the Wi-Fi", async ({ boot, warm }) => {
    const world = boot({}, await warm());
    for (let loss = 0; loss < 200; loss++) {
      await pass(world, 6 * MINUTE);
      world.loseWiFi();
    }
    expect(world.requests.length).toBeLessThanOrEqual(5);
  });

  life("do not end the session for a token that is new each time; the new one is kept", async ({ boot }) => {
    let tokens = 0;
    const mqtt = { endpoint: "mqtt.example.com:1883", client_id: "c", username: "u", password: SECRETS.mqtt };
    const websocket = () => ({ url: "wss://ws.example.com/v1/", token: `token-${++tokens}` });
    const world = boot({ http: () => answer(200, { mqtt, websocket: websocket() }) }, withSettings(XIAOZHI_URL));
    await world.untilState("online");
    await pass(world, 10 * DAY);
    expect(world.events.filter(({ state }) => state === "online")).toHaveLength(1);
    const stored = world.device.journal.stored(XIAOZHI_URL);
    expect(stored.map(({ websocket: access }) => access?.token.reveal())).toEqual([`token-${tokens}`]);
  });
});

describe("a device that was online, and whose service wants a code now", () => {
  const bound = async ({ boot }: Stage): Promise<ScriptedStore> => {
    const cloud = new Activation();
    cloud.activated = true;
    const world = boot({ http: cloud.http }, withSettings(XIAOZHI_URL));
    await world.untilState("online");
    await pass(world, 10 * SECOND);
    return new ScriptedStore(world.store.entries);
  };

  for (const status of [202, 401, 403, 404, 409])
    life(`returns to its broker where nobody looks; activate says ${status}`, async (stage) => {
      const isPoll = (request: Parameters<typeof pathOf>[0]) => pathOf(request).endsWith("/activate");
      const world = stage.boot(
        { http: (request) => (isPoll(request) ? answer(status, { error: { message: "no" } }) : answer(200, code)) },
        await bound(stage),
      );
      await world.untilState("activating");
      const leftMs = world.clock.ticksMs();
      const online = world.events.filter(({ state }) => state === "online").length;
      await world.untilState("online", online + 1);
      expect(world.clock.ticksMs() - leftMs).toBeLessThan(15 * MINUTE);
      // The code comes again the next day, not at once; firmware is asked for once.
      const asked = world.requests.length;
      await pass(world, 10 * HOUR);
      expect(world.state).toBe("online");
      expect(world.requests.length).toBeLessThanOrEqual(asked + 1);
    });
});

describe("while a code is waited for", () => {
  life("other settings that fail do not end it: it is back after a minute", async ({ boot }) => {
    const cloud = new Activation();
    const world = boot({ http: cloud.http }, withSettings(XIAOZHI_URL), (fresh) => {
      fresh.script.join = (_ssid, password) => (password === SECRETS.wifi ? undefined : "wifi-password");
    });
    await world.untilState("activating");
    world.fillIn({ ssid: "Home", password: "wrong-pass-word", url: XIAOZHI_URL });
    await world.until(() => world.phase === "failed");
    for (let poll = 0; poll < 30; poll++) {
      await pass(world, 5 * SECOND);
      world.visit({ path: "/status" });
    }
    expect(world.phase).toBe("activating");
    cloud.entered = true;
    await world.until(() => world.restarted);
  });

  life("what a person forgets meanwhile stays forgotten when the service refuses", async ({ boot, warm }) => {
    const store = await warm();
    let isRefusing = false;
    const world = boot(
      {
        http: (request) =>
          pathOf(request).endsWith("/activate") ? answer(isRefusing ? 403 : 202, "") : answer(200, code),
        networks: [{ ssid: "Office", rssi: -50, secured: true }],
      },
      store,
      ({ store: flash }) => flash.set("portal", "1"),
    );
    await world.untilState("portal");
    world.fillIn({ ssid: "Office", password: SECRETS.wifi, url: XIAOZHI_URL });
    await world.until(() => world.phase === "activating");
    world.fillIn({ ssid: "Home" }, "/forget");
    isRefusing = true;
    await world.until(() => world.phase === "failed");
    const settings = SETTINGS.read(world.store);
    expect(settings).toMatchObject({ networks: [], url: URL });
  });
});

life("a locked address that is not written as the settings have it keeps its configuration", async ({ boot }) => {
  const lock = (fresh: World) => {
    fresh.device = {
      ...fresh.device,
      build: { ...build, provisioningUrl: "Provision.example.com", provisioningUrlLocked: true },
    };
  };
  const first = boot({}, undefined, lock);
  await first.untilState("portal");
  first.fillIn({ ssid: "Home", password: SECRETS.wifi });
  await first.until(() => first.restarted);
  const second = boot({ http: () => failed("unreachable") }, new ScriptedStore(first.store.entries), lock);
  await second.untilState("online");
});

life("a trial of another address leaves what was found out about the service in use", async ({ boot, warm }) => {
  const store = await warm();
  new Journal(store).learn(URL, { protocol: "device-service" });
  const world = boot({ http: deviceService(() => answer(403, { detail: "no" })) }, store, (fresh) =>
    fresh.store.set("portal", "1"),
  );
  await world.untilState("portal");
  world.fillIn({ ssid: "Home", password: "", url: "http://other.example.com" });
  await world.until(() => world.phase === "failed");
  expect(new Journal(world.store).habits(URL).protocol).toBe("device-service");
});
