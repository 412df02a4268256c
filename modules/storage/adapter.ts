import Preference from "preference";
import type { Store } from "./storage.js";

/** The SDK's `preference`: NVS on the chip, a file in the simulator. `domain` has at most 15 characters. */
export function createStore(domain: string): Store {
  return {
    get(key) {
      const value = Preference.get(domain, key);
      return typeof value === "string" ? value : undefined;
    },
    set: (key, value) => Preference.set(domain, key, value),
    getBytes(key) {
      const value = Preference.get(domain, key);
      return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
    },
    // A buffer of its own: the SDK sees no view's offset.
    setBytes: (key, value) => Preference.set(domain, key, value.slice().buffer as ArrayBuffer),
    delete: (key) => Preference.delete(domain, key),
  };
}
