/**
 * A device whose IO is a script: no sockets, no radio, no time but the test's. It is plain JavaScript, so that the
 * same journeys run in Node and in bare XS.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { type Failure, failed, type Reason, type Result, success } from "../../modules/failure/failure.js";
import type { HttpRequest, HttpResponse, ServerReply, ServerRequest } from "../../modules/http/http.js";
import { formatUrl } from "../../modules/http/url.js";
import { toHex } from "../../modules/identity/hmac.js";
import type { Build, Device } from "../../modules/lifecycle/device.js";
import { runLifecycle } from "../../modules/lifecycle/lifecycle.js";
import type { LifecycleEvent } from "../../modules/log/log.js";
import type { Message, MqttOptions, MqttSession } from "../../modules/mqtt/mqtt.js";
import { settingsRecord } from "../../modules/settings/settings.js";
import type { Network, WiFi } from "../../modules/wifi/wifi.js";
import { Journal } from "../../provisioning/journal.js";
import { VirtualClock } from "./clock.js";
import { ScriptedStore } from "./store.js";

export const KEY = new Uint8Array(32).fill(7);
export const MAC = "AA:BB:CC:DD:EE:FF";
export const SERIAL = "SN-ABC123-DEF456";
export const PORTAL = "192.168.4.1";

export const build: Build = {
  firmwareVersion: "1.0.0",
  hardwareVersion: "ESP32-S3",
  productId: "esp32-online",
  accessPointAddress: PORTAL,
  portalPort: 80,
  dnsPort: 53,
  provisioningUrl: "",
  dataIntervalMs: 60_000,
};

/** What the far ends do; a test replaces what it is about. */
export interface Script {
  http(request: HttpRequest): Result<HttpResponse> | Promise<Result<HttpResponse>>;
  /** A reason refuses the connection. */
  broker(options: MqttOptions): Reason | undefined;
  /** A reason refuses the network. */
  join(ssid: string, password: string): Reason | undefined;
  networks: Network[];
}

export class World {
  readonly clock = new VirtualClock();
  readonly store: ScriptedStore;
  readonly script: Script;
  readonly events: LifecycleEvent[] = [];
  readonly notes: string[] = [];
  readonly requests: HttpRequest[] = [];
  readonly published: Message[] = [];
  readonly joins: { atMs: number; ssid: string }[] = [];
  session: { options: MqttOptions; end(failure: Failure): void } | undefined;
  accessPoint: string | undefined;
  restarted = false;
  device: Device;
  #portal: ((request: ServerRequest) => ServerReply) | undefined;
  #joined = false;
  #seed = 1;
  #waiting: { condition: () => boolean; resolve: () => void } | undefined;
  #off = false;

  constructor(script: Script, store = new ScriptedStore()) {
    this.script = script;
    this.store = store;
    store.onPowerCut = () => {
      this.#off = true;
    };
    this.device = this.#device();
  }

  /** Starts the lifecycle; what it does happens in `turn`. */
  boot(): void {
    void runLifecycle(this.device);
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
    } else if (!this.clock.step()) throw new Error(`nothing happens any more; states: ${JSON.stringify(this.events)}`);
    if (this.clock.ticksMs() > 40 * 24 * 3600_000)
      throw new Error(`too late; states: ${JSON.stringify(this.events.slice(-5))}`);
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
  visit(request: Partial<ServerRequest>): ServerReply {
    if (!this.#portal) throw new Error("no portal");
    return this.#portal({ method: "GET", path: "/", host: PORTAL, headers: new Map(), body: "", ...request });
  }

  fillIn(fields: Record<string, string>): ServerReply {
    const body = Object.entries(fields)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join("&");
    return this.visit({ method: "POST", body });
  }

  loseWiFi(): void {
    this.#joined = false;
    this.device.wifi.onLost?.();
  }

  #random = (): number => {
    this.#seed = (this.#seed * 16_807) % 2_147_483_647;
    return this.#seed / 2_147_483_647;
  };

  #device(): Device {
    const { store } = this;
    return {
      clock: this.clock,
      random: this.#random,
      log: {
        event: (event) => !this.#off && this.events.push(event),
        note: (text) => !this.#off && this.notes.push(text),
      },
      system: {
        restart: () => {
          this.restarted = true;
        },
        freeHeapBytes: () => 150_000,
      },
      wifi: this.#wifi(),
      http: (request) => this.#http(request),
      serveHttp: ({ handle }) => {
        this.#portal = handle;
        return {
          close: () => {
            this.#portal = undefined;
          },
        };
      },
      serveUdp: () => ({ close() {} }),
      mqtt: (options) => this.#mqtt(options),
      identity: {
        mac: MAC,
        serial: SERIAL,
        uuid: "12345678-1234-4234-8234-123456789012",
        sign: (text) => toHex(hmac(sha256, KEY, bytes(text))),
      },
      store,
      settings: settingsRecord(store),
      journal: new Journal(store),
      build,
    };
  }

  #wifi(): WiFi {
    const world = this;
    return {
      onLost: undefined,
      get joined() {
        return world.#joined;
      },
      scan: () => world.#later(1_500, () => world.script.networks),
      join: ({ ssid, password }) =>
        world.#later(2_000, () => {
          world.joins.push({ atMs: world.clock.ticksMs(), ssid });
          const reason = world.script.join(ssid, password.reveal());
          world.#joined = !reason;
          return reason ? failed(reason, ssid) : success(undefined);
        }),
      leave: () => {
        world.#joined = false;
      },
      openAccessPoint: ({ ssid }) => {
        world.accessPoint = ssid;
      },
      closeAccessPoint: () => {
        world.accessPoint = undefined;
      },
      status: () => ({ address: "192.168.1.100", rssi: -65 }),
    };
  }

  async #http(request: HttpRequest): Promise<Result<HttpResponse>> {
    if (this.#off) return new Promise(() => {});
    this.requests.push(request);
    await this.#later(100, () => undefined);
    return this.script.http(request);
  }

  async #mqtt(options: MqttOptions): Promise<Result<MqttSession>> {
    await this.#later(200, () => undefined);
    const reason = this.script.broker(options);
    if (reason) return failed(reason);
    const world = this;
    let end!: (failure: Failure) => void;
    const ended = new Promise<Failure>((resolve) => {
      end = resolve;
    });
    this.session = { options, end };
    return success<MqttSession>({
      publish(message) {
        world.published.push(message);
        return true;
      },
      close: (failure) => end(failure),
      ended,
    });
  }

  #later<T>(delayMs: number, value: () => T): Promise<T> {
    return new Promise((resolve) => {
      this.clock.after(delayMs, () => resolve(value()));
    });
  }
}

/** ASCII; bare XS has no TextEncoder. */
export function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function pathOf(request: HttpRequest): string {
  return formatUrl(request.url).replace(/^https?:\/\/[^/]+/, "");
}
