/** Journeys that hold in every engine: they throw where the device does not do what it should. */

import { failed } from "../../modules/base/failure.js";
import { SETTINGS } from "../../modules/settings/settings.js";
import { PORTAL } from "./build.js";
import { Activation, answer, deviceInfo, goodWorld, SECRETS, SERVICE_URL, XIAOZHI_URL } from "./cloud.js";
import { ScriptedStore } from "./store.js";
import { hmacVectors } from "./vectors.js";
import { World } from "./world.js";

/** What goes on turn by turn. */
export interface Playable {
  /** Called when no promise is pending. */
  turn(): void;
  /** From here on the heap holds what it held. */
  readonly isSteady?: boolean;
}

export type Journey = (enter: (played: Playable) => void) => Promise<void>;

function expect(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

async function fromBlankToOnline(enter: (world: World) => void): Promise<void> {
  const cloud = new Activation();
  const script = { ...goodWorld(), http: cloud.http };
  const first = new World(script);
  enter(first);
  first.boot();
  await first.untilState("portal");
  expect(first.accessPoint === "ESP32-EEFF", `access point ${first.accessPoint}`);
  expect(first.visit({ host: "captive.apple.com" }).headers.location === `http://${PORTAL}/`, "redirect");
  expect(first.visit({}).body.includes("Home"), "the scan's networks on the page");
  const sent = first.fillIn({ ssid: "Home", password: SECRETS.wifi, url: XIAOZHI_URL });
  expect(sent.status === 303, `sent: ${sent.status}`);
  expect(SETTINGS.read(first.device.store) === undefined, "nothing is kept before it works");
  await first.until(() => first.phase === "activating");
  expect(
    SETTINGS.read(first.device.store)?.networks[0]?.ssid === "Home",
    "kept once the person has seen that it works",
  );
  expect(
    first
      .visit({})
      .body.replace(/<\/?span>/g, "")
      .includes(cloud.code),
    "the code is on the page",
  );
  cloud.entered = true;
  await first.until(() => first.phase === "done");
  await first.until(() => first.restarted);

  const second = new World(script, first.store);
  enter(second);
  second.boot();
  await second.untilState("online");
  expect(second.published.length === 0, "nobody behind the gateway listens: it would answer goodbye");
  expect(!second.session!.options.will && second.broker.cleared.length === 0, "the gateway knows neither");
  second.session?.options.onMessage({
    topic: "devices/p2p/aa_bb",
    payload: '{"cmd":"ping","id":7}',
    retained: false,
    duplicate: false,
    packetId: undefined,
  });
  await second.until(() =>
    second.published.some(({ payload }) => payload.includes('"pong"') && payload.includes('"id":7')),
  );
}

/** The power fails while the code waits for its person: the next start goes on with a code of its own. */
async function powerFailsAtTheCode(enter: (world: World) => void): Promise<void> {
  const cloud = new Activation();
  const first = new World({ ...goodWorld(), http: cloud.http });
  enter(first);
  first.boot();
  await first.untilState("portal");
  first.fillIn({ ssid: "Home", password: SECRETS.wifi, url: XIAOZHI_URL });
  await first.until(() => first.phase === "activating");
  const second = new World(first.script, new ScriptedStore(first.store.entries));
  enter(second);
  second.boot();
  await second.untilState("activating");
  expect(second.phase === "activating", "the page has the code");
  cloud.entered = true;
  await second.until(() => second.restarted);
  const third = new World(first.script, new ScriptedStore(second.store.entries));
  enter(third);
  third.boot();
  await third.untilState("online");
}

async function warmBoot(enter: (world: World) => void): Promise<void> {
  const world = new World(goodWorld(), await onlineOnce(enter));
  enter(world);
  world.boot();
  await world.untilState("online");
  expect(world.requests.length === 0, "straight to the broker");
  await world.until(() => world.requests.length === 1);
  expect(world.state === "online", "the refresh changes nothing");
}

/** The store of a device that was online once. */
export async function onlineOnce(enter: (world: World) => void, script = goodWorld()): Promise<ScriptedStore> {
  const first = new World(script);
  enter(first);
  first.boot();
  await first.untilState("portal");
  first.fillIn({ ssid: "Home", password: SECRETS.wifi, url: SERVICE_URL });
  await first.until(() => first.restarted);
  const second = new World(script, first.store);
  enter(second);
  second.boot();
  await second.untilState("online");
  await second.until(() => second.store.get("starts") === undefined);
  return new ScriptedStore(second.store.entries);
}

async function outages(enter: (world: World) => void): Promise<void> {
  const world = new World(goodWorld(), await onlineOnce(enter));
  enter(world);
  world.boot();
  await world.untilState("online");
  world.session?.end(failed("connection-lost").failure);
  await world.untilState("online", 2);
  expect(
    world.events.some((event) => event.state === "offline" && event.reason === "connection-lost"),
    "broker lost",
  );
  world.loseWiFi();
  await world.untilState("online", 3);
  expect(
    world.events.some((event) => event.state === "offline" && event.reason === "wifi-lost"),
    "Wi-Fi lost",
  );
}

/** A wrong password: the page says so at once, nothing is lost, and the right one brings the device online. */
async function wrongPassword(enter: (world: World) => void): Promise<void> {
  const world = new World(goodWorld(), await onlineOnce(enter));
  enter(world);
  world.script.join = () => "wifi-password";
  world.boot();
  await world.untilState("portal");
  expect(world.visit({}).body.includes("password is wrong"), "the page says why it is open");
  expect(!world.visit({}).body.includes(SECRETS.wifi), "no password on the page");
  const form = { ssid: "Home", url: SERVICE_URL };
  expect(world.fillIn({ ...form, password: "" }).status === 422, "a refused password is not kept");
  expect(world.fillIn({ ...form, password: "wrong one" }).status === 303, "sent");
  await world.until(() => world.phase === "failed");
  expect(world.visit({}).body.includes("password is wrong"), "the page says what happened");
  const kept = SETTINGS.read(world.device.store)?.networks[0];
  expect(kept?.password.reveal() === SECRETS.wifi, "what does not work takes nothing's place");
  world.script.join = goodWorld().join;
  world.fillIn({ ...form, password: SECRETS.wifi });
  await world.until(() => world.phase === "done");
  await world.until(() => world.restarted);
  const next = new World(goodWorld(), world.store);
  enter(next);
  next.boot();
  await next.untilState("online");
}

/** The broker takes no credentials any more; the service gives new ones after a while. */
async function newCredentials(enter: (world: World) => void): Promise<void> {
  const service = { password: SECRETS.mqtt };
  const script = {
    ...goodWorld(),
    http: () => answer(200, deviceInfo(service.password)),
    broker: ({ password }: { password: { reveal(): string } }) =>
      password.reveal() === "fresh" ? undefined : ("broker-credentials" as const),
  };
  const world = new World(script, await onlineOnce(enter));
  enter(world);
  world.boot();
  await world.untilState("offline", 5);
  expect(world.requests.length >= 4, "the service is asked");
  service.password = "fresh";
  await world.untilState("online");
}

/** A code that nobody enters expires; the next one is entered. */
async function codeExpires(enter: (world: World) => void): Promise<void> {
  const cloud = new Activation();
  const world = new World({ ...goodWorld(), http: cloud.http });
  enter(world);
  world.boot();
  await world.untilState("portal");
  world.fillIn({ ssid: "Home", password: SECRETS.wifi, url: XIAOZHI_URL });
  await world.untilState("activating", 5);
  expect(world.accessPoint !== undefined, "the page has the code as long as one is waited for");
  cloud.entered = true;
  await world.until(() => world.restarted);
  const next = new World(world.script, world.store);
  enter(next);
  next.boot();
  await next.untilState("online");
}

export const journeys: Readonly<Record<string, Journey>> = {
  fromBlankToOnline,
  powerFailsAtTheCode,
  warmBoot,
  outages,
  wrongPassword,
  newCredentials,
  codeExpires,
  hmacVectors,
};
