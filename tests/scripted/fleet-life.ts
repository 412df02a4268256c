/**
 * Fleet provisioning, from a blank board to messages of its permanent identity: the power fails at any step that changes
 * something outside of the device's memory. In every engine.
 */
import { isEqual } from "../../modules/tls/der.js";
import { Account, type AccountOptions, CLAIM, ENDPOINT } from "./account.js";
import { goodWorld, SECRETS } from "./cloud.js";
import { ScriptedStore } from "./store.js";
import { World } from "./world.js";

type Enter = (world: World) => void;

const HOUR = 3_600_000;
const LOST = "may be active, and nobody uses it";

/** What accounts are like. */
export const accounts: Readonly<Record<string, Partial<AccountOptions>>> = {
  fleetThingIsSerial: {},
  fleetThingHasAnotherName: { thing: (serial) => `board_${serial}` },
  fleetTokensDieWithConnections: { thing: (serial) => `board_${serial}`, tokensOutliveConnections: false },
  fleetWithoutThing: { thing: () => undefined },
};

/** @returns the steps of the whole life, and with that how many cuts there are to try */
async function live(enter: Enter, options: Partial<AccountOptions>, cutAtStep: number): Promise<number> {
  const account = new Account(options);
  const entries = new Map<string, string>();
  const said: string[] = [];
  let steps = 0;
  for (let start = 0; start < 8; start++) {
    account.reboot();
    const world: World = new World(
      {
        ...goodWorld(),
        broker: (asked) => account.admit(asked, world.clock.ticksMs()),
        hear: (message) => account.hear(message),
      },
      new ScriptedStore(entries),
    );
    if (cutAtStep > steps) world.cutAtStep = cutAtStep - steps;
    enter(world);
    world.boot();
    const isOnline = () => world.state === "online" && world.session !== undefined;
    const isBlank = () => world.state === "portal" && world.phase === "idle" && !world.device.settings.read();
    await world.until(() => world.isOff || isOnline() || isBlank() || world.clock.ticksMs() > HOUR);
    if (!world.isOff && isBlank()) {
      const pem = CLAIM!.certificatePem + CLAIM!.keyPem;
      world.fillIn({ ssid: "Home", password: SECRETS.wifi, url: `mqtts://${ENDPOINT}/fleet?Location=Hall+1`, pem });
      await world.until(() => world.isOff || world.restarted || world.phase === "failed");
      if (!world.isOff && world.phase === "failed") throw new Error(`failed: ${world.reason}`);
    } else if (!world.isOff && !isOnline()) throw new Error(`not online: ${JSON.stringify(world.events.slice(-3))}`);
    said.push(...world.notes, ...world.events.map((event) => JSON.stringify(event)));
    steps += world.steps;
    if (world.isOff || !isOnline()) continue;
    check(account, said.join("\n"), world);
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

/** Every cut of a life. @returns how many there are */
export async function fleetWithCuts(enter: Enter, name: string): Promise<number> {
  let cut = 0;
  for (;;) {
    try {
      const steps = await live(enter, accounts[name]!, cut);
      if (steps < cut) return cut - 1;
    } catch (error) {
      throw new Error(`${name}, cut at ${cut}: ${(error as Error).message}`);
    }
    cut++;
  }
}

export const fleetJourneys: Readonly<Record<string, (enter: Enter) => Promise<number>>> = Object.fromEntries(
  Object.keys(accounts).map((name) => [name, (enter: Enter) => fleetWithCuts(enter, name)]),
);
