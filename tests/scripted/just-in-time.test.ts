import { expect, test } from "vitest";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { Secret } from "../../modules/base/secret.js";
import { SETTINGS } from "../../modules/settings/settings.js";
import { SECRETS } from "./cloud.js";
import { ENDPOINT, JustInTimeAccount, justInTimeLives, justInTimeWithCuts, worldOf } from "./just-in-time.js";
import { play } from "./play.js";
import { ScriptedStore } from "./store.js";

installGlobals();

const HOUR = 3_600_000;

test.each(justInTimeLives)("%s: the power may fail anywhere", (name) =>
  play(async (enter) => {
    // Flash operations and connections.
    expect(await justInTimeWithCuts(enter, name)).toBeGreaterThanOrEqual(8);
  }),
);

function withSettings(): Map<string, string> {
  const store = new ScriptedStore();
  const network = { ssid: "Home", password: new Secret(SECRETS.wifi), hidden: false, preferred: false };
  SETTINGS.write(store, { networks: [network], url: `mqtts://${ENDPOINT}`, protocol: "automatic" });
  return store.entries;
}

test.each([
  ["an authority that the account does not know", undefined],
  ["a certificate that nobody activates for hours", 5 * HOUR],
] as const)("%s: quick tries at first, then slow ones, and the person is told", (_name, delayMs) =>
  play(async (enter) => {
    const account = new JustInTimeAccount(delayMs);
    const world = worldOf(account, withSettings());
    enter(world);
    world.boot();
    await world.until(() => world.events.some(({ state }) => state === "failed"));
    expect(world.events.at(-1)).toMatchObject({ state: "failed", reason: "not-registered" });
    const gaps = account.connects.slice(1).map((at, index) => at - account.connects[index]!);
    expect(account.connects).toHaveLength(6);
    for (const [index, gap] of gaps.entries()) {
      const leastMs = Math.min(60_000, 3_000 * 2 ** index);
      // The pause, and what a refused connection takes.
      expect(gap).toBeGreaterThanOrEqual(leastMs);
      expect(gap).toBeLessThanOrEqual(1.5 * leastMs + 1_500);
    }
    expect(world.notes.join("\n")).toContain("it is registered, or pending");
    await world.until(() => world.state === "portal");
    expect(world.reason).toBe("not-registered");
    world.clock.after(2 * HOUR, () => {});
    await world.until(() => world.clock.ticksMs() > 2 * HOUR);
    // A series of six, then pauses of up to an hour.
    const late = account.connects.filter((at) => at > HOUR);
    expect(late.length).toBeLessThanOrEqual(24);
    world.clock.after(6 * HOUR, () => {});
    await world.until(() => world.clock.ticksMs() > 8 * HOUR);
    expect(world.state === "online").toBe(delayMs !== undefined);
  }),
);

test("who was let in does not knock again: neither after a restart, nor while online", () =>
  play(async (enter) => {
    const account = new JustInTimeAccount(0);
    const entries = withSettings();
    const first = worldOf(account, entries);
    enter(first);
    first.boot();
    await first.untilState("online");
    account.reboot();
    const world = worldOf(account, entries);
    enter(world);
    world.boot();
    await world.untilState("online");
    world.clock.after(48 * HOUR, () => {});
    await world.until(() => world.clock.ticksMs() > 48 * HOUR);
    expect(account.connects).toHaveLength(1);
    expect(world.state).toBe("online");
  }));

test("without the factory's certificate there is nothing to try", () =>
  play(async (enter) => {
    const account = new JustInTimeAccount(0);
    const entries = withSettings();
    const world = worldOf(account, entries);
    world.device = { ...world.device, keystore: { ...world.device.keystore, read: () => undefined } };
    enter(world);
    world.boot();
    await world.until(() => world.state === "portal");
    expect([world.reason, account.connects]).toEqual(["no-identity", []]);
  }));
