/**
 * A certificate in use and a newer one that no connection has proven: the power fails at any step. Nothing that is
 * stored ever names a certificate that is not there, and in the end there is one. In every engine.
 */

import { Secret } from "../../modules/base/secret.js";
import { isEqual } from "../../modules/data/bytes.js";
import { SLOTS, type SlotId } from "../../modules/identity/keystore.js";
import { SETTINGS } from "../../modules/settings/settings.js";
import type { ClientIdentity } from "../../modules/tls/client-identity.js";
import { CLAIM } from "../../provisioning/claim.js";
import { checkConfiguration } from "../../provisioning/configuration.js";
import type { Journal } from "../../provisioning/journal.js";
import { goodWorld, SECRETS } from "./cloud.js";
import { type Enter, start, withEveryCut } from "./cuts.js";
import { recordsIn } from "./records.js";
import { ScriptedStore } from "./store.js";
import { World } from "./world.js";

const URL = "mqtts://x-ats.iot.y/fleet";
const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const identity = (number: number): ClientIdentity => ({
  chain: [Uint8Array.of(0x30, 0, number)],
  key: Uint8Array.of(0x30, 1, number),
});
const [USED, NEWER] = [identity(1), identity(2)];

/** Which of the two the broker lets in, how it refuses the other, and what is named in the end. */
const brokers = {
  slotsNewerWorks: { good: NEWER, refusal: "broker-closed", end: ["slot1"] },
  slotsNewerIsRefused: { good: USED, refusal: "broker-credentials", end: ["slot0"] },
  // It may be let in later: it has its turn again after the next start.
  slotsNewerIsClosed: { good: USED, refusal: "broker-closed", end: ["slot1", "slot0"] },
} as const;

function configurationWith(certificate: SlotId) {
  const { value } = checkConfiguration({
    credentials: {
      ...{ host: "x-ats.iot.y", port: 8883, tls: true, clientId: certificate, certificate },
      ...{ username: undefined, password: undefined, topics: {}, qos: 1 },
    },
  }) as { value: Parameters<Journal["keep"]>[1] };
  return value;
}

/** As it is right after the newer one has come. */
function flash(): Map<string, string> {
  const store = new ScriptedStore();
  const { journal, keystore } = recordsIn(store, new ScriptedStore());
  const network = { ssid: "Home", password: new Secret(SECRETS.wifi), hidden: false, preferred: false };
  SETTINGS.write(store, { networks: [network], url: URL, protocol: "automatic" });
  CLAIM.write(store, { certificate: "AAAA", key: new Secret("BBBB") });
  keystore.write("slot0", USED);
  journal.keep(URL, configurationWith("slot0"));
  keystore.write(journal.freeSlot(), NEWER);
  journal.keep(URL, configurationWith("slot1"));
  return store.entries;
}

/** @returns the steps of the whole life */
async function live(enter: Enter, name: keyof typeof brokers, cutAtStep: number): Promise<number> {
  const { good, refusal, end } = brokers[name];
  const entries = flash();
  let steps = 0;
  for (let starts = 0; starts < 4; starts++) {
    const world = new World(
      {
        ...goodWorld(),
        broker: ({ identity: asked }) => {
          const leaf = asked?.()?.chain[0];
          if (!leaf) throw new Error("connects without a certificate");
          return isEqual(leaf, good.chain[0]!) ? undefined : refusal;
        },
      },
      new ScriptedStore(entries),
    );
    const step = world.store.onOperation;
    world.store.onOperation = () => {
      checkNames(entries);
      return step();
    };
    start(world, enter, cutAtStep, steps);
    let provenMs = Number.POSITIVE_INFINITY;
    const isProven = () => {
      if (world.state !== "online") provenMs = Number.POSITIVE_INFINITY;
      else provenMs = Math.min(provenMs, world.clock.ticksMs() + 10 * SECOND);
      return world.clock.ticksMs() >= provenMs;
    };
    world.clock.after(HOUR, () => {});
    await world.until(() => world.isOff || isProven() || world.clock.ticksMs() >= HOUR);
    steps += world.steps;
    if (world.isOff) continue;
    if (!isProven()) throw new Error(`not online: ${JSON.stringify(world.events.slice(-3))}`);
    checkEnd(entries, end);
    return steps;
  }
  throw new Error("never online");
}

function checkNames(entries: Map<string, string>): void {
  const { journal, keystore } = recordsIn(new ScriptedStore(entries), new ScriptedStore());
  for (const slot of journal.slots()) if (!keystore.has(slot)) throw new Error(`${slot} is named and not there`);
}

function checkEnd(entries: Map<string, string>, end: readonly SlotId[]): void {
  const store = new ScriptedStore(entries);
  const { journal, keystore } = recordsIn(store, new ScriptedStore());
  const names = JSON.stringify(journal.slots());
  if (names !== JSON.stringify(end)) throw new Error(`the journal names ${names}`);
  for (const slot of SLOTS)
    if (keystore.has(slot) !== end.includes(slot)) throw new Error("what nobody names is still in flash");
  if (CLAIM.read(store)) throw new Error("the spent claim is still in flash");
}

/** Every cut of a life. @returns how many there are */
export function slotsWithCuts(enter: Enter, name: keyof typeof brokers): Promise<number> {
  return withEveryCut(name, 0, (cutAtStep) => live(enter, name, cutAtStep));
}

export const slotsLives = Object.keys(brokers) as (keyof typeof brokers)[];
export const slotsJourneys: Readonly<Record<string, (enter: Enter) => Promise<number>>> = Object.fromEntries(
  slotsLives.map((name) => [name, (enter: Enter) => slotsWithCuts(enter, name)]),
);
