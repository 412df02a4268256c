/**
 * A day of a device whose broker, Wi-Fi and service come and go at random, while an operator sends commands and the
 * application has readings and events. It ends online, with nothing left over and nothing confirmed lost.
 */
import { done } from "../../agent/application/application.js";
import { failed, type Reason } from "../../modules/base/failure.js";
import { type Json, parseOwn } from "../../modules/data/json.js";
import type { Packet } from "./broker.js";
import { answer, deviceInfo, deviceService, goodWorld } from "./cloud.js";
import { onlineOnce, type Playable } from "./journeys.js";
import type { Script } from "./script.js";
import { pathOf, World } from "./world.js";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Outages are within the first part of each of these; the rest is quiet, and at its end the heap is looked at. */
const BLOCK_MS = 3 * HOUR_MS;
const QUIET_MS = HOUR_MS;
/** Timers of what ended in an outage are over by then. */
const SETTLED_MS = 50 * MINUTE_MS;
/** In these everything happens for the first time that is remembered from then on, as pauses are. */
const WARM_BLOCKS = 4;
const MAX_NUMBER = 4_000;

const REFUSALS: readonly Reason[] = ["unreachable", "timeout", "broker-busy", "broker-closed", "broker-credentials"];
const KINDS = ["cut", "silence", "broker", "wifi", "service", "packets"] as const;
type Kind = (typeof KINDS)[number];
/** Those that last. */
type State = Exclude<Kind, "cut" | "silence">;
const PACKETS: readonly Packet[] = ["publish up", "puback down", "publish down", "puback up"];

/** What is numbered from 1, and how often each number was seen. */
class Count {
  readonly #times = new Uint8Array(MAX_NUMBER + 1);
  /** So many there are. */
  last = 0;

  see(number: unknown): void {
    if (typeof number === "number" && number <= this.last) this.#times[number]!++;
  }

  has(number: number): boolean {
    return this.#times[number]! > 0;
  }

  missing(): number {
    return this.#times.subarray(1, this.last + 1).filter((times) => times === 0).length;
  }

  repeated(): number {
    return this.#times.filter((times) => times > 1).length;
  }
}

export class Day implements Playable {
  readonly world: World;
  readonly readings = new Count();
  /** Durable. */
  readonly events = new Count();
  readonly executed = new Count();
  readonly answered = new Count();
  /** How often each kind of outage began. */
  readonly outages: Record<Kind, number> = { cut: 0, silence: 0, broker: 0, wifi: 0, service: 0, packets: 0 };
  /** Commands that a broker took and forgot. */
  forgotten = 0;
  isSteady = false;
  #seed: number;
  #nextBlock = WARM_BLOCKS;
  /** The end of each outage that lasts, in the clock's ticks. */
  #ends = { broker: 0, wifi: 0, service: 0, packets: 0 };
  #publishedMs = 0;
  #refusal: Reason = "unreachable";

  constructor(seed: number, store: World["store"]) {
    this.#seed = seed;
    this.world = new World(this.#script(), store, { seed });
    const { world } = this;
    world.broker.breaksAt = (packet) =>
      this.#is("packets") && this.#below(4) === 0 && packet === PACKETS[this.#below(PACKETS.length)];
    world.device = {
      ...world.device,
      application: {
        read: () => ({ reading: ++this.readings.last }),
        commands: {
          count: ({ id }) => {
            this.executed.see(id);
            return done();
          },
        },
      },
    };
  }

  /** Begins: from here on time is the world's. */
  boot(): void {
    this.world.boot();
    this.#repeat(2 * MINUTE_MS, 20 * MINUTE_MS, () => this.#breakSomething());
    this.#repeat(MINUTE_MS, 10 * MINUTE_MS, () => this.#command(this.#below(10) === 0 ? 30 : 1));
    this.#repeat(SECOND_MS, 4 * MINUTE_MS, () => this.#event());
  }

  turn(): void {
    const { world } = this;
    world.turn();
    if (world.published.length > 0) this.#publishedMs = world.clock.ticksMs();
    for (const { payload } of world.published.splice(0)) this.#see(parseOwn(payload) ?? {});
    world.events.splice(0, world.events.length - 1);
    for (const list of [world.notes, world.requests, world.times, world.wifi.joins, world.wifi.scans] as unknown[][])
      list.length = 0;
    this.isSteady = this.#isToBeLookedAt();
  }

  /** @returns what should not be, in words */
  faults(): string[] {
    const { world, events, executed, forgotten } = this;
    const { queued, stored, dropped } = world.agent.outbox.stats;
    const found: [boolean, string][] = [
      [world.state !== "online", `the device is ${world.state}`],
      [queued + stored > 0, `${queued} are queued, ${stored} stored`],
      [events.missing() > 0, `${events.missing()} of ${events.last} events are lost`],
      [executed.missing() !== forgotten, `${executed.missing()} commands were not executed, ${forgotten} forgotten`],
      [executed.repeated() > 0, `${executed.repeated()} commands were executed more than once`],
      [this.#missing() > dropped, `${this.#missing()} readings and answers are missing, ${dropped} counted as dropped`],
    ];
    return found.flatMap(([is, text]) => (is ? text : []));
  }

  #missing(): number {
    return this.readings.missing() + this.answered.missing() - this.forgotten;
  }

  /** Goes on for the whole day, outside of what is quiet. */
  #repeat(fromMs: number, toMs: number, task: () => void): void {
    const { clock } = this.world;
    clock.after(fromMs + this.#below(toMs - fromMs), () => {
      if (clock.ticksMs() % BLOCK_MS < BLOCK_MS - QUIET_MS) task();
      this.#repeat(fromMs, toMs, task);
    });
  }

  #breakSomething(): void {
    const { world } = this;
    const kind = KINDS[this.#below(KINDS.length)]!;
    this.outages[kind]++;
    if (kind === "silence") world.session?.fallSilent();
    else if (kind !== "cut") this.#last(kind);
    if (kind === "broker") this.#refusal = REFUSALS[this.#below(REFUSALS.length)]!;
    if (kind === "wifi") world.loseWiFi();
    if (kind === "cut" || kind === "broker") world.session?.end(failed("connection-lost").failure);
    if ((kind === "silence" || kind === "broker") && this.#below(3) === 0) this.#restartBroker();
  }

  /** Without a disk: it knows neither the session nor what it had for the device. */
  #restartBroker(): void {
    const { broker } = this.world;
    for (const { payload } of broker.kept ?? [])
      if (!this.executed.has(parseOwn(payload)?.id as number)) this.forgotten++;
    broker.kept = undefined;
  }

  /** Until it is quiet at most. */
  #last(state: State): void {
    const nowMs = this.world.clock.ticksMs();
    const quietMs = nowMs - (nowMs % BLOCK_MS) + BLOCK_MS - QUIET_MS;
    const mostMs = [20 * SECOND_MS, 3 * MINUTE_MS, 10 * MINUTE_MS, BLOCK_MS][this.#below(4)]!;
    this.#ends[state] = Math.min(quietMs, nowMs + this.#below(mostMs));
  }

  #is(state: State): boolean {
    return this.world.clock.ticksMs() < this.#ends[state];
  }

  #command(count: number): void {
    if (!this.world.broker.kept) return; // nobody subscribes
    for (let index = 0; index < count; index++) {
      const id = ++this.executed.last;
      this.answered.last = id;
      this.world.broker.send("devices/550e/control", JSON.stringify({ cmd: "count", id }));
    }
  }

  #event(): void {
    const event = this.events.last + 1;
    // Refused where flash is full: it has not happened then.
    if (this.world.agent.publish("data", { event }, true).ok) this.events.last = event;
  }

  #see({ reading, event, ok, id }: Json): void {
    this.readings.see(reading);
    this.events.see(event);
    if (ok === true) this.answered.see(id);
  }

  /** Once in each quiet time, when nothing is on its way. */
  #isToBeLookedAt(): boolean {
    const { clock, agent, broker } = this.world;
    const nowMs = clock.ticksMs();
    const block = Math.floor(nowMs / BLOCK_MS);
    const isDue = block >= this.#nextBlock && nowMs % BLOCK_MS > BLOCK_MS - QUIET_MS + SETTLED_MS;
    if (!isDue || this.world.state !== "online" || nowMs - this.#publishedMs < SECOND_MS) return false;
    if (agent.outbox.stats.queued > 0 || broker.kept?.length !== 0) return false;
    this.#nextBlock = block + 1;
    return true;
  }

  #script(): Script {
    const good = goodWorld();
    const info = deviceInfo() as { mqtt_config: object };
    const persistent = { ...info, mqtt_config: { ...info.mqtt_config, clean_session: false } };
    const service = deviceService((request) => {
      if (pathOf(request) !== "/api/devices/data/upload") return answer(200, persistent);
      this.#see((parseOwn(request.body ?? "")?.sensors ?? {}) as Json);
      return this.#below(3) === 0 ? failed("timeout") : answer(200, {});
    });
    return {
      ...good,
      http: (request) => (this.#is("service") ? failed("unreachable") : service(request)),
      broker: (options) => (this.#is("broker") ? this.#refusal : good.broker(options)),
      join: (ssid, password) => (this.#is("wifi") ? "wifi-not-found" : good.join(ssid, password)),
    };
  }

  /** From 0 on. */
  #below(limit: number): number {
    this.#seed = (this.#seed * 16_807) % 2_147_483_647;
    return this.#seed % limit;
  }
}

/** @throws what should not be */
export async function dayOfOutages(enter: (played: Playable) => void, seed = 1): Promise<Day> {
  const day = new Day(seed, await onlineOnce(enter));
  enter(day);
  day.boot();
  const endMs = day.world.clock.ticksMs() + DAY_MS;
  day.world.clock.after(DAY_MS, () => {});
  await day.world.until(() => day.world.clock.ticksMs() >= endMs);
  const faults = day.faults();
  if (faults.length > 0) throw new Error(`seed ${seed}: ${faults.join("; ")}`);
  return day;
}

export const outageJourneys = { dayOfOutages: (enter: (played: Playable) => void) => dayOfOutages(enter) };
