/**
 * Which messages of quality 1 the application has had. A broker that saw no acknowledgement sends them again, with DUP
 * and their packet ids (MQTT 3.1.1 §4.4), in this session or, where it keeps sessions, in a later one.
 */

import { reportFault } from "../../modules/base/guard.js";
import { crc32OfText } from "../../modules/data/crc32.js";
import type { Incoming } from "../../modules/mqtt/mqtt.js";
import type { Store } from "../../modules/storage/storage.js";

/** Brokers have fewer on their way at once (mosquitto: 20). */
const MAX_SEEN = 32;
const KEY = "seen";

export class Seen {
  #store: Store;
  #marks: string[];

  /** @param store keeps the last one over a restart that it asked for */
  constructor(store: Store) {
    this.#store = store;
    const last = store.get(KEY);
    this.#marks = last ? [last] : [];
  }

  /** Takes note of it where it is new. */
  isRepeated(message: Incoming): boolean {
    const { packetId, topic, payload, duplicate } = message;
    if (packetId === undefined) return false;
    const mark = `${packetId}:${crc32OfText(topic)}:${crc32OfText(payload)}`;
    const index = this.#marks.indexOf(mark);
    if (index >= 0 && duplicate) return true;
    if (index >= 0) this.#marks.splice(index, 1);
    this.#marks.push(mark);
    if (this.#marks.length > MAX_SEEN) this.#marks.shift();
    return false;
  }

  /** The message that came last ends this life: its acknowledgement may get lost, and it must not end the next one. */
  keepLast(): void {
    const last = this.#marks.at(-1);
    if (last === undefined || last === this.#store.get(KEY)) return;
    try {
      this.#store.set(KEY, last);
    } catch (error) {
      reportFault("seen", error); // it may come once more
    }
  }
}
