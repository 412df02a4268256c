/**
 * The device's own access point. The chip has one radio, and so one channel at a time: the access point goes where the
 * station goes, and an active scan takes it through all of them. Phones lose it each time.
 */
import { accessPointInterface, phones } from "./link.js";
import { post } from "./machine.js";
import type { AccessPointStart } from "./networks.js";

export interface AccessPointSettings {
  readonly ssid: string;
  /** None: open. */
  readonly password?: string;
  readonly channel: number;
}

const DRIVERS_ADDRESS = "192.168.4.1";
/** No phone has found it sooner. */
const firstPhoneMs = 100;

export class AccessPoint {
  #settings: AccessPointSettings | undefined;
  #channel = 0;
  #stationChannel: number | undefined;
  #changeMs: number;
  #return: NodeJS.Timeout | undefined;
  #start: AccessPointStart;
  /** Of the one that is open: its start has not been handled yet. */
  #starting: NodeJS.Timeout | undefined;
  #address = DRIVERS_ADDRESS;
  /** No phone can have found it yet. */
  #isNew = false;
  /** Told what is open now, or that nothing is. */
  onChange: ((settings: AccessPointSettings | undefined) => void) | undefined;

  constructor(changeMs: number, start: AccessPointStart) {
    this.#changeMs = changeMs;
    this.#start = start;
  }

  get settings(): AccessPointSettings | undefined {
    return this.#settings;
  }

  /** Where it is now; undefined when it is closed. */
  get channel(): number | undefined {
    return this.#settings && this.#channel;
  }

  /** Its own; it keeps it when it is closed. */
  get address(): string {
    return this.#address;
  }

  /** The phones are sent away, and come back for another address. */
  move(address: string): void {
    this.#address = address;
    if (!this.#isNew) this.drop();
  }

  open(settings: AccessPointSettings): void {
    this.#settings = settings;
    this.#channel = this.#stationChannel ?? settings.channel;
    clearTimeout(this.#return);
    this.#isNew = true;
    this.onChange?.(settings);
    if (this.isUp) return;
    if (this.#start === "before") this.#started();
    else if (this.#start === "at") post(() => this.#started());
    else this.#starting = setTimeout(() => this.#started(), this.#start);
  }

  /** The event of its start has been handled: it has an interface. */
  get isUp(): boolean {
    return this.#settings !== undefined && accessPointInterface.up;
  }

  #started(): void {
    if (!this.#settings) return;
    accessPointInterface.up = true;
    phones.up = true;
    setTimeout(() => {
      this.#isNew = false;
    }, firstPhoneMs);
  }

  close(): void {
    clearTimeout(this.#starting);
    accessPointInterface.up = false;
    if (!this.#settings) return;
    this.#settings = undefined;
    clearTimeout(this.#return);
    phones.up = false;
    this.onChange?.(undefined);
  }

  /** The station goes to this channel; undefined: it has none any more, and the access point goes back to its own. */
  follow(channel: number | undefined): void {
    this.#stationChannel = channel;
    const next = channel ?? this.#settings?.channel;
    if (!this.#settings || next === undefined || next === this.#channel) return;
    this.#channel = next;
    this.drop();
  }

  /** The phones lose it, and need their time to find it again. */
  drop(moreMs = 0): void {
    if (!this.isUp) return;
    clearTimeout(this.#return);
    phones.up = false;
    this.#return = setTimeout(() => {
      phones.up = true;
    }, this.#changeMs + moreMs);
  }
}
