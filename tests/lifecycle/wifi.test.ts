import { describe, expect } from "vitest";
import type { Reason } from "../../modules/base/failure.js";
import { answer, SECRETS, SERVICE_URL } from "../scripted/cloud.js";
import { HOUR, life, MINUTE, pass, reasonsOf, statesOf, storedIn, withSettings } from "./support.js";

describe("a wrong password", () => {
  life("opens the portal, which says so, and loses nothing that is stored", async ({ boot }) => {
    const world = boot({}, withSettings(SERVICE_URL, "Home", "wrong-password"));
    await world.untilState("portal");
    expect(statesOf(world)).toEqual(["connecting", "portal"]);
    expect(reasonsOf(world, "portal")).toEqual(["wifi-password"]);
    const page = world.visit({}).body;
    expect(page).toContain('data-reason="wifi-password"');
    expect(page).toContain('value="Home"');
    expect(page).not.toContain("wrong-password");
    expect(storedIn(world)).toEqual({ ssid: "Home", password: "wrong-password", url: `${SERVICE_URL}` });
  });

  life("that was mended in the portal brings the device online", async ({ boot }) => {
    const world = boot({}, withSettings(SERVICE_URL, "Home", "wrong-password"));
    await world.untilState("portal");
    expect(world.fillIn({ ssid: "Home", password: SECRETS.wifi, url: SERVICE_URL }).status).toBe(303);
    await world.until(() => world.restarted);
    const again = boot({}, world.store);
    await again.untilState("online");
  });
});

describe("while the portal is open", () => {
  const router = { isUp: false };
  const join = (): Reason | undefined => (router.isUp ? undefined : "wifi-not-found");

  life("the stored network is tried again and again, as long as nobody is there", async ({ boot }) => {
    router.isUp = false;
    const world = boot({ join }, withSettings());
    await world.untilState("portal");
    await pass(world, HOUR);
    expect(world.state).toBe("portal");
    expect(world.accessPoint).toBe("ESP32-EEFF");
    expect(world.joins.length).toBeGreaterThan(20);
    expect(world.joins.length).toBeLessThan(150);
    router.isUp = true;
    await world.untilState("online");
    expect(world.accessPoint).toBeUndefined();
    expect(world.restarted).toBe(false);
  });

  life("nothing is tried while a phone uses the page; afterwards it is", async ({ boot }) => {
    router.isUp = false;
    const world = boot({ join }, withSettings());
    await world.untilState("portal");
    const before = world.joins.length;
    router.isUp = true;
    for (let visits = 0; visits < 60; visits++) {
      world.visit({ path: "/status" });
      await pass(world, 20_000);
    }
    expect(world.joins.length).toBe(before);
    expect(world.state).toBe("portal");
    await pass(world, 15 * MINUTE);
    expect(world.joins.length).toBe(before + 1);
    await world.untilState("online");
  });

  life("a phone that only lies there, with its system's probes, keeps nobody from trying", async ({ boot }) => {
    router.isUp = false;
    const world = boot({ join }, withSettings());
    await world.untilState("portal");
    router.isUp = true;
    const probe = () => {
      if (world.accessPoint) world.visit({ host: "connectivitycheck.gstatic.com", path: "/generate_204" });
      world.clock.after(MINUTE, probe);
    };
    probe();
    await world.untilState("online");
    expect(world.clock.ticksMs()).toBeLessThan(12 * MINUTE);
  });

  life("what somebody else tried does not keep it from the stored network", async ({ boot }) => {
    router.isUp = false;
    const disabled = () => answer(403, { detail: "disabled" });
    const world = boot({ join: (ssid) => (ssid === "Guest" ? undefined : join()) }, withSettings());
    await world.untilState("portal");
    const { http } = world.script;
    world.script.http = disabled;
    world.fillIn({ ssid: "Guest", password: "guest-password", url: SERVICE_URL });
    await world.until(() => world.phase === "failed");
    world.script.http = http;
    router.isUp = true;
    await world.untilState("online");
    expect(world.clock.ticksMs()).toBeLessThan(20 * MINUTE);
  });

  life("without stored settings nothing is tried", async ({ boot }) => {
    const world = boot({});
    await world.untilState("portal");
    await pass(world, HOUR);
    expect([world.joins.length, world.state]).toEqual([0, "portal"]);
  });
});

life("a network that is gone while online leads to the portal, and back when it returns", async ({ boot, warm }) => {
  const router = { isUp: true };
  const world = boot({ join: () => (router.isUp ? undefined : "wifi-not-found") }, await warm());
  await world.untilState("online");
  router.isUp = false;
  world.loseWiFi();
  await world.untilState("portal");
  expect(reasonsOf(world, "offline")).toEqual(["wifi-lost"]);
  await pass(world, 10 * MINUTE);
  router.isUp = true;
  await world.untilState("online", 2);
  expect(world.accessPoint).toBeUndefined();
});

life("full storage: the page says so, what was stored stays, and the portal goes on", async ({ boot }) => {
  const world = boot(
    { join: () => undefined },
    withSettings(SERVICE_URL, "Home", "stored-password"),
    (device) => void device.store.entries.set("portal", "1"),
  );
  await world.untilState("portal");
  world.store.full = true;
  expect(world.fillIn({ ssid: "Other", password: "other-password", url: SERVICE_URL }).status).toBe(303);
  await world.until(() => world.phase === "failed");
  expect(world.visit({}).body).toContain('data-reason="storage-full"');
  expect(storedIn(world)).toMatchObject({ ssid: "Home", password: "stored-password" });
  await pass(world, 10_000);
  expect([world.restarted, world.accessPoint]).toEqual([false, "ESP32-EEFF"]);
  world.store.full = false;
  world.fillIn({ ssid: "Other", password: "other-password", url: SERVICE_URL });
  await world.until(() => world.phase === "done");
  await world.until(() => world.restarted);
  expect(storedIn(world)).toMatchObject({ ssid: "Other" });
});
