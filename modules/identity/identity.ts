import type { Secret } from "../secret/secret.js";

/** Who the device is. The signing key never leaves this port: it signs. */
export interface Identity {
  /** Station interface, upper case with colons. */
  readonly mac: string;
  /** From the factory data, where a key is with it; without one the device has no signed identity. */
  readonly serial: string | undefined;
  /** UUIDv4, made once. */
  readonly uuid: string;
  /** WPA2 password of the access point, as the label has it; undefined: the access point is open. */
  readonly accessPointPassword: Secret | undefined;
  /** HMAC-SHA256 with the factory key, 64 lower-case hex digits; undefined without a key. */
  sign(text: string): string | undefined;
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
