import { utf8Length } from "../../modules/settings/settings.js";
import type { Store } from "../../modules/storage/storage.js";

/**
 * One namespace of NVS with the chip's rules: short keys, strings under 4,000 bytes, and a write that first erases
 * what was there. The power can fail after any of these operations.
 */
export class ScriptedStore implements Store {
  readonly entries: Map<string, string>;
  /** Flash operations so far. */
  operations = 0;
  /** The power fails right after this operation; 0: never. */
  cutAfter = 0;
  /** No write succeeds. */
  full = false;
  onPowerCut: () => void = () => {};
  /** @returns whether the power fails now */
  onOperation: () => boolean = () => false;
  #off = false;

  constructor(entries = new Map<string, string>()) {
    this.entries = entries;
  }

  get(key: string): string | undefined {
    return this.entries.get(checked(key));
  }

  set(key: string, value: string): void {
    if (this.full || utf8Length(value) >= 4000) throw new Error("nvs set fail");
    if (this.entries.has(checked(key))) this.#operate(() => this.entries.delete(key));
    this.#operate(() => this.entries.set(key, value));
  }

  delete(key: string): void {
    if (this.entries.has(checked(key))) this.#operate(() => this.entries.delete(key));
  }

  #operate(operation: () => void): void {
    if (this.#off) throw new Error("no power");
    operation();
    this.operations++;
    const fails = this.onOperation();
    if (this.operations !== this.cutAfter && !fails) return;
    this.#off = true;
    this.onPowerCut();
    throw new Error("no power");
  }
}

function checked(key: string): string {
  if (key.length < 1 || key.length > 15) throw new RangeError(`NVS key ${key}`);
  return key;
}
