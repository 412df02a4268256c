/**
 * Registration at the first connection (JITP, JITR), from a blank board with the factory's certificate to messages: the
 * account closes the first connections. The power fails at any step. In every engine.
 */

import type { Reason } from "../../modules/base/failure.js";
import { fromBase64 } from "../../modules/data/base64.js";
import { isEqual } from "../../modules/data/bytes.js";
import { pemBlocks } from "../../modules/data/pem.js";
import type { MqttOptions } from "../../modules/mqtt/mqtt.js";
import { leafOf } from "./account.js";
import { goodWorld, SECRETS } from "./cloud.js";
import { type Enter, getsOnline, start, withEveryCut } from "./cuts.js";
import { own } from "./own.js";
import { sold } from "./sold.js";
import { ScriptedStore } from "./store.js";
import { World } from "./world.js";

export const ENDPOINT = "x-ats.iot.y";
const CONNECT_GAP_MS = 1_000;
const AUTHORITY = leafOf(sold[1]!.certificatePem);

/** What the factory may have given: RSA in PKCS#1, P-256 in SEC 1, and the subject's common name. */
const factories = {
  rsa: { ...sold[0]!, label: "RSA PRIVATE KEY", name: "AWS IoT Certificate 1" },
  p256: { ...own[0]!, label: "EC PRIVATE KEY", name: "AWS IoT Certificate" },
} as const;
export type KeyKind = keyof typeof factories;

/** What the factory has left: the certificate with its authority's behind it, and the key. */
function factoryStore(kind: KeyKind): ScriptedStore {
  const store = new ScriptedStore();
  const { certificatePem, keyPem, label } = factories[kind];
  const leaf = leafOf(certificatePem);
  const chain = new Uint8Array(leaf.length + AUTHORITY.length);
  chain.set(leaf);
  chain.set(AUTHORITY, leaf.length);
  store.setBytes("device_cert", chain);
  store.setBytes("device_key", fromBase64(pemBlocks(keyPem, label).next().value!));
  return store;
}

/** An account that knows the certificate's authority, or does not. */
export class JustInTimeAccount {
  /** From the first connection until the certificate is active; undefined: the authority is not registered. */
  readonly delayMs: number | undefined;
  readonly refusal: Reason;
  readonly kind: KeyKind;
  /** Of this start. */
  readonly connects: number[] = [];
  #activeAtMs: number | undefined;

  constructor(delayMs: number | undefined, refusal: Reason = "broker-closed", kind: KeyKind = "rsa") {
    this.delayMs = delayMs;
    this.refusal = refusal;
    this.kind = kind;
  }

  /** The device's clock begins anew, and with it what is left of the delay; who is active stays so. */
  reboot(): void {
    const lastMs = this.connects.at(-1) ?? 0;
    this.connects.length = 0;
    if (this.#activeAtMs !== undefined) this.#activeAtMs = Math.max(0, this.#activeAtMs - lastMs);
  }

  admit({ host, port, tls, clientId, identity }: MqttOptions, nowMs: number): Reason | undefined {
    const chain = identity?.()?.chain ?? [];
    const last = this.connects.at(-1);
    if (last !== undefined && nowMs - last < CONNECT_GAP_MS) throw new Error("connected twice in a second");
    this.connects.push(nowMs);
    const { certificatePem, name } = factories[this.kind];
    const isWhole = chain.length === 2 && isEqual(chain[0]!, leafOf(certificatePem)) && isEqual(chain[1]!, AUTHORITY);
    if (host !== ENDPOINT || port !== 8883 || !tls || !isWhole) throw new Error("not the factory's chain");
    if (clientId !== name) throw new Error(`client id ${clientId}`);
    if (this.#activeAtMs === undefined && this.delayMs !== undefined) {
      this.#activeAtMs = nowMs + this.delayMs;
      return this.refusal;
    }
    return nowMs >= (this.#activeAtMs ?? Number.POSITIVE_INFINITY) ? undefined : this.refusal;
  }
}

export function worldOf(account: JustInTimeAccount, entries: Map<string, string>): World {
  const world: World = new World(
    { ...goodWorld(), broker: (options) => account.admit(options, world.clock.ticksMs()) },
    new ScriptedStore(entries),
    { factory: factoryStore(account.kind) },
  );
  return world;
}

const form = { ssid: "Home", password: SECRETS.wifi, url: `mqtts://${ENDPOINT}` };

/** @returns the steps of the whole life, and with that how many cuts there are to try */
async function live(enter: Enter, account: JustInTimeAccount, cutAtStep: number): Promise<number> {
  const entries = new Map<string, string>();
  let steps = 0;
  for (let starts = 0; starts < 8; starts++) {
    account.reboot();
    const world = worldOf(account, entries);
    start(world, enter, cutAtStep, steps);
    const isOnline = await getsOnline(world, form);
    steps += world.steps;
    if (/PRIVATE|BEGIN/.test(world.notes.join("\n"))) throw new Error("a secret on the console");
    if (isOnline) return steps;
  }
  throw new Error("never online");
}

/** How servers end a connection whose certificate they do not know, by their TLS. */
const REFUSALS: readonly Reason[] = ["broker-closed", "tls-failed", "tls-certificate-refused"];
const LIVES = {
  justInTimeAtOnce: { delayMs: 0, kind: "rsa" },
  justInTimeInSeconds: { delayMs: 5_000, kind: "p256" },
  justInTimeInAMinute: { delayMs: 60_000, kind: "rsa" },
} as const;
export type JustInTimeLife = keyof typeof LIVES;
export const justInTimeLives = Object.keys(LIVES) as JustInTimeLife[];

/** Every cut of a life. @returns how many there are */
export function justInTimeWithCuts(enter: Enter, name: JustInTimeLife): Promise<number> {
  return withEveryCut(name, 0, (cutAtStep) => {
    const { delayMs, kind } = LIVES[name];
    const account = new JustInTimeAccount(delayMs, REFUSALS[cutAtStep % REFUSALS.length]!, kind);
    return live(enter, account, cutAtStep);
  });
}

export const justInTimeJourneys: Readonly<Record<string, (enter: Enter) => Promise<number>>> = Object.fromEntries(
  justInTimeLives.map((name) => [name, (enter: Enter) => justInTimeWithCuts(enter, name)]),
);
