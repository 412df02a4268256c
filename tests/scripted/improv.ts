/** The board is set up over its cable, by Improv: the trial, the reasons, and what is asked where there is no portal. */
import type { Build } from "../../agent/device/device.js";
import { COMMAND, ERROR, STATE } from "../../modules/console/improv.js";
import { SETTINGS, type Settings } from "../../modules/settings/settings.js";
import { TOKEN } from "../../provisioning/token.js";
import { type Told, textsOf } from "../improv/frames.js";
import { build, PORTAL } from "./build.js";
import { ScriptedCable } from "./cable.js";
import { Activation, goodWorld, SECRETS, SERVICE_URL, XIAOZHI_URL } from "./cloud.js";
import type { Journey } from "./journeys.js";
import type { Script } from "./script.js";
import { ScriptedStore } from "./store.js";
import { World } from "./world.js";

const PAGE = `http://${PORTAL}/`;
const RIGHT = textsOf("Home", SECRETS.wifi);

/** A world with a client at its cable. */
class Desk {
  readonly cable = new ScriptedCable();
  readonly world: World;

  constructor(
    enter: (world: World) => void,
    script: Partial<Script> = {},
    store?: ScriptedStore,
    says: Partial<Build> = {},
  ) {
    this.world = new World({ ...goodWorld(), ...script }, store);
    const built = { ...build, provisioningUrl: SERVICE_URL, ...says };
    this.world.device = { ...this.world.device, cable: this.cable, build: built };
    enter(this.world);
    this.world.boot();
  }

  /** Asks, and holds what is told until so many answers are there against what has to be told. */
  async expect(what: string, ask: () => void, told: readonly Told[]): Promise<void> {
    ask();
    await this.world.until(() => this.cable.told.length >= told.length);
    const got = JSON.stringify(this.cable.take());
    if (got !== JSON.stringify(told)) throw new Error(`${what}: ${got} in place of ${JSON.stringify(told)}`);
  }

  ask(what: string, command: number, data: Uint8Array | undefined, ...told: readonly Told[]): Promise<void> {
    return this.expect(what, () => this.cable.ask(command, data), told);
  }

  kept(): Settings | undefined {
    return SETTINGS.read(this.world.device.store);
  }
}

function check(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

const state = (code: number): Told => ({ state: code });
const error = (code: number): Told => ({ error: code });
const result = (command: number, ...texts: string[]): Told => ({ result: command, texts });
const address = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

async function overTheCable(enter: (world: World) => void): Promise<void> {
  const cloud = new Activation();
  const desk = new Desk(enter, { http: cloud.http }, undefined, { provisioningUrl: "" });
  const { cable, world } = desk;
  await world.until(() => world.scans.length > 0);
  await desk.ask("settings before the portal is open", COMMAND.wifi, RIGHT, error(ERROR.address));
  check(world.accessPoint !== undefined, "they are answered when it is");
  await desk.ask("state", COMMAND.state, undefined, state(STATE.ready));
  await desk.ask(
    "info",
    COMMAND.info,
    undefined,
    result(COMMAND.info, "esp32-online", "1.0.0", "ESP32-S3", "ESP32-EEFF"),
  );
  await desk.ask(
    ...(["scan", COMMAND.scan, undefined] as const),
    ...[result(COMMAND.scan, "Home", "-50", "YES"), result(COMMAND.scan)],
  );
  check(world.scans.length === 2 && world.scans[1]!.passive, "the phones stay");
  await desk.ask("no address", COMMAND.wifi, RIGHT, error(ERROR.address));
  await desk.ask("a wrong address", COMMAND.address, address("no address"), error(ERROR.address));
  await desk.ask("an address", COMMAND.address, address(XIAOZHI_URL), result(COMMAND.address, XIAOZHI_URL));

  const refused = [error(ERROR.none), state(STATE.provisioning), state(STATE.ready), error(ERROR.wifi)];
  await desk.ask("a wrong password", COMMAND.wifi, textsOf("Home", "not-the-password"), ...refused);
  check(desk.kept() === undefined, "nothing is kept before it works");

  const taken = [error(ERROR.none), state(STATE.provisioning), state(STATE.provisioned), result(COMMAND.wifi, PAGE)];
  await desk.ask("the right one", COMMAND.wifi, RIGHT, ...taken);
  check(world.state === "activating", `a code is wanted: ${world.state}`);
  check(desk.kept()?.url === XIAOZHI_URL && desk.kept()?.networks[0]?.ssid === "Home", "kept once it is seen to work");
  await desk.ask("state", COMMAND.state, undefined, state(STATE.provisioned), result(COMMAND.state, PAGE));
  cloud.entered = true;
  await world.until(() => world.restarted);
  check(cable.told.length === 0, "it was told");

  const second = new World({ ...goodWorld(), http: cloud.http }, world.store);
  enter(second);
  second.boot();
  await second.untilState("online");
}

/** Each failure has its number; the console has its reason. */
async function reasonsByNumber(enter: (world: World) => void): Promise<void> {
  const cases: [what: string, script: Partial<Script>, code: number][] = [
    ["no network of that name", { join: () => "wifi-not-found" }, ERROR.wifi],
    ["no internet", { resolve: () => undefined }, ERROR.internet],
    ["a service that is down", { http: () => ({ ok: false, failure: { reason: "server-error" } }) }, ERROR.service],
    ["a broker that refuses", { broker: () => "broker-credentials" }, ERROR.broker],
  ];
  for (const [what, script, code] of cases) {
    const desk = new Desk(enter, script);
    await desk.world.untilState("portal");
    const told = [error(ERROR.none), state(STATE.provisioning), state(STATE.ready), error(code)];
    await desk.ask(what, COMMAND.wifi, RIGHT, ...told);
    check(desk.kept() === undefined, `${what}: nothing is kept`);
    check(desk.world.notes.length > 0, `${what}: the console has the reason`);
  }
}

/** Online there is no portal: the board restarts into it, where the same is sent once more. */
async function changedLater(enter: (world: World) => void): Promise<void> {
  const store = new ScriptedStore();
  const first = new Desk(enter, {}, store);
  await first.world.untilState("portal");
  await first.world.until(() => first.world.clock.ticksMs() > 60_000);
  check(first.cable.told.length === 0, "nothing comes unasked");
  await first.ask(
    ...(["the settings work", COMMAND.wifi, RIGHT] as const),
    ...[error(ERROR.none), state(STATE.provisioning), state(STATE.provisioned), result(COMMAND.wifi, PAGE)],
  );
  await first.world.until(() => first.world.restarted);

  const networks = [...goodWorld().networks, { ssid: "Café", rssi: -60, secured: false }];
  const join: Script["join"] = (ssid) => (ssid === "Café" || ssid === "Home" ? undefined : "wifi-not-found");
  const second = new Desk(enter, { networks, join }, store);
  await second.world.untilState("online");
  await second.ask("state", COMMAND.state, undefined, state(STATE.provisioned), result(COMMAND.state));
  await second.ask("other settings", COMMAND.wifi, textsOf("Café", ""), error(ERROR.portal));
  await second.world.until(() => second.world.restarted);
  second.cable.ask(COMMAND.state);
  const restartMs = second.world.clock.ticksMs();
  await second.world.until(() => second.world.clock.ticksMs() > restartMs + 500);
  check(second.cable.told.length === 0, "who asks is answered behind the restart");
  check(second.kept()?.networks.length === 1, "nothing is changed by that");
  check(JSON.stringify(second.world.events.at(-1)) === '{"state":"restarting","why":"cable"}', "why it restarts");

  const third = new Desk(enter, { networks, join }, store);
  await third.world.untilState("portal");
  await third.ask(
    ...(["once more", COMMAND.wifi, textsOf("Café", "")] as const),
    ...[error(ERROR.none), state(STATE.provisioning), state(STATE.provisioned), result(COMMAND.wifi, PAGE)],
  );
  check(
    third
      .kept()
      ?.networks.map(({ ssid }) => ssid)
      .join() === "Café,Home",
    "both are kept",
  );
  check(third.kept()?.url.startsWith(SERVICE_URL), "the address stays");
}

/** What is no request is answered as that, and changes nothing. */
async function hostileRequests(enter: (world: World) => void): Promise<void> {
  const desk = new Desk(enter);
  const { cable, world } = desk;
  await world.untilState("portal");
  const bytes = (...values: number[]) => Uint8Array.from(values);
  const hostile: [what: string, data: Uint8Array, code: number][] = [
    ["damaged", bytes(), ERROR.invalid],
    ["lengths that do not agree", bytes(COMMAND.wifi, 9, 1), ERROR.invalid],
    ["a name beyond its data", bytes(COMMAND.wifi, 2, 255, 65), ERROR.invalid],
    ["a name with a NUL", bytes(COMMAND.wifi, 3, 1, 0, 0), ERROR.invalid],
    ["a name that is too long", bytes(COMMAND.wifi, 35, 33, ...new Uint8Array(33).fill(65), 0), ERROR.invalid],
    ["the longest request", bytes(COMMAND.wifi, 253, 251, ...new Uint8Array(251).fill(255), 0), ERROR.invalid],
    ["a command that nobody has", bytes(0x7f, 0), ERROR.unknownCommand],
    ["an address of any bytes", bytes(COMMAND.address, 3, 1, 2, 3), ERROR.address],
    ["an empty address", bytes(COMMAND.address, 0), ERROR.address],
  ];
  for (const [what, data, code] of hostile) await desk.expect(what, () => cable.askWith(data), [error(code)]);
  await desk.ask("state", COMMAND.state, undefined, state(STATE.ready));
  check(world.joins.length === 0 && desk.kept() === undefined, "nothing was tried");
}

/** The build locks the address: it is what counts, whatever is sent. */
async function addressLocked(enter: (world: World) => void): Promise<void> {
  const desk = new Desk(enter, {}, undefined, { provisioningUrlLocked: true });
  await desk.world.untilState("portal");
  await desk.ask("another address", COMMAND.address, address(XIAOZHI_URL), error(ERROR.address));
  desk.cable.ask(COMMAND.wifi, RIGHT);
  await desk.world.until(() => desk.world.restarted);
  check(desk.kept()?.url.startsWith(SERVICE_URL), "the build's address");
}

/** What was tried on the page is nobody's choice at the cable. */
async function addressOfThePage(enter: (world: World) => void): Promise<void> {
  const desk = new Desk(enter);
  const { world } = desk;
  await world.untilState("portal");
  const token = "0123456789abcdef0123456789abcdef";
  const sent = {
    ssid: "Home",
    password: "not-the-password",
    url: XIAOZHI_URL,
    pem: JSON.stringify({ deviceToken: token }),
  };
  world.fillIn(sent);
  await world.until(() => world.joins.length > 0 && world.phase === "failed");
  check(world.visit({}).body.includes('value="claim"'), "the page has what was handed over");
  desk.cable.ask(COMMAND.wifi, RIGHT);
  await world.until(() => desk.cable.told.length >= 4);
  check(desk.kept()?.url.startsWith(SERVICE_URL), "the build's address");
  check(TOKEN.read(world.device.store) === undefined, "nor what was handed over there");
}

export const improvJourneys: Readonly<Record<string, Journey>> = {
  improvOverTheCable: overTheCable,
  improvReasons: reasonsByNumber,
  improvChangedLater: changedLater,
  improvHostile: hostileRequests,
  improvAddressLocked: addressLocked,
  improvAddressOfThePage: addressOfThePage,
};
