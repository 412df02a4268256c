import type { Secret } from "../base/secret.js";

/**
 * A factory's key is bytes. Some servers take the text that it was handed over as for the key itself: the UTF-8 of its
 * hex digits.
 */
export type KeyForm = "bytes" | "text";

/** Where the factory left the device's serial number and signing key. The key never leaves it: it signs. */
export interface KeyStore {
  /** Without a key there is no signed identity, and no serial number. */
  readonly serial: string | undefined;
  /** HMAC-SHA256, 32 bytes; undefined where there is no key in this form. */
  sign(message: Uint8Array<ArrayBuffer>, form: KeyForm): Uint8Array<ArrayBuffer> | undefined;
}

/** What the factory says of the product; what it does not say, the build does. */
export interface FactoryProduct {
  readonly hardwareVersion?: string;
  readonly productId?: string;
  readonly provisioningUrl?: string;
  /** Beside `provisioningUrl`. */
  readonly provisioningUrlLocked?: boolean;
  /** Signed firmware that is older is not taken. */
  readonly factoryMinimumVersion?: string;
}

/** Who the device is. The signing key never leaves this port: it signs. */
export interface Identity {
  /** Station interface, upper case with colons. */
  readonly mac: string;
  /** From the factory data, where a key is with it; without one the device has no signed identity. */
  readonly serial: string | undefined;
  /** UUIDv4, made once. */
  readonly uuid: string;
  /** WPA2 password of the access point: the label's, or the device's own. Undefined: the build wants it open. */
  readonly accessPointPassword: Secret | undefined;
  /** The device has made it: no label has it. */
  readonly isPasswordOwn: boolean;
  readonly product: FactoryProduct;
  /** For a certificate vending machine: read when it is shown. */
  deviceToken(): Secret | undefined;
  /** HMAC-SHA256 with the factory's key, 64 lower-case hex digits; undefined where there is no key in this form. */
  sign(text: string, form: KeyForm): string | undefined;
}

/** It goes into headers and JSON. */
export function isSerial(text: string): boolean {
  return /^[\x21-\x7e]{1,64}$/.test(text);
}

/** RFC 9562 §5.4 */
export function uuidV4(random: () => number): string {
  const hex = () => Math.floor(random() * 16).toString(16);
  return "xxxxxxxx-xxxx-4xxx-Yxxx-xxxxxxxxxxxx".replace(/x/g, hex).replace("Y", "89ab"[Math.floor(random() * 4)]!);
}

/** A MAC address in the form `AA:BB:CC:DD:EE:FF`, or undefined where the text is none. */
export function normaliseMac(text: string | undefined): string | undefined {
  const digits = (text ?? "").replace(/[:-]/g, "").toUpperCase();
  // Neither zero, as before the radio's start, nor a group's address.
  if (!/^[0-9A-F][02468ACE][0-9A-F]{10}$/.test(digits) || /^0+$/.test(digits)) return undefined;
  return digits.match(/../g)!.join(":");
}

/** The access point's name: the family and the last four digits of the MAC address. */
export function accessPointName(mac: string): string {
  return `ESP32-${mac.replaceAll(":", "").slice(-4)}`;
}

/** Small letters and digits that nobody takes for another; 31 of them. */
const READABLE = "abcdefghjkmnpqrstuvwxyz23456789";
/** 49 bits: a guess costs an association, and the handshake's listener 4,096 rounds of SHA-1 each. */
const PASSWORD_CHARACTERS = 10;

export function makePassword(random: () => number): string {
  const sign = () => READABLE.charAt(Math.floor(random() * READABLE.length));
  return Array.from({ length: PASSWORD_CHARACTERS }, sign).join("");
}

/** A certificate vending machine's: it goes into queries, forms and JSON. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]{1,256}$/.test(text);
}
