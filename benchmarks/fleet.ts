/**
 * A thousand devices and one cloud that comes back after an outage: when their requests arrive. The device code runs
 * over scripted IO by one virtual clock; the mock cloud answers in this process, with its rate limits.
 */
import { MockCloud } from "../mocks/cloud/cloud.js";
import { failed, type Reason, type Result, success } from "../modules/base/failure.js";
import { parseRetryAfter } from "../modules/base/retry.js";
import { Secret } from "../modules/base/secret.js";
import type { HttpRequest, HttpResponse } from "../modules/http/http.js";
import { SETTINGS } from "../modules/settings/settings.js";
import { VirtualClock } from "../tests/scripted/clock.js";
import { goodWorld, SECRETS, SERVICE_URL, XIAOZHI_URL } from "../tests/scripted/cloud.js";
import { ScriptedStore } from "../tests/scripted/store.js";
import { pathOf, World } from "../tests/scripted/world.js";

export type Family = "device service" | "xiaozhi";

export interface FleetOptions {
  readonly devices: number;
  readonly family: Family;
  /** Whether the devices were online before, and have what the service gave them. */
  readonly configured: boolean;
  /** All behind one address, for which the device service counts requests as well; else each has its own. */
  readonly sharedAddress?: boolean;
}

export interface FleetFigures {
  /** Requests to the service in each second after its return, but for the polls of a code. */
  readonly requests: readonly number[];
  /** These polls likewise. */
  readonly polls: readonly number[];
  /** Readings and status over HTTP, where it stands in for the broker, likewise. */
  readonly uploads: readonly number[];
  /** Connections to the broker likewise. */
  readonly connections: readonly number[];
  /** What devices would do that ask every 10 s: the most in one second. */
  readonly fixedPeak: number;
  /** Answers 429. */
  readonly tooMany: number;
  /** Devices that were online at the end. */
  readonly online: number;
  /** From the return to the last device's first connection. */
  readonly lastOnlineMs: number;
}

const SECOND_MS = 1_000;
const OUTAGE_MS = 30 * 60 * SECOND_MS;
/** A street's power returns, or a cloud fails: all within this time. */
const SPREAD_MS = 3 * SECOND_MS;
/** The longest pauses of the device end in it. */
const WATCHED_MS = 10 * 60 * SECOND_MS;
/** Devices that have to wait for each other are watched until all are online. */
const WATCHED_MAX_MS = 24 * 60 * 60 * SECOND_MS;
/** From the wish to restart to the agent's start. */
const RESTART_MS = SECOND_MS;
/** Whoever has a device enters its code within this time. */
const CODE_MS = 120 * SECOND_MS;
/** What deployed clients do (xiaozhi-esp32 after a failed activation, the device service's clients with MQTT: 5 s). */
const FIXED_INTERVAL_MS = 10 * SECOND_MS;

class Fleet {
  readonly clock = new VirtualClock();
  /** By their number; a restart makes a new one. */
  readonly worlds: World[] = [];
  readonly requests: number[] = [];
  readonly polls: number[] = [];
  readonly uploads: number[] = [];
  readonly connections: number[] = [];
  /** When each was connected first, since this was emptied. */
  readonly connectedMs = new Map<number, number>();
  readonly cloud: MockCloud;
  isOut = false;
  readonly #sharesAddress: boolean;
  #random = randomNumbers(42);

  constructor({ devices, family, sharedAddress = false }: FleetOptions) {
    this.#sharesAddress = sharedAddress;
    // Limits, times and codes by the fleet's clock; nothing listens.
    this.cloud = new MockCloud({
      now: () => this.clock.nowMs(),
      minimumAnswerMs: 0,
      holdMs: 0,
      autoRegister: true,
      httpPort: 8001,
      mqttPort: 1883,
    });
    for (let index = 0; index < devices; index++)
      this.worlds.push(this.#makeWorld(index, settingsOf(family), 1_000 + index * 7_919));
  }

  boot(): void {
    for (const world of this.worlds) this.clock.after(this.#random() * SPREAD_MS, () => world.boot());
  }

  fail(): void {
    this.isOut = true;
    for (const { session } of this.worlds)
      this.clock.after(this.#random() * SPREAD_MS, () => session?.end(failed("connection-lost").failure));
  }

  async until(endMs: number): Promise<void> {
    this.clock.after(Math.max(0, endMs - this.clock.ticksMs()), () => {});
    while (this.clock.ticksMs() < endMs) {
      await new Promise((done) => setImmediate(done));
      this.clock.step();
    }
  }

  get online(): number {
    return this.worlds.filter(({ state }) => state === "online").length;
  }

  #makeWorld(index: number, store: ScriptedStore, seed: number): World {
    const octets = [index >> 8, index & 255];
    const mac = `02:00:00:00:${octets.map((byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(":")}`;
    const ip = this.#sharesAddress ? "10.0.0.1" : `10.0.${octets.join(".")}`;
    const script = { ...goodWorld(), http: this.#http(ip), broker: () => this.#connect(index) };
    const world = new World(script, store, { clock: this.clock, mac, seed });
    const showCode = (shown?: { code: string }) =>
      shown && this.clock.after(this.#random() * CODE_MS, () => this.cloud.enterCode(shown.code));
    const restart = () => this.clock.after(RESTART_MS, () => this.#restart(index, seed));
    world.device = { ...world.device, display: { showCode }, system: { ...world.device.system, restart } };
    return world;
  }

  /** On a copy of the flash: timers that the start before left behind write to it no more. */
  #restart(index: number, seed: number): void {
    const entries = new Map(this.worlds[index]!.store.entries);
    this.worlds[index] = this.#makeWorld(index, new ScriptedStore(entries), seed + 104_729);
    this.worlds[index].boot();
  }

  #connect(index: number): Reason | undefined {
    if (this.isOut) return "unreachable";
    const nowMs = this.clock.ticksMs();
    this.connections.push(nowMs);
    if (!this.connectedMs.has(index)) this.connectedMs.set(index, nowMs);
    return undefined;
  }

  #http(ip: string): (request: HttpRequest) => Promise<Result<HttpResponse>> {
    return async (request) => {
      if (this.isOut) return failed("unreachable");
      const { path } = request.url;
      // Readings that HTTP takes while MQTT is blocked are not questions: they have their own pace.
      const isUpload = path.endsWith("/data/upload") || path.endsWith("/status/update");
      const others = path.endsWith("/activate") ? this.polls : this.requests;
      (isUpload ? this.uploads : others).push(this.clock.ticksMs());
      const { method, headers = {}, body = "" } = request;
      const answer = await this.cloud.handle({ method, target: pathOf(request), headers, body, ip });
      if (!answer) return failed("connection-lost");
      const { "Retry-After": asked, Date: date } = answer.headers;
      return success({
        status: answer.status,
        body: answer.body,
        retryAfterMs: parseRetryAfter(asked, date, this.clock.nowMs()),
      });
    };
  }
}

/** The flash of a device that was set up for this service. */
function settingsOf(family: Family): ScriptedStore {
  const store = new ScriptedStore();
  const network = { ssid: "Home", password: new Secret(SECRETS.wifi), hidden: false, preferred: false };
  const url = family === "xiaozhi" ? XIAOZHI_URL : `${SERVICE_URL}/`;
  SETTINGS.write(store, { networks: [network], url, protocol: "automatic" });
  return store;
}

export async function measureFleet(options: FleetOptions): Promise<FleetFigures> {
  const fleet = new Fleet(options);
  const { clock, cloud } = fleet;
  fleet.isOut = !options.configured;
  fleet.boot();
  if (options.configured) {
    await fleet.until(15 * 60 * SECOND_MS);
    fleet.fail();
  }
  const outMs = clock.ticksMs();
  await fleet.until(outMs + OUTAGE_MS);
  fleet.isOut = false;
  fleet.connectedMs.clear();
  const backMs = clock.ticksMs();
  await fleet.until(backMs + WATCHED_MS);
  while (fleet.online < options.devices && clock.ticksMs() < backMs + WATCHED_MAX_MS)
    await fleet.until(clock.ticksMs() + 60 * SECOND_MS);
  const { devices } = cloud.state();
  return {
    requests: perSecond(fleet.requests, backMs),
    polls: perSecond(fleet.polls, backMs),
    uploads: perSecond(fleet.uploads, backMs),
    connections: perSecond(fleet.connections, backMs),
    fixedPeak: fixedIntervalPeak(options.devices, outMs, backMs),
    tooMany: devices.reduce((sum, { tooManyCount }) => sum + tooManyCount, 0),
    online: fleet.online,
    lastOnlineMs: Math.max(...fleet.connectedMs.values()) - backMs,
  };
}

/** Of the first ten minutes. */
function perSecond(timesMs: readonly number[], startMs: number): number[] {
  const counts = new Array<number>(WATCHED_MS / SECOND_MS).fill(0);
  for (const timeMs of timesMs) {
    const second = Math.floor((timeMs - startMs) / SECOND_MS);
    if (second >= 0 && second < counts.length) counts[second]! += 1;
  }
  return counts;
}

/** Each asks every 10 s from its first failure on; the first request after the return succeeds. */
function fixedIntervalPeak(devices: number, outMs: number, backMs: number): number {
  const random = randomNumbers(42);
  const times = Array.from({ length: devices }, () => {
    const firstMs = outMs + random() * SPREAD_MS;
    return firstMs + Math.ceil((backMs - firstMs) / FIXED_INTERVAL_MS) * FIXED_INTERVAL_MS;
  });
  return Math.max(...perSecond(times, backMs));
}

/** Lehmer's, so that each run has the same numbers. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
