/** Plays rows of the matrix: state, reason, the next request's time, and what is stored. */

import { Secret } from "../../modules/base/secret.js";
import type { HttpRequest } from "../../modules/http/http.js";
import { SETTINGS } from "../../modules/settings/settings.js";
import { answer, deviceInfo, deviceService, goodWorld, SECRETS, SERVICE_URL, XIAOZHI_URL } from "./cloud.js";
import { healthRows, playHealth } from "./health.js";
import { onlineOnce } from "./journeys.js";
import { type Endpoint, type Row, reply, rowsOf, type Wait, waits } from "./matrix.js";
import { ScriptedStore } from "./store.js";
import { pathOf, World } from "./world.js";

type Enter = (world: World) => void;
export type Play = (row: Row, enter: Enter) => Promise<void>;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Nobody looks at the portal for so long before the settings are tried again; it looks every 15 s. */
const QUIET_MS = 2 * MINUTE;
const LOOK_MS = 16_000;

function expect(condition: unknown, what: string, row: Row, world: World): asserts condition {
  if (condition) return;
  const { endpoint, status, shape, outcome } = row;
  const last = JSON.stringify(world.events.slice(-2));
  throw new Error(`${endpoint} ${status} ${shape}, ${JSON.stringify(outcome)}: ${what}; last: ${last}`);
}

/** As the settings have it: with a path. */
const SERVICE = `${SERVICE_URL}/`;

function settingsOf(url: string): ScriptedStore {
  const store = new ScriptedStore();
  const network = { ssid: "Home", password: new Secret(SECRETS.wifi), hidden: false, preferred: false };
  const protocol = url === SERVICE ? "device-service" : "automatic";
  SETTINGS.write(store, { networks: [network], url, protocol });
  return store;
}

const configurationsIn = (world: World, url: string) => world.device.journal.stored(url).length;

/** Everything but the looks at a service's health. */
const asked = (world: World) => world.requests.filter(({ method }) => method === "POST");

async function untilNext(world: World): Promise<{ request: HttpRequest; atMs: number }> {
  const before = asked(world).length;
  await world.until(() => asked(world).length > before);
  return { request: asked(world).at(-1)!, atMs: world.clock.ticksMs() };
}

function within(elapsedMs: number, { fromMs, toMs }: Wait): boolean {
  return elapsedMs >= fromMs && elapsedMs <= toMs;
}

/** A day is thousands of looks at the portal: one body of each status waits for its end, the others for this. */
const PART_OF_DAY_MS = 2 * HOUR;
const WHOLE_DAY: Row["shape"] = "empty";

async function expectNext(row: Row, world: World, failedMs: number, wait: Wait): Promise<void> {
  if (wait.fromMs > PART_OF_DAY_MS && row.shape !== WHOLE_DAY) {
    const before = asked(world).length;
    await world.until(() => world.clock.ticksMs() > failedMs + PART_OF_DAY_MS);
    expect(asked(world).length === before, "asked again within hours", row, world);
    return;
  }
  const { atMs } = await untilNext(world);
  expect(within(atMs - failedMs, wait), `asked again after ${atMs - failedMs} ms`, row, world);
}

/** The first answer that a device without a configuration gets. */
export async function playQuery(row: Row, enter: Enter): Promise<void> {
  const url = row.endpoint === "ota" ? XIAOZHI_URL : SERVICE;
  const http = (request: HttpRequest) => (request.method === "GET" ? answer(404, "") : reply(row));
  const world = new World({ ...goodWorld(), http, broker: () => undefined }, settingsOf(url));
  enter(world);
  world.boot();
  await world.until(() => ["failed", "activating", "online"].includes(world.state ?? ""));
  const { outcome } = row;
  expect(world.state === outcome.kind, `it is ${world.state}`, row, world);
  expect(configurationsIn(world, url) === (outcome.kind === "online" ? 1 : 0), "what is stored", row, world);
  if (outcome.kind === "activating") expect(world.phase === "activating", "no code on the page", row, world);
  if (outcome.kind !== "failed") return;
  const failedMs = world.clock.ticksMs();
  const event = world.events.at(-1);
  expect(event?.state === "failed" && event.reason === outcome.reason, "another reason", row, world);
  if (outcome.wait === "daily") {
    await world.untilState("portal");
    expect(world.reason === outcome.reason, `the page says ${world.reason}`, row, world);
  }
  await expectNext(row, world, failedMs, waits[outcome.wait]);
}

/** The answer that a device gets that is online with what it has. */
export async function playRefresh(row: Row, enter: Enter): Promise<void> {
  if (row.shape.startsWith("password ")) return; // another one is not the same answer
  const warm = await onlineOnce(enter);
  const world = new World({ ...goodWorld(), http: () => reply(row) }, warm);
  enter(world);
  world.boot();
  await untilNext(world);
  const start = world.clock.ticksMs();
  world.clock.after(30 * MINUTE, () => {});
  await world.until(() => world.clock.ticksMs() >= start + 30 * MINUTE);
  const { outcome } = row;
  const state = outcome.kind === "activating" ? "activating" : "online";
  expect(world.state === state, `it is ${world.state}`, row, world);
  expect(configurationsIn(world, SERVICE) === 1, "what is stored", row, world);
  const password = world.device.journal.stored(SERVICE)[0]?.credentials.password.reveal();
  expect(password === SECRETS.mqtt, "another password is stored", row, world);
  if (outcome.kind === "failed") expect(asked(world).length === 1, "asked again within half an hour", row, world);
}

/** How often firmware is asked for where it is wished for all the time; agent/session: FIRMWARE_GAP_MS. */
const COMMAND_MS = 30 * SECOND;
const CHECK_AGAIN: Wait = { fromMs: 3 * MINUTE, toMs: 3 * MINUTE + COMMAND_MS + 5 * SECOND };
/** The service's window: sooner keeps the device locked out. */
const CHECK_AFTER_429: Wait = { fromMs: 5 * MINUTE, toMs: 5 * MINUTE + COMMAND_MS + 5 * SECOND };

/**
 * Somebody wishes for firmware all the time, and the broker's connection breaks in between: the service is left alone
 * for as long as it takes, and the device stays online.
 */
export async function playFirmware(row: Row, enter: Enter): Promise<void> {
  const world = new World(goodWorld(), await onlineOnce(enter));
  enter(world);
  world.boot();
  await world.untilState("online");
  await world.until(() => asked(world).length === 1); // the refresh
  const before = new Map(world.store.entries);
  const checks: number[] = [];
  world.script.http = deviceService((request) => {
    if (pathOf(request) !== "/firmware/check") return answer(200, deviceInfo());
    checks.push(world.clock.ticksMs());
    return reply(row);
  });
  const wish = () => {
    const { state, session, clock } = world;
    if (state === "online")
      session?.options.onMessage({
        topic: "t",
        payload: '{"cmd":"update"}',
        retained: false,
        duplicate: false,
        packetId: undefined,
      });
    clock.after(COMMAND_MS, wish);
  };
  wish();
  world.clock.after(MINUTE + SECOND, () => world.session?.end({ reason: "connection-lost" }));
  const endMs = world.clock.ticksMs() + 6 * MINUTE;
  await world.until(() => world.clock.ticksMs() > endMs);
  const { outcome } = row;
  const isFailed = outcome.kind === "failed";
  const nextMs = nextCheckMs(checks);
  if (isFailed && outcome.wait === "daily") expect(nextMs === undefined, "asked again", row, world);
  else {
    const wait = isFailed && outcome.wait === "limited" ? CHECK_AFTER_429 : CHECK_AGAIN;
    expect(nextMs !== undefined && within(nextMs, wait), `asked again after ${nextMs} ms`, row, world);
  }
  expect(world.state === "online", `it is ${world.state}`, row, world);
  expect(world.offers.length > 0 === (outcome.kind === "offered"), `${world.offers.length} offers`, row, world);
  const failures = world.notes.filter((note) => !/^(control|service): /.test(note));
  const isTold = isFailed ? failures.some((note) => note.startsWith(`${outcome.reason}: `)) : failures.length === 0;
  expect(isTold, `it says ${failures}`, row, world);
  // Beside what it learnt, which is no configuration.
  for (const [key, value] of before)
    if (key.startsWith("credentials")) expect(world.store.entries.get(key) === value, "what is stored", row, world);
}

/** From the first to the next; where one of two forms is refused, both are one check. */
function nextCheckMs([first = 0, ...others]: readonly number[]): number | undefined {
  const next = others.find((atMs) => atMs > first + SECOND);
  return next && next - first;
}

/** The answer to the signed challenge, while the code stands on the page. */
export async function playActivate(row: Row, enter: Enter): Promise<void> {
  const activation = { code: "123456", message: "Enter the code", challenge: "a-challenge", timeout_ms: 3_600_000 };
  const isPoll = (request: HttpRequest) => request.url.path.endsWith("/activate");
  const http = (request: HttpRequest) => (isPoll(request) ? reply(row) : answer(200, { activation }));
  const world = new World({ ...goodWorld(), http }, settingsOf(XIAOZHI_URL));
  enter(world);
  world.boot();
  await world.until(() => asked(world).some(isPoll));
  const startMs = world.clock.ticksMs();
  const { outcome } = row;
  switch (outcome.kind) {
    case "accepted": {
      const next = await untilNext(world);
      expect(!isPoll(next.request) && within(next.atMs - startMs, waits.now), "no query follows", row, world);
      expect(configurationsIn(world, XIAOZHI_URL) === 0, "what is stored", row, world);
      return;
    }
    case "pending": {
      const next = await untilNext(world);
      const waitedMs = next.atMs - startMs - 100; // what the answer takes
      expect(isPoll(next.request), "no poll follows", row, world);
      expect(within(waitedMs, waits[outcome.wait]), `polled again after ${waitedMs} ms`, row, world);
      expect(world.state === "activating", `it is ${world.state}`, row, world);
      return;
    }
    case "failed": {
      await world.until(() => world.events.some((event) => event.state === "portal" && event.reason !== undefined));
      const failedMs = world.clock.ticksMs();
      const event = world.events.at(-1);
      expect(event?.state === "portal" && event.reason === outcome.reason, "another reason", row, world);
      expect(configurationsIn(world, XIAOZHI_URL) === 0, "what is stored", row, world);
      const { fromMs, toMs } = waits[outcome.wait];
      await expectNext(row, world, failedMs, { fromMs, toMs: Math.max(toMs, QUIET_MS) + 2 * LOOK_MS });
      return;
    }
    default:
      await world.until(() => world.restarted);
      expect(configurationsIn(world, XIAOZHI_URL) === 1, "what is stored", row, world);
  }
}

export const plays: Readonly<Record<string, { readonly endpoint: Endpoint; readonly play: Play }>> = {
  matrixDeviceInfo: { endpoint: "device-info", play: playQuery },
  matrixOta: { endpoint: "ota", play: playQuery },
  matrixActivate: { endpoint: "activate", play: playActivate },
  matrixFirmware: { endpoint: "firmware-check", play: playFirmware },
  matrixRefresh: { endpoint: "device-info", play: playRefresh },
};

async function matrixHealth(enter: Enter): Promise<void> {
  for (const name of Object.keys(healthRows)) await playHealth(name, enter);
}

/** The whole table of each, as journeys. */
export const matrixJourneys = {
  ...Object.fromEntries(
    Object.entries(plays).map(([name, { endpoint, play }]) => [
      name,
      async (enter: Enter) => {
        for (const row of rowsOf(endpoint)) await play(row, enter);
      },
    ]),
  ),
  matrixHealth,
};
