/** What the portal and its parts are given. One object serves them all, so that none is copied. */

import type { Failure } from "../modules/base/failure.js";
import type { Log } from "../modules/base/log.js";
import type { Secret } from "../modules/base/secret.js";
import type { Clock } from "../modules/clock/clock.js";
import type { ServeHttp } from "../modules/http/http.js";
import type { Settings } from "../modules/settings/settings.js";
import type { ServeUdp } from "../modules/socket/udp.js";
import type { TextStore } from "../modules/storage/storage.js";
import type { WiFi } from "../modules/wifi/wifi.js";
import type { Certificates } from "../provisioning/certificates.js";
import type { Journal } from "../provisioning/journal.js";
import type { Activation, ShownCode } from "../provisioning/protocol.js";
import type { Service, Target } from "../provisioning/service.js";
import type { PageModel } from "./model.js";

export interface TrialOptions {
  /**
   * Whether the page may show in the service's own words what it says.
   * @param address of its host, dotted IPv4
   */
  quotes(target: Target, address: string): boolean;
  readonly io: {
    readonly wifi: WiFi;
    readonly log: Log;
    readonly resolve: (name: string) => Promise<string | undefined>;
  };
  /** @param handed counts in place of what is stored of its kind */
  serviceAt(target: Target, handed: Certificates): Service;
}

export interface Flash {
  /** Of settings and certificates. */
  readonly store: TextStore;
  readonly journal: Journal;
}

export interface SetupOptions extends Flash, TrialOptions {
  readonly io: TrialOptions["io"] & { readonly clock: Clock };
  /** The stored settings, in their network, where the service wants a code: the portal shows it from the first moment. */
  readonly pending?: { readonly settings: Settings; readonly activation: Activation } | undefined;
  /** Why the portal is open, where something went wrong. */
  readonly failure: Failure | undefined;
  /** For a product's display, each code once; undefined: none is waited for any more. */
  showCode(shown: ShownCode | undefined): void;
  /** The settings are kept, and the page was told. */
  onKept(): void;
  /** Somebody wants the stored settings tried again: the portal closes. */
  onRetry(): void;
}

export interface SetupWatcher {
  /** A trial has failed: the portal waits for a person again. */
  onFailed(failure: Failure): void;
}

export interface PortalOptions extends SetupOptions {
  readonly io: SetupOptions["io"] & {
    readonly serveHttp: ServeHttp;
    readonly serveUdp: ServeUdp;
    /** As Math.random, of the chip's noise. */
    readonly random: () => number;
  };
  readonly ssid: string;
  /** Undefined: an open access point. */
  readonly password: Secret | undefined;
  /** Nobody has it on a label: it is told on the console. */
  readonly isPasswordOwn: boolean;
  /** That the access point is opened with, dotted IPv4. */
  readonly address: string;
  readonly httpPort: number;
  readonly dnsPort: number;
  /** In the field when nothing is stored. */
  readonly defaultUrl: string;
  /** `defaultUrl` counts, whatever is sent. */
  readonly urlLocked: boolean;
  /** Of visitors: see Shown. */
  readonly mayChange: boolean;
  readonly facts: PageModel["facts"];
}
