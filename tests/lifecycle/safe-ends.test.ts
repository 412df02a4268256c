/** Ways out of the safe state, and the state without what it could connect with. */

import { describe, expect } from "vitest";
import { answer, deviceInfo, deviceService } from "../scripted/cloud.js";
import { isSafelyOnline, toldOf } from "../scripted/safe.js";
import { ScriptedStore } from "../scripted/store.js";
import {
  HOUR,
  life,
  MINUTE,
  pass,
  SECOND,
  safeStart,
  startAfter,
  statesOf,
  storedIn,
  withSettings,
} from "./support.js";

describe("without what it could connect with", () => {
  life("no credentials: nothing is open and nobody is asked for an hour", async (stage) => {
    const world = safeStart(stage, withSettings(), { http: deviceService(() => answer(200, deviceInfo())) });
    await pass(world, HOUR - MINUTE);
    expect([world.accessPoint, world.joins, world.requests, statesOf(world)]).toEqual([
      ...[undefined, [], []],
      ["safe", "safe"],
    ]);
    await world.untilState("online");
  });

  life("no settings: the portal opens by the button, or after the hour", async (stage) => {
    const world = safeStart(stage, new ScriptedStore());
    await pass(world, HOUR - MINUTE);
    expect([world.accessPoint, statesOf(world)]).toEqual([undefined, ["safe", "safe"]]);
    await world.untilState("portal");
    const pressed = safeStart(stage, new ScriptedStore());
    await pass(pressed, SECOND);
    pressed.button.onWish?.("portal");
    await pressed.until(() => pressed.restarted);
    const next = startAfter(stage, pressed);
    await next.untilState("portal");
    expect(statesOf(next)).not.toContain("safe");
  });
});

describe("out of the safe state", () => {
  life("the button opens the portal, and nothing is lost", async (stage) => {
    const world = safeStart(stage, await stage.warm());
    await world.until(() => isSafelyOnline(world));
    world.button.onWish?.("portal");
    await world.until(() => world.restarted);
    const next = startAfter(stage, world);
    await next.untilState("portal");
    expect(storedIn(next)).toMatchObject({ ssid: "Home" });
  });

  life("the button resets", async (stage) => {
    const world = safeStart(stage, await stage.warm());
    await world.untilState("safe");
    world.button.onWish?.("reset");
    await world.until(() => world.restarted);
    const next = startAfter(stage, world);
    await next.untilState("portal");
    expect(storedIn(next)).toBeUndefined();
  });

  life("the power switched off and on leads to a full start", async (stage) => {
    const world = safeStart(stage, await stage.warm());
    await world.untilState("safe");
    const next = startAfter(stage, world, "power-on");
    await next.untilState("online");
    expect(statesOf(next)).not.toContain("safe");
  });

  life("a crash of its own within a minute is paused for, a later one is not", async (stage) => {
    const world = safeStart(stage, await stage.warm());
    await world.until(() => isSafelyOnline(world));
    const early = startAfter(stage, world, "panic");
    await early.untilState("safe");
    expect(toldOf(early)[0]!.retryMs).toBeGreaterThan(MINUTE);
    await pass(early, toldOf(early)[0]!.retryMs! + MINUTE + SECOND);
    const late = startAfter(stage, early, "panic");
    await late.untilState("safe");
    expect(toldOf(late)[0]!.retryMs).toBe(0);
  });
});
