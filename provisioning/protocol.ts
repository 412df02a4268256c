/** The one interface of all provisioning protocols. */

import { type Failure, type Result, success } from "../modules/base/failure.js";
import type { Secret } from "../modules/base/secret.js";
import type { Clock } from "../modules/clock/clock.js";
import type { Address } from "../modules/data/address.js";
import type { HttpClient } from "../modules/http/http.js";
import type { Identity } from "../modules/identity/identity.js";
import type { Keystore, SlotId } from "../modules/identity/keystore.js";
import type { MqttConnect } from "../modules/mqtt/mqtt.js";
import type { TextStore } from "../modules/storage/storage.js";
import type { ChipFacts } from "../modules/system/system.js";
import type { FirmwareOffer } from "../modules/update/update.js";
import type { WiFiStatus } from "../modules/wifi/wifi.js";
import type { Claim } from "./claim.js";
import type { Configuration } from "./configuration.js";
import type { Habits } from "./journal.js";

/** What the build says about itself. */
export interface Product {
  readonly firmwareVersion: string;
  readonly hardwareVersion: string;
  readonly productId: string;
  /** What services are asked to answer in (RFC 9110 §12.5.4). */
  readonly language: string;
}

export interface ProvisioningContext {
  readonly io: {
    readonly http: HttpClient;
    readonly mqtt: MqttConnect;
    readonly clock: Clock;
    readonly random: () => number;
  };
  readonly url: Address;
  readonly identity: Identity;
  readonly product: Product;
  /** Read when a request is made. */
  readonly machine: { chip(): ChipFacts | undefined; wifi(): WiFiStatus };
  /** That a person has handed over; read when it is spent. */
  claim(): Claim | undefined;
  /** For a certificate vending machine: a person's, or the factory's. */
  deviceToken(): Secret | undefined;
  readonly keystore: Keystore;
  /** Of the two for certificates that are used from day to day, the one that nothing stored refers to. */
  freeSlot(): SlotId;
  /** The newest that is stored of this service. */
  stored(): Configuration | undefined;
  /** Of the records that protocols keep. */
  readonly store: TextStore;
  /** The template that replaces the certificate in use, now; undefined: it stays. */
  readonly rotation?: string | undefined;
  /** What the service asked for the last time. */
  readonly timeoutMs: number | undefined;
  /** A person need not enter a code: in development only. */
  readonly skipActivation: boolean;
  habits(): Habits;
  /** What was found out holds for the next requests, over restarts too. */
  learn(habits: Habits): void;
  /** What answers say beside what was asked; a note is for whoever looks after the device. */
  readonly told: { time(nowMs: number): void; firmware(offer: FirmwareOffer): void; note(text: string): void };
}

/** What a person has to enter somewhere, and where. */
export interface ShownCode {
  readonly code: string;
  readonly message: string | undefined;
  readonly url: string | undefined;
}

/** A person has to enter the code somewhere before the service gives a configuration. */
export interface Activation extends ShownCode {
  readonly challenge: string | undefined;
  readonly timeoutMs: number;
}

/** Set when nobody waits for the activation any more: it asks nothing from then on. */
export interface Waiting {
  isOver: boolean;
  /** Ticks; since when a person is waited for. A new code does not start it anew: pauses between questions grow with it. */
  sinceMs?: number;
}

export type Answer =
  | { readonly kind: "configuration"; readonly configuration: Configuration }
  | { readonly kind: "activation"; readonly activation: Activation };

export interface Protocol {
  /** Identifies the device and asks for its configuration. */
  query(context: ProvisioningContext): Promise<Result<Answer>>;
  /**
   * Waits until the person has entered the code. Ends with what the service answers then, a configuration or another
   * code, or with undefined: then query again.
   */
  activate(context: ProvisioningContext, activation: Activation, waiting: Waiting): Promise<Result<Answer | undefined>>;
  /** Asks whether there is firmware; an offer comes as `told.firmware`. */
  checkFirmware(context: ProvisioningContext): Promise<Result<void>>;
  /** Asks once more, where a person looks, what a failed query means. Changes nothing at the service. */
  diagnose(context: ProvisioningContext, failure: Failure): Promise<Failure>;
}

/** Where no person enters a code, and there is nobody to ask for firmware or for reasons. */
export const certificatesAlone: Omit<Protocol, "query"> = {
  activate: async () => success(undefined),
  checkFirmware: async () => success(undefined),
  diagnose: async (_context, failure) => failure,
};
