/** What a provisioning protocol is, and what it may see of the device. */

import { type Failure, type Result, success } from "../modules/base/failure.js";
import type { Secret } from "../modules/base/secret.js";
import type { Clock } from "../modules/clock/clock.js";
import type { Address } from "../modules/data/address.js";
import type { Names } from "../modules/data/json.js";
import type { Url } from "../modules/data/url.js";
import type { HttpClient, HttpResponse } from "../modules/http/http.js";
import type { Identity } from "../modules/identity/identity.js";
import type { Keys } from "../modules/identity/keys.js";
import type { Keystore, SlotId } from "../modules/identity/keystore.js";
import type { MqttConnect } from "../modules/mqtt/mqtt.js";
import type { StoredRecord } from "../modules/storage/record.js";
import type { TextStore } from "../modules/storage/storage.js";
import type { ChipFacts } from "../modules/system/system.js";
import type { FirmwareOffer } from "../modules/update/update.js";
import type { WiFiStatus } from "../modules/wifi/wifi.js";
import type { Claim } from "./claim.js";
import type { Configuration } from "./configuration.js";

/** What the build says about itself. */
export interface Product {
  readonly firmwareVersion: string;
  readonly hardwareVersion: string;
  readonly productId: string;
}

/** Methods may be called on the context alone, which is an object with a prototype. */
export interface ProvisioningContext {
  readonly io: {
    readonly http: HttpClient;
    readonly mqtt: MqttConnect;
    readonly clock: Clock;
    readonly random: () => number;
    readonly keys: Keys;
  };
  readonly url: Address;
  readonly identity: Identity;
  readonly product: Product;
  /** What the service is asked to answer in (RFC 9110 §12.5.4): that of the page that the settings came from, else the build's. */
  readonly language: string;
  chip(): ChipFacts | undefined;
  wifi(): WiFiStatus;
  /** That a person has handed over; read when it is spent. */
  claim(): Claim | undefined;
  /** For a certificate vending machine: a person's, or the factory's. */
  deviceToken(): Secret | undefined;
  /** Nobody has confirmed the address: what the device has of old is not for it, and nothing is signed unasked. */
  readonly isForeign: boolean;
  readonly keystore: Keystore;
  /** That an answer may bring and the build does not know: of topics, of a thing's configuration. */
  readonly names: Names;
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
  /** An answer says what time it is. */
  suggestTime(nowMs: number): void;
  /** An answer offers firmware. */
  offerFirmware(offer: FirmwareOffer): void;
  /** For whoever looks after the device. */
  note(text: string): void;
}

/** How a service wants to be asked, found out once. */
export interface Habits {
  /** What automatic detection found, by its name. */
  readonly protocol?: string | undefined;
  /** Where its address has moved to (moved.ts). */
  readonly moved?: unknown;
  /** What a protocol has found out itself, by names of its own. It checks what it takes: it came from flash. */
  readonly [own: string]: unknown;
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

export function asAnswer(found: Result<Configuration>): Result<Answer> {
  return found.ok ? success<Answer>({ kind: "configuration", configuration: found.value }) : found;
}

/** A constant in ROM. What stands in the list (protocols.ts) is all that the device knows of protocols. */
export interface Protocol {
  /** In habits, in settings, and as the key of its text in the page's languages: [a-z0-9-], 24 characters at most. */
  readonly name: string;
  /** A person may choose it on the page, whatever the address says. */
  readonly isChoice?: boolean;
  /** The address alone says that this is spoken there. */
  owns?(address: Address): boolean;
  /** How it shows itself where the address says nothing. */
  readonly detection?: Detection;
  /** What it keeps in flash. A reset erases it. */
  readonly records?: readonly StoredRecord<unknown>[];
  /** Where in the keystore a certificate is that its records name and the journal does not, yet. */
  issuedSlot?(store: TextStore): SlotId | undefined;
  /** Identifies the device and asks for its configuration. */
  query(context: ProvisioningContext): Promise<Result<Answer>>;
  /**
   * Waits until the person has entered the code. Ends with what the service answers then, a configuration or another
   * code, or with undefined: then query again.
   */
  activate(context: ProvisioningContext, activation: Activation, waiting: Waiting): Promise<Result<Answer | undefined>>;
  /** Asks whether there is firmware; an offer comes as `offerFirmware`. */
  checkFirmware(context: ProvisioningContext): Promise<Result<void>>;
  /** Asks once more, where a person looks, what a failed query means. Changes nothing at the service. */
  diagnose(context: ProvisioningContext, failure: Failure): Promise<Failure>;
  /**
   * @param wanted by a command; undefined: what the account says counts
   * @returns by what the certificate in use is replaced (see ProvisioningContext), undefined where it cannot be
   */
  rotationTemplate?(address: Address, configuration: Configuration, wanted?: unknown): string | undefined;
}

/** A GET that changes nothing at the service. */
export interface Detection {
  url(address: Address): Url;
  isShownBy(response: HttpResponse): boolean;
}

/** Where no person enters a code, and there is nobody to ask for firmware or for reasons. */
export const certificatesAlone = {
  activate: () => Promise.resolve(success(undefined)),
  checkFirmware: () => Promise.resolve(success(undefined)),
  diagnose: (_context: ProvisioningContext, failure: Failure) => Promise.resolve(failure),
};
