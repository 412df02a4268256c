/** Networks that are joined and lead nowhere. */
import { describe, expect } from "vitest";
import { failed } from "../../modules/base/failure.js";
import { SETTINGS } from "../../modules/settings/settings.js";
import { goodWorld, SECRETS, SERVICE_URL } from "../scripted/cloud.js";
import type { ScriptedStore } from "../scripted/store.js";
import type { World } from "../scripted/world.js";
import { HOUR, knownNetwork, life, MINUTE, pass, reasonsOf, type Stage, withSettings } from "./support.js";

const NAMES = ["Home", "Office", "Cellar"];
const inRange = (...ssids: string[]) => ssids.map((ssid, index) => ({ ssid, rssi: -50 - index, secured: true }));

function knowing(store: ScriptedStore, ...ssids: string[]): ScriptedStore {
  const networks = ssids.map((ssid) => knownNetwork(ssid, SECRETS.wifi));
  SETTINGS.write(store, { networks, url: SERVICE_URL, protocol: "automatic" });
  return store;
}

const joined = (world: World) => world.wifi.status().ssid;
const joinsOf = (world: World) => world.joins.map(({ ssid }) => ssid);

/** Something answers behind these networks only. */
function leading(boot: Stage["boot"], store: ScriptedStore, known: readonly string[], answering: string[]): World {
  const good = goodWorld();
  const leads = () => answering.includes(joined(world));
  const world: World = boot(
    {
      networks: inRange(...known),
      join: () => undefined,
      broker: (options) => (leads() ? good.broker(options) : "name-unknown"),
      http: (request) => (leads() ? good.http(request) : failed("name-unknown")),
      resolve: () => (leads() ? "192.0.2.7" : undefined),
    },
    knowing(store, ...known),
  );
  return world;
}

describe("a network in which nothing answers for minutes", () => {
  life("is left for another known one, and the device comes online there", async ({ boot, warm }) => {
    const world = leading(boot, await warm(), ["Home", "Office"], ["Office"]);
    await world.untilState("online");
    expect(joinsOf(world)).toEqual(["Home", "Office"]);
    expect(world.clock.ticksMs()).toBeGreaterThan(3 * MINUTE);
    expect(world.clock.ticksMs()).toBeLessThan(10 * MINUTE);
  });

  life("comes back where the others lead nowhere either, each in turn", async ({ boot, warm }) => {
    const answering: string[] = [];
    const world = leading(boot, await warm(), NAMES, answering);
    await world.until(() => world.joins.length >= 4);
    expect(joinsOf(world)).toEqual([...NAMES, "Home"]);
    answering.push("Home");
    await world.untilState("online");
    expect(joined(world)).toBe("Home");
  });

  life("does not make the pauses shorter", async ({ boot, warm }) => {
    const world = leading(boot, await warm(), NAMES, []);
    await pass(world, 6 * HOUR);
    expect(reasonsOf(world, "offline").length).toBeLessThan(200);
    expect(world.joins.length).toBeGreaterThan(20);
  });

  life("is stayed in where no other one is known", async ({ boot, warm }) => {
    const world = leading(boot, await warm(), ["Home"], []);
    await pass(world, HOUR);
    expect(joinsOf(world)).toEqual(["Home"]);
  });

  life("is joined again at once where no other one is in range", async ({ boot, warm }) => {
    const answering: string[] = [];
    const world = leading(boot, await warm(), ["Home", "Office"], answering);
    world.script.networks = inRange("Home");
    await pass(world, HOUR);
    expect(new Set(joinsOf(world))).toEqual(new Set(["Home"]));
    answering.push("Home");
    await world.untilState("online");
  });

  life("also before the device has ever been online: the portal goes on with another one", async ({ boot }) => {
    const world = leading(boot, withSettings(), ["Home", "Office"], ["Office"]);
    await world.untilState("online");
    expect(joined(world)).toBe("Office");
    expect(world.clock.ticksMs()).toBeLessThan(20 * MINUTE);
  });
});

life("a broker that refuses is no silence: the network stays", async ({ boot, warm }) => {
  const world = boot(
    { networks: inRange("Home", "Office"), join: () => undefined, broker: () => "broker-busy" },
    knowing(await warm(), "Home", "Office"),
  );
  await pass(world, HOUR);
  expect(joinsOf(world)).toEqual(["Home"]);
});
