/** What ends the machine at each start, and the safe state, in which an operator mends it. */

import { Board, offerOf } from "./board.js";
import { answer, deviceInfo, deviceService, goodWorld } from "./cloud.js";
import { FileServer } from "./file-server.js";
import { makeImage } from "./image.js";
import { onlineOnce } from "./journeys.js";
import { ScriptedStore } from "./store.js";
import { World } from "./world.js";

type Enter = (world: World) => void;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const CRASHES = 5;
const CONTROL = "devices/550e/control";
const NEW = "2.0.0";

function expect(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

/** What ends the machine in each full start. */
const poisons: Readonly<Record<string, (world: World) => void>> = {
  "its application, as it begins": (world) => {
    world.device.application = { onStart: () => world.cutNow() };
  },
  "its application, as it is read": (world) => {
    world.device.application = {
      read: () => {
        world.cutNow();
        return { n: 1 };
      },
    };
  },
  "what waits in its flash": (world) => {
    const { store } = world;
    const get = store.get.bind(store);
    store.get = (key) => {
      if (key.startsWith("slot")) world.cutNow();
      return get(key);
    };
  },
};

/** Of the state `safe`, as the console has them. */
export function toldOf(world: World): { retryMs?: number; broker?: string; reason?: string }[] {
  return world.events.flatMap((event) => (event.state === "safe" ? [event] : []));
}

/** For an operator. */
export function isSafelyOnline(world: World): boolean {
  return toldOf(world).some(({ broker }) => broker !== undefined);
}

/** The start after five crashes in a row. */
async function crashed(enter: Enter, store: ScriptedStore, poison: (world: World) => void): Promise<World> {
  let world = startOn(enter, store, "power-on", poison);
  for (let n = 0; n < CRASHES; n++) {
    await world.until(() => world.isOff);
    expect(world.clock.ticksMs() < 8 * SECOND, `crash ${n} after ${world.clock.ticksMs()} ms`);
    world = startOn(enter, world.store, "panic", poison);
  }
  return world;
}

function startOn(
  enter: Enter,
  { entries }: ScriptedStore,
  resetReason: string,
  prepare: (world: World) => void,
): World {
  const world = new World(goodWorld(), new ScriptedStore(entries), { resetReason });
  enter(world);
  prepare(world);
  world.boot();
  return world;
}

/** @returns the device's answer */
export async function ask(world: World, cmd: string): Promise<Record<string, unknown>> {
  const id = `${cmd} ${world.clock.ticksMs()}`;
  const message = { topic: CONTROL, retained: false, duplicate: false, packetId: undefined };
  world.session!.options.onMessage({ ...message, payload: JSON.stringify({ cmd, id }) });
  const find = () => world.published.find(({ payload }) => payload.includes(`"id":"${id}"`));
  await world.until(() => world.isOff || find() !== undefined);
  return JSON.parse(find()?.payload ?? "{}") as Record<string, unknown>;
}

/** It goes in full once an hour, and one crash leads back. */
async function goesOnAsBefore(poison: (world: World) => void, enter: Enter): Promise<void> {
  const first = await crashed(enter, await onlineOnce(enter), poison);
  await first.until(() => first.isOff || isSafelyOnline(first));
  await first.until(() => first.isOff);
  const livedMs = first.clock.ticksMs();
  expect(livedMs > HOUR && livedMs < 1.25 * HOUR + MINUTE, `it was safe for ${livedMs} ms`);
  expect(first.requests.length === 0, "it asks its service by itself");
  const isStatus = ({ payload }: { payload: string }) => (JSON.parse(payload) as { safe?: boolean }).safe === true;
  expect(first.published.length > 50 && first.published.every(isStatus), "it says its status, and nothing else");
  const second = startOn(enter, first.store, "panic", poison);
  await second.until(() => second.isOff || isSafelyOnline(second));
  expect(second.clock.ticksMs() < 10 * SECOND, "one crash more leads to the safe state at once");
  second.cutNow();
}

async function safeAgainAndAgain(enter: Enter): Promise<void> {
  for (const [name, poison] of Object.entries(poisons))
    await goesOnAsBefore(poison, enter).catch((error: Error) => {
      throw new Error(`${name}: ${error.message}`);
    });
}

/** Firmware whose application ends the machine: an operator sends other firmware by the command `update`. */
async function safeUntilMended(enter: Enter): Promise<void> {
  const image = makeImage({ version: NEW, sizeBytes: 14_000 });
  const board = new Board(new Map((await onlineOnce(enter)).entries), new FileServer(image));
  const { urls, sha256 } = offerOf(image, NEW);
  const found = { update_available: true, latest_version: NEW, download_url: urls[0], checksum: sha256 };
  const isCheck = (path: string) => path.endsWith("/firmware/check");
  board.script = { http: deviceService(({ url: { path } }) => answer(200, isCheck(path) ? found : deviceInfo())) };
  const start = (reset: "power-on" | "panic" | "software") => {
    const world = board.start(reset)!;
    enter(world);
    if (board.version !== NEW) world.device.application = { onStart: () => world.cutNow() };
    return world;
  };
  let world = start("power-on");
  for (let crashes = 0; crashes < CRASHES; crashes++) {
    await world.until(() => world.isOff);
    world = start("panic");
  }
  const safe = world;
  await safe.until(() => safe.isOff || safe.session !== undefined);
  await safe.until(() => safe.isOff || safe.clock.ticksMs() > 10 * MINUTE);
  expect(!safe.isOff && safe.requests.length === 0, "no update by itself");
  const { ok, result } = await ask(safe, "update");
  expect(ok === true && (result as { state: string }).state === "downloading", `update: ${JSON.stringify(result)}`);
  await safe.until(() => safe.isOff);
  expect(safe.restarted, "the new firmware is in place");
  const next = start("software");
  expect(board.version === NEW, `it runs ${board.version}`);
  await next.untilState("online");
  await next.until(() => next.isOff || next.clock.ticksMs() > 10 * MINUTE);
  expect(next.state === "online" && next.device.updates.status?.state === "updated", "it is online in full");
  expect(next.store.get("starts") === undefined, "nothing is held against it");
}

export const safeJourneys = { safeAgainAndAgain, safeUntilMended };
