/** A certificate of fleet provisioning is replaced, and the power fails at any step of it. In every engine. */
import { isKeyOf } from "modules/tls/certificates-adapter";
import { isEqual } from "../../modules/data/bytes.js";
import { SLOTS } from "../../modules/identity/keystore.js";
import { SETTINGS } from "../../modules/settings/settings.js";
import { Account, CLAIM, ENDPOINT } from "./account.js";
import { goodWorld, SECRETS } from "./cloud.js";
import { type Enter, start, withEveryCut } from "./cuts.js";
import { isMade, ScriptedKeys } from "./keys.js";
import { ScriptedStore } from "./store.js";
import { World } from "./world.js";

const LOST = "may be active, and nobody uses it";
/** A connection is proven. */
const PROVEN_MS = 10_000;
/** The service has been asked, and what was left behind is told. */
const REFRESHED_MS = 6 * 60_000;

export class RotationLife {
  readonly account = new Account({ thing: (serial) => `board_${serial}` });
  readonly entries = new Map<string, string>();
  readonly keys = new ScriptedKeys();
  /** Keys that were made while another one waited. */
  needless = 0;
  readonly said: string[] = [];
  steps = 0;
  #enter: Enter;

  constructor(enter: Enter) {
    this.#enter = enter;
    this.account.deviceConfiguration = { rotationTemplate: "rotation", room: "Hall 1" };
  }

  /** Starts on the flash as it is. @param cutAtStep of all starts together; 0: never */
  boot(cutAtStep = 0): World {
    const { account } = this;
    account.reboot();
    const world: World = new World(
      {
        ...goodWorld(),
        broker: (asked) => account.admit(asked, world.clock.ticksMs()),
        hear: (message) => account.hear(message),
      },
      new ScriptedStore(this.entries),
      { keys: this.keys },
    );
    this.keys.onMake = () => {
      if (SLOTS.some((slot) => world.device.keystore.waitingKey(slot))) this.needless++;
    };
    start(world, this.#enter, cutAtStep, this.steps);
    return world;
  }

  /** From a blank board to a connection that has proven the first certificate. */
  async provision(): Promise<void> {
    const blank = this.boot();
    await blank.untilState("portal");
    const pem = CLAIM!.certificatePem + CLAIM!.keyPem;
    blank.fillIn({ ssid: "Home", password: SECRETS.wifi, url: `mqtts://${ENDPOINT}/fleet`, pem });
    await blank.until(() => blank.restarted);
    await this.online(this.boot());
    // The other template says nothing of it: what was given stays.
    this.account.deviceConfiguration = {};
  }

  /** Until a connection is proven, or the power is off. */
  async online(world: World, forMs = PROVEN_MS): Promise<void> {
    await world.until(() => world.isOff || (world.state === "online" && world.session !== undefined));
    const untilMs = world.clock.ticksMs() + forMs;
    await world.until(() => world.isOff || world.clock.ticksMs() >= untilMs);
  }

  end(world: World): void {
    this.said.push(...world.notes, ...world.events.map((event) => JSON.stringify(event)));
    this.steps += world.steps;
  }
}

export function command(world: World, request: object): void {
  const { options } = world.session!;
  options.onMessage({
    topic: options.subscribe[0]!,
    payload: JSON.stringify(request),
    ...{ retained: false, duplicate: false, packetId: undefined },
  });
}

export const leafInUse = (world: World): Uint8Array => world.session!.options.identity!()!.chain[0]!;
export const keyInUse = (world: World): Uint8Array => world.session!.options.identity!()!.key;

async function live(enter: Enter, cutAtStep: number): Promise<number> {
  const life = new RotationLife(enter);
  await life.provision();
  const { account } = life;
  const first = account.issued[0]!.leaf;
  for (let starts = 0; starts < 6; starts++) {
    const world = life.boot(cutAtStep);
    await life.online(world, starts > 0 ? REFRESHED_MS : PROVEN_MS);
    if (!world.isOff && isEqual(leafInUse(world), first)) {
      command(world, { cmd: "rotate" });
      await world.until(() => world.isOff || world.state !== "online");
      if (!world.isOff) await life.online(world);
    }
    life.end(world);
    if (world.isOff) continue;
    check(life, world, first);
    return life.steps;
  }
  throw new Error("never online");
}

function check({ account, said, needless }: RotationLife, world: World, first: Uint8Array): void {
  const { clientId } = world.session!.options;
  const leaf = leafInUse(world);
  if (isEqual(leaf, first)) throw new Error("not rotated");
  const isNew = isMade(keyInUse(world)) && !isKeyOf(keyInUse(world), first);
  if (!isNew || needless > 0) throw new Error("not a new key of the device's own, or one too many");
  if (!clientId.startsWith("board_")) throw new Error(`the thing's name is lost: ${clientId}`);
  const { keystore, store, journal } = world.device;
  if (keystore.has("slot0") && keystore.has("slot1")) throw new Error("the former certificate is still there");
  const [kept] = journal.stored(SETTINGS.read(store)!.url);
  if (kept?.deviceConfiguration?.room !== "Hall 1") throw new Error("deviceConfiguration is lost");
  const lost = account.active.filter((one) => !isEqual(one.leaf, leaf) && !isEqual(one.leaf, first));
  if (lost.length > 1) throw new Error(`${lost.length} certificates lost`);
  const all = said.join("\n");
  for (const { id } of lost) if (!all.includes(`${id} ${LOST}`)) throw new Error("lost without a word");
  if (/secret-token|-----BEGIN/.test(all)) throw new Error("a secret was told");
  if (account.tooSoon > 0) throw new Error("connected twice in a second");
}

/** Every cut of a rotation. @returns how many there are */
function rotationWithCuts(enter: Enter): Promise<number> {
  return withEveryCut("rotation", 0, (cutAtStep) => live(enter, cutAtStep));
}

export const rotationJourneys = { rotationWithCuts };
