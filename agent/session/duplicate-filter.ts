/**
 * Which messages of QoS 1 the application has had. A broker that saw no acknowledgement sends them again, with DUP and
 * their packet ids (MQTT 3.1.1 §4.4), on the same connection or, where it keeps sessions, on a later one.
 */

import { reportFault } from "../../modules/base/guard.js";
import { crc32OfText } from "../../modules/data/crc32.js";
import type { Incoming } from "../../modules/mqtt/mqtt.js";
import type { Store } from "../../modules/storage/storage.js";

/** Brokers have fewer on their way at once (mosquitto: 20). */
const MAX_MARKS = 32;
const KEY = "seen";

export class DuplicateFilter {
  private store: Store;
  /** Of the messages that came last, oldest first. */
  private marks: string[];

  /** @param store keeps the last mark over a restart that its message asked for */
  constructor(store: Store) {
    this.store = store;
    this.marks = keptMarks(store);
  }

  /** Remembers the message where it is new. */
  isDuplicate(message: Incoming): boolean {
    const { packetId, topic, payload, duplicate } = message;
    if (packetId === undefined) return false;
    const mark = `${packetId}:${crc32OfText(topic)}:${crc32OfText(payload)}`;
    const index = this.marks.indexOf(mark);
    if (index >= 0 && duplicate) return true;
    if (index >= 0) this.marks.splice(index, 1);
    this.marks.push(mark);
    if (this.marks.length > MAX_MARKS) this.marks.shift();
    return false;
  }

  /** The last message restarts the device: its acknowledgement may get lost, and it must not restart it again. */
  keepLast(): void {
    const last = this.marks.at(-1);
    if (last === undefined || last === this.store.get(KEY)) return;
    try {
      this.store.set(KEY, last);
    } catch (error) {
      reportFault("duplicates", error); // it may come once more
    }
  }
}

/** A flash that cannot be read must not keep the device from starting: a message may come once more. */
function keptMarks(store: Store): string[] {
  try {
    const last = store.get(KEY);
    return last ? [last] : [];
  } catch (error) {
    reportFault("duplicates", error);
    return [];
  }
}
