/**
 * The power fails at any step that changes something outside of the device's memory: a flash operation, a request on
 * its way, an answer on its way, a connection to the broker. Twice in a life, at each step, for several seeds.
 */
import type { MqttOptions } from "../../modules/mqtt/mqtt.js";
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
import { ScriptedStore } from "./store.js";
import { type Script, World } from "./world.js";

type Enter = (world: World) => void;
export type Family = "device service" | "xiaozhi";

/** A device, its cloud and its person, over as many starts as the power makes of it. */
class Life {
  readonly #family: Family;
  readonly #random: () => number;
  readonly #entries = new Map<string, string>();
  readonly #activation = new Activation();
  #password = SECRETS.mqtt;
  #cuts: number[];
  #isConfirmed = false;
  #world!: World;
  /** Of the starts that are over. */
  #steps = 0;

  constructor(family: Family, seed: number, cutAtStep: number) {
    this.#family = family;
    let state = seed * 7_919 + cutAtStep;
    this.#random = () => {
      state = (state * 16_807 + 11) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    this.#cuts = cutAtStep ? [cutAtStep, cutAtStep + 1 + Math.floor(this.#random() * 12)] : [];
  }

  /** Of all starts. */
  get steps(): number {
    return this.#steps + (this.#world.isOff ? 0 : this.#world.steps);
  }

  async run(enter: Enter): Promise<void> {
    const isProven = () =>
      this.#isOnlineWith(this.#password) && this.#world.device.journal.stored(this.#url).length === 1;
    await this.#until(enter, isProven, "online");
    // The service gives another password from now on, and the broker takes no other.
    this.#password = "rotated-pass-word";
    this.#activation.settings.password = this.#password;
    this.#world.session?.end({ reason: "connection-lost" });
    await this.#until(enter, isProven, "online with the new password");
  }

  async #until(enter: Enter, isReached: () => boolean, what: string): Promise<void> {
    for (let start = 0; start < 10; start++) {
      if (!this.#world || this.#world.isOff) this.#start(enter);
      const world = this.#world;
      const isBlank = () => world.state === "portal" && !world.device.settings.read();
      await world.until(() => world.isOff || isReached() || isBlank());
      if (!world.isOff && isBlank()) await this.#setUp(world);
      if (world.isOff) this.#steps += world.steps;
      else if (isReached()) return;
    }
    throw new Error(`not ${what}; last: ${JSON.stringify(this.#world.events.slice(-3))}`);
  }

  #start(enter: Enter): void {
    const world = new World(this.#script(), new ScriptedStore(this.#entries));
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
  }

  async #setUp(world: World): Promise<void> {
    if (this.#isConfirmed) throw new Error("what was confirmed to the person is lost");
    world.fillIn({ ssid: "Home", password: SECRETS.wifi, url: this.#url });
    await world.until(() => world.isOff || world.phase === "activating" || world.phase === "done");
    this.#isConfirmed = !world.isOff;
    await world.until(() => world.isOff);
  }

  #isOnlineWith(password: string): boolean {
    const { state, session } = this.#world;
    return state === "online" && session?.options.password.reveal() === password;
  }

  get #url(): string {
    return this.#family === "xiaozhi" ? XIAOZHI_URL : `${SERVICE_URL}/`;
  }

  #script(): Script {
    return {
      ...goodWorld(),
      http:
        this.#family === "xiaozhi"
          ? this.#activation.http
          : deviceService(() => answer(200, deviceInfo(this.#password))),
      broker: ({ password }: MqttOptions) => (password.reveal() === this.#password ? undefined : "broker-credentials"),
    };
  }
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
