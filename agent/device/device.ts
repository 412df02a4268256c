/** All that the lifecycle works with: the ports, and what the build says. */

import type { Log } from "../../modules/base/log.js";
import type { Button } from "../../modules/button/button.js";
import type { Clock } from "../../modules/clock/clock.js";
import type { Pauses } from "../../modules/clock/pauses.js";
import type { Calendar } from "../../modules/clock/set.js";
import type { Cable } from "../../modules/console/console.js";
import type { NameBudget } from "../../modules/data/names.js";
import type { HttpClient, ServeHttp } from "../../modules/http/http.js";
import type { Identity } from "../../modules/identity/identity.js";
import type { Keys } from "../../modules/identity/keys.js";
import type { Keystore } from "../../modules/identity/keystore.js";
import type { MqttConnect } from "../../modules/mqtt/mqtt.js";
import type { ServeUdp } from "../../modules/socket/udp.js";
import type { Store } from "../../modules/storage/storage.js";
import type { System } from "../../modules/system/system.js";
import type { Updates } from "../../modules/update/update.js";
import type { Silence } from "../../modules/wifi/silence.js";
import type { WiFi } from "../../modules/wifi/wifi.js";
import type { Journal } from "../../provisioning/journal.js";
import type { Product } from "../../provisioning/protocol.js";
import type { Application } from "../application/application.js";
import type { Display } from "../display/display.js";

export interface Build extends Product {
  /** Of what services say to people, until a page in another one has been used: a BCP 47 tag. */
  readonly language: string;
  /** The device's in the lists of routers; empty: the access point's name. */
  readonly hostName: string;
  /** Of the access point, dotted IPv4. */
  readonly accessPointAddress: string;
  /** A board whose factory gave its access point no password opens it without one. */
  readonly accessPointOpen: boolean;
  /** A release speaks and listens on its serial ports. */
  readonly console: boolean;
  readonly portalPort: number;
  readonly dnsPort: number;
  /** In the portal's field when nothing is stored. */
  readonly provisioningUrl: string;
  /** The device asks `provisioningUrl` and no other. */
  readonly provisioningUrlLocked: boolean;
  /** Between two readings on the data topic. */
  readonly dataIntervalMs: number;
  /** Between two questions for firmware, give or take a quarter. */
  readonly firmwareCheckIntervalMs: number;
  /** No person need enter a code where the service gives settings without one; builds for development only. */
  readonly skipActivation: boolean;
  /** Firmware without a checksum is taken over https. */
  readonly firmwareWithoutChecksum: boolean;
  /** Where firmware has to be signed: none that is older is taken; empty: none that is older than what runs. */
  readonly firmwareMinimumVersion: string;
}

export interface Device {
  readonly clock: Clock;
  readonly calendar: Calendar;
  /** As Math.random. */
  readonly random: () => number;
  readonly log: Log;
  readonly system: System;
  readonly wifi: WiFi;
  readonly silence: Silence;
  readonly button: Button;
  /** Undefined where the build has no console, or a debugger has it. */
  readonly cable?: Cable | undefined;
  readonly display?: Display | undefined;
  /** IPv4 address of a name; undefined where the network's DNS has none. */
  readonly resolve: (name: string) => Promise<string | undefined>;
  readonly http: HttpClient;
  readonly serveHttp: ServeHttp;
  readonly serveUdp: ServeUdp;
  readonly mqtt: MqttConnect;
  readonly identity: Identity;
  readonly updates: Updates;
  /** The agent's own namespace. */
  readonly store: Store;
  readonly journal: Journal;
  readonly keystore: Keystore;
  readonly keys: Keys;
  /** Beside those that the build knows. */
  readonly names: NameBudget;
  readonly pauses: Pauses;
  /** Empty in the state `safe`. */
  application: Application;
  readonly build: Build;
}
