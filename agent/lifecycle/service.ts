/** The service that the settings name, with all that it may see of the device. */

import type { Result } from "../../modules/base/failure.js";
import { noteFailure } from "../../modules/base/log.js";
import type { Secret } from "../../modules/base/secret.js";
import type { Clock } from "../../modules/clock/clock.js";
import { type Address, parseAddress } from "../../modules/data/address.js";
import type { Names } from "../../modules/data/json.js";
import type { HttpRequest, HttpResponse } from "../../modules/http/http.js";
import type { Identity } from "../../modules/identity/identity.js";
import type { Keys } from "../../modules/identity/keys.js";
import type { Keystore, SlotId } from "../../modules/identity/keystore.js";
import type { MqttOptions, MqttSession } from "../../modules/mqtt/mqtt.js";
import type { Authorities } from "../../modules/settings/authorities.js";
import type { TextStore } from "../../modules/storage/storage.js";
import type { ChipFacts } from "../../modules/system/system.js";
import type { FirmwareOffer } from "../../modules/update/update.js";
import type { WiFiStatus } from "../../modules/wifi/wifi.js";
import type { Certificates } from "../../provisioning/certificates.js";
import { CLAIM, type Claim } from "../../provisioning/claim.js";
import type { Configuration } from "../../provisioning/configuration.js";
import { movedAddress } from "../../provisioning/moved.js";
import type { Habits, Product, ProvisioningContext } from "../../provisioning/protocol.js";
import { Service, type Target } from "../../provisioning/service.js";
import { TOKEN } from "../../provisioning/token.js";
import type { Device } from "../device/device.js";

export interface ServiceOptions {
  /** Counts in place of what is stored of its kind. */
  readonly handed?: Certificates;
  /** Nothing that is found out may take the place of what is stored of another service. */
  readonly isTrial?: boolean;
  /**
   * A trial on a device that has settings, with another address or with authorities of the trial's own: what the device
   * has of old is not for this service.
   */
  readonly isForeign?: boolean;
  /** See ProvisioningContext. */
  readonly rotation?: string | undefined;
}

export function serviceOf(device: Device, { url, protocol, language }: Target, options?: ServiceOptions): Service {
  return new Service(protocol, new DeviceContext(device, url, options, language));
}

/** Alive as long as a session: it keeps the device and the address, and looks up the rest when it is asked for. */
export class DeviceContext implements ProvisioningContext {
  readonly io: ProvisioningContext["io"];
  readonly rotation: string | undefined;
  readonly isForeign: boolean;
  private device: Device;
  private _url: string;
  private _language: string | undefined;
  private _handed: Certificates | undefined;
  /** Of a trial; elsewhere the journal has them. */
  private found: Habits | undefined;

  constructor(
    device: Device,
    url: string,
    { handed, isTrial, isForeign = false, rotation }: ServiceOptions = {},
    language?: string,
  ) {
    this.io = handed?.authorities ? new TrustingIo(device, handed.authorities) : device;
    this.rotation = rotation;
    this.isForeign = isForeign;
    this.device = device;
    this._url = url;
    this._language = language;
    this._handed = handed;
    this.found = isTrial ? {} : undefined;
  }

  get url(): Address {
    return movedAddress(parseAddress(this._url)!, this.habits().moved);
  }

  get identity(): Identity {
    return this.device.identity;
  }

  get product(): Product {
    return this.device.build;
  }

  get language(): string {
    return this._language ?? this.device.build.language;
  }

  get keystore(): Keystore {
    return this.device.keystore;
  }

  get names(): Names {
    return this.device.names;
  }

  get store(): TextStore {
    return this.device.store;
  }

  get timeoutMs(): number | undefined {
    return this.stored()?.pace.timeoutMs;
  }

  get skipActivation(): boolean {
    const { build, system } = this.device;
    return build.skipActivation && system.isDebug;
  }

  chip(): ChipFacts | undefined {
    return this.device.system.facts();
  }

  wifi(): WiFiStatus {
    return this.device.wifi.status();
  }

  claim(): Claim | undefined {
    return this._handed?.claim ?? this.own(CLAIM.read(this.device.store));
  }

  deviceToken(): Secret | undefined {
    const { store, identity } = this.device;
    const token = this._handed?.token ?? this.own(TOKEN.read(store))?.token;
    return token ?? (this.isForeign ? undefined : identity.deviceToken());
  }

  /** What was stored goes to the address that it was stored with; the layout before did not say which. */
  private own<T extends { readonly url?: string | undefined }>(stored: T | undefined): T | undefined {
    const isForHere = !this.isForeign && (stored?.url === undefined || stored.url === this._url);
    return isForHere ? stored : undefined;
  }

  freeSlot(): SlotId {
    return this.device.journal.freeSlot();
  }

  stored(): Configuration | undefined {
    return this.device.journal.stored(this._url)[0];
  }

  habits(): Habits {
    return { ...this.device.journal.habits(this._url), ...this.found };
  }

  learn(habits: Habits): void {
    if (this.found) {
      this.found = { ...this.found, ...habits };
      return;
    }
    const { journal, log } = this.device;
    const learnt = journal.learn(this._url, habits);
    if (!learnt.ok) noteFailure(log, learnt.failure);
  }

  suggestTime(nowMs: number): void {
    this.device.calendar.suggest(nowMs);
  }

  /** Of a service on trial it would be installed when the device is back with its own; a service that is kept offers it again. */
  offerFirmware(offer: FirmwareOffer): void {
    if (!this.found && !this.isForeign) this.device.updates.offered(offer);
  }

  note(text: string): void {
    this.device.log.note(text);
  }
}

/** Trusts authorities that were handed over, in place of the stored ones. */
class TrustingIo {
  private device: Device;
  private authorities: Authorities;

  constructor(device: Device, authorities: Authorities) {
    this.device = device;
    this.authorities = authorities;
  }

  get clock(): Clock {
    return this.device.clock;
  }

  get random(): () => number {
    return this.device.random;
  }

  get keys(): Keys {
    return this.device.keys;
  }

  http(request: HttpRequest): Promise<Result<HttpResponse>> {
    return this.device.http({ ...request, authorities: this.authorities });
  }

  mqtt(options: MqttOptions): Promise<Result<MqttSession>> {
    return this.device.mqtt({ ...options, authorities: this.authorities });
  }
}
