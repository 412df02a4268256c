import { afterEach, describe, expect } from "vitest";
import type { Delivery } from "../../agent/session/outbox/delivery.js";
import { Outbox } from "../../agent/session/outbox/outbox.js";
import { Secret } from "../../modules/base/secret.js";
import { createMqtt } from "../../modules/mqtt/adapter.js";
import type { MqttOptions, MqttSession } from "../../modules/mqtt/mqtt.js";
import { rightCalendar } from "../calendar.js";
import { pause } from "../moddable/support.js";
import { fasterClock, faults } from "../modules/net-support.js";
import { ScriptedStore } from "../scripted/store.js";
import { authority, goodCertificate } from "../tls/identities.js";
import { Mosquitto, PASSWORD, mosquittoTest as test } from "./mosquitto.js";
import { BrokerProxy } from "./proxy.js";

const DATA = "devices/d/data";
const KEEP_ALIVE_MS = 60_000;
/** What waits after an outage goes at its rate in virtual time. */
const clock = fasterClock(20);
const sessions: MqttSession[] = [];

afterEach(async () => {
  for (const session of sessions.splice(0)) session.close({ reason: "internal" });
  await pause(10);
});

async function connect(mqtt: ReturnType<typeof createMqtt>, change: Partial<MqttOptions>): Promise<MqttSession> {
  const result = await mqtt({
    ...{ host: "127.0.0.1", port: 0, tls: false, clientId: "device", username: "user" },
    ...{ password: new Secret(PASSWORD), cleanSession: false, keepAliveMs: KEEP_ALIVE_MS, timeoutMs: 60_000 },
    ...{ subscribe: [], qos: 1, onMessage() {} },
    ...change,
  });
  if (!result.ok) throw new Error(result.failure.reason);
  sessions.push(result.value);
  return result.value;
}

/** The device with an outbox: it produces as fast as that takes it, until it has produced everything. */
class Producer {
  readonly store = new ScriptedStore();
  readonly outbox = new Outbox(clock, this.store, { note: (text) => expect.unreachable(text) });
  readonly acknowledged = new Set<string>();
  readonly repeated: string[] = [];
  produced = 0;
  readonly #messages: number;
  readonly #mqtt = createMqtt(clock, rightCalendar, () => []);

  constructor(messages: number) {
    this.#messages = messages;
  }

  /** One session, to its end. @param onSession it has begun */
  async live(change: Partial<MqttOptions>, onSession: () => void): Promise<void> {
    const payloads = new Map<number, string>();
    let attached: Delivery | undefined;
    const session = await connect(this.#mqtt, {
      ...change,
      onWritable: () => attached?.drain(),
      onAcknowledged: (packetId) => {
        if (payloads.has(packetId)) this.acknowledged.add(payloads.get(packetId)!);
        attached?.onAcknowledged(packetId);
        this.produce();
      },
    });
    const seen: MqttSession = {
      sessionPresent: session.sessionPresent,
      ended: session.ended,
      close: (failure) => session.close(failure),
      publish: (message) => {
        const published = session.publish(message);
        if (typeof published !== "object") return published;
        if (this.acknowledged.has(message.payload)) this.repeated.push(message.payload);
        payloads.set(published.packetId, message.payload);
        return published;
      },
    };
    attached = this.outbox.attach(seen, { data: DATA }, 1, KEEP_ALIVE_MS);
    // What the session has to say itself is no business of the outbox, and has ids of the same kind.
    session.publish({ topic: "devices/d/status", payload: "online", retain: true, qos: 1 });
    onSession();
    this.produce();
    await session.ended;
    attached.detach();
  }

  produce(): void {
    while (this.produced < this.#messages && this.outbox.stats.queued < 40) {
      const durable = this.produced % 10 === 0;
      if (!this.outbox.add({ topic: "data", payload: String(this.produced), durable }).ok) return;
      this.produced++;
    }
  }
}

/** As long as it takes: the test's own time-out ends it. */
async function wait(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(2);
}

describe("mosquitto and an outbox, forced disconnections: none is lost, nothing acknowledged goes again", () => {
  test.each([
    ["keeps", false, 10_000, 50],
    ["does not keep", true, 1_000, 10],
  ])(
    "the broker %s the session",
    async (_what, cleanSession, messages, disconnections) => {
      const broker = await Mosquitto.open([goodCertificate(authority("ec"), "ec")], {
        listener: ["set_tcp_nodelay true"],
      });
      const proxy = await BrokerProxy.to(broker.port);
      const received: string[] = [];
      await connect(
        createMqtt(clock, rightCalendar, () => []),
        {
          ...{ port: broker.port, clientId: "server", username: "server", cleanSession: true, subscribe: [DATA] },
          onMessage: ({ payload }) => void received.push(payload),
        },
      );
      const producer = new Producer(messages);
      for (let count = 0; count < disconnections; count++) {
        const enough = producer.acknowledged.size + (0.8 * messages) / disconnections;
        await producer.live({ port: proxy.port, cleanSession }, () => {
          void wait(() => producer.acknowledged.size >= enough).then(() => {
            // Where messages are on their way, and where an acknowledgement is.
            if (count % 2 === 0) proxy.cut();
            else proxy.cutsAt = "puback";
          });
        });
        proxy.cutsAt = undefined;
      }
      const last = producer.live({ port: proxy.port, cleanSession }, () => {});
      await wait(() => producer.produced === messages && producer.outbox.stats.queued === 0);
      const numbers = () => [...new Set(received)].map(Number);
      await wait(() => numbers().length >= messages);
      expect(numbers()).toEqual(Array.from({ length: messages }, (_, number) => number));
      expect(producer.repeated).toEqual([]);
      expect(producer.outbox.stats).toEqual({ queued: 0, stored: 0, dropped: 0, sent: messages });
      expect(producer.store.entries.size).toBe(0);
      // Acknowledgements were lost: those messages came twice.
      expect(received.length).toBeGreaterThan(messages);
      expect(proxy.heard.some((packet) => packet.endsWith("dup"))).toBe(!cleanSession);
      expect(faults).toEqual([]);
      for (const session of sessions) session.close({ reason: "internal" });
      await last;
    },
    120_000,
  );
});
