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
    delete: (key) => Preference.delete(domain, key),
  };
}
