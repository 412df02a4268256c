/**
 * Fleet provisioning, from a blank board to messages of its permanent identity: the power fails at any step that changes
 * something outside of the device's memory. In every engine.
 */

import { isEqual } from "../../modules/data/bytes.js";
import { SLOTS } from "../../modules/identity/keystore.js";
import { Account, type AccountOptions, CLAIM, CSR, ENDPOINT } from "./account.js";
import { goodWorld, SECRETS } from "./cloud.js";
import { type Enter, getsOnline, start, withEveryCut } from "./cuts.js";
import { isInFlash, isMade, keyOfRequest, ScriptedKeys } from "./keys.js";
import { ScriptedStore } from "./store.js";
import { World } from "./world.js";

const form = {
  ...{ ssid: "Home", password: SECRETS.wifi, url: `mqtts://${ENDPOINT}/fleet?Location=Hall+1` },
  pem: CLAIM!.certificatePem + CLAIM!.keyPem,
};
const LOST = "may be active, and nobody uses it";

/** What accounts are like. */
export const accounts: Readonly<Record<string, Partial<AccountOptions>>> = {
  fleetThingIsSerial: {},
  fleetThingHasAnotherName: { thing: (serial) => `board_${serial}` },
  fleetTokensDieWithConnections: { thing: (serial) => `board_${serial}`, tokensOutliveConnections: false },
  fleetWithoutThing: { thing: () => undefined },
  fleetCsrNotSubscribed: { csr: "subscription" },
  fleetCsrNotPublished: { csr: "publication", tokensOutliveConnections: false },
  fleetCsrRejected: { csr: "rejection" },
  fleetCsrAlone: { create: "subscription" },
};

/** @returns the steps of the whole life, and with that how many cuts there are to try */
async function live(enter: Enter, options: Partial<AccountOptions>, cutAtStep: number): Promise<number> {
  const account = new Account(options);
  // What people write into a template: the rest of it counts all the same.
  account.deviceConfiguration = { place: "Hall 1", more: { list: [null, "}]"] }, none: null, long: "x".repeat(300) };
  const entries = new Map<string, string>();
  const said: string[] = [];
  const keys = new ScriptedKeys();
  const faults: string[] = [];
  let steps = 0;
  for (let starts = 0; starts < 8; starts++) {
    account.reboot();
    const world: World = new World(
      {
        ...goodWorld(),
        broker: (asked) => account.admit(asked, world.clock.ticksMs()),
        hear(message) {
          const request = message.topic === CSR && JSON.parse(message.payload).certificateSigningRequest;
          if (request && !isInFlash(request, world.device.keystore)) faults.push("asks for a key that is not in flash");
          return account.hear(message);
        },
      },
      new ScriptedStore(entries),
      { keys },
    );
    keys.onMake = () => {
      if (SLOTS.some((slot) => entries.has(slot))) faults.push("a key is in flash, and another one is made");
    };
    start(world, enter, cutAtStep, steps);
    const isOnline = await getsOnline(world, form);
    said.push(...world.notes, ...world.events.map((event) => JSON.stringify(event)));
    steps += world.steps;
    if (!isOnline) continue;
    check(account, said.join("\n"), world);
    checkKeys(account, keys, world, cutAtStep);
    if (faults.length > 0) throw new Error(faults.join());
    const [kept] = world.device.journal.stored(`mqtts://${ENDPOINT}/fleet?Location=Hall+1`);
    if (cutAtStep === 0 && JSON.stringify(kept?.deviceConfiguration) !== '{"place":"Hall 1"}')
      throw new Error(`device configuration: ${JSON.stringify(kept?.deviceConfiguration)}`);
    // Where the power was cut right before a request the device cannot know.
    if (cutAtStep === 0 && said.join().includes(LOST)) throw new Error("told of a loss that is none");
    return steps;
  }
  throw new Error("never online");
}

function check(account: Account, said: string, { session }: World): void {
  const { clientId, identity } = session!.options;
  const leaf = identity!()!.chain[0]!;
  const own = account.active.find((one) => isEqual(one.leaf, leaf));
  if (!own || clientId !== (own.thing ?? clientId)) throw new Error("not the permanent identity");
  const lost = account.active.filter((one) => one !== own);
  if (lost.length > 1) throw new Error(`${lost.length} certificates lost`);
  if (lost.length === 1 && !said.includes(`${lost[0]!.id} ${LOST}`)) throw new Error("lost without a word");
  if (account.tooSoon > 0) throw new Error("connected twice in a second");
  if (/secret-token|-----BEGIN/.test(said)) throw new Error("a secret was told");
  for (const { body } of account.requests)
    if (body.parameters && (body.parameters as Record<string, string>).Location !== "Hall 1")
      throw new Error("parameters");
}

/** Where the power fails as a slot is written its key is lost, with what was issued for it: then there are two. */
function checkKeys(
  { options, requests }: Account,
  { made }: ScriptedKeys,
  { session }: World,
  cutAtStep: number,
): void {
  const asked = requests.filter(({ topic }) => topic === CSR);
  const keys = new Set(asked.map(({ body }) => keyOfRequest(body.certificateSigningRequest)));
  if (made > (cutAtStep === 0 ? 1 : 2)) throw new Error(`${made} keys were made`);
  if (keys.size > made) throw new Error(`${keys.size} keys were asked for, ${made} made`);
  const isOwn = isMade(session!.options.identity!()!.key);
  if (isOwn !== (options.csr === undefined)) throw new Error(`the device has ${isOwn ? "" : "not "}made the key`);
}

/** Every cut of a life. @returns how many there are */
export function fleetWithCuts(enter: Enter, name: string): Promise<number> {
  return withEveryCut(name, 0, (cutAtStep) => live(enter, accounts[name]!, cutAtStep));
}

export const fleetJourneys: Readonly<Record<string, (enter: Enter) => Promise<number>>> = Object.fromEntries(
  Object.keys(accounts).map((name) => [name, (enter: Enter) => fleetWithCuts(enter, name)]),
);
