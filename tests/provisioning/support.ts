/** A service that answers from a list, and the context that a protocol gets. */

import { failed, type Result } from "../../modules/base/failure.js";
import { parseAddress } from "../../modules/data/address.js";
import { NameBudget } from "../../modules/data/names.js";
import type { HttpRequest, HttpResponse } from "../../modules/http/http.js";
import type { Identity } from "../../modules/identity/identity.js";
import { type Keystore, NvsKeystore } from "../../modules/identity/keystore.js";
import type { MqttConnect } from "../../modules/mqtt/mqtt.js";
import type { ChipFacts } from "../../modules/system/system.js";
import type { FirmwareOffer } from "../../modules/update/update.js";
import { protocolOfAddress } from "../../provisioning/choice.js";
import type { Claim } from "../../provisioning/claim.js";
import type { Configuration } from "../../provisioning/configuration.js";
import type { Answer, Habits, Protocol, ProvisioningContext } from "../../provisioning/protocol.js";
import { FALLBACK } from "../../provisioning/protocols.js";
import { VirtualClock } from "../scripted/clock.js";
import { answer } from "../scripted/cloud.js";
import { ScriptedKeys } from "../scripted/keys.js";
import { ScriptedStore } from "../scripted/store.js";

export const MAC = "AA:BB:CC:DD:EE:FF";
export const UUID = "12345678-1234-4234-8234-123456789012";
export const SERIAL = "SN-ABC123-DEF456";

type Answering = (request: HttpRequest, count: number) => Result<HttpResponse>;

export class Service {
  readonly clock = new VirtualClock();
  readonly requests: HttpRequest[] = [];
  /** When each request came. */
  readonly times: number[] = [];
  habits: Habits = {};
  /** What was learnt, one after the other. */
  readonly learnt: Habits[] = [];
  /** What the service said what time it is. */
  readonly toldTimes: number[] = [];
  readonly offers: FirmwareOffer[] = [];
  readonly notes: string[] = [];
  readonly store: ScriptedStore;
  /** The factory's namespace. */
  readonly factory = new ScriptedStore();
  readonly keystore: Keystore;
  readonly keys = new ScriptedKeys();
  /** A claim that a person has handed over. */
  claim: Claim | undefined;
  mqtt: MqttConnect = async () => failed("unreachable");
  /** In the journal, of this service. */
  stored: Configuration | undefined;
  chip: ChipFacts | undefined;
  productId = "esp32-online";
  timeoutMs: number | undefined;
  skipActivation = false;
  identity: Identity = {
    mac: MAC,
    serial: SERIAL,
    uuid: UUID,
    accessPointPassword: undefined,
    isPasswordOwn: false,
    product: {},
    deviceToken: () => undefined,
    sign: (text, form) => (form === "bytes" ? `signed(${text})` : undefined),
  };
  /** How long an answer takes. */
  readonly names = new NameBudget();
  isForeign = false;
  delayMs = 100;
  #answering: Answering;

  constructor(answering: Answering, store = new ScriptedStore()) {
    this.#answering = answering;
    this.store = store;
    this.keystore = new NvsKeystore(store, this.factory);
  }

  context(url: string): ProvisioningContext {
    return {
      io: {
        http: (request) => this.#exchange(request),
        mqtt: (options) => this.mqtt(options),
        clock: this.clock,
        random: () => 0.5,
        keys: this.keys,
      },
      url: parseAddress(url)!,
      identity: this.identity,
      product: { firmwareVersion: "1.2.3", hardwareVersion: "ESP32-S3", productId: this.productId },
      language: "de-DE",
      chip: () => this.chip,
      wifi: () => ({ ssid: "Home", address: "192.168.1.7", rssi: -50, channel: 6 }),
      claim: () => this.claim,
      store: this.store,
      names: this.names,
      isForeign: this.isForeign,
      ...{ keystore: this.keystore, stored: () => this.stored, freeSlot: () => "slot1" as const },
      deviceToken: () => this.identity.deviceToken(),
      timeoutMs: this.timeoutMs,
      skipActivation: this.skipActivation,
      habits: () => this.habits,
      learn: (habits) => {
        this.habits = { ...this.habits, ...habits };
        this.learnt.push(habits);
      },
      suggestTime: (nowMs) => this.toldTimes.push(nowMs),
      offerFirmware: (offer) => this.offers.push(offer),
      note: (text) => this.notes.push(text),
    };
  }

  /** Lets time pass until the promise is fulfilled. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    void promise.then(
      () => {
        done = true;
      },
      () => {
        done = true;
      },
    );
    for (let turns = 0; ; turns++) {
      await new Promise((turn) => setImmediate(turn));
      if (done) return promise;
      if (turns > 20_000 || !this.clock.step()) throw new Error("it never ends");
    }
  }

  query(url: string, protocol = protocolAt(url)): Promise<Result<Answer>> {
    return this.run(protocol.query(this.context(url)));
  }

  #exchange(request: HttpRequest): Promise<Result<HttpResponse>> {
    this.requests.push(request);
    this.times.push(this.clock.ticksMs());
    const count = this.requests.length;
    return new Promise((resolve) => this.clock.after(this.delayMs, () => resolve(this.#answering(request, count))));
  }
}

/** As the URL says it, without asking anybody. */
export function protocolAt(url: string): Protocol {
  return protocolOfAddress(parseAddress(url)!) ?? FALLBACK;
}

/** What the service at `url` is asked, and what becomes of one answer. */
export function ask(url: string, status: number, body: unknown): Promise<Result<Answer>> {
  return new Service(() => answer(status, body)).query(url);
}

/** The reason of a failure, or the kind of the answer. */
export function outcomeOf(result: Result<Answer>): string {
  return result.ok ? result.value.kind : result.failure.reason;
}

/** @throws where there is none */
export function configurationOf(result: Result<Answer>): Configuration {
  if (!result.ok || result.value.kind !== "configuration") throw new Error(JSON.stringify(result));
  return result.value.configuration;
}

/** The credentials, with the password readable. @throws where there are none */
export function credentialsOf(result: Result<Answer>): Record<string, unknown> {
  const { credentials } = configurationOf(result);
  return { ...credentials, password: credentials.password.reveal() };
}
