/** What a person reads on the page while what they sent is tried: read back through the portal's own replies. */
import { describe, expect } from "vitest";
import { failed, type Reason } from "../../modules/base/failure.js";
import type { MqttOptions } from "../../modules/mqtt/mqtt.js";
import { SETTINGS } from "../../modules/settings/settings.js";
import { knownNetwork, life, pass, statesOf, storedIn, withSettings } from "../lifecycle/support.js";
import { Activation, answer, deviceInfo, SECRETS, SERVICE_URL, XIAOZHI_URL } from "../scripted/cloud.js";
import type { Script } from "../scripted/script.js";
import { ScriptedStore } from "../scripted/store.js";
import type { World } from "../scripted/world.js";

const form = { ssid: "Home", password: SECRETS.wifi, url: SERVICE_URL };
const status = (world: World) => world.visit({ path: "/status", headers: json }).body;
const json = new Map([["accept", "application/json"]]);
const stepsDone = (world: World): string[] => (JSON.parse(status(world)) as { done?: string[] }).done ?? [];

async function inPortal(world: World): Promise<World> {
  await world.untilState("portal");
  return world;
}

life("each step is told as it happens, and none before", async ({ boot }) => {
  const world = await inPortal(boot({}));
  world.fillIn(form);
  const seen: string[][] = [];
  await world.until(() => {
    const done = stepsDone(world);
    if (done.length !== (seen.at(-1)?.length ?? -1)) seen.push(done);
    return world.phase === "done";
  });
  expect(seen.slice(0, 4)).toEqual([[], ["associated"], ["associated", "address"], ["associated", "address", "name"]]);
  expect(statesOf(world)).toEqual(["portal", "connecting", "provisioning"]);
});

describe("what does not work is named, and nothing of it is kept", () => {
  // The service says that it is well: whatever else it answers is its own fault, or the device's.
  const http = (reply: ReturnType<Script["http"]>): Partial<Script> => ({
    http: ({ url }) => (url.path === "/health" ? answer(200, { status: "healthy" }) : reply),
  });
  const all = ["associated", "address", "name", "service"];
  const cases: [string, Partial<Script>, Reason, string[]][] = [
    ["a wrong password", { join: () => "wifi-password" }, "wifi-password", []],
    ["a network that is not there", { join: () => "wifi-not-found", networks: [] }, "wifi-not-found", []],
    ["a network in range that refuses", { join: () => "wifi-not-found" }, "wifi-refused", []],
    ["no address from the router", { join: () => "wifi-no-address" }, "wifi-no-address", ["associated"]],
    ["no internet", { resolve: () => undefined }, "no-internet", ["associated", "address"]],
    [
      "a name that nobody knows",
      { resolve: (name) => (name.endsWith("example.com") ? undefined : "192.0.2.1") },
      "name-unknown",
      ["associated", "address"],
    ],
    ["a service that is down", http(failed("unreachable")), "unreachable", ["associated", "address", "name"]],
    ["a service that does not answer", http(failed("timeout")), "timeout", ["associated", "address", "name"]],
    [
      "a certificate that is not trusted",
      http(failed("tls-untrusted")),
      "tls-untrusted",
      ["associated", "address", "name"],
    ],
    [
      "a device that is not registered",
      http(answer(404, { detail: "no" })),
      "not-registered",
      ["associated", "address", "name"],
    ],
    [
      "a device that is disabled",
      http(answer(403, { detail: "no" })),
      "device-disabled",
      ["associated", "address", "name"],
    ],
    ["a service with a fault", http(answer(503, "")), "server-error", ["associated", "address", "name"]],
    ["no service at all", http(answer(200, "no")), "bad-answer", ["associated", "address", "name"]],
    ["a hotel's login", http(answer(200, "<html>")), "login-page", ["associated", "address", "name"]],
    ["a broker that refuses", { broker: () => "broker-credentials" }, "broker-credentials", all],
    ["a broker that is not there", { broker: () => "unreachable" }, "broker-unreachable", all],
    ["a broker whose name is not known", { broker: () => "name-unknown" }, "broker-unreachable", all],
    ["a network that swallows MQTT", { broker: () => "timeout" }, "broker-unreachable", all],
    ["a broker that is not trusted", { broker: () => "tls-untrusted" }, "tls-untrusted", all],
  ];
  for (const [name, script, reason, done] of cases)
    life(name, async ({ boot }) => {
      const world = await inPortal(boot(script));
      world.fillIn(form);
      await world.until(() => world.phase === "failed");
      expect(JSON.parse(status(world))).toMatchObject({ failure: { reason }, done, kept: false });
      expect(world.reason).toBe(reason);
      expect(storedIn(world)).toBeUndefined();
      await pass(world, 60_000);
      expect([world.restarted, world.accessPoint]).toEqual([false, "ESP32-EEFF"]);
    });

  life("a service's refusal with its status and its words", async ({ boot }) => {
    const world = await inPortal(boot({ http: () => answer(503, { detail: "<maintenance>" }) }));
    world.fillIn(form);
    await world.until(() => world.phase === "failed");
    expect(world.visit({}).body).toContain("503: &#60;maintenance&#62;");
  });
});

describe("the broker, at the end of a trial", () => {
  life("is tried as the device will be there, but for the will and the subscriptions", async ({ boot }) => {
    const tried: MqttOptions[] = [];
    const world = await inPortal(boot({ broker: (options) => void tried.push(options) }));
    world.fillIn(form);
    await world.until(() => world.phase === "done");
    expect(tried).toMatchObject([{ host: "mqtt.example.com", username: "AIOT-ESP32-12345678", subscribe: [] }]);
    expect(tried[0]?.will).toBeUndefined();
    expect(world.published).toEqual([]);
    await world.until(() => world.restarted);
    const next = boot({ http: () => failed("unreachable") }, world.store);
    await next.untilState("online");
  });

  life("that takes everybody and closes a moment later refuses", async ({ boot }) => {
    const world = await inPortal(boot({}));
    world.fillIn(form);
    await world.until(() => world.session !== undefined);
    await pass(world, 500);
    expect(world.phase).toBe("trying");
    world.session?.end(failed("broker-closed").failure);
    await world.until(() => world.phase === "failed");
    expect(JSON.parse(status(world))).toMatchObject({
      failure: { reason: "broker-closed", detail: expect.stringContaining(":1883") },
      done: ["associated", "address", "name", "service"],
      kept: false,
    });
  });

  life("keeps a message that waits for the device", async ({ boot }) => {
    const persistent = JSON.stringify(deviceInfo()).replace('"use_ssl"', '"clean_session":false,"use_ssl"');
    const world = await inPortal(boot({ http: () => answer(200, persistent) }));
    world.broker.kept = [{ topic: "device/control", payload: '{"cmd":"ping"}', packetId: 0 }];
    world.fillIn(form);
    await world.until(() => world.phase === "done");
    await pass(world, 3_000);
    expect(world.broker.kept).toHaveLength(1);
  });

  life("refuses, and the person keeps the settings: what the service gave is kept with them", async ({ boot }) => {
    const world = await inPortal(boot({ broker: () => "unreachable" }));
    world.fillIn(form);
    await world.until(() => world.phase === "failed");
    world.fillIn({}, "/keep");
    await world.until(() => world.restarted);
    const next = boot({ http: () => failed("unreachable") }, world.store);
    await next.untilState("online");
    expect(next.requests).toEqual([]);
  });

  life("refuses after a code: what was given for the code is not lost", async ({ boot }) => {
    const cloud = new Activation();
    const world = await inPortal(boot({ http: cloud.http, broker: () => "unreachable" }));
    world.fillIn({ ...form, url: XIAOZHI_URL });
    await world.until(() => world.phase === "activating");
    cloud.entered = true;
    await world.until(() => world.phase === "failed");
    expect(JSON.parse(status(world))).toMatchObject({ failure: { reason: "broker-unreachable" }, kept: true });
    const next = boot({ http: () => failed("unreachable") }, new ScriptedStore(world.store.entries));
    await next.untilState("online");
    expect(next.requests).toEqual([]);
  });
});

describe("an activation in the portal", () => {
  life("shows the code, tells when it was accepted, and leaves nothing to do after the restart", async ({ boot }) => {
    const cloud = new Activation();
    const world = await inPortal(boot({ http: cloud.http }));
    world.fillIn({ ...form, url: XIAOZHI_URL });
    await world.until(() => world.phase === "activating");
    expect(JSON.parse(status(world))).toMatchObject({ shown: { code: cloud.code, message: "Enter the code" } });
    expect(status(world)).not.toContain(cloud.challenge);
    cloud.entered = true;
    await world.until(() => world.phase === "done");
    expect(JSON.parse(status(world))).toMatchObject({ activated: true });
    await world.until(() => world.restarted);
    const next = boot({ http: () => failed("unreachable") }, world.store);
    await next.untilState("online");
  });

  life("whose code expires goes on with a new one", async ({ boot }) => {
    const cloud = new Activation();
    const world = await inPortal(boot({ http: cloud.http }));
    world.fillIn({ ...form, url: XIAOZHI_URL });
    await world.untilState("activating", 3);
    expect(world.phase).toBe("activating");
  });

  life("that is refused says why, and what worked before the code stands again", async ({ boot }) => {
    const cloud = new Activation();
    const store = withSettings(SERVICE_URL, "Office", "office-password");
    store.set("portal", "1");
    const world = await inPortal(boot({ http: cloud.http }, new ScriptedStore(store.entries)));
    world.fillIn({ ...form, url: XIAOZHI_URL });
    await world.until(() => world.phase === "activating");
    expect(storedIn(world)).toMatchObject({ ssid: "Home", url: XIAOZHI_URL });
    world.script.http = () => answer(409, { error: { code: "ALREADY_ACTIVATED" } });
    await world.until(() => world.phase === "failed");
    expect(JSON.parse(status(world))).toMatchObject({ failure: { reason: "activated-elsewhere" }, kept: false });
    expect(storedIn(world)).toMatchObject({ ssid: "Office", url: SERVICE_URL });
  });

  life("that loses its network says so, keeps what works, and goes on by itself", async ({ boot }) => {
    const cloud = new Activation();
    const world = await inPortal(boot({ http: cloud.http }));
    world.fillIn({ ...form, url: XIAOZHI_URL });
    await world.until(() => world.phase === "activating");
    world.loseWiFi();
    await world.until(() => world.phase === "failed");
    expect(JSON.parse(status(world))).toMatchObject({ failure: { reason: "wifi-lost" }, kept: true });
    await world.untilState("activating", 2);
    cloud.entered = true;
    await world.until(() => world.restarted);
    const next = boot({ http: () => failed("unreachable") }, world.store);
    await next.untilState("online");
  });
});

life("other settings take the place of those that are being tried, which ask nothing any more", async ({ boot }) => {
  const cloud = new Activation();
  const other = "http://other.example.com";
  const world = await inPortal(
    boot({
      http: (request) => (request.url.host === "other.example.com" ? answer(200, deviceInfo()) : cloud.http(request)),
    }),
  );
  world.fillIn({ ...form, url: XIAOZHI_URL });
  await world.until(() => cloud.polls === 1);
  world.fillIn({ ...form, url: other });
  await world.until(() => world.phase === "done");
  expect(storedIn(world)?.url).toBe(`${other}/`);
  const { polls } = cloud;
  await world.until(() => world.restarted);
  expect(cloud.polls).toBeLessThanOrEqual(polls + 1);
});

life("the network that is lost while the name is looked up is no missing internet", async ({ boot }) => {
  const world = await inPortal(boot({}));
  world.script.resolve = () => {
    world.loseWiFi();
    return undefined;
  };
  world.fillIn(form);
  await world.until(() => world.phase === "failed");
  expect(world.reason).toBe("wifi-lost");
});

life("what a person sends is not given up for the stored networks", async ({ boot }) => {
  const store = new ScriptedStore();
  SETTINGS.write(store, {
    networks: [knownNetwork("Attic", "attic-password"), knownNetwork("Cellar", "cellar-password")],
    url: SERVICE_URL,
    protocol: "automatic",
  });
  const networks = ["Attic", "Cellar", "Home"].map((ssid) => ({ ssid, rssi: -50, secured: true }));
  const join = (ssid: string) => (ssid === "Home" ? undefined : ("wifi-password" as const));
  const world = await inPortal(boot({ networks, join }, new ScriptedStore(store.entries)));
  const scans = world.scans.length;
  await world.until(() => world.scans.length > scans); // for the stored ones: nobody was there for a while
  world.fillIn(form);
  await world.until(() => world.phase !== "trying");
  expect(world.phase).toBe("done");
});
