import Preference from "preference";
import type { Store } from "./storage.js";

/** The SDK's `preference`: NVS on the chip, a file in the simulator. */
export class NvsStore implements Store {
  private readonly domain: string;

  /** @param domain the namespace; 15 characters at most */
  constructor(domain: string) {
    this.domain = domain;
  }

  get(key: string): string | undefined {
    const value = Preference.get(this.domain, key);
    return typeof value === "string" ? value : undefined;
  }

  set(key: string, value: string): void {
    Preference.set(this.domain, key, value);
  }

  getBytes(key: string): Uint8Array | undefined {
    const value = Preference.get(this.domain, key);
    return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
  }

  /** A buffer of its own: the SDK sees no view's offset. */
  setBytes(key: string, value: Uint8Array): void {
    Preference.set(this.domain, key, value.slice().buffer as ArrayBuffer);
  }

  delete(key: string): void {
    Preference.delete(this.domain, key);
  }
}
