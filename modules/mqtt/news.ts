/** What a session tells the application, in its order and in turns of its own, where the stack is empty. */

import { guarded } from "../base/guard.js";
import type { Clock } from "../clock/clock.js";
import type { Incoming, MqttOptions } from "./mqtt.js";

/** A message, the id of an acknowledged one, or that there is room. */
type Item = Incoming | number | "writable";

/** What may come before the session is told of: a broker's window of kept messages, not its whole store. */
const MAX_EARLY_BYTES = 8 * 1024;
/** An entry of the list, in bytes: none is free. */
const ENTRY_BYTES = 64;

export class News {
  #clock: Clock;
  #options: MqttOptions;
  #read: (message: Incoming) => void;
  #items: Item[] = [];
  #earlyBytes = 0;
  #state: "early" | "open" | "closed" = "early";
  #isTelling = false;

  /** @param read the application has had the message */
  constructor(clock: Clock, options: MqttOptions, read: (message: Incoming) => void) {
    this.#clock = clock;
    this.#options = options;
    this.#read = read;
  }

  /** @returns false where too many wait for the session; one of quality 1 comes again in a later one */
  add(item: Item): boolean {
    if (this.#state === "closed") return false;
    if (this.#state === "early" && typeof item === "object") {
      this.#earlyBytes += item.topic.length + item.payload.length + ENTRY_BYTES;
      if (this.#earlyBytes > MAX_EARLY_BYTES) return false;
    }
    this.#items.push(item);
    this.tellSoon();
    return true;
  }

  /** The session is told of: what has waited for that follows. */
  open(): void {
    this.#state = "open";
    this.tellSoon();
  }

  /** Acknowledgements still count, and are told before this returns; messages come again. */
  close(): void {
    this.#state = "closed";
    for (const item of this.#items.splice(0)) if (typeof item === "number") this.tell(item);
  }

  private tellSoon(): void {
    if (this.#isTelling || this.#state !== "open" || this.#items.length === 0) return;
    this.#isTelling = true;
    this.#clock.after(0, () => {
      this.#isTelling = false;
      for (let item = this.#items.shift(); item !== undefined; item = this.#items.shift()) this.tell(item);
    });
  }

  /** A fault of the application does not end the session. */
  private tell(item: Item): void {
    const options = this.#options;
    if (typeof item === "number") guarded("mqtt", () => options.onAcknowledged?.(item))();
    else if (item === "writable") guarded("mqtt", () => options.onWritable?.())();
    else {
      guarded("mqtt", () => options.onMessage(item))();
      this.#read(item);
    }
  }
}
