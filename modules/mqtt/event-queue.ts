/** What a connection tells the application, in its order and in turns of its own, where the stack is empty. */

import type { Clock } from "../clock/clock.js";
import type { Incoming } from "./mqtt.js";

/** A message, the id of an acknowledged one, or that there is room. */
export type MqttEvent = Incoming | number | "writable";

/** What may come before the connection is told of: a broker's window of kept messages, not its whole store. */
const MAX_EARLY_BYTES = 8 * 1024;
/** An entry of the list, in bytes: none is free. */
const ENTRY_BYTES = 64;

export class EventQueue {
  private clock: Clock;
  private listener: { tell(event: MqttEvent): void };
  private events: MqttEvent[] = [];
  private earlyBytes = 0;
  private state: "early" | "open" | "closed" = "early";
  private isTelling = false;

  /** @param listener does not throw */
  constructor(clock: Clock, listener: { tell(event: MqttEvent): void }) {
    this.clock = clock;
    this.listener = listener;
  }

  /** @returns false where too many wait for the connection; one of QoS 1 comes again in a later one */
  add(event: MqttEvent): boolean {
    if (this.state === "closed") return false;
    if (this.state === "early" && typeof event === "object") {
      this.earlyBytes += event.topic.length + event.payload.length + ENTRY_BYTES;
      if (this.earlyBytes > MAX_EARLY_BYTES) return false;
    }
    this.events.push(event);
    this.tellSoon();
    return true;
  }

  /** The connection is told of: what has waited for that follows. */
  open(): void {
    this.state = "open";
    this.tellSoon();
  }

  /** Acknowledgements still count, and are told before this returns; messages come again. */
  close(): void {
    this.state = "closed";
    for (const event of this.events.splice(0)) if (typeof event === "number") this.listener.tell(event);
  }

  private tellSoon(): void {
    if (this.isTelling || this.state !== "open" || this.events.length === 0) return;
    this.isTelling = true;
    this.clock.after(0, tellAll, this);
  }

  tellAll(): void {
    this.isTelling = false;
    for (let event = this.events.shift(); event !== undefined; event = this.events.shift()) this.listener.tell(event);
  }
}

function tellAll(queue: EventQueue): void {
  queue.tellAll();
}
