import {
  makeServiceAccount,
  makeXiaozhiAccount,
  type ServiceAccount,
  sameSecret,
  type XiaozhiAccount,
  xiaozhiClientId,
} from "./credentials.js";
import type { Device } from "./device.js";
import { type ActivationOffer, makeOffer } from "./offer.js";
import type { CloudContext, KnownDevice } from "./settings.js";
import { requireMac, underscoredMac } from "./text.js";

export type CodeVerdict = { bound: true; mac: string } | { bound: false };

/** Strangers that never got further than asking are dropped beyond this number, the oldest first. */
const maxStrangers = 5_000;
/** So many are dropped at once that a newcomer costs little. */
const strangersDropped = 500;

/** @throws {RangeError} when a MAC, serial or key is not one. The message does not repeat the key. */
export function checkKnown({ mac, serial, hmacKeyHex }: KnownDevice): void {
  if (mac !== null) requireMac(mac);
  if (serial.length === 0 || serial.length > 64) throw new RangeError("serial: 1 to 64 characters are needed");
  if (!/^([0-9A-Fa-f]{2}){16,64}$/.test(hmacKeyHex)) {
    throw new RangeError("hmacKeyHex: 16 to 64 bytes in hexadecimal are needed");
  }
}

/** What the cloud remembers: devices, keys, codes and accounts. */
export class Registry {
  readonly #context: CloudContext;
  readonly #devices = new Map<string, Device>();
  /** Signing keys by serial number. */
  readonly #keys = new Map<string, { mac: string | null; key: Uint8Array }>();
  /** Serial numbers of the devices with a signing key. */
  readonly #serials = new Map<string, string>();
  /** Which device has which code, used and expired ones included until the device has another. */
  readonly #codes = new Map<string, Device>();
  #crowdedAt = maxStrangers;
  readonly #listeners = new Set<(mac: string) => void>();

  /** @param remembered devices as another registry had them; their keys come anew */
  constructor(context: CloudContext, remembered: readonly Device[] = []) {
    this.#context = context;
    for (const device of remembered) {
      this.#devices.set(device.mac, device);
      if (device.offer) this.#codes.set(device.offer.code, device);
    }
  }

  list(): Device[] {
    return [...this.#devices.values()];
  }

  find(mac: string): Device | null {
    return this.#devices.get(mac) ?? null;
  }

  /** The device that just made a request; made when it is new. */
  seen(mac: string): Device {
    const device = this.#findOrMake(mac);
    device.lastSeenMs = this.#context.now();
    return device;
  }

  /** @throws {RangeError} as `checkKnown` */
  addKnown(device: KnownDevice): void {
    checkKnown(device);
    const { mac, serial, hmacKeyHex } = device;
    const owner = this.#keys.get(serial)?.mac;
    if (owner) this.#serials.delete(owner);
    this.#keys.set(serial, { mac: null, key: Buffer.from(hmacKeyHex, "hex") });
    if (mac !== null) this.own(serial, requireMac(mac));
  }

  /** From now on no other device has this serial number, and this one no other. */
  own(serial: string, mac: string): void {
    const former = this.#serials.get(mac);
    if (former !== undefined && former !== serial) this.#keys.delete(former);
    this.#keys.get(serial)!.mac = mac;
    this.#serials.set(mac, serial);
    this.#findOrMake(mac).serial = serial;
    this.#changed(mac);
  }

  /** The key that signs for this serial number, or null; `mac` is the device that owns it, null before one has signed. */
  keyOf(serial: string): { mac: string | null; key: Uint8Array } | null {
    return this.#keys.get(serial) ?? null;
  }

  hasKey(mac: string): boolean {
    return this.#serials.has(mac);
  }

  /** Registers a MAC with the device service and makes its account; an account that exists stays. */
  register(mac: string): Device {
    const device = this.#findOrMake(requireMac(mac));
    device.service ??= makeServiceAccount(device.mac, this.#context.random);
    this.#changed(device.mac);
    return device;
  }

  /** Gives the code that the device is to show: the living one, else a new one with a new challenge. */
  offerTo(device: Device, clientId: string, deviceId: string): ActivationOffer {
    const { now, settings, random } = this.#context;
    const current = this.offerOf(device, clientId);
    if (current && !current.used && current.expiresAtMs > now()) return current;
    const taken = (code: string) => this.#codes.has(code);
    const offer = makeOffer({ clientId, deviceId, taken, settings, random, nowMs: now() });
    if (device.offer) this.#codes.delete(device.offer.code);
    this.#codes.set(offer.code, device);
    device.offer = offer;
    this.#changed(device.mac);
    return offer;
  }

  /** The last offer to this caller: the client, or whoever has the MAC where that is what is bound. */
  offerOf({ offer }: Device, clientId: string): ActivationOffer | null {
    return this.#context.settings.bindingTo === "mac" || offer?.clientId === clientId ? offer : null;
  }

  /** A person enters a code: the device that shows it is bound, to the client that asked for it. */
  enterCode(code: string): CodeVerdict {
    const device = this.#codes.get(code);
    const offer = device?.offer;
    if (!device || !offer || offer.used || device.disabled || offer.expiresAtMs <= this.#context.now()) {
      return { bound: false };
    }
    offer.used = true;
    device.boundClientId = offer.clientId;
    device.xiaozhi = null;
    this.#changed(device.mac);
    return { bound: true, mac: device.mac };
  }

  /** Whether a person has bound this caller: the client, or whoever has the MAC where that is what is bound. */
  isBound({ boundClientId }: Device, clientId: string): boolean {
    return this.#context.settings.bindingTo === "mac" ? boundClientId !== null : boundClientId === clientId;
  }

  /** The MQTT account that this caller gets; made anew when its client id is another one now. */
  xiaozhiAccount(device: Device, clientId: string): XiaozhiAccount {
    const { settings, random } = this.#context;
    const bound = this.isBound(device, clientId);
    const group = bound && settings.clientIdChanges ? `GID_${device.board ?? "bound"}` : "GID_default";
    const tail = settings.clientIdForm === "mac" ? underscoredMac(device.mac) : clientId;
    const name = xiaozhiClientId({ group, mac: device.mac, tail });
    const former = bound ? device.xiaozhi : device.unbound;
    const signed = settings.mqttPassword === "signature";
    const isSame = former?.clientId === name && (former.password !== "") === signed;
    const account = isSame ? former : makeXiaozhiAccount(device.mac, name, signed ? random(32) : null);
    if (bound) device.xiaozhi = account;
    else device.unbound = account;
    return account;
  }

  setDisabled(mac: string, disabled: boolean): boolean {
    const device = this.find(mac);
    if (device) device.disabled = disabled;
    if (device) this.#changed(mac);
    return device !== null;
  }

  /** Drops registration, binding and accounts. A signing key given by hand stays: it is the device's own. */
  forget(mac: string): boolean {
    const device = this.#devices.get(mac);
    if (!device) return false;
    this.#drop(device);
    const serial = this.#serials.get(mac);
    if (serial !== undefined) this.#findOrMake(mac).serial = serial;
    this.#changed(mac);
    return true;
  }

  /** Changes the passwords: the old ones are refused, the next provisioning reply brings the new ones. */
  revoke(mac: string): boolean {
    const device = this.find(mac);
    if (!device) return false;
    if (device.service) {
      const { password } = makeServiceAccount(mac, this.#context.random);
      device.service = { ...device.service, password };
    }
    device.xiaozhi = null;
    device.unbound = null;
    return true;
  }

  /**
   * Which account a CONNECT belongs to; one without a password takes any. `password`: nothing with this name and
   * password exists.
   * `client`: the account exists but not under this client id.
   */
  authenticate(
    clientId: string,
    username: string,
    password: string,
  ): ServiceAccount | XiaozhiAccount | "password" | "client" {
    const accounts = this.list().flatMap(({ service, xiaozhi, unbound }) =>
      [service, xiaozhi, unbound].filter((entry) => entry !== null),
    );
    // Every account is compared, so that the time does not tell which one came close.
    const matching = accounts.filter(
      (account) =>
        (account.password === "" || sameSecret(account.password, password)) && sameSecret(account.username, username),
    );
    if (matching.length === 0) return "password";
    return matching.find((account) => account.clientId === clientId) ?? "client";
  }

  /** Whose id and secret these are at the device service. The id is no secret, and finds the device. */
  serviceDevice(deviceId: string, secret: string): Device | null {
    const isHis = ({ service }: Device) => service?.username === deviceId && sameSecret(service.password, secret);
    return this.list().find(isHis) ?? null;
  }

  /** Calls `listener` whenever something about a device was changed; returns the way to stop that. */
  onChange(listener: (mac: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(mac: string): void {
    for (const listener of [...this.#listeners]) listener(mac);
  }

  #findOrMake(mac: string): Device {
    const known = this.#devices.get(mac);
    if (known) return known;
    this.#dropStrangers();
    const device: Device = {
      mac,
      serial: null,
      disabled: false,
      askedService: false,
      service: null,
      offer: null,
      boundClientId: null,
      xiaozhi: null,
      unbound: null,
      board: null,
      tooManyCount: 0,
      lastSeenMs: null,
    };
    this.#devices.set(mac, device);
    return device;
  }

  #drop(device: Device): void {
    if (device.offer) this.#codes.delete(device.offer.code);
    this.#devices.delete(device.mac);
  }

  #dropStrangers(): void {
    if (this.#devices.size < this.#crowdedAt) return;
    const strangers = this.list().filter(
      ({ mac, service, boundClientId, disabled }) => !service && !boundClientId && !disabled && !this.hasKey(mac),
    );
    const tooMany = strangers.length - (maxStrangers - strangersDropped);
    for (const stranger of strangers.slice(0, Math.max(0, tooMany))) this.#drop(stranger);
    this.#crowdedAt = this.#devices.size + strangersDropped;
  }
}
