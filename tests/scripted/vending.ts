/**
 * Certificate vending machines, from a blank board to messages: the power fails at any step that changes something
 * outside of the device's memory. In every engine.
 */

import { type Result, success } from "../../modules/base/failure.js";
import { fromBase64 } from "../../modules/data/base64.js";
import { isEqual } from "../../modules/data/bytes.js";
import { pemBlocks } from "../../modules/data/pem.js";
import type { HttpResponse } from "../../modules/http/http.js";
import type { MqttOptions } from "../../modules/mqtt/mqtt.js";
import type { Dialect } from "../../provisioning/vending/dialects.js";
import { goodWorld, SECRETS } from "./cloud.js";
import { type Enter, getsOnline, start, withEveryCut } from "./cuts.js";
import { sold } from "./sold.js";
import { ScriptedStore } from "./store.js";
import { World } from "./world.js";

const TOKEN = "secret-token-0123456789";
const urls: Readonly<Record<Dialect, string>> = {
  awslabs: "https://cvm.example/Prod/getcert#x-ats.iot.y",
  "iot-atlas": "https://cvm.example/registration",
  form: "https://cvm.example/#x-ats.iot.y",
};

/** A machine of one dialect, and the account behind it. */
class Machine {
  readonly dialect: Dialect;
  issued = 0;
  /** Of those that were issued. */
  active: Uint8Array[] = [];
  isLocked = false;

  constructor(dialect: Dialect) {
    this.dialect = dialect;
  }

  sell(): Result<HttpResponse> {
    if (this.isLocked) {
      const body = { statusCode: 500, status: "ERROR", payload: { message: "Device is already registered" } };
      return success({ status: 200, body: JSON.stringify(body) });
    }
    const { certificatePem, keyPem } = sold[this.issued % sold.length]!;
    this.issued++;
    const leaf = fromBase64(pemBlocks(certificatePem, "CERTIFICATE").next().value!);
    this.active = this.dialect === "awslabs" ? [leaf] : [...this.active, leaf];
    this.isLocked = this.dialect === "iot-atlas";
    const members = { certificatePem, keyPair: { PrivateKey: keyPem } };
    const payload = {
      ...{ endpoint: "x-ats.iot.y", thing_name: "thing-7", certificates: { device_certificate: certificatePem } },
      keyPair: { privateKey: keyPem },
    };
    const bodies: Readonly<Record<Dialect, object>> = {
      awslabs: members,
      "iot-atlas": { statusCode: 200, status: "SUCCESS", payload },
      form: { conCheck: "20020", certdata: members },
    };
    return success({ status: 200, body: JSON.stringify(bodies[this.dialect]) });
  }

  /** Whether its endpoint lets the device in. */
  admits({ host, tls, identity }: MqttOptions): boolean {
    const leaf = identity?.()?.chain[0];
    return host === "x-ats.iot.y" && tls && leaf !== undefined && this.active.some((one) => isEqual(one, leaf));
  }
}

/** @returns the steps of the whole life, and with that how many cuts there are to try */
async function live(enter: Enter, dialect: Dialect, cutAtStep: number): Promise<number> {
  const machine = new Machine(dialect);
  const entries = new Map<string, string>();
  const notes: string[] = [];
  let steps = 0;
  for (let starts = 0; starts < 8; starts++) {
    const world = new World(
      {
        ...goodWorld(),
        http: () => machine.sell(),
        broker: (options) => (machine.admits(options) ? undefined : "broker-closed"),
      },
      new ScriptedStore(entries),
    );
    start(world, enter, cutAtStep, steps);
    const form = { ssid: "Home", password: SECRETS.wifi, url: urls[dialect] };
    const isOnline = await getsOnline(world, { ...form, pem: JSON.stringify({ deviceToken: TOKEN }) }, () => {
      // A person reads why, and has the device reset at the machine.
      if (world.reason !== "activated-elsewhere") throw new Error(`failed: ${world.reason}`);
      machine.isLocked = false;
    });
    notes.push(...world.notes);
    steps += world.steps;
    if (!isOnline) continue;
    check(machine, notes, world);
    return steps;
  }
  throw new Error("never online");
}

function check(machine: Machine, notes: readonly string[], world: World): void {
  if (machine.issued > 2) throw new Error(`${machine.issued} certificates`);
  const said = notes.join("\n");
  if (machine.issued > 1 && !said.includes("a certificate may be lost")) throw new Error("lost without a word");
  if (said.includes(TOKEN) || said.includes("BEGIN")) throw new Error("a secret on the console");
  if (machine.issued === 1 && world.requests.length > 0) throw new Error("asked again");
}

/** Every cut of a life. @returns how many there are */
export function vendingWithCuts(enter: Enter, dialect: Dialect): Promise<number> {
  return withEveryCut(dialect, 1, (cutAtStep) => live(enter, dialect, cutAtStep));
}

export const vendingJourneys = {
  vendingByAwslabs: (enter: Enter) => vendingWithCuts(enter, "awslabs"),
  vendingByAtlas: (enter: Enter) => vendingWithCuts(enter, "iot-atlas"),
  vendingByForm: (enter: Enter) => vendingWithCuts(enter, "form"),
};
