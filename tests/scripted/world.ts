/**
 * A device whose IO is a script: no sockets, no radio, no time but the test's. It is plain JavaScript, so that the
 * same journeys run in Node and in bare XS.
 */

import type { Device } from "../../agent/device/device.js";
import { Lifecycle } from "../../agent/lifecycle/lifecycle.js";
import { Session } from "../../agent/session/session.js";
import { failed, type Result, success } from "../../modules/base/failure.js";
import type { LifecycleEvent } from "../../modules/base/log.js";
import type { Button } from "../../modules/button/button.js";
import { Pauses } from "../../modules/clock/pauses.js";
import { NameBudget } from "../../modules/data/names.js";
import { formatUrl } from "../../modules/data/url.js";
import type { HttpRequest, HttpResponse, ServerRequest } from "../../modules/http/http.js";
import type { Message, MqttOptions, MqttSession } from "../../modules/mqtt/mqtt.js";
import type { System } from "../../modules/system/system.js";
import type { FirmwareOffer, Updates } from "../../modules/update/update.js";
import { Silence } from "../../modules/wifi/silence.js";
import type { ScanOptions } from "../../modules/wifi/wifi.js";
import { rightCalendar } from "../calendar.js";
import { ScriptedBroker, type ScriptedSession } from "./broker.js";
import { build, PORTAL } from "./build.js";
import { never, VirtualClock } from "./clock.js";
import { identityOf, MAC } from "./identity.js";
import { ScriptedKeys } from "./keys.js";
import { collectOffers } from "./offers.js";
import { recordsIn } from "./records.js";
import type { Script } from "./script.js";
import { ScriptedStore } from "./store.js";
import { ScriptedWiFi } from "./wifi.js";

/** What a phone gets. */
export interface Shown {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface WorldOptions {
  readonly clock?: VirtualClock;
  readonly mac?: string;
  /** Of its random numbers. */
  readonly seed?: number;
  readonly firmwareVersion?: string;
  readonly resetReason?: string;
  /** What the chip is to say. */
  readonly system?: Partial<System>;
  /** What the factory has left; default: nothing beside the identity. */
  readonly factory?: ScriptedStore;
  /** Those that it makes, over its starts; default: of this start. */
  readonly keys?: ScriptedKeys;
  /** Default: offers are kept, and that is all. */
  updates?(world: World): Updates;
}

export class World {
  readonly clock: VirtualClock;
  readonly #options: WorldOptions;
  readonly store: ScriptedStore;
  readonly script: Script;
  readonly events: LifecycleEvent[] = [];
  readonly notes: string[] = [];
  readonly requests: HttpRequest[] = [];
  readonly published: Message[] = [];
  /** What services said what time it is. */
  readonly times: number[] = [];
  readonly offers: FirmwareOffer[] = [];
  /** Codes on the display, one after the other; undefined where it was cleared. */
  readonly displayed: (string | undefined)[] = [];
  readonly wifi: ScriptedWiFi;
  readonly broker: ScriptedBroker;
  session: ScriptedSession | undefined;
  /** How long the services take. */
  answerMs = 100;
  restarted = false;
  readonly button: Button = { onWish: undefined };
  device: Device;
  /** There when it has booted. */
  agent!: Session;
  #portal: Parameters<Device["serveHttp"]>[0]["handle"] | undefined;
  #seed: number;
  #waiting: { condition: () => boolean; resolve: () => void } | undefined;
  #off = false;

  constructor(script: Script, store = new ScriptedStore(), options: WorldOptions = {}) {
    this.#options = options;
    this.clock = options.clock ?? new VirtualClock();
    this.#seed = options.seed ?? 1;
    this.script = script;
    this.broker = new ScriptedBroker(this.clock, (message) => this.#hear(message));
    this.wifi = new ScriptedWiFi(this.clock, script);
    this.store = store;
    store.onPowerCut = () => {
      this.#off = true;
    };
    store.onOperation = () => this.step();
    this.device = this.#device();
  }

  /**
   * Of the device outside of its memory: flash operations, requests, answers, connections. The power fails at `cutAtStep`.
   */
  steps = 0;
  cutAtStep = 0;

  step(): boolean {
    this.steps++;
    if (this.steps === this.cutAtStep) this.#off = true;
    return this.#off;
  }

  /** Whatever it still wants to do, it does not. */
  cutNow(): void {
    this.#off = true;
  }

  /** Starts the lifecycle; what it does happens in `turn`. */
  boot(): void {
    this.agent = new Session(this.device, this.store);
    new Lifecycle(this.agent).begin();
  }

  get isOff(): boolean {
    return this.#off || this.restarted;
  }

  /** To be called when no promise is pending: fulfils what is waited for, or lets time pass to the next timer. */
  turn(): void {
    const waiting = this.#waiting;
    if (waiting?.condition()) {
      this.#waiting = undefined;
      waiting.resolve();
    } else if (!this.#passTime()) throw new Error(`nothing happens any more; states: ${JSON.stringify(this.events)}`);
    if (this.clock.ticksMs() > 40 * 24 * 3600_000)
      throw new Error(`too late; states: ${JSON.stringify(this.events.slice(-5))}`);
  }

  #passTime(): boolean {
    try {
      return this.clock.step();
    } catch (error) {
      // A timer's callback that the power left: on the device nobody catches anything any more.
      if (!this.#off) throw error;
      return true;
    }
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = { condition, resolve };
    });
  }

  untilState(state: LifecycleEvent["state"], count = 1): Promise<void> {
    return this.until(() => this.events.filter((event) => event.state === state).length >= count);
  }

  get state(): LifecycleEvent["state"] | undefined {
    return this.events.at(-1)?.state;
  }

  /** A phone's request to the portal. */
  visit(request: Partial<ServerRequest>): Shown {
    if (!this.#portal) throw new Error("no portal");
    const whole = { method: "GET", path: "/", host: PORTAL, headers: new Map(), body: "", ...request };
    const { body, ...reply } = this.#portal(whole);
    return {
      ...reply,
      body: typeof body === "string" ? body : body.map((part) => new TextDecoder().decode(part)).join(""),
    };
  }

  /** The page's form, filled in and sent; its token is on the page. */
  fillIn(fields: Record<string, string>, path = "/"): Shown {
    const token = /name="token" value="([0-9a-f]+)"/.exec(this.visit({}).body)?.[1] ?? "";
    const body = Object.entries({ token, ...fields })
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join("&");
    return this.visit({ method: "POST", path, body });
  }

  /** Of the trial, as the page shows it: somebody has seen it then. */
  get phase(): string | undefined {
    return this.#portal && /data-phase="(\w+)"/.exec(this.visit({ path: "/status" }).body)?.[1];
  }

  /** Why the last trial failed, or why the portal is open. */
  get reason(): string | undefined {
    return /data-reason="([\w-]+)"/.exec(this.visit({ path: "/status" }).body)?.[1];
  }

  get accessPoint(): string | undefined {
    return this.wifi.accessPoint;
  }

  get scans(): readonly ScanOptions[] {
    return this.wifi.scans;
  }

  get joins(): readonly { atMs: number; ssid: string }[] {
    return this.wifi.joins;
  }

  loseWiFi(): void {
    this.wifi.lose();
  }

  random = (): number => {
    this.#seed = (this.#seed * 16_807) % 2_147_483_647;
    return this.#seed / 2_147_483_647;
  };

  #device(): Device {
    const { store } = this;
    return {
      clock: this.clock,
      calendar: { ...rightCalendar, suggest: (nowMs) => this.times.push(nowMs) },
      application: {},
      updates: (this.#options.updates ?? collectOffers)(this),
      display: { showCode: (shown) => this.displayed.push(shown?.code) },
      random: this.random,
      log: {
        level: "normal",
        debug() {},
        event: (event) => !this.#off && this.events.push(event),
        note: (text) => !this.#off && this.notes.push(text),
      },
      system: {
        restart: () => {
          this.restarted = true;
        },
        ...{ freeHeapBytes: () => 150_000, facts: () => undefined, isDebug: false },
        resetReason: () => this.#options.resetReason ?? "power-on",
        ...{ crashes: () => 0, sound() {}, note() {}, watch() {} },
        ...{ storageRepair: () => undefined, diagnose: () => undefined, ...this.#options.system },
      },
      wifi: this.wifi,
      silence: new Silence(this.clock),
      names: new NameBudget(),
      button: this.button,
      resolve: (name) => this.#later(50, () => (this.script.resolve ?? (() => "192.0.2.7"))(name)),
      http: (request) => this.#http(request),
      serveHttp: ({ handle }) => {
        this.#portal = handle;
        const close = () => {
          this.#portal = undefined;
        };
        return { close };
      },
      serveUdp: () => ({ close() {} }),
      mqtt: (options) => this.#mqtt(options),
      identity: identityOf(this.#options.mac ?? MAC),
      ...recordsIn(store, this.#options.factory ?? new ScriptedStore()),
      keys: this.#options.keys ?? new ScriptedKeys(),
      pauses: new Pauses(this.clock),
      build: { ...build, firmwareVersion: this.#options.firmwareVersion ?? build.firmwareVersion },
    };
  }

  async #http(request: HttpRequest): Promise<Result<HttpResponse>> {
    if (this.#off) return never();
    this.requests.push(request);
    const answered = this.script.http(request); // also where the answer gets lost
    if (this.step()) return never();
    await this.#later(this.answerMs, () => undefined);
    return this.step() ? never() : answered;
  }

  async #mqtt(options: MqttOptions): Promise<Result<MqttSession>> {
    await this.#later(200, () => undefined);
    if (this.step()) return never();
    if (this.script.mqtt) return this.script.mqtt(options);
    const reason = this.script.broker(options);
    if (reason) return failed(reason);
    this.session = this.broker.open(options, this.answerMs);
    options.onSubscribing?.(this.session);
    return success(this.session);
  }

  #hear(message: Message): void {
    if (this.#off) return;
    this.published.push(message);
    const reply = this.script.hear?.(message);
    const { session } = this;
    if (!reply || this.step()) return;
    if (reply === "close") session?.end(failed("broker-closed").failure);
    else session?.reply(reply, () => !this.step());
  }

  #later<T>(delayMs: number, value: () => T): Promise<T> {
    return this.clock.later(delayMs, value);
  }
}

export function pathOf(request: HttpRequest): string {
  return formatUrl(request.url).replace(/^https?:\/\/[^/]+/, "");
}
