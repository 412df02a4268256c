/** Lives of a scripted device under vitest. */

import { test } from "vitest";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { Secret } from "../../modules/base/secret.js";
import { SETTINGS } from "../../modules/settings/settings.js";
import type { KnownNetwork } from "../../modules/wifi/wifi.js";
import { goodWorld, SECRETS, SERVICE_URL } from "../scripted/cloud.js";
import { onlineOnce } from "../scripted/journeys.js";
import { play } from "../scripted/play.js";
import type { Script } from "../scripted/script.js";
import { ScriptedStore } from "../scripted/store.js";
import { World, type WorldOptions } from "../scripted/world.js";

installGlobals();

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export interface Stage {
  /** A device that boots on this flash (nothing on it when left out), after `prepare` has seen it. */
  boot(script: Partial<Script>, store?: ScriptedStore, prepare?: (world: World) => void, options?: WorldOptions): World;
  /** The flash of a device that was online once with the device service. */
  warm(): Promise<ScriptedStore>;
}

/** A life, as a test. */
export function life(name: string, run: (stage: Stage) => Promise<void>): void {
  test(name, () =>
    play((enter) =>
      run({
        boot(script, store, prepare, options) {
          const world = new World({ ...goodWorld(), ...script }, store, options);
          enter(world);
          prepare?.(world);
          world.boot();
          return world;
        },
        warm: () => onlineOnce(enter),
      }),
    ),
  );
}

/** The start after the fifth crash in a row. */
export function safeStart(
  { boot }: Stage,
  { entries }: ScriptedStore,
  script: Partial<Script> = {},
  prepare?: (world: World) => void,
  options: WorldOptions = {},
): World {
  const store = new ScriptedStore(new Map(entries).set("starts", "cpppp"));
  return boot(script, store, prepare, { resetReason: "panic", ...options });
}

/** The start that follows on the same flash. */
export function startAfter({ boot }: Stage, { store: { entries } }: World, resetReason = "software"): World {
  return boot({}, new ScriptedStore(entries), undefined, { resetReason });
}

/** The flash of a device whose settings were saved, and that has not been online yet. */
export function withSettings(
  url = SERVICE_URL,
  ssid = "Home",
  password = SECRETS.wifi,
  protocol = "automatic",
): ScriptedStore {
  const store = new ScriptedStore();
  SETTINGS.write(store, { networks: [knownNetwork(ssid, password)], url, protocol });
  return new ScriptedStore(store.entries);
}

export function knownNetwork(ssid: string, password: string, change: Partial<KnownNetwork> = {}): KnownNetwork {
  return { ssid, password: new Secret(password), hidden: false, preferred: false, ...change };
}

/** What is stored now; of the networks the first. */
export function storedIn(world: World): { ssid: string; password: string; url: string } | undefined {
  const settings = SETTINGS.read(world.store);
  const network = settings?.networks[0];
  return settings && network && { ssid: network.ssid, password: network.password.reveal(), url: settings.url };
}

export function pass(world: World, durationMs: number): Promise<void> {
  const endMs = world.clock.ticksMs() + durationMs;
  world.clock.after(durationMs, () => {});
  return world.until(() => world.clock.ticksMs() >= endMs);
}

export function statesOf(world: World): string[] {
  return world.events.map(({ state }) => state);
}

/** The reasons of the events of this state. */
export function reasonsOf(world: World, state: "failed" | "offline" | "portal"): (string | undefined)[] {
  return world.events.flatMap((event) => (event.state === state && "reason" in event ? [event.reason] : []));
}

/** The longest run of `times` within a minute of each other. */
export function mostInAMinute(times: readonly number[]): number {
  return Math.max(0, ...times.map((start) => times.filter((time) => time >= start && time < start + MINUTE).length));
}
