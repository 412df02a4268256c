/**
 * The power fails at any step that changes something outside of the device's memory: a flash operation, a request on
 * its way, an answer on its way, a connection to the broker. Twice in a life, at each step, for several seeds. In that
 * life the service and the broker make trouble, and after a cut the service may be gone: what has worked and still
 * works must bring the device online without it.
 */

import { failed, type Reason } from "../../modules/base/failure.js";
import type { MqttOptions } from "../../modules/mqtt/mqtt.js";
import { SETTINGS } from "../../modules/settings/settings.js";
import {
  Activation,
  answer,
  deviceInfo,
  deviceService,
  goodWorld,
  SECRETS,
  SERVICE_URL,
  XIAOZHI_URL,
} from "./cloud.js";
import type { Script } from "./script.js";
import { ScriptedStore } from "./store.js";
import { World } from "./world.js";

type Enter = (world: World) => void;
export type Family = "device service" | "xiaozhi";

/** What a device connects with, as far as the troubles differ in it. */
interface Access {
  readonly host: string;
  readonly password: string;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DEAD_HOST = "gone.example.com";
/** The service gives something that the broker takes alone, that it refuses, or that leads nowhere; or all are refused. */
const TROUBLES = ["set up", "new password", "wrong password", "dead broker", "nobody let in"] as const;
type Trouble = (typeof TROUBLES)[number];
/** After these there is nothing in flash that works, or nothing yet. */
const NEEDS_SERVICE: ReadonlySet<Trouble> = new Set<Trouble>(["set up", "new password"]);
/** What is refused is told so in CONNACK, or let in and dropped a moment later. */
type Refusal = "at once" | "later";
const LATER_MS = 1_000;
/** How long the service is gone after a cut: longer than the device may take where it does not need it. */
const GONE_MS = { needed: HOUR, other: 24 * HOUR };
/** How long a start may take where something works: the refresh comes within minutes. */
const LIMIT_MS = 30 * MINUTE;
/** Beyond the end of what keeps everybody offline: pauses have grown meanwhile. */
const RECOVERY_MS = 2 * HOUR;
const NOBODY_MS = 10 * MINUTE;

/** A device, its cloud and its person, over as many starts as the power makes of it. */
class Life {
  readonly #family: Family;
  readonly #random: () => number;
  readonly #entries = new Map<string, string>();
  readonly #activation = new Activation();
  readonly #troubles: Trouble[];
  readonly #ofSeed: () => number;
  #trouble: Trouble = "set up";
  #refusal: Refusal = "at once";
  /** What the broker takes, and what the service gives. */
  #right: Access = { host: "mqtt.example.com", password: SECRETS.mqtt };
  #given = this.#right;
  /** The device has come to the broker with what the service gives, or would have. */
  #isTried = false;
  #cuts: number[];
  #isConfirmed = false;
  #world: World | undefined;
  /** In the clock of this start. */
  #goneUntilMs = 0;
  /** Of the starts that are over. */
  #steps = 0;

  constructor(family: Family, seed: number, cutAtStep: number) {
    this.#family = family;
    // The troubles are the seed's alone: each step of the same life gets its cut.
    this.#ofSeed = randomNumbers(seed * 7_919);
    this.#troubles = shuffled(TROUBLES.slice(1), this.#ofSeed);
    this.#activation.configuration = { retry_attempts: 1 + Math.floor(this.#ofSeed() * 3) };
    this.#random = randomNumbers(seed * 7_919 + cutAtStep);
    this.#cuts = cutAtStep ? [cutAtStep, cutAtStep + 1 + Math.floor(this.#random() * 12)] : [];
  }

  /** Of all starts. */
  get steps(): number {
    return this.#steps + (this.#world?.steps ?? 0);
  }

  async run(enter: Enter): Promise<void> {
    await this.#until(enter, "online");
    for (const trouble of this.#troubles) {
      this.#begin(trouble);
      await this.#until(enter, "over");
      this.#end();
      await this.#until(enter, "online from flash alone");
    }
  }

  /** With a start: it asks the service soon. */
  #begin(trouble: Trouble): void {
    this.#end();
    this.#trouble = trouble;
    this.#refusal = this.#ofSeed() < 0.5 ? "at once" : "later";
    this.#isTried = false;
    if (trouble === "new password") this.#right = { ...this.#right, password: "rotated-pass-word" };
    const given: Partial<Record<Trouble, Partial<Access>>> = {
      "wrong password": { password: "wrong-pass-word" },
      "dead broker": { host: DEAD_HOST },
    };
    this.#given = { ...this.#right, ...given[trouble] };
    const { settings } = this.#activation;
    settings.password = this.#given.password;
    settings.endpoint = `${this.#given.host}:1883`;
  }

  /** The start is over; what is in flash stays. */
  #end(): void {
    this.#steps += this.#world?.steps ?? 0;
    this.#world = undefined;
  }

  async #until(enter: Enter, what: "online" | "over" | "online from flash alone"): Promise<void> {
    let isCut = false;
    for (let start = 0; start < 10; start++) {
      const isAlone = what === "online from flash alone";
      const world: World = this.#world ?? this.#start(enter, isAlone, isCut);
      const limitMs = this.#limitMs(isAlone);
      const isLate = () => world.clock.ticksMs() > limitMs;
      const isReached = () => (isAlone ? this.#isOnline(world) : this.#isOver(world, isCut));
      const isBlank = () => world.state === "portal" && !SETTINGS.read(world.device.store);
      await world.until(() => world.isOff || isReached() || isBlank() || isLate());
      if (!world.isOff && isBlank()) await this.#setUp(world);
      else if (!world.isOff && isReached()) return;
      else if (!world.isOff) break;
      isCut ||= !world.restarted;
      this.#end();
    }
    const last = JSON.stringify(this.#world?.events.slice(-3));
    throw new Error(`${this.#trouble}, refused ${this.#refusal}: not ${what}; last: ${last}`);
  }

  #start(enter: Enter, isAlone: boolean, isCut: boolean): World {
    const world = new World(this.#script(), new ScriptedStore(this.#entries));
    const isGone = isAlone || (this.#mayBeGone(isCut, world) && this.#random() < 0.5);
    const isNeeded = NEEDS_SERVICE.has(this.#trouble) && !isAlone;
    this.#goneUntilMs = isGone ? GONE_MS[isNeeded ? "needed" : "other"] : 0;
    world.answerMs = 10 + Math.floor(this.#random() * 3_000);
    const cut = this.#cuts.find((step) => step > this.#steps);
    world.cutAtStep = cut === undefined ? 0 : cut - this.#steps;
    this.#world = world;
    enter(world);
    world.boot();
    // Whoever has the device enters every code some time after it is shown.
    this.#activation.entered = false;
    world.clock.after(this.#random() * 90_000, () => {
      this.#activation.entered = true;
    });
    return world;
  }

  /** A person who sets the device up does so while the service is there. */
  #mayBeGone(isCut: boolean, { device }: World): boolean {
    return this.#trouble === "nobody let in" || (isCut && SETTINGS.read(device.store) !== undefined);
  }

  #limitMs(isAlone: boolean): number {
    if (this.#trouble === "nobody let in") return NOBODY_MS + RECOVERY_MS;
    const isNeeded = !isAlone && NEEDS_SERVICE.has(this.#trouble);
    return isNeeded && this.#goneUntilMs ? this.#goneUntilMs + RECOVERY_MS : LIMIT_MS;
  }

  async #setUp(world: World): Promise<void> {
    if (this.#isConfirmed) throw new Error("what was confirmed to the person is lost");
    world.fillIn({ ssid: "Home", password: SECRETS.wifi, url: this.#url });
    await world.until(() => world.isOff || world.phase === "activating" || world.phase === "done");
    this.#isConfirmed = !world.isOff;
    await world.until(() => world.isOff);
  }

  /** After a cut the device need not have seen the trouble. */
  #isOver(world: World, isCut: boolean): boolean {
    if (!this.#isOnline(world)) return false;
    return NEEDS_SERVICE.has(this.#trouble)
      ? world.device.journal.stored(this.#url).length === 1
      : this.#isTried || isCut;
  }

  #isOnline({ state, session }: World): boolean {
    return state === "online" && session !== undefined && isWith(session.options, this.#right);
  }

  get #url(): string {
    return this.#family === "xiaozhi" ? XIAOZHI_URL : `${SERVICE_URL}/`;
  }

  #script(): Script {
    const given = this.#given;
    const service =
      this.#family === "xiaozhi" ? this.#activation.http : deviceService(() => answer(200, deviceInfoOf(given)));
    return {
      ...goodWorld(),
      http: (request) => (this.#ticksMs < this.#goneUntilMs ? failed("unreachable") : service(request)),
      broker: (options) => this.#connect(options),
    };
  }

  #connect(options: MqttOptions): Reason | undefined {
    if (isWith(options, this.#given)) this.#isTried = true;
    if (options.host === DEAD_HOST) return "unreachable";
    const isNobodyLetIn = this.#trouble === "nobody let in" && this.#ticksMs < NOBODY_MS;
    if (isWith(options, this.#right) && !isNobodyLetIn) return undefined;
    if (this.#refusal === "at once") return "broker-credentials";
    const world = this.#world!;
    world.clock.after(LATER_MS, () => {
      if (world.session?.options === options) world.session.end({ reason: "broker-closed" });
    });
    return undefined;
  }

  get #ticksMs(): number {
    return this.#world!.clock.ticksMs();
  }
}

function deviceInfoOf({ host, password }: Access): object {
  const info = deviceInfo(password) as { mqtt_config: object };
  return { ...info, mqtt_config: { ...info.mqtt_config, broker: host } };
}

function isWith({ host, password }: MqttOptions, access: Access): boolean {
  return host === access.host && password.reveal() === access.password;
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0]!);
}

/** Lehmer's; seeds that follow each other start far apart. */
export function randomNumbers(seed: number): () => number {
  let state = (seed * 1_103_515_245) % 2_147_483_647;
  return () => {
    state = (state * 16_807 + 11) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** @returns the steps of the whole life, and with that how many cuts there are to try */
export async function live(enter: Enter, family: Family, seed: number, cutAtStep: number): Promise<number> {
  const life = new Life(family, seed, cutAtStep);
  try {
    await life.run(enter);
  } catch (error) {
    throw new Error(`${family}, seed ${seed}, cut at ${cutAtStep}: ${(error as Error).message}`);
  }
  return life.steps;
}

/** Every cut of a life. @returns how many there are */
export async function livesWithCuts(enter: Enter, family: Family, seed: number): Promise<number> {
  let cut = 1;
  while ((await live(enter, family, seed, cut)) >= cut) cut++;
  return cut - 1;
}

/** One seed of each family: bare XS takes its time. */
export const powerJourneys = {
  powerFailsDeviceService: (enter: Enter) => livesWithCuts(enter, "device service", 1),
  powerFailsXiaozhi: (enter: Enter) => livesWithCuts(enter, "xiaozhi", 1),
};
