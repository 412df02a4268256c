/** What a display is told of a trial that needs a code. */
import { expect } from "vitest";
import { life, pass, SECOND } from "../lifecycle/support.js";
import { Activation, answer, SECRETS, XIAOZHI_URL } from "../scripted/cloud.js";
import type { World } from "../scripted/world.js";

const form = { ssid: "Home", password: SECRETS.wifi };

life("a code is shown once, and cleared once it was accepted", async ({ boot }) => {
  const cloud = new Activation();
  const world = boot({ http: cloud.http });
  await world.untilState("portal");
  world.fillIn({ ...form, url: XIAOZHI_URL });
  await world.until(() => cloud.polls === 2);
  expect(world.displayed).toEqual([cloud.code]);
  cloud.entered = true;
  await world.until(() => world.restarted);
  expect(world.displayed).toEqual([cloud.code, undefined]);
});

for (const [how, act] of [
  ["refused", (world) => (world.script.http = () => answer(409, { error: { code: "ALREADY_ACTIVATED" } }))],
  ["replaced by other settings", (world) => world.fillIn({ ...form, url: "http://127.0.0.1" })],
  ["forgotten with its network", (world) => world.fillIn({ ssid: "Home" }, "/forget")],
  ["left without a network", (world) => world.loseWiFi()],
] as [string, (world: World) => unknown][])
  life(`a code is cleared where it is ${how}`, async ({ boot }) => {
    const cloud = new Activation();
    const world = boot({ http: cloud.http });
    await world.untilState("portal");
    world.fillIn({ ...form, url: XIAOZHI_URL });
    await world.until(() => cloud.polls === 1);
    act(world);
    await pass(world, 10 * SECOND);
    expect(world.displayed).toEqual([cloud.code, undefined]);
  });
