/** The portal as a state of the device: why it opens, and when it ends without a person. */

import { type Failure, isReason } from "../../modules/base/failure.js";
import { retryDelayMs } from "../../modules/base/retry.js";
import type { Secret } from "../../modules/base/secret.js";
import { formatAddress, parseAddress } from "../../modules/data/address.js";
import { isPublic } from "../../modules/data/url.js";
import { accessPointName } from "../../modules/identity/identity.js";
import { SETTINGS, type Settings } from "../../modules/settings/settings.js";
import type { Store } from "../../modules/storage/storage.js";
import type { UpdateStatus } from "../../modules/update/update.js";
import { joinKnown } from "../../modules/wifi/join.js";
import { explainJoin } from "../../modules/wifi/scan.js";
import type { Certificates } from "../../provisioning/certificates.js";
import type { Journal } from "../../provisioning/journal.js";
import type { ShownCode } from "../../provisioning/protocol.js";
import type { Service, Target } from "../../provisioning/service.js";
import { openPortal, type Portal, type PortalOptions } from "../../softap/portal.js";
import type { Build, Device } from "../device/device.js";
import { show, showNetwork } from "../display/display.js";
import type { Improv } from "./improv.js";
import { serviceOf } from "./service.js";

/** Why it is open, where a person did not ask for it. */
export type PortalCause = Partial<Pick<PortalOptions, "failure" | "pending">> & {
  /** Somebody has pressed the button, or switched the power off and on. */
  readonly isPresent?: boolean;
};

/** What follows it in the device's life. */
export type PortalEnd =
  | { name: "connecting"; settings: Settings; attempt: number }
  | { name: "restarting"; why: "settings" };

type Resolve = (end: PortalEnd | Promise<never>) => void;

/** Somebody who reads a password from a label asks nothing of the portal for a while; joining can drop a phone. */
const PORTAL_QUIET_MS = 120_000;
/** Nobody comes: the stored networks get all of the radio once more. */
const PORTAL_IDLE_MS = 600_000;
/** How often the portal looks whether somebody is there. */
const PORTAL_CHECK_MS = 15_000;

/** The stored ones; where the build locks the address, with that and whatever it speaks. */
export function readSettings({ store, build }: Device): Settings | undefined {
  const stored = SETTINGS.read(store);
  const locked = lockedUrl(build);
  return stored && locked ? { ...stored, url: locked, protocol: "automatic" } : stored;
}

/** As settings have it; an address that makes no sense locks nothing. */
function lockedUrl({ provisioningUrl, provisioningUrlLocked }: Build): string | undefined {
  const url = provisioningUrlLocked ? parseAddress(provisioningUrl) : undefined;
  return url && formatAddress(url);
}

/**
 * Ends when somebody's settings are kept, or when the stored ones are worth another try and nobody looks.
 * @param improv who is at the cable finds the portal there
 */
export function runPortal(
  device: Device,
  cause: PortalCause,
  attempt: number,
  improv: Improv | undefined,
): Promise<PortalEnd> {
  return new Promise((resolve) => {
    void new PortalState(device, cause, attempt, improv, resolve).open();
  });
}

/** The open portal with what it is opened with: looked up when it is asked for, nothing of it is copied. */
class PortalState implements PortalOptions {
  readonly io: Device;
  readonly pending: PortalCause["pending"];
  failure: Failure | undefined;
  readonly mayChange: boolean;
  private resolve: Resolve;
  private attempt: number;
  private improv: Improv | undefined;
  private portal: Portal | undefined;
  /** When it opened. */
  private storedUrl: string | undefined;
  /** Why the stored settings do not work, as of the last look; pauses grow with the tries that it has led to. */
  private lastFailure: Failure | undefined;
  private tries: number;
  private nextTryMs = 0;

  constructor(
    device: Device,
    { failure, pending, isPresent }: PortalCause,
    attempt: number,
    improv: Improv | undefined,
    resolve: Resolve,
  ) {
    this.io = device;
    this.pending = pending;
    this.failure = failure;
    this.attempt = attempt;
    this.tries = attempt;
    this.improv = improv;
    this.resolve = resolve;
    this.storedUrl = readSettings(device)?.url;
    // Who has joined with a password has it from the label, the console or the display.
    this.mayChange = isPresent === true || this.password !== undefined || this.storedUrl === undefined;
  }

  /** Never rejects. */
  async open(): Promise<void> {
    if (this.improv) this.improv.isDeaf = true;
    try {
      const networks = await this.io.wifi.scan({ passive: false }); // before there are phones that it would drop
      this.failure = this.failure && explainJoin(this.failure, networks, this.failure.detail);
      this.portal = await openPortal(this);
      this.passOn(this.portal);
      showNetwork(this.io.display, { ssid: this.ssid, password: this.isPasswordOwn ? this.password : undefined });
      this.lastFailure = this.portal.failure;
      this.postpone();
      this.lookLater();
    } catch (error) {
      this.end(Promise.reject(error));
    }
  }

  get store(): Store {
    return this.io.store;
  }

  get journal(): Journal {
    return this.io.journal;
  }

  get ssid(): string {
    return accessPointName(this.io.identity.mac);
  }

  get password(): Secret | undefined {
    return this.io.identity.accessPointPassword;
  }

  get isPasswordOwn(): boolean {
    return this.io.identity.isPasswordOwn;
  }

  get address(): string {
    return this.io.build.accessPointAddress;
  }

  get httpPort(): number {
    return this.io.build.portalPort;
  }

  get dnsPort(): number {
    return this.io.build.dnsPort;
  }

  get defaultUrl(): string {
    return lockedUrl(this.io.build) ?? this.io.build.provisioningUrl;
  }

  get urlLocked(): boolean {
    return lockedUrl(this.io.build) !== undefined;
  }

  get facts(): PortalOptions["facts"] {
    const { identity, build, updates } = this.io;
    const { status } = updates;
    const firmware = build.firmwareVersion + ofUpdate(status);
    const firmwareFailure = isReason(status?.reason) ? status.reason : undefined;
    return { mac: identity.mac, serial: identity.serial, firmware, firmwareFailure };
  }

  serviceAt(target: Target, handed: Certificates): Service {
    const isTrial = target.url !== this.storedUrl;
    const isForeign = this.storedUrl !== undefined && (isTrial || handed.authorities !== undefined);
    return serviceOf(this.io, target, { handed, isTrial, isForeign });
  }

  quotes(target: Target, address: string): boolean {
    return this.storedUrl === undefined || target.url === this.storedUrl || isPublic(address);
  }

  showCode(shown: ShownCode | undefined): void {
    show(this.io.display, shown);
  }

  onRetry(): void {
    const settings = readSettings(this.io);
    if (settings?.networks.length) this.end({ name: "connecting", settings, attempt: this.attempt + 1 });
  }

  onKept(): void {
    this.end({ name: "restarting", why: "settings" });
  }

  /** To whoever is at the cable. */
  private passOn(portal: Portal | undefined): void {
    if (!this.improv) return;
    this.improv.portal = portal;
    this.improv.isDeaf = false;
  }

  private end(end: PortalEnd | Promise<never>): void {
    this.portal?.close();
    this.passOn(undefined);
    showNetwork(this.io.display, undefined);
    this.resolve(end);
  }

  /** Give or take a quarter: devices that opened their portals together must not ask the service together. */
  private lookLater(): void {
    const { clock, random } = this.io;
    clock.after(PORTAL_CHECK_MS * (0.75 + random() / 2), PortalState.look, this);
  }

  private static look(state: PortalState): void {
    if (state.portal?.isOpen) void state.lookAround();
  }

  /** Never rejects. */
  private async lookAround(): Promise<void> {
    try {
      const settings = await this.settingsWorthATry();
      if (settings) this.end({ name: "connecting", settings, attempt: this.attempt + 1 });
      else this.lookLater();
    } catch (error) {
      this.end(Promise.reject(error));
    }
  }

  /**
   * Undefined as long as somebody is there, and always without stored networks: then only a person can help. With a
   * configuration the broker may be there whatever the service says, and whether or not somebody enters the code that
   * it wants.
   */
  private async settingsWorthATry(): Promise<Settings | undefined> {
    const { clock, wifi, journal, pauses } = this.io;
    const portal = this.portal!;
    const { failure } = portal;
    if (failure !== this.lastFailure) {
      this.lastFailure = failure;
      this.postpone();
    }
    const settings = readSettings(this.io);
    if (!settings?.networks.length) return undefined;
    const isQuiet = failure !== undefined && portal.isIdle(PORTAL_QUIET_MS);
    const isDeserted = portal.isIdle(PORTAL_IDLE_MS);
    const pauseMs = this.nextTryMs - clock.ticksMs();
    if (wifi.joined && journal.stored(settings.url).length > 0 && (isQuiet || isDeserted)) {
      if (failure && pauseMs > 0) pauses.begin("service", pauseMs);
      return settings;
    }
    // A service that asks for a long pause keeps the portal open for as long.
    if (portal.isBusy || pauseMs > 0) return undefined;
    if (isDeserted) return settings;
    if (!isQuiet) return undefined;
    if (wifi.joined) return settings;
    const isWanted = () => portal.isOpen && !portal.isBusy;
    const joined = await joinKnown(this.io, settings.networks, { limitMs: 0, passive: true, isWanted });
    if (joined.ok) return settings;
    this.postpone();
    return undefined;
  }

  /** The next try of the stored networks. */
  private postpone(): void {
    const { clock, random } = this.io;
    const failure = this.lastFailure;
    this.nextTryMs = clock.ticksMs() + (failure ? retryDelayMs(failure, this.tries++, random) : 0);
  }
}

/** What became of an update, for whoever asks why the version is not the new one. */
function ofUpdate(status: UpdateStatus | undefined): string {
  if (!status || status.state === "updated") return "";
  const { version, state, percent, reason } = status;
  // A failure's is told in words.
  const why = isReason(reason) ? undefined : reason;
  const said = [state, percent === undefined ? undefined : `${percent} %`, why].filter((part) => part !== undefined);
  return ` (${version}: ${said.join(", ")})`;
}
