/**
 * The chip's NVS partition, byte for byte, as `preference` uses it: its limits, and its operations one by one, so that
 * a power cut can fall between any two of them.
 */

import { NVS } from "../../modules/update/simulator/partitions.js";
import type { NvsValue } from "../../tools/nvs/nvs.js";
import { NvsPartition } from "../../tools/nvs/partition.js";
import { xsBytes } from "./buffers.js";

export type PreferenceValue = boolean | number | string | ArrayBuffer;

export interface NvsOptions {
  /** A partition as a chip has it; copied. Left out: a blank one. */
  image?: Uint8Array;
  /** Keeps the partition; called after every operation, before anything else happens. The bytes change later. */
  commit?(image: Uint8Array): void;
  /** Called after every operation with their count since the start; may end the device then and there. */
  onOperation?(count: number): void;
}

/** Of a namespace's or a key's name (NVS_KEY_NAME_MAX_SIZE less the NUL). */
const nameBytes = 15;
/** Of a string with its NUL (nvs_set_str). */
const stringBytes = 4000;

export const validName = (name: string): boolean => name.length > 0 && xsBytes(name).length <= nameBytes;

/** The types that modPreference.c hands to NVS. */
function store(value: PreferenceValue): NvsValue {
  if (typeof value === "boolean") return { type: "u8", value: value ? 1 : 0 };
  if (typeof value === "number") return { type: "i32", value };
  return typeof value === "string" ? { type: "string", value } : { type: "blob", value: new Uint8Array(value) };
}

/** What modPreference.c asks for, in this order: the power can leave a key with values of several types. */
const asked: readonly NvsValue["type"][] = ["u8", "i32", "string", "blob"];

function restore({ type, value }: NvsValue): PreferenceValue {
  if (type === "u8") return value !== 0;
  return type === "blob" ? new Uint8Array(value).buffer : (value as number | string);
}

export class Nvs {
  readonly #partition: NvsPartition;
  readonly #options: NvsOptions;
  #operations = 0;

  constructor(options: NvsOptions = {}) {
    this.#options = options;
    this.#partition = new NvsPartition(options.image?.slice() ?? new Uint8Array(NVS.size).fill(0xff));
  }

  /** Operations since the start: erasures of existing keys, and writes. */
  get operations(): number {
    return this.#operations;
  }

  /** The partition as it is in flash now. */
  get image(): Uint8Array {
    return this.#partition.bytes;
  }

  get(domain: string, key: string): PreferenceValue | undefined {
    const values = this.#partition.values(domain, key);
    const value = asked.flatMap((type) => values.find((one) => one.type === type) ?? [])[0];
    return value && restore(value);
  }

  keys(domain: string): string[] {
    return this.#partition.keys(domain);
  }

  /** Erases a key; nothing happens when there is none. */
  erase(domain: string, key: string): void {
    if (this.#partition.erase(domain, key)) this.#operated();
  }

  /**
   * Writes a key that does not exist. False: too long, or no room.
   * @throws RangeError for a string with half a surrogate pair: what XS makes of it is not mocked
   */
  write(domain: string, key: string, value: PreferenceValue): boolean {
    if (typeof value === "string" && xsBytes(value).length >= stringBytes) return false;
    if (!this.#partition.set({ namespace: domain, key, value: store(value) })) return false;
    this.#operated();
    return true;
  }

  #operated(): void {
    this.#operations += 1;
    this.#options.commit?.(this.image);
    this.#options.onOperation?.(this.#operations);
  }
}
