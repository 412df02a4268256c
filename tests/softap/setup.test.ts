/** When settings are kept, and what else a person does on the page. */
import { describe, expect } from "vitest";
import { failed } from "../../modules/base/failure.js";
import { SETTINGS } from "../../modules/settings/settings.js";
import { knownNetwork, life, MINUTE, pass, SECOND, storedIn, withSettings } from "../lifecycle/support.js";
import { answer, SECRETS, SERVICE_URL } from "../scripted/cloud.js";
import { ScriptedStore } from "../scripted/store.js";
import type { World } from "../scripted/world.js";

const form = { ssid: "Home", password: SECRETS.wifi, url: SERVICE_URL };
const names = (world: World) => SETTINGS.read(world.device.store)?.networks.map(({ ssid }) => ssid);

describe("settings that work are kept", () => {
  life("once somebody has seen it, not before; the restart leaves time for the last page", async ({ boot }) => {
    const world = boot({});
    await world.untilState("portal");
    world.fillIn(form);
    await world.until(() => world.published.length > 0 || world.requests.length > 0);
    await pass(world, 4 * SECOND);
    expect(storedIn(world)).toBeUndefined();
    expect(world.phase).toBe("done");
    expect(storedIn(world)).toMatchObject({ ssid: "Home", password: SECRETS.wifi });
    await pass(world, 3 * SECOND);
    expect(world.restarted).toBe(false);
    await pass(world, 10 * SECOND);
    expect(world.restarted).toBe(true);
  });

  life("also when the phone does not come back from the channel's change", async ({ boot }) => {
    const world = boot({});
    await world.untilState("portal");
    world.fillIn(form);
    await pass(world, 12 * SECOND);
    expect([storedIn(world), world.restarted]).toEqual([undefined, false]);
    await world.until(() => world.restarted);
    expect(storedIn(world)).toMatchObject({ ssid: "Home" });
    const next = boot({}, world.store);
    await next.untilState("online");
    expect(next.requests).toHaveLength(0);
  });
});

life("settings that do not work are kept where the person says so", async ({ boot }) => {
  const world = boot({ join: () => "wifi-not-found", networks: [] });
  await world.untilState("portal");
  world.fillIn({}, "/keep");
  expect([storedIn(world), world.phase]).toEqual([undefined, "idle"]);
  world.fillIn(form);
  world.fillIn({}, "/keep");
  expect(storedIn(world)).toBeUndefined();
  await world.until(() => world.phase === "failed");
  expect(world.fillIn({}, "/keep").status).toBe(303);
  expect(storedIn(world)).toMatchObject({ ssid: "Home", password: SECRETS.wifi });
  expect(world.phase).toBe("done");
  await world.until(() => world.restarted);
});

describe("known networks", () => {
  const stored = () => {
    const store = new ScriptedStore(withSettings().entries);
    store.set("portal", "1");
    SETTINGS.write(store, {
      networks: [knownNetwork("Home", SECRETS.wifi), knownNetwork("Office", "office-password")],
      url: SERVICE_URL,
      protocol: "automatic",
    });
    return store;
  };

  life("a new one goes before them", async ({ boot }) => {
    const world = boot({ join: () => undefined }, stored());
    await world.untilState("portal");
    world.fillIn({ ...form, ssid: "New" });
    await world.until(() => world.phase === "done");
    expect(names(world)).toEqual(["New", "Home", "Office"]);
  });

  life("one can be forgotten and another one preferred, by name", async ({ boot }) => {
    const world = boot({}, stored());
    await world.untilState("portal");
    world.fillIn({ ssid: "Office" }, "/prefer");
    expect(SETTINGS.read(world.device.store)?.networks.map(({ preferred }) => preferred)).toEqual([false, true]);
    world.fillIn({ ssid: "Home" }, "/forget");
    expect(names(world)).toEqual(["Office"]);
    world.fillIn({ ssid: "Office" }, "/forget");
    expect(names(world)).toEqual([]);
    await pass(world, 30 * MINUTE);
    expect(world.accessPoint).toBe("ESP32-EEFF");
  });

  life("a full flash is told", async ({ boot }) => {
    const world = boot({}, stored());
    await world.untilState("portal");
    world.store.full = true;
    world.fillIn({ ssid: "Home" }, "/forget");
    expect(world.reason).toBe("storage-full");
    expect(names(world)).toEqual(["Home", "Office"]);
  });
});

life("a scan on request is passive, shows what is new, and one at a time", async ({ boot }) => {
  const world = boot({});
  await world.untilState("portal");
  expect(world.scans).toEqual([{ passive: false }]);
  world.script.networks = [{ ssid: "Fresh", rssi: -40, secured: true }];
  for (let count = 0; count < 3; count++) world.fillIn({}, "/scan");
  const json = new Map([["accept", "application/json"]]);
  const networks = () => JSON.parse(world.visit({ path: "/networks", headers: json }).body);
  expect(networks()).toMatchObject({ scanning: true, networks: [{ ssid: "Home" }] });
  await pass(world, 5 * SECOND);
  expect(networks()).toMatchObject({ scanning: false, networks: [{ ssid: "Fresh" }] });
  expect(world.scans.slice(1)).toEqual([{ passive: true }]);
});

life("forgetting the network in use leaves it, and leaves nothing of it in flash", async ({ boot }) => {
  const store = new ScriptedStore();
  SETTINGS.write(store, {
    networks: [knownNetwork("Home", SECRETS.wifi)],
    url: SERVICE_URL,
    protocol: "automatic",
  });
  const world = boot({ http: () => answer(404, { detail: "who?" }) }, new ScriptedStore(store.entries));
  await world.untilState("portal");
  expect(world.device.wifi.joined).toBe(true);
  world.fillIn({ ssid: "Home" }, "/forget");
  expect(world.device.wifi.joined).toBe(false);
  expect([...world.store.entries.values()].join()).not.toContain(SECRETS.wifi);
  const requests = world.requests.length;
  await pass(world, 60 * MINUTE);
  expect(world.requests.length).toBe(requests);
});

life("forgetting the network that is being tried ends its trial", async ({ boot }) => {
  const world = boot({});
  await world.untilState("portal");
  world.fillIn(form);
  world.fillIn({ ssid: "Home" }, "/forget");
  await pass(world, MINUTE);
  expect([world.phase, storedIn(world), world.restarted]).toEqual(["idle", undefined, false]);
});

life("a network that was tried and not kept is left: the stored one is joined again", async ({ boot }) => {
  const store = new ScriptedStore(withSettings(SERVICE_URL).entries);
  store.set("portal", "1");
  const world = boot({ join: () => undefined }, store);
  await world.untilState("portal");
  const { http } = world.script;
  world.script.http = () => failed("unreachable");
  world.fillIn({ ...form, ssid: "Guest" });
  await world.until(() => world.phase === "failed");
  expect(world.device.wifi.joined).toBe(false);
  world.script.http = http;
  await world.untilState("online");
  expect(world.joins.map(({ ssid }) => ssid)).toEqual(["Guest", "Home"]);
});
