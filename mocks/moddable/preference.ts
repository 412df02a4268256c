/**
 * `preference` on the ESP32 (modules/files/preference/esp32/modPreference.c). `set` erases the key and then writes it:
 * two flash operations, and when the second fails (too long, no room) or the power goes between them, the old value is lost.
 */
import type PreferenceType from "preference";
import { host } from "./host.js";
import { type PreferenceValue, validName } from "./nvs.js";

/** What `set` would hand to NVS. @throws for what the chip refuses before it touches the flash */
function checked(value: unknown): PreferenceValue {
  if (typeof value === "number") {
    if (value !== (value | 0)) throw new Error("float unsupported");
    return value | 0;
  }
  if (typeof value === "boolean" || typeof value === "string" || value instanceof ArrayBuffer) return value;
  throw new Error("unsupported type");
}

const Preference = {
  /** @throws when names are not 1..15 bytes, the value is of another type, a string has 4,000 bytes or more, or NVS is full */
  set(domain: string, key: string, value: string | boolean | number | ArrayBuffer): void {
    if (!validName(domain)) throw new Error("nvs_open fail");
    const bits = checked(value);
    if (!validName(key)) throw new Error("nvs set fail");
    host.nvs.erase(domain, key);
    if (!host.nvs.write(domain, key, bits)) throw new Error("nvs set fail");
  },

  /** Undefined for a domain or key that is not there, or a domain that cannot be. @throws for a key that cannot be */
  get(domain: string, key: string): string | boolean | number | ArrayBuffer | undefined {
    if (!validName(domain)) return undefined;
    if (!validName(key)) throw new Error("nvs get fail");
    return host.nvs.get(domain, key);
  },

  delete(domain: string, key: string): void {
    if (!validName(domain)) return;
    if (!validName(key)) throw new Error("nvs erase fail");
    host.nvs.erase(domain, key);
  },

  keys(domain: string): string[] {
    return host.nvs.keys(domain);
  },
} satisfies typeof PreferenceType;

export default Preference;
