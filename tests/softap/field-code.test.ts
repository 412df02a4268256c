/** A device that has its settings, and is asked for a code: the portal shows it, whoever comes by. */

import { describe, expect, test } from "vitest";
import { Secret } from "../../modules/base/secret.js";
import { SETTINGS } from "../../modules/settings/settings.js";
import type { Activation as Code } from "../../provisioning/protocol.js";
import type { Service } from "../../provisioning/service.js";
import { Setup } from "../../softap/setup.js";
import { knownNetwork, life, MINUTE, pass, SECOND, statesOf, storedIn, withSettings } from "../lifecycle/support.js";
import { Activation, answer, deviceInfo, goodWorld, SECRETS, SERVICE_URL, XIAOZHI_URL } from "../scripted/cloud.js";
import { play } from "../scripted/play.js";
import { ScriptedStore } from "../scripted/store.js";
import { World } from "../scripted/world.js";

const json = new Map([["accept", "application/json"]]);
const statusOf = (world: World) => JSON.parse(world.visit({ path: "/status", headers: json }).body) as object;

life("the code is there as soon as the portal is, without another join or look-up", async ({ boot }) => {
  const cloud = new Activation();
  const names: string[] = [];
  const resolve = (name: string) => {
    names.push(name);
    return "192.0.2.7";
  };
  const world = boot({ http: cloud.http, resolve }, withSettings(XIAOZHI_URL));
  await world.untilState("portal");
  expect(statusOf(world)).toMatchObject({ phase: "activating", ssid: "Home", shown: { code: cloud.code } });
  expect(statesOf(world).slice(-3)).toEqual(["provisioning", "portal", "activating"]);
  expect(world.displayed).toEqual([cloud.code]);
  await world.until(() => cloud.polls > 2);
  expect([world.joins.length, names]).toEqual([1, []]);
  const page = world.visit({ path: "/?change" }).body;
  expect(page).toMatch(/id="ssid"[^>]* value="Home".*placeholder="unchanged".*value="http:\/\/cloud\.example\.com/s);
});

life("entered, it is told, and what came of it is kept: nothing is left to do after the restart", async ({ boot }) => {
  const cloud = new Activation();
  const world = boot({ http: cloud.http }, withSettings(XIAOZHI_URL));
  await world.untilState("portal");
  const settings = world.store.get("settings1");
  expect(settings).toContain("Home");
  cloud.entered = true;
  await world.until(() => world.displayed.length > 1);
  const acceptedMs = world.clock.ticksMs();
  // Nobody looks.
  await world.until(() => world.restarted);
  expect(world.clock.ticksMs() - acceptedMs).toBe(5 * SECOND);
  expect(world.displayed).toEqual([cloud.code, undefined]);
  expect([world.store.get("settings0"), world.store.get("settings1")]).toEqual([undefined, settings]);
  const next = boot({ broker: goodWorld().broker }, world.store);
  await next.untilState("online");
  expect(next.requests).toHaveLength(0);
});

life("is waited for as long as it takes, each new one shown once", async ({ boot }) => {
  const codes = ["111111", "111111", "222222"];
  let queries = 0;
  const world = boot(
    {
      http: ({ method, url }) => {
        if (url.path.endsWith("/activate")) return answer(202, "");
        if (method === "POST") queries++;
        const code = codes[queries - 1] ?? "333333";
        return answer(200, { activation: { code, challenge: `challenge-${queries}`, timeout_ms: 60_000 } });
      },
    },
    withSettings(XIAOZHI_URL),
  );
  await world.untilState("activating", 4);
  await pass(world, 30 * MINUTE);
  expect(world.phase).toBe("activating");
  expect(world.displayed).toEqual(["111111", "222222", "333333"]);
  expect(statesOf(world).filter((state) => state === "portal")).toHaveLength(1);
});

describe("what goes wrong is on the page, and the settings stay", () => {
  life("a refusal", async ({ boot }) => {
    const cloud = new Activation();
    const world = boot({ http: cloud.http }, withSettings(XIAOZHI_URL));
    await world.untilState("portal");
    world.script.http = () => answer(409, { error: { code: "ALREADY_ACTIVATED" } });
    await world.until(() => world.phase === "failed");
    expect(statusOf(world)).toMatchObject({ failure: { reason: "activated-elsewhere" }, kept: true });
    expect(storedIn(world)).toEqual({ ssid: "Home", password: SECRETS.wifi, url: XIAOZHI_URL });
    expect(world.events.at(-1)).toMatchObject({ state: "portal", reason: "activated-elsewhere" });
    expect(world.displayed).toEqual([cloud.code, undefined]);
    expect(world.device.wifi.joined).toBe(true);
  });

  for (const [when, isShown] of [
    ["while the portal opens", false],
    ["while the code is waited for", true],
  ] as const)
    life(`the network is lost ${when}; it goes on by itself`, async ({ boot }) => {
      const cloud = new Activation();
      const world = boot({ http: cloud.http }, withSettings(XIAOZHI_URL));
      await world.until(() => (isShown ? cloud.polls === 2 : world.scans.length === 1));
      world.loseWiFi();
      await world.untilState("portal", 2);
      expect(statusOf(world)).toMatchObject({ phase: "failed", failure: { reason: "wifi-lost" }, kept: true });
      expect(world.displayed).toEqual(isShown ? [cloud.code, undefined] : []);
      await world.untilState("portal", 3);
      expect(world.phase).toBe("activating");
    });
});

life("other settings take its place: nobody is asked for it any more", async ({ boot }) => {
  const cloud = new Activation();
  const other = "other.example.com";
  const http = (request: Parameters<typeof cloud.http>[0]) =>
    request.url.host === other ? answer(200, deviceInfo()) : cloud.http(request);
  const world = boot({ http }, withSettings(XIAOZHI_URL));
  await world.until(() => cloud.polls === 2);
  world.fillIn({ ssid: "Home", password: "", url: other });
  expect(world.displayed).toEqual([cloud.code, undefined]);
  await world.until(() => world.restarted);
  expect(storedIn(world)).toEqual({ ssid: "Home", password: SECRETS.wifi, url: `http://${other}/` });
  expect([cloud.polls <= 3, world.displayed.length]).toEqual([true, 2]);
  expect(world.device.journal.stored(`http://${other}/`)).toHaveLength(1);
});

life(
  "the network that the device is in is the one on the page, and not the one that was set up last",
  async ({ boot }) => {
    const store = new ScriptedStore();
    const networks = [knownNetwork("Attic", "attic-password"), knownNetwork("Home", SECRETS.wifi)];
    SETTINGS.write(store, { networks, url: XIAOZHI_URL, protocol: "activation-v2" });
    const world = boot({ http: new Activation().http }, new ScriptedStore(store.entries));
    await world.untilState("activating");
    expect(statusOf(world)).toMatchObject({ ssid: "Home", url: XIAOZHI_URL });
    expect(world.visit({ path: "/?change" }).body).toContain('value="activation-v2" selected');
  },
);

const code: Code = { code: "123456", message: "m", url: "u", challenge: "secret-challenge", timeoutMs: 60_000 };

test("ends with the portal, whatever the service does then", () =>
  play(async (enter) => {
    const world = new World(goodWorld());
    enter(world);
    const { device } = world;
    const network = knownNetwork("Home", SECRETS.wifi);
    await device.wifi.join({ ssid: "Home", password: new Secret(SECRETS.wifi), timeoutMs: 1 });
    let answered!: () => void;
    const service: Partial<Service> = {
      activate: () =>
        new Promise((resolve) => {
          answered = () => resolve({ ok: false, failure: { reason: "timeout" } });
        }),
      diagnose: () => Promise.reject(new Error("nobody reads it")),
    };
    const failures: unknown[] = [];
    const setup = new Setup(
      {
        ...device,
        io: device,
        showCode: (shown) => device.display?.showCode(shown),
        serviceAt: () => service as Service,
        pending: { settings: { networks: [network], url: SERVICE_URL, protocol: "automatic" }, activation: code },
        failure: undefined,
        ...{ onKept() {}, onRetry() {}, quotes: () => true },
      },
      { onFailed: (failure) => failures.push(failure) },
    );
    expect([setup.isBusy, world.displayed]).toEqual([false, []]);
    setup.begin();
    expect([setup.isBusy, setup.status.phase, world.displayed]).toEqual([true, "activating", ["123456"]]);
    expect(JSON.stringify([setup.status, world.events])).not.toContain(code.challenge);
    setup.close();
    expect([setup.isBusy, world.displayed, device.wifi.joined]).toEqual([false, ["123456", undefined], true]);
    answered();
    await pass(world, MINUTE);
    expect([failures, world.displayed.length]).toEqual([[], 2]);
  }));
