/** Lives of an outbox: messages, sessions that end, acknowledgements that are lost; and the power may fail anywhere. */
import { WINDOW } from "../../agent/session/outbox/delivery.js";
import { MAX_STORED } from "../../agent/session/outbox/message-store.js";
import { MAX_READINGS } from "../../agent/session/outbox/queue.js";
import { Bench, KEEP_ALIVE_MS } from "./outbox.js";
import { randomNumbers } from "./power.js";
import { ScriptedStore } from "./store.js";

const STEPS = 250;
const PROOF_MS = 2.5 * KEEP_ALIVE_MS;

class Life {
  #random: () => number;
  #store: ScriptedStore;
  #bench: Bench;
  #isConnected = false;
  #isPowerGone = false;
  #count = 0;
  /** Numbers of what was accepted: durable ones ever, and readings since the power came. */
  #durable = new Set<number>();
  #readings = new Set<number>();
  /** What has reached the broker, and what the device heard of since the power came. */
  #received = new Set<number>();
  #acknowledged = new Set<number>();
  /** Of the session's messages so many were looked at. */
  #seen = 0;
  #lastSent = -1;
  #accepted = 0;

  constructor(seed: number, cutAt: number) {
    this.#random = randomNumbers(seed);
    this.#store = new ScriptedStore();
    this.#store.cutAfter = cutAt;
    this.#store.onPowerCut = () => {
      this.#isPowerGone = true;
    };
    this.#bench = new Bench(this.#store);
  }

  /** @returns flash operations */
  run(): number {
    for (let step = 0; step < STEPS; step++) {
      this.#step();
      if (this.#isPowerGone || this.#random() < 0.01) this.#restart();
      else this.#check();
    }
    const { operations } = this.#store;
    this.#store.cutAfter = 0;
    this.#comeToRest();
    return operations;
  }

  #step(): void {
    const dice = this.#random();
    if (dice < 0.35) for (let count = this.#dice(4); count >= 0; count--) this.#add();
    else if (!this.#isConnected) this.#connect();
    else if (dice < 0.7) this.#acknowledge();
    else if (dice < 0.8) this.#bench.pass(this.#dice(2_000));
    else if (dice < 0.82) this.#bench.pass(PROOF_MS);
    else if (dice < 0.92) {
      this.#bench.session.room = this.#dice(6);
      this.#bench.attached.drain();
      this.#bench.clock.runDue();
    } else this.#lose();
  }

  #add(): void {
    const number = this.#count++;
    const isDurable = this.#random() < 0.3;
    const payload = String(number).padEnd(this.#dice(600), ".");
    const isAccepted = this.#bench.add(payload, isDurable);
    if (this.#isPowerGone) return; // nobody is left to be told
    expect(isAccepted || isDurable, "a reading is always taken");
    expect(isAccepted || this.#store.entries.size === MAX_STORED, "refused without a reason");
    if (!isAccepted) return;
    this.#accepted++;
    (isDurable ? this.#durable : this.#readings).add(number);
  }

  #connect(): void {
    this.#isConnected = true;
    this.#seen = 0;
    this.#lastSent = -1;
    const qos = this.#random() < 0.2 ? 0 : 1;
    this.#bench.attach({ qos, present: this.#random() < 0.6, room: this.#dice(12) });
  }

  /** Some, of the oldest; the broker may have read more. */
  #acknowledge(): void {
    const { session, attached } = this.#bench;
    for (const id of session.unacknowledged.slice(0, this.#dice(WINDOW + 1))) {
      const index = session.sent.findIndex(({ packetId }) => packetId === id);
      const number = Number.parseInt(session.sent[index]!.payload, 10);
      this.#received.add(number);
      this.#acknowledged.add(number);
      session.acknowledge(id, attached);
      if (this.#isPowerGone) return;
    }
  }

  /** The broker has the older part of what was sent, and at least what the session has outlived. */
  #lose(): void {
    const { clock, session } = this.#bench;
    const provenMs = clock.ticksMs() - PROOF_MS;
    const count = this.#dice(session.sent.length + 1);
    session.sent.forEach(({ payload, qos, atMs }, index) => {
      const number = Number.parseInt(payload, 10);
      if (index < count || (qos === 0 && atMs <= provenMs)) this.#received.add(number);
      // Quality 0 may lose it.
      if (qos === 0) this.#readings.delete(number);
    });
    this.#bench.lose();
    this.#isConnected = false;
  }

  #restart(): void {
    if (this.#isConnected) this.#lose();
    this.#isPowerGone = false;
    this.#readings.clear();
    this.#acknowledged.clear();
    const { operations } = this.#store;
    this.#store = new ScriptedStore(this.#store.entries);
    this.#store.operations = operations;
    this.#bench.restart(this.#store);
    this.#accepted = this.#bench.outbox.stats.queued;
    expect(this.#bench.notes.length === 0, this.#bench.notes[0] ?? "");
  }

  #check(): void {
    const { queued, stored, dropped, sent } = this.#bench.outbox.stats;
    expect(queued - stored <= MAX_READINGS, "readings");
    expect(stored <= MAX_STORED && this.#store.entries.size === stored, "slots");
    expect(queued + dropped + sent === this.#accepted, `${queued} + ${dropped} + ${sent} of ${this.#accepted}`);
    if (!this.#isConnected) return;
    const { session } = this.#bench;
    expect(session.unacknowledged.length <= WINDOW, "window");
    for (const { payload } of session.sent.slice(this.#seen)) {
      const number = Number.parseInt(payload, 10);
      expect(number > this.#lastSent, `${number} after ${this.#lastSent}`);
      expect(!this.#acknowledged.has(number), `${number} again`);
      this.#lastSent = number;
    }
    this.#seen = session.sent.length;
  }

  /** A good session: in the end the broker has all that was accepted. */
  #comeToRest(): void {
    if (this.#isConnected) this.#lose();
    this.#isConnected = true;
    this.#seen = 0;
    this.#lastSent = -1;
    this.#bench.attach();
    this.#bench.settle();
    this.#check();
    for (const { payload } of this.#bench.session.sent) this.#received.add(Number.parseInt(payload, 10));
    const { queued, dropped } = this.#bench.outbox.stats;
    expect(queued === 0 && this.#store.entries.size === 0, "at rest");
    for (const number of this.#durable) expect(this.#received.has(number), `${number} is lost`);
    const missing = [...this.#readings].filter((number) => !this.#received.has(number)).length;
    expect(missing <= dropped, `${missing} readings are missing, ${dropped} were dropped`);
  }

  #dice(sides: number): number {
    return Math.floor(this.#random() * sides);
  }
}

function expect(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** @returns flash operations, and with that how many cuts there are to try */
export function liveOutbox(seed: number, cutAt: number): number {
  try {
    return new Life(seed, cutAt).run();
  } catch (error) {
    throw new Error(`outbox, seed ${seed}, cut at ${cutAt}: ${(error as Error).message}`);
  }
}
