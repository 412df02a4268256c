/**
 * A device at xiaozhi's gateway, byte for byte: CONNECT, SUBSCRIBE, PUBLISH and PINGREQ as the SDK's client writes them,
 * the gateway's own parser, and what it sends, read by the device's.
 */

import type { Application } from "../../agent/application/application.js";
import { done, refused } from "../../agent/application/application.js";
import { GatewayConnection } from "../../mocks/cloud/gateway-connection.js";
import { encoded, joined, lengthAnd, packetOf } from "../../mocks/cloud/gateway-wire.js";
import { type Failure, failed, type Result, success } from "../../modules/base/failure.js";
import type { Clock, Timer } from "../../modules/clock/clock.js";
import type { Incoming, MqttOptions, MqttSession, Outgoing, Published } from "../../modules/mqtt/mqtt.js";
import { PACKET, PacketReader } from "../../modules/mqtt/packets.js";
import { Activation, goodWorld, SECRETS, XIAOZHI_URL } from "./cloud.js";
import type { Journey } from "./journeys.js";
import { ScriptedStore } from "./store.js";
import { World } from "./world.js";

const PINGREQ = 12;
const MINUTE = 60_000;

export interface Heard {
  readonly topic: string;
  readonly payload: string;
}

/** Both ends of a connection, and the wire between them. */
export class GatewayLine implements MqttSession {
  readonly sessionPresent = false;
  readonly ended: Promise<Failure>;
  readonly options: MqttOptions;
  readonly gateway: GatewayConnection;
  /** What the gateway has been told, and what it has said. */
  readonly up: Heard[] = [];
  readonly down: Heard[] = [];
  readonly #clock: Clock;
  readonly #ping: Timer;
  /** Until the session is known. */
  readonly #early: Incoming[] = [];
  #end!: (failure: Failure) => void;
  #open: ((result: Result<MqttSession>) => void) | undefined;

  /** @param password of the account; others are closed, after CONNACK 0 */
  constructor(clock: Clock, options: MqttOptions, password: string) {
    this.#clock = clock;
    this.options = options;
    this.ended = new Promise((end) => {
      this.#end = end;
    });
    const reader = new PacketReader({
      hasRoom: true,
      control: (packet) => this.#control(packet[0]! >> 4),
      message: (message) => this.#told(message),
      stream: () => undefined,
      streamed() {},
      dropped: (_id, why) => {
        throw new Error(why);
      },
    });
    this.gateway = new GatewayConnection({
      admit: (login) => login.username === options.username && login.password === password,
      connected() {},
      up: (topic, payload) => this.up.push({ topic, payload }),
      down: (topic, payload) => this.down.push({ topic, payload }),
      log() {},
      send: (bytes) => void clock.after(0, () => reader.see(bytes)),
      close: () => void clock.after(0, () => this.close(failed("broker-closed").failure)),
      nowMs: () => clock.ticksMs(),
      after(delayMs, task) {
        const timer = clock.after(delayMs, task);
        return () => clock.cancel(timer);
      },
    });
    this.#ping = clock.every(
      options.keepAliveMs,
      () => this.#write(packetOf(PINGREQ << 4, new Uint8Array(0))),
      undefined,
    );
  }

  connect(): Promise<Result<MqttSession>> {
    const { clientId, username, password, keepAliveMs, will, qos } = this.options;
    const flags = 0xc2 | (will ? 4 | (qos << 3) | (will.retain ? 0x20 : 0) : 0);
    const seconds = keepAliveMs / 1_000;
    const head = joined(lengthAnd("MQTT"), Uint8Array.of(4, flags, seconds >> 8, seconds & 255), lengthAnd(clientId));
    const said = will ? joined(lengthAnd(will.topic), lengthAnd(will.payload)) : new Uint8Array(0);
    this.#write(packetOf(PACKET.connect << 4, joined(head, said, lengthAnd(username), lengthAnd(password.reveal()))));
    return new Promise((open) => {
      this.#open = open;
    });
  }

  publish({ topic, payload, retain, qos }: Outgoing): Published {
    const header = (PACKET.publish << 4) | (qos << 1) | (retain ? 1 : 0);
    const id = qos ? Uint8Array.of(0, 1) : new Uint8Array(0);
    this.#write(packetOf(header, joined(lengthAnd(topic), id, encoded(payload))));
    return { packetId: qos };
  }

  close(failure: Failure): void {
    this.gateway.close("the device is gone");
    this.#clock.cancel(this.#ping);
    this.#open?.({ ok: false, failure });
    this.#open = undefined;
    this.#end(failure);
  }

  #write(bytes: Uint8Array): void {
    this.#clock.after(0, () => this.gateway.receive(bytes));
  }

  #control(type: number): void {
    const { subscribe, qos } = this.options;
    const topics = subscribe.map((topic) => joined(lengthAnd(topic), Uint8Array.of(qos)));
    if (type === PACKET.connack && topics.length > 0)
      this.#write(packetOf((PACKET.subscribe << 4) | 2, joined(Uint8Array.of(0, 1), ...topics)));
    else if (type === PACKET.connack || type === PACKET.suback) {
      this.#open?.(success<MqttSession>(this));
      this.#open = undefined;
      // On the chip their turn can be before that of who waits for the session.
      for (const message of this.#early.splice(0)) this.options.onMessage(message);
    }
  }

  #told(message: Incoming): void {
    if (this.#open) this.#early.push(message);
    else this.options.onMessage(message);
  }
}

const application: Application = {
  commands: {
    led: {
      description: "Switches the lamp.",
      properties: { action: { type: "string", enum: ["on", "off"] } },
      required: ["action"],
      run: ({ action }) => (action === "on" ? done({ on: true }) : refused("action: on or off")),
    },
  },
};

/** A device that has its settings from a xiaozhi server, at the gateway. */
export async function atTheGateway(
  enter: (world: World) => void,
  more: Application = {},
): Promise<[World, GatewayLine]> {
  const cloud = new Activation();
  cloud.activated = true;
  let line: GatewayLine | undefined;
  const script = {
    ...goodWorld(),
    http: cloud.http,
    mqtt: (options: MqttOptions) => {
      line = new GatewayLine(world.clock, options, SECRETS.mqtt);
      return line.connect();
    },
  };
  const first = new World({ ...script, mqtt: undefined as never });
  enter(first);
  first.boot();
  await first.untilState("portal");
  first.fillIn({ ssid: "Home", password: SECRETS.wifi, url: XIAOZHI_URL });
  await first.until(() => first.restarted);
  const world = new World(script, new ScriptedStore(first.store.entries));
  world.device = { ...world.device, application: { ...application, ...more } };
  enter(world);
  world.boot();
  await world.untilState("online");
  return [world, line!];
}

function expect(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

/** What the operator gets, within a second. */
export async function ask(world: World, { gateway }: GatewayLine, method: string, params: unknown): Promise<unknown> {
  let answer: unknown;
  gateway.command(method, params).then(
    (result) => {
      answer = result;
    },
    (error: Error) => {
      answer = error.message;
    },
  );
  const sentMs = world.clock.ticksMs();
  await world.until(() => answer !== undefined);
  expect(world.clock.ticksMs() - sentMs < 1_000, `${method} took ${world.clock.ticksMs() - sentMs} ms`);
  return answer;
}

/** Ten minutes, with the tools, and without anything that the gateway cannot pass on. */
async function tenMinutesAtTheGateway(enter: (world: World) => void): Promise<void> {
  const [world, line] = await atTheGateway(enter);
  const { gateway } = line;
  const startMs = world.clock.ticksMs();
  await world.until(() => gateway.tools.length > 9);
  expect(world.clock.ticksMs() - startMs < 1_000, "the tools are there within a second");
  const names = gateway.tools.map(({ name }) => name).join();
  expect(names === "ping,status,diagnose,reboot,portal,reprovision,rotate,update,set,log-level,led", names);
  const initialized = JSON.stringify(gateway.initialized);
  expect(initialized.includes('"protocolVersion":"2024-11-05"') && initialized.includes("esp32-online"), initialized);
  const said = async (method: string, params: unknown) => JSON.stringify(await ask(world, line, method, params));
  const text = (content: string, isError = false) =>
    `{"content":[{"type":"text","text":${JSON.stringify(content)}}],"isError":${isError}`;
  for (let minute = 1; minute <= 10; minute++) {
    expect((await said("tools/call", { name: "ping" })) === `${text("pong")}}`, "ping");
    const on = await said("tools/call", { name: "led", arguments: { action: "on" } });
    expect(on === `${text('{"on":true}')}}`, on);
    await world.until(() => world.clock.ticksMs() >= startMs + minute * MINUTE);
  }
  expect((await said("tools/call", { name: "led" })).startsWith(text("action: on or off", true)), "a refusal");
  expect((await said("somersault", {})) === '"no such method"', "another method");
  expect((await said("tools/call", { name: "somersault" })) === '"name: no such tool"', "another tool");
  expect(world.state === "online" && !gateway.isOver, `${world.state}`);
  expect(!line.down.some(({ payload }) => payload.includes("goodbye")), "the gateway has passed on all that was said");
}

export const gatewayJourneys: Readonly<Record<string, Journey>> = { tenMinutesAtTheGateway };
