/** What of a trial is in flash, and when: the choice of a service, and what the service in use has given. */

import { describe, expect } from "vitest";
import { SETTINGS } from "../../modules/settings/settings.js";
import { life, storedIn, withSettings } from "../lifecycle/support.js";
import { Activation, answer, SECRETS, SERVICE_URL, XIAOZHI_URL } from "../scripted/cloud.js";
import { ScriptedStore } from "../scripted/store.js";
import type { World } from "../scripted/world.js";

const form = { ssid: "Home", password: SECRETS.wifi, url: SERVICE_URL };

describe("the kind of service", () => {
  const asked = () => {
    const store = withSettings();
    store.set("portal", "1");
    return new ScriptedStore(store.entries);
  };
  const protocolOf = (world: World) => SETTINGS.read(world.device.store)?.protocol;

  life("can be changed alone, is what the trial uses, and is shown the next time", async ({ boot }) => {
    const world = boot({}, asked());
    await world.untilState("portal");
    expect(world.visit({}).body).toMatch(/<details>.*<option value="automatic" selected>/);
    world.fillIn({ ...form, password: "", protocol: "device-service" });
    expect(world.visit({ path: "/?change" }).body).toContain('value="device-service" selected');
    await world.until(() => world.phase === "done");
    // Nothing is found out that the person has said.
    expect(world.requests.map(({ method, url }) => [method, url.path])).toEqual([["POST", "/device/info"]]);
    expect([protocolOf(world), storedIn(world)?.password]).toEqual(["device-service", SECRETS.wifi]);
    await world.until(() => world.restarted);
    world.store.set("portal", "1");
    const next = boot({}, new ScriptedStore(world.store.entries));
    await next.untilState("portal");
    expect(next.visit({}).body).toMatch(/<details open>.*<option value="device-service" selected>/);
    // A form without the field, as programs send it.
    next.fillIn({ ...form, password: "" });
    await next.until(() => next.phase === "done");
    expect(protocolOf(next)).toBe("automatic");
  });

  life("that was sent with a mistake elsewhere is not lost, nor is it kept", async ({ boot }) => {
    const world = boot({}, asked());
    await world.untilState("portal");
    const { status, body } = world.fillIn({ ...form, url: "ftp://x", protocol: "activation-v1" });
    expect(status).toBe(422);
    expect(body).toContain('value="activation-v1" selected');
    expect([protocolOf(world), world.phase]).toEqual(["automatic", "idle"]);
  });
});

describe("the configuration in use", () => {
  /** Online once with the device service, and in its portal now. */
  const inUse = (warm: ScriptedStore) => {
    warm.set("portal", "1");
    return new ScriptedStore(warm.entries);
  };
  const storedFor = (world: World, url: string) => world.device.journal.stored(url).length;
  const old = `${SERVICE_URL}/`;

  life("stays while another service is tried, and after that one has refused", async ({ boot, warm }) => {
    const cloud = new Activation();
    const world = boot({ http: cloud.http }, inUse(await warm()));
    await world.untilState("portal");
    world.fillIn({ ...form, url: XIAOZHI_URL });
    await world.until(() => cloud.polls === 1);
    expect([storedIn(world)?.url, storedFor(world, old)]).toEqual([old, 1]);
    await world.until(() => world.phase === "activating");
    // Kept now: its person has seen that it works.
    expect([storedIn(world)?.url, storedFor(world, old)]).toEqual([XIAOZHI_URL, 1]);
    world.script.http = () => answer(409, { error: { code: "ALREADY_ACTIVATED" } });
    await world.until(() => world.phase === "failed");
    expect([storedIn(world)?.url, storedFor(world, old)]).toEqual([old, 1]);
    const next = boot({}, new ScriptedStore(world.store.entries));
    await next.untilState("online");
    expect(next.requests).toHaveLength(0);
  });

  life("goes when the other one's is there", async ({ boot, warm }) => {
    const cloud = new Activation();
    cloud.entered = true;
    const world = boot({ http: cloud.http }, inUse(await warm()));
    await world.untilState("portal");
    world.fillIn({ ...form, url: XIAOZHI_URL });
    await world.until(() => world.phase === "done");
    expect([storedFor(world, old), storedFor(world, XIAOZHI_URL)]).toEqual([0, 1]);
    const { operations } = world.store;
    expect(world.phase).toBe("done");
    expect(world.store.operations, "what is kept is not written again").toBe(operations);
  });
});
