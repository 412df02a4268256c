/** What a connection tells the application, in its order and in turns of its own, where the stack is empty. */

import type { Clock, Timer } from "../clock/clock.js";
import type { Incoming } from "./mqtt.js";

/** A message, the id of an acknowledged one, or that there is room. */
export type MqttEvent = Incoming | number | "writable";

export interface Listener {
  /** There is room for what a message brings. */
  readonly isReady: boolean;
  /** There is not, and what makes room are acknowledgements: they may stand behind messages, which have to be read then. */
  readonly isStuck: boolean;
  /** Does not throw. */
  tell(event: MqttEvent): void;
  /** All messages are told but those of quality 1 for which there was no room: in a later connection they come again. */
  onLeft(): void;
}

/** Who brings messages, and does not throw. */
export interface Source {
  readOn(): void;
}

/** Of the chip's slots a tenth. */
const MAX_MESSAGES = 64;
/** A broker's window of kept messages, not its whole store. */
const MAX_BYTES = 8 * 1024;
/** An entry of the list, in bytes: none is free. */
const ENTRY_BYTES = 64;
/** For so long a message waits for the listener. Then it is told all the same: an older answer is what makes room. */
const MAX_WAIT_MS = 5_000;

export class EventQueue {
  private clock: Clock;
  private listener: Listener;
  private events: MqttEvent[] = [];
  private messages = 0;
  private bytes = 0;
  private state: "early" | "open" | "closed" = "early";
  private isTelling = false;
  /** The end of a message's wait. */
  private wait?: Timer | undefined;
  /** A message of quality 1 found no room: those behind it are left to a later connection, too, for their order. */
  private hasLeft?: true;
  /** It has stopped at the bound. */
  private paused?: Source | undefined;

  constructor(clock: Clock, listener: Listener) {
    this.clock = clock;
    this.listener = listener;
  }

  /** Nothing more is to be read. Before the connection is told of that would keep back what it waits for. */
  get isFull(): boolean {
    return this.state === "open" && !this.hasRoom && !this.listener.isStuck;
  }

  private get hasRoom(): boolean {
    return this.messages < MAX_MESSAGES && this.bytes < MAX_BYTES;
  }

  /** @returns false where too many wait; one of quality 1 comes again in a later connection */
  add(event: MqttEvent): boolean {
    if (this.state === "closed") return false;
    if (typeof event === "object") {
      const isAgain = event.packetId !== undefined;
      if (!this.hasRoom || (isAgain && this.hasLeft)) {
        if (isAgain) this.hasLeft = true;
        return false;
      }
      this.messages++;
      this.bytes += sizeOf(event);
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
    this.clock.cancel(this.wait);
    for (const event of this.events.splice(0)) if (typeof event === "number") this.listener.tell(event);
  }

  /** It reads on when there is room again, in a turn of its own. */
  pause(source: Source): void {
    this.paused = source;
  }

  readOn(): void {
    const { paused } = this;
    this.paused = undefined;
    paused?.readOn();
  }

  /** Also where the listener may be ready again. */
  tellSoon(): void {
    if (this.isTelling || this.state !== "open" || this.events.length === 0) return;
    this.isTelling = true;
    this.clock.after(0, tellAll, this);
  }

  tellAll(): void {
    this.isTelling = false;
    const { events, listener } = this;
    while (events.length > 0) {
      // What makes room for a message does not wait behind it.
      const index = listener.isReady ? 0 : events.findIndex(isNotice);
      if (index < 0) break;
      this.tell(index);
    }
    if (this.paused && !this.isFull) this.clock.after(0, readOn, this);
    if (this.hasLeft && this.messages === 0) listener.onLeft();
    if (events.length > 0) this.wait ??= this.clock.after(MAX_WAIT_MS, giveWay, this);
  }

  giveWay(): void {
    this.wait = undefined;
    this.tell(0);
    this.tellAll();
  }

  private tell(index: number): void {
    const event = this.events.splice(index, 1)[0]!;
    if (typeof event === "object") {
      this.messages--;
      this.bytes -= sizeOf(event);
      this.clock.cancel(this.wait);
      this.wait = undefined;
    }
    this.listener.tell(event);
  }
}

function isNotice(event: MqttEvent): boolean {
  return typeof event !== "object";
}

function sizeOf({ topic, payload }: Incoming): number {
  return topic.length + payload.length + ENTRY_BYTES;
}

function tellAll(queue: EventQueue): void {
  queue.tellAll();
}

function readOn(queue: EventQueue): void {
  queue.readOn();
}

function giveWay(queue: EventQueue): void {
  queue.giveWay();
}
