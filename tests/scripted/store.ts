import { utf8Length } from "../../modules/settings/settings.js";
import type { Store } from "../../modules/storage/storage.js";

/** Begins what are bytes, each as one character. */
const BYTES_MARK = "\0bytes:";

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
    const value = this.entries.get(checked(key));
    return value?.startsWith(BYTES_MARK) ? undefined : value;
  }

  getBytes(key: string): Uint8Array | undefined {
    const value = this.entries.get(checked(key));
    if (!value?.startsWith(BYTES_MARK)) return undefined;
    return Uint8Array.from(value.slice(BYTES_MARK.length), (character) => character.charCodeAt(0));
  }

  set(key: string, value: string): void {
    if (utf8Length(value) >= 4000) throw new Error("nvs set fail");
    this.#write(key, value);
  }

  setBytes(key: string, value: Uint8Array): void {
    this.#write(
      key,
      Array.from(value, (byte) => String.fromCharCode(byte)).reduce((a, b) => a + b, BYTES_MARK),
    );
  }

  #write(key: string, value: string): void {
    if (this.full) throw new Error("nvs set fail");
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
