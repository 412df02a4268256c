/**
 * The whole device side against a real broker: the agent's lifecycle, session, commands and outbox over the adapter of
 * MQTT and real sockets. Its radio, flash and service are scripts, and their time is the world's, which goes faster.
 */

import type { Socket } from "node:net";
import { connectAsync, type MqttClient } from "mqtt";
import { afterEach } from "vitest";
import { done } from "../../agent/application/application.js";
import { type Json, parseOwn } from "../../modules/data/json.js";
import { createMqtt } from "../../modules/mqtt/adapter.js";
import { rightCalendar } from "../calendar.js";
import { pause } from "../moddable/support.js";
import { fasterClock } from "../modules/net-support.js";
import { answer, deviceService, goodWorld, seedInfo } from "../scripted/cloud.js";
import { onlineOnce } from "../scripted/journeys.js";
import { play } from "../scripted/play.js";
import { ScriptedStore } from "../scripted/store.js";
import { World } from "../scripted/world.js";
import { PASSWORD } from "./mosquitto.js";

export const TOPICS = { data: "devices/d/data", control: "devices/d/control", status: "devices/d/status" };
const CLIENT_ID = "device";
const SPEED = 50;
/** A session that ends sooner is a failure, after which the next try waits for longer. */
const PROVEN_MS = 6_000;
/** At once, so that promises have their turns. */
const MAX_STEP_MS = 100;

export interface BoardOptions {
  /** Of the broker, or of what is before it. */
  readonly port: number;
  readonly topics?: Partial<typeof TOPICS>;
  readonly keepAliveSeconds?: number;
}

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

export class OnlineBoard {
  readonly world: World;
  /** By the number in the command: how often the application executed it. */
  readonly executed = new Map<number, number>();

  private constructor(world: World) {
    this.world = world;
  }

  /** A board that was set up for this broker, switched on. */
  static async start({ port, topics, keepAliveSeconds = 60 }: BoardOptions): Promise<OnlineBoard> {
    const seed = seedInfo(PASSWORD) as object;
    const broker = { broker: "127.0.0.1", port, use_ssl: false, keepalive: keepAliveSeconds, clean_session: false };
    const account = { username: "user", password: PASSWORD, client_id: CLIENT_ID };
    const info = { ...seed, api_config: {}, mqtt_config: { ...broker, ...account, topics: { ...TOPICS, ...topics } } };
    const script = { ...goodWorld(), http: deviceService(() => answer(200, info)), broker: () => undefined };
    let store = new ScriptedStore();
    await play(async (enter) => {
      store = await onlineOnce(enter, script);
    });
    const world = new World(script, store);
    const board = new OnlineBoard(world);
    world.device = {
      ...world.device,
      // Connections that break one after the other make pauses longer: here these are the shortest.
      random: () => 0.01,
      mqtt: createMqtt(fasterClock(1), rightCalendar, () => []),
      application: { read: () => undefined, commands: { count: (request) => board.#count(request) } },
    };
    world.boot();
    board.#letTimePass();
    return board;
  }

  /** Online so many times by now. */
  get connections(): number {
    return this.world.events.filter(({ state }) => state === "online").length;
  }

  /** Why it went offline, one after the other. */
  get reasons(): (string | undefined)[] {
    return this.world.events.flatMap((event) => (event.state === "offline" ? [event.reason] : []));
  }

  /** It is online, and has been for so long that the end of its connection is an accident. */
  async settled(): Promise<void> {
    const { clock } = this.world;
    await wait(() => this.world.state === "online");
    const provenMs = clock.ticksMs() + PROVEN_MS;
    await wait(() => clock.ticksMs() > provenMs);
  }

  #count({ n }: Json) {
    this.executed.set(n as number, (this.executed.get(n as number) ?? 0) + 1);
    return done({ n });
  }

  #letTimePass(): void {
    const { clock } = this.world;
    let lastMs = performance.now();
    const timer = setInterval(() => {
      const nowMs = performance.now();
      let isOver = false;
      clock.after(Math.min(MAX_STEP_MS, (nowMs - lastMs) * SPEED), () => {
        isOver = true;
      });
      while (!isOver) clock.step();
      lastMs = nowMs;
    }, 1);
    endings.push(() => {
      clearInterval(timer);
      this.world.cutNow();
    });
  }
}

/** Whoever sends commands, and hears what the device says. */
export class Operator {
  /** By the number in the answer's result. */
  readonly answered = new Map<number, number>();
  readonly statuses: Json[] = [];
  readonly #client: MqttClient;

  private constructor(client: MqttClient) {
    this.#client = client;
  }

  static async at(port: number): Promise<Operator> {
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { username: "server", password: PASSWORD });
    (client.stream as Socket).setNoDelay(true);
    endings.push(() => void client.end(true));
    const operator = new Operator(client);
    client.on("message", (_topic, payload) => operator.#hear(parseOwn(payload.toString()) ?? {}));
    await client.subscribeAsync("devices/#", { qos: 1 });
    return operator;
  }

  /** The broker has it when this is over. */
  async send(command: object): Promise<void> {
    await this.#client.publishAsync(TOPICS.control, JSON.stringify(command), { qos: 1 });
  }

  #hear(message: Json): void {
    const { n } = (message.result ?? {}) as { n?: number };
    if (message.ok === true && n !== undefined) this.answered.set(n, (this.answered.get(n) ?? 0) + 1);
    if ("online" in message) this.statuses.push(message);
  }
}

/** Connects in the device's place. */
export async function takeItsPlace(port: number): Promise<void> {
  const account = { username: "user", password: PASSWORD, clientId: CLIENT_ID, reconnectPeriod: 0 };
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, account);
  endings.push(() => void client.end(true));
}

/** As long as it takes: the test's own time-out ends it. */
export async function wait(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(2);
}
