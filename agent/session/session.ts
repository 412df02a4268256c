/** What stays from one connection to the next: what is to be sent, and what has been heard. */

import { failed, printable, type Result } from "../../modules/base/failure.js";
import { formatObject } from "../../modules/data/json.js";
import type { TextStore } from "../../modules/storage/storage.js";
import type { Credentials } from "../../provisioning/credentials.js";
import type { Agent } from "../application/application.js";
import type { Device } from "../device/device.js";
import { Control } from "./control.js";
import { DuplicateFilter } from "./duplicate-filter.js";
import { MessageStore } from "./outbox/message-store.js";
import { Outbox } from "./outbox/outbox.js";
import { Telemetry } from "./telemetry.js";

const MAX_NOTE_CHARACTERS = 200;
/** In place of flash. */
const NOWHERE: TextStore = Object.freeze({ get: () => undefined, set() {}, delete() {} });

/** Of one device with its brokers, from the start to the restart. */
export class Session implements Agent {
  readonly device: Device;
  readonly duplicates: DuplicateFilter;
  readonly telemetry: Telemetry;
  readonly control: Control;
  /** To a broker, since the start. */
  connections = 0;
  /** What the broker has kept for the device is given up with the next connection. */
  leavesQueue = false;
  /** Nothing is published but status and answers, and what waits in flash is not read (agent/lifecycle/safe.ts). */
  isSafe: boolean | undefined;
  /** With what the last connection was made, or tried. */
  credentials?: Credentials;
  private outboxStore: TextStore;
  private _outbox: Outbox | undefined;

  /** @param outboxStore a namespace of its own */
  constructor(device: Device, outboxStore: TextStore) {
    this.device = device;
    this.outboxStore = outboxStore;
    this.duplicates = new DuplicateFilter(device.store);
    this.telemetry = new Telemetry(this);
    this.control = new Control(this);
  }

  /** Reads its flash when somebody asks for it first: in the portal nobody does. */
  get outbox(): Outbox {
    this._outbox ??= new Outbox(this.device.clock, this.isSafe ? NOWHERE : this.outboxStore, this.device.log);
    return this._outbox;
  }

  /** What ended the machine may be in flash or with the broker: neither is taken. */
  setSafe(isSafe: boolean): void {
    this.isSafe = isSafe;
    this._outbox = undefined;
    if (isSafe) this.leavesQueue = true;
  }

  /** As from the factory: before anybody uses the outbox, or right before a restart. @returns false where flash refuses */
  eraseOutbox(): boolean {
    return new MessageStore(this.outboxStore).erase();
  }

  get topics(): readonly string[] | undefined {
    const { credentials } = this;
    return credentials && Object.keys(credentials.topics);
  }

  publish(topic: string, content: object, durable = false): Result<void> {
    return this.isSafe ? failed("safe", topic) : this.add(topic, content, durable);
  }

  private add(topic: string, content: object, durable = false): Result<void> {
    if (this.topics?.includes(topic) === false) return failed("topic-unknown", topic);
    const payload = formatObject(content);
    return payload === undefined ? failed("message-invalid", topic) : this.outbox.add({ topic, payload, durable });
  }

  /** For one more answer to a command, those of the commands that take their time, and a reading meanwhile. */
  get hasRoom(): boolean {
    return this.outbox.hasRoomFor(this.control.pending + 2);
  }

  /** To a command. */
  reply(reply: object): void {
    this.device.log.note(`control: ${printable(JSON.stringify(reply), MAX_NOTE_CHARACTERS)}`);
    if (!this.add("status", reply).ok)
      this.add("status", { ...reply, result: undefined, ok: false, error: "too large" });
  }
}
